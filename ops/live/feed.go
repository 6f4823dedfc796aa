// Package live tells many readers what is new, from one look at a time.
//
//	look (at most four a second, while somebody reads) ──▶ Feed ──▶ each reader: the newest, and nothing older
//
// A reader that is slow finds the newest when it comes, not a queue of what was before it; a feed that nobody reads
// looks at nothing.
package live

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Every is how often a feed looks while somebody reads.
const Every = 250 * time.Millisecond

// lookTimeout bounds one look.
const lookTimeout = 5 * time.Second

// Look looks for what is new since before, which is the zero value at first. It says whether anything is.
type Look[T any] func(ctx context.Context, before T) (now T, news bool, err error)

// Feed shares looks among readers. Run it once.
type Feed[T any] struct {
	look  Look[T]
	every time.Duration
	log   *slog.Logger

	mu      sync.Mutex
	newest  T
	known   bool
	changed chan struct{} // closed when there is something newer
	readers int
	wanted  chan struct{} // has something when the first reader came
}

// New makes a feed.
func New[T any](look Look[T], every time.Duration, log *slog.Logger) *Feed[T] {
	return &Feed[T]{look: look, every: every, log: log, changed: make(chan struct{}), wanted: make(chan struct{}, 1)}
}

// Run looks until ctx ends. A look that fails is logged, and made again.
func (f *Feed[T]) Run(ctx context.Context) error {
	pace := time.NewTicker(f.every)
	defer pace.Stop()
	for {
		if !f.read() {
			select {
			case <-f.wanted:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		f.once(ctx)
		select {
		case <-pace.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *Feed[T]) read() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readers > 0
}

func (f *Feed[T]) once(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	f.mu.Lock()
	before := f.newest
	f.mu.Unlock()
	now, news, err := f.look(ctx, before)
	if err != nil {
		if ctx.Err() == nil {
			f.log.Warn("a live feed could not look", "error", err)
		}
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known && !news {
		return
	}
	f.newest, f.known = now, true
	close(f.changed)
	f.changed = make(chan struct{})
}

// Reader reads a feed from now on. Close it.
type Reader[T any] struct {
	feed *Feed[T]
	seen chan struct{} // the feed's mark of what was read last; nil at first
	once sync.Once
}

// Reader begins to read.
func (f *Feed[T]) Reader() *Reader[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readers++
	if f.readers == 1 {
		f.known = false // what was known when nobody read is old
		select {
		case f.wanted <- struct{}{}:
		default: // it is awake
		}
	}
	return &Reader[T]{feed: f}
}

// Next waits for what this reader has not had, and gives the newest. It fails when ctx ends.
func (r *Reader[T]) Next(ctx context.Context) (T, error) {
	for {
		r.feed.mu.Lock()
		newest, mark, fresh := r.feed.newest, r.feed.changed, r.feed.known && r.seen != r.feed.changed
		r.feed.mu.Unlock()
		if fresh {
			r.seen = mark
			return newest, nil
		}
		select {
		case <-mark:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}

// Close ends reading.
func (r *Reader[T]) Close() {
	r.once.Do(func() {
		r.feed.mu.Lock()
		defer r.feed.mu.Unlock()
		r.feed.readers--
	})
}
