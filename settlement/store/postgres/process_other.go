//go:build unix && !linux

package postgres

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes put a child into its own process group, so that Ctrl-C reaches this process first and the
// stop is orderly. There is no parent-death signal here: an orphan is stopped by the next start.
func attributes(a account, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: a.credential()}
}

// servesFolder tells whether the process pid is a server of dataDir, by its command line: a pid alone
// may have been given to another program since.
func servesFolder(pid int, dataDir string) (bool, error) {
	line, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:noctx // ps answers at once
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return false, nil // no such process
	}
	if err != nil {
		return false, err
	}
	return strings.Contains(string(line), dataDir+" "), nil
}

// stopOrphan tells a server whose parent was killed to stop at once.
func stopOrphan(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGQUIT); !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
