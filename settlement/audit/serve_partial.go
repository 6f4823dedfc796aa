package audit

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// narrower returns a tile that was not full from the fuller one that took its place: a folder keeps only the newest,
// but C2SP tlog-tiles has logs serve each that they ever had to whoever holds the checkpoint of then.
func (p place) narrower(dir string) ([]byte, error) {
	if p.kind != tileKind || p.tile.W == tileWidth {
		return nil, fs.ErrNotExist
	}
	widths, _ := os.ReadDir(filepath.Join(dir, filepath.FromSlash(path.Dir(p.name())))) // none where the tile is full
	fuller := []string{tileAt(p.tile.L, p.tile.N, tileWidth).name()}
	for _, file := range widths {
		fuller = append(fuller, path.Join(path.Dir(p.name()), file.Name()))
	}
	for _, name := range fuller {
		wide, ok := placeOf(name)
		if !ok || wide.tile.W < p.tile.W {
			continue
		}
		if data, err := readInRoot(dir, name); err == nil {
			return p.begin(data)
		}
	}
	return nil, fs.ErrNotExist
}

func readInRoot(dir, name string) ([]byte, error) {
	f, err := os.OpenInRoot(dir, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return io.ReadAll(io.LimitReader(f, maxBundleBytes))
}

// begin returns the part of a fuller tile's bytes that p has.
func (p place) begin(data []byte) ([]byte, error) {
	rest := data
	for range p.tile.W {
		if p.tile.L != bundles {
			rest = rest[min(tlog.HashSize, len(rest)):]
		} else if _, rest = cut(rest); rest == nil {
			return nil, fs.ErrNotExist
		}
	}
	return data[:len(data)-len(rest)], nil
}
