package postgres

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// process is a child that dies with this process, however that ends.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when it was reaped
	err    error         // how it ended; read after exited
}

// startProcess starts cmd from a thread that lives as long as the child does: the kernel sends the
// parent-death signal when the *thread* that forked ends, and Go ends idle threads as it likes.
func startProcess(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// environment is this process's own without what would steer PostgreSQL's programs or their language.
func environment() []string {
	var kept []string
	for _, pair := range os.Environ() {
		if strings.HasPrefix(pair, "PG") || strings.HasPrefix(pair, "LC_") || strings.HasPrefix(pair, "LANG") {
			continue
		}
		kept = append(kept, pair)
	}
	return append(kept, "LC_ALL=C")
}
