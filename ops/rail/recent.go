package rail

import (
	"sync"
	"sync/atomic"
	"time"
)

// recently is how long what was found out is taken for what is.
const recently = time.Second

// recent is what was found out a moment ago, for all who ask: whoever watches looks again and again.
type recent[T any] struct {
	finding sync.Mutex // held by who finds out
	last    atomic.Pointer[found[T]]
}

type found[T any] struct {
	at   time.Time
	what T
}

// get returns what was found out a second ago at most, or two while somebody finds it out anew. Else it finds out; who
// fails leaves that to the next.
func (r *recent[T]) get(find func() (T, error)) (what T, err error) {
	if last := r.within(recently); last != nil {
		return last.what, nil
	}
	if !r.finding.TryLock() {
		if last := r.within(2 * recently); last != nil {
			return last.what, nil
		}
		r.finding.Lock()
	}
	defer r.finding.Unlock()
	if last := r.within(recently); last != nil {
		return last.what, nil
	}
	asked := time.Now()
	what, err = find()
	if err == nil {
		r.last.Store(&found[T]{asked, what})
	}
	return what, err
}

func (r *recent[T]) within(age time.Duration) *found[T] {
	if last := r.last.Load(); last != nil && time.Since(last.at) < age {
		return last
	}
	return nil
}
