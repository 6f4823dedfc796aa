//go:build !linux

package docs_test

import "syscall"

// ownGroup is a group of processes: only Linux tells it of this one's death.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
