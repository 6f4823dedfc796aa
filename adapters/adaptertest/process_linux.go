package adaptertest

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill the process when this one ends, however that happens.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
