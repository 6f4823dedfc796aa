package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// MaxBlobBytes bounds one blob.
const MaxBlobBytes = 256 << 20

// ErrFolderInUse says that another process, or another Folder of this one, writes to the export.
var ErrFolderInUse = errors.New("audit: another export writes to the folder")

// Folder is an export that is written, or written on. Everything is in its place before the checkpoint that leads
// to it, so that whoever reads meanwhile reads the log as of the checkpoint of before, and an export that died is
// mended by the next one. It is for one goroutine, but for Blob and Receipt; after an error it can only be closed.
type Folder struct {
	writer
	layout

	lock   *os.File
	begun  int64 // the size that the folder had
	signed []byte
}

// OpenFolder opens an export to write on, or begins one; key is the log's verifier key. The error is ErrFolderInUse
// where somebody else writes to it, a *Finding where what is there cannot be gone on from: then it is better begun
// anew, in another folder.
func OpenFolder(dir, key string) (*Folder, error) {
	log, err := ParseKey(key)
	if err != nil {
		return nil, err
	}
	const listable = 0o777
	if err := os.MkdirAll(dir, listable); err != nil {
		return nil, fmt.Errorf("audit: export: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{writer: writer{dir: filepath.Clean(dir)}, layout: layout{log: log}, lock: lock}
	f.put = f.write
	if err = f.sweep(); err == nil {
		err = f.resume(key)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// lockFolder needs no file of its own: nothing else may be in an export.
func lockFolder(dir string) (*os.File, error) {
	lock, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("audit: export: %w", err)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrFolderInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("audit: lock %s: %w", dir, err), lock.Close())
	}
	return lock, nil
}

// Close lets others write to the folder. Tiles of entries that no checkpoint leads to are removed again.
func (f *Folder) Close() (err error) {
	if f.edge.size != f.begun {
		f.edge.size = f.begun
		err = f.removeEdges(f.begun)
	}
	return errors.Join(err, f.lock.Close())
}

// Receipt keeps a transfer's receipt.
func (f *Folder) Receipt(transfer int64, body []byte) error {
	if transfer < 0 || len(body) > MaxReceiptBytes {
		return fmt.Errorf("audit: receipt %d of %d bytes", transfer, len(body))
	}
	return f.write(receiptAt(transfer).name(), body)
}

// MaxReceiptBytes bounds one receipt.
const MaxReceiptBytes = 1 << 20
