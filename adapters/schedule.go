package adapters

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// task names what is to be looked after: an order or an operation.
type task struct {
	bucket string // bucketOrders, bucketOperations or taskHints
	key    string
}

// taskHints is the task of asking the rail about an order's hints. Apart from the order's own task, it
// goes on when the order has long been paid or has lapsed.
const taskHints = "hints"

// schedule is a heap of tasks by the time they are due, each at most once.
type schedule struct {
	mu   sync.Mutex
	heap dueHeap
	at   map[task]*due
	wake chan struct{}
}

type due struct {
	task  task
	when  time.Time
	index int // in the heap
}

func newSchedule() *schedule { return &schedule{at: map[task]*due{}, wake: make(chan struct{}, 1)} }

// by makes t due at the given moment, or sooner where it already is. The zero time goes first of all.
func (s *schedule) by(t task, when time.Time) {
	s.mu.Lock()
	if d, ok := s.at[t]; !ok {
		d = &due{task: t, when: when}
		s.at[t] = d
		heap.Push(&s.heap, d)
	} else if when.Before(d.when) {
		d.when = when
		heap.Fix(&s.heap, d.index)
	}
	first := s.heap[0].task == t
	s.mu.Unlock()
	if first {
		signal(s.wake)
	}
}

// next takes the first task off the heap if it is due; otherwise it says how long that takes, less
// than zero where there is none.
func (s *schedule) next(now time.Time) (t task, ok bool, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heap) == 0 {
		return task{}, false, -1
	}
	if wait := s.heap[0].when.Sub(now); wait > 0 {
		return task{}, false, wait
	}
	d := s.heap[0]
	heap.Pop(&s.heap)
	delete(s.at, d.task)
	return d.task, true, 0
}

// run hands out tasks as they fall due, until ctx ends. It waits while out has no taker.
func (s *schedule) run(ctx context.Context, out chan<- task) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		t, ok, wait := s.next(time.Now())
		if ok {
			select {
			case out <- t:
			case <-ctx.Done():
				return
			}
			continue
		}
		if wait < 0 {
			wait = time.Hour // until something wakes it
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-s.wake:
		case <-ctx.Done():
			return
		}
	}
}

type dueHeap []*due

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].when.Before(h[j].when) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *dueHeap) Push(x any) {
	d := x.(*due) //nolint:errcheck // only by pushes, and only these
	d.index = len(*h)
	*h = append(*h, d)
}

func (h *dueHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
