package sandbox

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"
)

// Errors of Workers.Later. After ErrBusy a retry may succeed.
var (
	ErrClosed = errors.New("sandbox: closed")
	ErrBusy   = errors.New("sandbox: too many jobs wait")
)

// maxWaiting bounds the jobs of one pool.
const maxWaiting = 1 << 18

// Workers run jobs in the background, each not before it is due, a bounded number at a time.
type Workers struct {
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
	ready  chan func(context.Context)
	wake   chan struct{} // capacity 1: the schedule has changed

	mu       sync.Mutex
	schedule schedule
	sequence uint64
}

// NewWorkers starts n workers. Close stops them.
func NewWorkers(n int) *Workers {
	ctx, cancel := context.WithCancel(context.Background())
	w := &Workers{
		ctx: ctx, cancel: cancel,
		ready: make(chan func(context.Context)),
		wake:  make(chan struct{}, 1),
	}
	w.done.Go(w.dispatch)
	for range n {
		w.done.Go(w.work)
	}
	return w
}

// Close cancels what runs, forgets what waits, and returns when every worker has stopped.
func (w *Workers) Close() {
	w.cancel()
	w.done.Wait()
}

// Done is closed when Close is called.
func (w *Workers) Done() <-chan struct{} { return w.ctx.Done() }

// Later runs job after delay. Jobs that are due at the same moment start in the order of their calls.
// The job's context ends with Close. Errors are ErrClosed and ErrBusy.
func (w *Workers) Later(delay time.Duration, job func(context.Context)) error {
	if w.ctx.Err() != nil {
		return ErrClosed
	}
	w.mu.Lock()
	if len(w.schedule) >= maxWaiting {
		w.mu.Unlock()
		return ErrBusy
	}
	w.sequence++
	heap.Push(&w.schedule, task{due: time.Now().Add(delay), sequence: w.sequence, job: job})
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // it is awake already
	}
	return nil
}

// dispatch hands each job to a worker when it is due.
func (w *Workers) dispatch() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		job, wait := w.next()
		if job != nil {
			select {
			case w.ready <- job:
				continue
			case <-w.ctx.Done():
				return
			}
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-w.wake:
		case <-w.ctx.Done():
			return
		}
	}
}

// next takes the first job that is due, or says how long to wait for one.
func (w *Workers) next() (func(context.Context), time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.schedule) == 0 {
		return nil, time.Hour
	}
	if wait := time.Until(w.schedule[0].due); wait > 0 {
		return nil, wait
	}
	job := w.schedule[0].job
	heap.Pop(&w.schedule)
	return job, 0
}

func (w *Workers) work() {
	for {
		select {
		case job := <-w.ready:
			job(w.ctx)
		case <-w.ctx.Done():
			return
		}
	}
}

type task struct {
	due      time.Time
	sequence uint64
	job      func(context.Context)
}

type schedule []task

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	if s[i].due.Equal(s[j].due) {
		return s[i].sequence < s[j].sequence
	}
	return s[i].due.Before(s[j].due)
}
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)   { *s = append(*s, x.(task)) } //nolint:errcheck // only Later pushes, and only tasks
func (s *schedule) Pop() any {
	last := len(*s) - 1
	t := (*s)[last]
	(*s)[last] = task{}
	*s = (*s)[:last]
	return t
}
