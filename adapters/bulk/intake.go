package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/messaging"
)

// ErrBusy says that too many files come at once. Asking again later is safe.
var ErrBusy = errors.New("bulk: too many files at once")

// Take takes a file: it is checked and durable when Take returns, and waits for Approve. The same bytes
// again are the same file, wherever it is; fresh tells whether it was new. Errors are *messaging.FaultError
// where it is no such file or the desk holds too many, ErrBusy, or the disk's.
func (d *Desk) Take(ctx context.Context, in io.Reader) (f File, fresh bool, err error) {
	select {
	case d.uploads <- struct{}{}:
		defer func() { <-d.uploads }()
	default:
		return File{}, false, ErrBusy
	}
	temporary, err := os.CreateTemp(d.cfg.Dir, incoming)
	if err != nil {
		return File{}, false, fmt.Errorf("bulk: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // it has its name, or is not wanted
	sum, size, err := spill(ctx, temporary, in)
	if err != nil {
		return File{}, false, err
	}
	sha := hex.EncodeToString(sum.Sum(nil))
	if known, err := d.File(sha); err == nil {
		return known, false, nil
	}
	checked, err := check(temporary.Name(), func(int, *messaging.FaultError) error { return nil })
	if err != nil {
		return File{}, false, err
	}
	checked.SHA256, checked.Bytes, checked.State, checked.Received = sha, size, Received, now()
	d.naming.Lock()
	defer d.naming.Unlock()
	if known, err := d.File(sha); err == nil { // it came twice at once
		return known, false, nil
	}
	if err := rename(temporary.Name(), d.path(sha), d.cfg.Dir); err != nil {
		return File{}, false, err
	}
	if err := d.cfg.failpoint("spooled"); err != nil {
		return File{}, false, err
	}
	if err := d.db.Update(func(tx *bolt.Tx) error { return admit(tx, checked) }); err != nil {
		return File{}, false, errors.Join(err, os.Remove(d.path(sha)))
	}
	if err := d.cfg.failpoint("received"); err != nil {
		return File{}, false, err
	}
	return checked, true, nil
}

// admit takes up a file that is new.
func admit(tx *bolt.Tx, f File) error {
	unfinished := 0
	err := eachFile(tx, func(_ key, other *file) error {
		if other.State != Finished {
			unfinished++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if unfinished >= MaxFiles {
		return refuse(messaging.FaultOversized, "%d files are not finished", unfinished)
	}
	k, _ := keyOf(f.SHA256)
	if other, err := loadFile(tx, k); err != nil || other != nil { // one chance in 2¹²⁰
		return errors.Join(err, refuse(messaging.FaultDuplicate, "another file has the same key"))
	}
	return saveFile(tx, k, &file{File: f})
}

// spill writes what comes in to the disk and hashes it.
func spill(ctx context.Context, out *os.File, in io.Reader) (sum hash.Hash, size int64, err error) {
	sum = sha256.New()
	size, err = io.Copy(io.MultiWriter(out, sum), &bounded{ctx: ctx, in: in, left: MaxFileBytes})
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return nil, 0, fmt.Errorf("bulk: %w", err)
	}
	return sum, size, nil
}

// bounded reads until the file is too large or ctx ends.
type bounded struct {
	ctx  context.Context
	in   io.Reader
	left int64
}

func (b *bounded) Read(into []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.in.Read(into)
	if b.left -= int64(n); b.left < 0 {
		return n, refuse(messaging.FaultOversized, "the file is larger than %d bytes", MaxFileBytes)
	}
	return n, err
}

// rename gives a complete file its name, for ever.
func rename(from, to, dir string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("bulk: %w", err)
	}
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("bulk: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("bulk: %w", err)
	}
	return nil
}
