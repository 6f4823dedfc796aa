package audit

import (
	"errors"
	"io/fs"
	"os"
	"slices"
)

// resume takes up the export where its checkpoint ends. Files beyond it are of an export that died, and are written
// again.
func (f *Folder) resume(key string) error {
	_, err := os.Lstat(f.path(checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return f.write(keyFile, []byte(key+"\n"))
	}
	x := newExport(os.DirFS(f.dir), Trust{Key: key})
	if err := x.readCheckpoint(); err != nil {
		return err
	}
	f.begun, f.signed = x.newest.Size, []byte(x.signed)
	if err := x.readEdge(); err != nil {
		return f.rebuild(x, err)
	}
	f.edge.size = x.newest.Size
	if err := f.removeEdges(0); err != nil { // an export may have died before it did
		return err
	}
	for level, hashes := range x.edge {
		f.edge.levels[level] = slices.Clone(hashes)
	}
	if len(x.edge[0]) == 0 {
		return nil
	}
	entries, err := x.bundle(x.newest.Size>>tileHeight, x.edge[0])
	for _, entry := range entries {
		f.bundle = appendEntry(f.bundle, entry)
	}
	return err
}

// rebuild writes every tile again, from the entries, where those of hashes are not what they were.
func (f *Folder) rebuild(x *Export, found error) error {
	for n := int64(0); f.edge.size < x.newest.Size; n++ {
		at := tileAt(bundles, n, width(x.newest.Size, bundles, n))
		data, err := x.read(at, maxBundleBytes)
		if err != nil {
			return errors.Join(found, err)
		}
		entries, err := at.split(data)
		if err != nil {
			return errors.Join(found, err)
		}
		for _, entry := range entries {
			if err := f.Append(f.edge.size, entry); err != nil {
				return errors.Join(found, err)
			}
		}
	}
	if err := f.Commit(x.signed); err != nil {
		return errors.Join(found, err)
	}
	return nil
}
