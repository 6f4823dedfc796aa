package audit

import (
	"context"
	"errors"
	"os"
	"time"
)

// maxReplayTime bounds a replay.
const maxReplayTime = 12 * time.Hour

// Replay is what became of having everything decided again: nothing yet where it never began.
type Replay struct {
	By               string // who asked for it
	Began, Ended     time.Time
	Exported         int64 // entries that were copied; then they are decided again
	Done, All        int64 // entries
	Report           *Report
	Stopped, Failing bool // by somebody; by a disk, say: it found nothing then
}

// UnderWay tells whether it has begun and not ended.
func (r Replay) UnderWay() bool { return !r.Began.IsZero() && r.Ended.IsZero() }

// Copying tells whether the log is still being copied.
func (r Replay) Copying() bool { return r.UnderWay() && r.All == 0 }

// Took is how long it lasted.
func (r Replay) Took() time.Duration { return r.Ended.Sub(r.Began).Round(time.Millisecond) }

// StartReplay has the whole log exported into a folder of its own, verified and decided again, and held against the
// ledger's rows. It goes on when ctx ends. The error is ErrBusy where one is under way. How it goes, Replayed says; failed
// hears why it could not be done, but for having been stopped.
func (e *Evidence) StartReplay(ctx context.Context, by string, failed func(error)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.replay.UnderWay() {
		return ErrBusy
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), maxReplayTime)
	e.replay, e.stop = Replay{By: by, Began: time.Now()}, stop
	e.ended.Go(func() {
		defer stop()
		report, err := e.replayed(ctx)
		e.note(func(r *Replay) {
			r.Ended, r.Report = time.Now(), report
			r.Stopped = errors.Is(err, context.Canceled)
			r.Failing = err != nil && !r.Stopped
		})
		if err != nil && !errors.Is(err, context.Canceled) {
			failed(err)
		}
	})
	return nil
}

// StopReplay ends the replay that is under way, if one is.
func (e *Evidence) StopReplay() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stop()
}

// Replayed is how the newest replay goes, or what it found.
func (e *Evidence) Replayed() Replay {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.replay
}

func (e *Evidence) note(what func(*Replay)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	what(&e.replay)
}

// replayed copies the log and decides it again. Its report is nil where it could not be done.
func (e *Evidence) replayed(ctx context.Context) (report *Report, err error) {
	dir, err := os.MkdirTemp("", "ayni-replay-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	_, err = Export(ctx, e.books, e.key, dir, func(entries int64) { e.note(func(r *Replay) { r.Exported = entries }) })
	if err != nil {
		return nil, err
	}
	report, err = Verify(ctx, Config{Dir: dir, Key: e.key, Ledger: e.books, Watch: func(done, all int64) {
		e.note(func(r *Replay) { r.Done, r.All = done, all })
	}})
	if err != nil {
		return nil, err
	}
	return report, nil
}
