//go:build !linux

package adaptertest

import "os/exec"

// dieWithParent does nothing: only Linux tells a child of its parent's death.
func dieWithParent(*exec.Cmd) {}
