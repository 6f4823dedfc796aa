package witness

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
)

// writeFile writes a file for its owner alone, whole or not at all, and durably: it has its name, even after a loss
// of power, or the file before has it.
func writeFile(path string, text []byte) (err error) {
	folder := filepath.Dir(path)
	fresh := filepath.Join(folder, "."+filepath.Base(path)+"-"+rand.Text())
	f, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return syncFolder(folder)
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
