package dev

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// BusyError says that another process uses the data folder. A retry helps when that process has ended.
type BusyError struct {
	Dir string
	PID int // 0 where the other process has not said yet
}

func (e *BusyError) Error() string {
	who := "another process"
	if e.PID != 0 {
		who = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("dev: %s already uses the data folder %s: stop it, or choose another folder with --data", who, e.Dir)
}

// Lock is one process's claim to a data folder. The kernel releases it when the process ends.
type Lock struct{ file *os.File }

// AcquireLock claims dir, which must exist. Errors are *BusyError or the file system's.
func AcquireLock(dir string) (*Lock, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("dev: opening the lock of %s: %w", dir, err)
	}
	if err := claim(file, dir); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Lock{file: file}, nil
}

func claim(file *os.File, dir string) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return &BusyError{Dir: dir, PID: holder(file)}
	}
	if err != nil {
		return fmt.Errorf("dev: locking %s: %w", dir, err)
	}
	if err := file.Truncate(0); err != nil {
		return fmt.Errorf("dev: clearing the lock of %s: %w", dir, err)
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("dev: writing the lock of %s: %w", dir, err)
	}
	return nil
}

// holder reads the pid of the process that holds the lock, 0 where it is not there.
func holder(file *os.File) int {
	text := make([]byte, 20)
	n, err := file.ReadAt(text, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil {
		return 0
	}
	return pid
}

// Release gives the folder up. The file stays: removing it would let two processes lock two files.
func (l *Lock) Release() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("dev: releasing the lock: %w", err)
	}
	return nil
}
