//go:build failpoints && unix

package failpoint

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const asChild = "AYNI_FAILPOINT_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) != "" {
		for _, name := range []string{"other", "here", "here"} {
			Hit(name)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// The named point ends the process at the hit that was asked for, and no other does.
func TestHitKillsAtTheNamedHit(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for spec, dies := range map[string]bool{"here:1": true, "here:2": true, "here:3": false, "nowhere:1": false} {
		c := exec.CommandContext(t.Context(), self)
		c.Env = append(os.Environ(), asChild+"=1", variable+"="+spec)
		_ = c.Run() // how it ended is looked at below
		status := c.ProcessState.Sys().(syscall.WaitStatus)
		assert.Equal(t, dies, status.Signaled() && status.Signal() == syscall.SIGKILL, spec)
	}
}

func TestArmRefusesNonsense(t *testing.T) {
	for _, spec := range []string{"", "name", "name:0", "name:x", "name:1:sleep", "a:1:stop:b"} {
		assert.Error(t, Arm(spec), spec)
	}
}
