package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"

	"github.com/go-json-experiment/json"
)

// life is one life of an adapter's process.
type life struct {
	cmd    *exec.Cmd
	where  Listening
	exited chan struct{} // closed when it was reaped
}

// begin starts a process that dies with this one, and waits until it says where it listens. What it logs goes to log.
func begin(ctx context.Context, cmd *exec.Cmd, log io.Writer) (*life, error) {
	said := make(chan Listening, 1)
	cmd.Stdout, cmd.Stderr = &firstLine{said: said, rest: log}, log
	dieWithParent(cmd)
	l := &life{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the kernel sends the parent's death when the thread that forked ends
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // ProcessState says how it ended
			close(l.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("adaptertest: start the adapter: %w", err)
	}
	select {
	case l.where = <-said:
		return l, nil
	case <-l.exited:
		return nil, fmt.Errorf("adaptertest: the adapter ended before it said where it listens: %s", cmd.ProcessState)
	case <-ctx.Done():
		l.kill()
		return nil, errors.New("adaptertest: the adapter did not say where it listens, in one line of JSON on its standard output")
	}
}

// kill ends it without a warning, and returns when it has ended. It may be called again.
func (l *life) kill() {
	_ = l.cmd.Process.Kill() // where it has gone by itself, all the better
	<-l.exited
}

func (l *life) over() bool {
	select {
	case <-l.exited:
		return true
	default:
		return false
	}
}

// firstLine takes the first line that is a Listening, and passes everything else on.
type firstLine struct {
	said chan<- Listening
	rest io.Writer

	line []byte
	done bool
}

const maxLine = 64 << 10

func (f *firstLine) Write(p []byte) (int, error) {
	if f.done || len(f.line) > maxLine {
		return f.rest.Write(p)
	}
	f.line = append(f.line, p...)
	for !f.done {
		end := bytes.IndexByte(f.line, '\n')
		if end < 0 {
			break
		}
		var where Listening
		if json.Unmarshal(f.line[:end], &where) == nil {
			f.said <- where
			f.done = true
		} else {
			_, _ = f.rest.Write(f.line[:end+1])
		}
		f.line = f.line[end+1:]
	}
	if f.done {
		_, _ = f.rest.Write(f.line)
		f.line = nil
	}
	return len(p), nil
}

// journal is what an adapter logged, of which the end is kept.
type journal struct {
	mu   sync.Mutex
	text []byte
}

const maxJournal = 64 << 10

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text = append(j.text, p...)
	if over := len(j.text) - maxJournal; over > 0 {
		j.text = append(j.text[:0], j.text[over:]...)
	}
	return len(p), nil
}

// String is the end of it.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return string(j.text)
}
