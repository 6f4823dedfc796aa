package postgres

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
)

// attributes put a child into its own process group, so that Ctrl-C reaches this process first and the
// stop is orderly, and have the kernel send it orphaned when this process ends.
func attributes(a account, orphaned syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: orphaned, Credential: a.credential()}
}

// servesFolder tells whether the process pid is a server of dataDir, by its command line: a pid alone
// may have been given to another program since.
func servesFolder(pid int, dataDir string) (bool, error) {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(bytes.Split(line, []byte{0}), func(arg []byte) bool { return string(arg) == dataDir }), nil
}

// stopOrphan has nothing to do: the kernel signalled the orphan when its parent ended.
func stopOrphan(int) error { return nil }
