package audit

import (
	"context"
	"iter"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Entry is one of the log's, at its index.
type Entry struct {
	Index int64
	Body  []byte
}

// Entries reads the log in order from the index on. Tiles are read and hashed ahead on every core, a few at a time, so
// memory stays bounded, at worst by 17 MB for each core and two more. Each entry was held against the tree, up to the signed root, before
// it is handed out. It ends with the first error, which is a *Finding where the export is not what it should be.
func (x *Export) Entries(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for b := range x.bundlesFrom(ctx, from/tileWidth) {
			for i, body := range b.entries {
				if index := b.first + int64(i); index >= from && !yield(Entry{Index: index, Body: body}, nil) {
					return
				}
			}
			if b.err != nil {
				yield(Entry{}, b.err)
				return
			}
		}
	}
}

// bundleRead is the entries of a bundle up to its first finding.
type bundleRead struct {
	first   int64
	entries [][]byte
	err     error
}

type bundleJob struct {
	n    int64
	done chan bundleRead // holds the one answer, so that who reads never waits
}

func (x *Export) bundlesFrom(ctx context.Context, n int64) iter.Seq[bundleRead] {
	return func(yield func(bundleRead) bool) {
		ctx, stop := context.WithCancel(ctx)
		group, ctx := errgroup.WithContext(ctx)
		readers := runtime.NumCPU()
		jobs, ordered := make(chan bundleJob), make(chan bundleJob, readers)
		group.Go(func() error { return x.order(ctx, n, ordered, jobs) })
		for range readers {
			group.Go(func() error {
				d := &descent{of: x}
				for job := range jobs {
					job.done <- d.readEntries(job.n)
				}
				return nil
			})
		}
		defer func() {
			stop()
			_ = group.Wait() // that it was stopped is no news
		}()
		for job := range ordered {
			select {
			case b := <-job.done:
				if !yield(b) || b.err != nil {
					return
				}
			case <-ctx.Done(): // the job may have no reader
			}
		}
		if err := ctx.Err(); err != nil {
			yield(bundleRead{err: err})
		}
	}
}

// order sends each bundle to be read, and to whoever takes what was read in that order.
func (x *Export) order(ctx context.Context, n int64, ordered, jobs chan<- bundleJob) error {
	defer close(jobs)
	defer close(ordered)
	for ; width(x.newest.Size, bundles, n) > 0; n++ {
		job := bundleJob{n: n, done: make(chan bundleRead, 1)}
		for _, to := range []chan<- bundleJob{ordered, jobs} {
			select {
			case to <- job:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func (d *descent) readEntries(n int64) bundleRead {
	b := bundleRead{first: n * tileWidth}
	want, err := d.tile(0, n)
	if err == nil {
		b.entries, err = d.of.bundle(n, want)
	}
	b.err = err
	return b
}
