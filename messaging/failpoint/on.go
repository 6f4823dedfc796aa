//go:build failpoints && unix

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// variable of the environment that arms a process from its start.
const variable = "AYNI_FAILPOINT"

// armed is the one point that ends this process; nil where none does. It is process-wide because death is.
var armed atomic.Pointer[point]

// fromEnvironment arms what the environment asks for, when the first point is hit.
var fromEnvironment = sync.OnceFunc(func() {
	if spec := os.Getenv(variable); spec != "" && armed.Load() == nil {
		if err := Arm(spec); err != nil {
			panic(err) // a test that asked for nonsense must not pass
		}
	}
})

// point is a moment at which the process dies.
type point struct {
	name   string
	left   atomic.Int64 // hits until then
	signal syscall.Signal
}

// Hit ends or stops this process, if it is armed for this name and has come by often enough.
func Hit(name string) {
	fromEnvironment()
	p := armed.Load()
	if p == nil || p.name != name || p.left.Add(-1) != 0 {
		return
	}
	if err := syscall.Kill(os.Getpid(), p.signal); err != nil {
		panic(err)
	}
	if p.signal == syscall.SIGKILL {
		select {} // until the signal is delivered
	}
}

// Arm has this process end at a point: "name:hits" or "name:hits:stop". It replaces what was armed
// before.
func Arm(spec string) error {
	parts := strings.Split(spec, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return fmt.Errorf("failpoint: %q is no name:hits", spec)
	}
	hits, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || hits < 1 {
		return fmt.Errorf("failpoint: %q hits in %q", parts[1], spec)
	}
	p := &point{name: parts[0], signal: syscall.SIGKILL}
	if len(parts) == 3 {
		if parts[2] != "stop" {
			return fmt.Errorf("failpoint: no action %q in %q", parts[2], spec)
		}
		p.signal = syscall.SIGSTOP
	}
	p.left.Store(hits)
	armed.Store(p)
	return nil
}
