package bank

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// The rooms of a watched folder. The bank puts files into in and takes them from out, each under another name first and
// then renamed, so that a file which is there is whole. A file that we claimed is in work until all that follows from it
// is on the disk; a process that dies takes it up there again, which changes nothing.
//
//	in ─▶ work ─▶ done            with an answer in out
//	         └──▶ refused         with the reason beside it
const (
	roomIn      = "in"
	roomWork    = "work"
	roomDone    = "done"
	roomRefused = "refused"
	roomOut     = "out"
)

// fileForm is what a file may be called; others stay where they are, and so does what is being written.
var fileForm = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}\.xml$`)

// maxFiles bounds one look into a room.
const maxFiles = 1000

const (
	roomMode = 0o750
	fileMode = 0o640
)

// folder is a watched folder. Nothing in it, links included, leads out of it.
type folder struct{ root *os.Root }

// openFolder opens a folder and makes its rooms.
func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, roomMode); err != nil {
		return nil, fmt.Errorf("bank: folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("bank: folder: %w", err)
	}
	for _, room := range []string{roomIn, roomWork, roomDone, roomRefused, roomOut} {
		if err := root.MkdirAll(room, roomMode); err != nil {
			return nil, errors.Join(fmt.Errorf("bank: folder: %w", err), root.Close())
		}
	}
	return &folder{root: root}, nil
}

// put writes a file into a room; it is on the disk, whole, when put returns nil. One of that name is replaced.
func (f *folder) put(room, name string, data []byte) error {
	hidden := path.Join(room, "."+name)
	file, err := f.root.OpenFile(hidden, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return fmt.Errorf("bank: folder: %w", err)
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = f.root.Rename(hidden, path.Join(room, name))
	}
	if err == nil {
		err = f.sync(room)
	}
	if err != nil {
		return fmt.Errorf("bank: folder: %w", err)
	}
	return nil
}

func (f *folder) sync(room string) error {
	dir, err := f.root.Open(room)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// names lists a room's files, by name.
func (f *folder) names(room string) ([]string, error) {
	entries, err := fs.ReadDir(f.root.FS(), room)
	if err != nil {
		return nil, fmt.Errorf("bank: folder: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if len(names) < maxFiles && entry.Type().IsRegular() && fileForm.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// read returns a claimed file's content, and one byte more than any message has at most.
func (f *folder) read(name string) ([]byte, error) {
	file, err := f.root.Open(path.Join(roomWork, name))
	if err != nil {
		return nil, fmt.Errorf("bank: folder: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(file, iso20022.MaxGroupBytes+1))
	return data, errors.Join(err, file.Close())
}

// close takes a file out of work. What it is called there tells two files of one name apart.
func (f *folder) close(room, name string, data []byte) (string, error) {
	sum := sha256.Sum256(data)
	closed := hex.EncodeToString(sum[:4]) + "-" + name
	if err := f.root.Rename(path.Join(roomWork, name), path.Join(room, closed)); err != nil {
		return "", fmt.Errorf("bank: folder: %w", err)
	}
	return closed, nil
}

// Watch takes the bank's files from the folder, every Config.LookEvery, until ctx ends; without a folder it waits for
// that. What it cannot take yet, because the adapter has not started or its disk is full, it takes later. The error is
// that of a folder that cannot be read or written.
func (r *Rail) Watch(ctx context.Context) error {
	if r.folder == nil {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(r.cfg.LookEvery)
	defer ticker.Stop()
	for {
		if err := r.look(ctx); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// look claims what is in the folder and takes it, what was claimed before first.
func (r *Rail) look(ctx context.Context) error {
	fresh, err := r.folder.names(roomIn)
	if err != nil {
		return err
	}
	claimed, err := r.folder.names(roomWork)
	if err != nil {
		return err
	}
	waiting := map[string]bool{}
	for _, name := range claimed {
		waiting[name] = true
	}
	for _, name := range fresh {
		if waiting[name] { // the one before it has the name
			continue
		}
		if err := r.folder.root.Rename(path.Join(roomIn, name), path.Join(roomWork, name)); err != nil {
			return fmt.Errorf("bank: folder: %w", err)
		}
		claimed = append(claimed, name)
	}
	for _, name := range claimed {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the next start goes on
		}
		if err := r.takeFile(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// takeFile takes one claimed file. It stays claimed where the sink could not keep what it says.
func (r *Rail) takeFile(ctx context.Context, name string) error {
	data, err := r.folder.read(name)
	if err != nil {
		return err
	}
	m, err := r.readMessage(data)
	if err != nil {
		return r.refuseFile(name, data, err)
	}
	takers := r.takers()
	takers[kindReport] = r.takeAnswer
	take, ok := takers[m.family()]
	if !ok {
		return r.refuseFile(name, data, errNoKind)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout(data))
	defer cancel()
	answer, err := take(ctx, m)
	_, format := errors.AsType[*iso20022.FormatError](err)
	known, refused := errors.AsType[*refusal](err)
	switch {
	case format, refused && known != errNotKept:
		return r.refuseFile(name, data, err)
	case err != nil:
		return nil // it is taken later
	case answer != nil:
		if err := r.folder.put(roomOut, strings.TrimSuffix(name, ".xml")+"."+answeredBy[m.family()]+".xml", answer); err != nil {
			return err
		}
	}
	_, err = r.folder.close(roomDone, name, data)
	return err
}

func (r *Rail) refuseFile(name string, data []byte, why error) error {
	kind, _, _ := beginning(data)
	rejection, ok := r.rejection(why, name)
	if ok && iso20022.Family(kind) != kindRejection { // or the two sides would go on for ever
		if err := r.folder.put(roomOut, strings.TrimSuffix(name, ".xml")+"."+kindRejection+".xml", rejection); err != nil {
			return err
		}
	}
	closed, err := r.folder.close(roomRefused, name, data)
	if err != nil {
		return err
	}
	return r.folder.put(roomRefused, closed+".reason", []byte(why.Error()+"\n"))
}

// leave puts a message of ours into the folder, named for its operation and its kind, as path says it. One that is there
// still is replaced by the same, or by a newer question.
func (r *Rail) leave(operation, path string, message []byte) error {
	return r.folder.put(roomOut, operation+"."+strings.TrimPrefix(path, "/")+".xml", message)
}
