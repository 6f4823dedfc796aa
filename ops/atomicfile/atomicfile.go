// Package atomicfile writes files whole or not at all.
package atomicfile

import (
	"bufio"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Write writes a file: it is complete and flushed beside its place before it takes it.
func Write(file string, write func(io.Writer) error) error {
	fresh, err := Beside(file, write)
	if err == nil {
		err = os.Rename(fresh, file)
	}
	if err != nil && fresh != "" {
		err = errors.Join(err, os.Remove(fresh))
	}
	return err
}

// Beside writes a new file into the folder of the given one, with the rights that it has or that a new one
// would have. The caller renames or removes it; it is there whenever it has a name.
func Beside(file string, write func(io.Writer) error) (fresh string, err error) {
	const anybody = 0o666 // less the process's mask
	name := filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+"-"+rand.Text())
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, anybody)
	if err != nil {
		return "", err
	}
	if info, statErr := os.Stat(file); statErr == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	w := bufio.NewWriterSize(f, 1<<16)
	return name, errors.Join(err, write(w), w.Flush(), f.Sync(), f.Close())
}
