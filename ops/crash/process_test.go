//go:build linux

package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
)

// startAndWait runs a command from a thread that lives as long as it does: the kernel sends the
// parent-death signal when the thread that forked ends.
func startAndWait(c *exec.Cmd) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		done <- c.Run()
	}()
	return <-done
}

// process is one life of a child.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Writer
	born   time.Time
	exited chan struct{} // closed when it was reaped
}

// spawn starts this binary in a role, to die with this process. What the child says goes to said, what
// it logs to log.
func spawn(config childConfig, log *os.File, said func(message)) (*process, error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), roleVariable+"="+config.Role, configVariable+"="+string(text))
	c.Stdout, c.Stderr = &lines{said: said}, log
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	stdin, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: c, stdin: stdin, born: time.Now(), exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // see startAndWait
		defer runtime.UnlockOSThread()
		err := c.Start()
		started <- err
		if err == nil {
			_ = c.Wait() // ProcessState says how it ended
			close(p.exited)
		}
	}()
	return p, <-started
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) } // where it is gone, all the better

// within waits until the process has ended.
func (p *process) within(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.exited:
		return true
	case <-timer.C:
		return false
	}
}

// lines takes what a child writes apart into messages.
type lines struct {
	rest []byte
	said func(message)
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		if end < 0 {
			return len(p), nil
		}
		var m message
		if json.Unmarshal(l.rest[:end], &m) == nil { // a line that a kill cut short says nothing
			l.said(m)
		}
		l.rest = l.rest[end+1:]
	}
}

// keeper keeps one child running: whatever ends it, it is started again.
type keeper struct {
	name   string
	config func() childConfig
	said   func(*keeper, message)
	died   func(*keeper, *process)
	log    *os.File

	mu    sync.Mutex
	now   *process // nil between two lives
	ready chan struct{}
	last  message // that said it was ready
}

func newKeeper(dir, name string, config func() childConfig) (*keeper, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	return &keeper{name: name, config: config, log: log, ready: make(chan struct{})}, nil
}

// run starts the child again and again until ctx ends, and then ends it for good.
func (k *keeper) run(ctx context.Context) error {
	defer k.log.Close() //nolint:errcheck // read by nobody unless something failed before
	for ctx.Err() == nil {
		p, err := spawn(k.config(), k.log, func(m message) { k.hear(m) })
		if err != nil {
			return fmt.Errorf("starting %s: %w", k.name, err)
		}
		k.mu.Lock()
		k.now = p
		k.mu.Unlock()
		select {
		case <-p.exited:
		case <-ctx.Done():
			p.signal(syscall.SIGKILL)
			<-p.exited
		}
		k.mu.Lock()
		k.now = nil
		select {
		case <-k.ready:
			k.ready = make(chan struct{})
		default: // it never was
		}
		k.mu.Unlock()
		_, _ = fmt.Fprintf(k.log, "---- %s ended: %s\n", k.name, p.cmd.ProcessState)
		k.died(k, p)
		pause := time.NewTimer(20 * time.Millisecond) // one that cannot start must not take a core
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
	return nil
}

func (k *keeper) hear(m message) {
	if m.Ready {
		k.mu.Lock()
		k.last = m
		select {
		case <-k.ready:
		default:
			close(k.ready)
		}
		k.mu.Unlock()
	}
	k.said(k, m)
}

// process is the present life, nil between two.
func (k *keeper) process() *process {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now
}

// born is when the present life began, now where there is none.
func (k *keeper) born() time.Time {
	if p := k.process(); p != nil {
		return p.born
	}
	return time.Now()
}

// answer is what the child said last when it was ready.
func (k *keeper) answer() message {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

// await waits until the child is ready, and returns what it said then.
func (k *keeper) await(ctx context.Context) (message, error) {
	k.mu.Lock()
	ready := k.ready
	k.mu.Unlock()
	select {
	case <-ready:
		return k.answer(), nil
	case <-ctx.Done():
		return message{}, fmt.Errorf("waiting for %s: %w", k.name, context.Cause(ctx))
	}
}

// kill ends the present life; false where there is none.
func (k *keeper) kill() bool {
	p := k.process()
	if p == nil {
		return false
	}
	p.signal(syscall.SIGKILL)
	<-p.exited
	return true
}

// arm has the child die at a failpoint.
func (k *keeper) arm(spec string) (*process, error) {
	p := k.process()
	if p == nil {
		return nil, errors.New("between two lives")
	}
	_, err := fmt.Fprintln(p.stdin, spec)
	return p, err
}
