package docs_test

import "syscall"

// ownGroup is a group of processes that ends with this one, however that happens.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
