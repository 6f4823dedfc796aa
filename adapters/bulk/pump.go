package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/adapters"
)

// market is where prices come from; *adapters.Runner is one.
type market interface{ Prices() adapters.Prices }

// pump sends the lines of approved files. It is the only one that prices and publishes them, so what it
// finds unsent stays so until it sends it; the switch's answers change the rest meanwhile.
type pump struct {
	*Desk
	market market
	whole  map[key]bool         // files whose bytes were found to be what they were
	sent   map[string]sending   // by key of the pack
	lacks  map[string]time.Time // since when a currency has no quote
}

// sending is when a pack is published again.
type sending struct {
	due  time.Time
	wait time.Duration // after that
}

func newPump(d *Desk, m market) *pump {
	return &pump{Desk: d, market: m, whole: map[key]bool{}, sent: map[string]sending{}, lacks: map[string]time.Time{}}
}

// run works until ctx ends. Errors are the store's.
func (p *pump) run(ctx context.Context) error {
	timer := time.NewTimer(tick)
	defer timer.Stop()
	for {
		progress, busy, err := p.round(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		var again <-chan time.Time
		if busy && !progress { // for what is due later; else somebody signals
			timer.Reset(tick)
			again = timer.C
		}
		if !progress {
			select {
			case <-p.wake:
			case <-again:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// round takes every live file one step on, and tells whether there was anything to do.
func (p *pump) round(ctx context.Context) (progress, busy bool, err error) {
	p.mu.Lock()
	live := slices.Clone(p.live)
	p.mu.Unlock()
	for _, k := range live {
		moved, holds, err := p.advance(ctx, k)
		if errors.Is(err, errSpool) {
			holds, err = err.Error(), nil
			if p.held(k) != holds {
				p.log.Error("a file cannot go on", "file", hex.EncodeToString(k[:]), "error", holds)
			}
		}
		if err != nil {
			return false, true, err
		}
		p.hold(k, holds)
		progress = progress || moved
	}
	return progress, len(live) > 0, nil
}

// hold notes what keeps a file from going on, "" for nothing.
func (p *pump) hold(k key, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if delete(p.holds, k); why != "" {
		p.holds[k] = why
	}
}

// advance takes a file one step on.
func (p *pump) advance(ctx context.Context, k key) (progress bool, holds string, err error) {
	f, open, unanswered, err := p.look(k)
	if err != nil {
		return false, "", err
	}
	if err := p.makeSure(k, f); err != nil {
		return false, "", err
	}
	if f.State == Approved {
		return true, "", p.claim(k, f)
	}
	if err := p.republish(ctx, k, f); err != nil {
		return false, "", err
	}
	if f.Next.Line > f.Lines+1 {
		progress, err = p.turn(ctx, k, f)
		return progress, "", err
	}
	p.mu.Lock()
	full := time.Now().Before(p.fullUntil)
	p.mu.Unlock()
	switch {
	case full:
		return false, "the switch says that it is full", nil
	case unanswered+packLines > maxUnanswered:
		return false, fmt.Sprintf("%d lines are not answered", unanswered), nil
	case open+packLines > p.cfg.maxOpen:
		return false, fmt.Sprintf("%d lines are open at the switch", open), nil
	}
	return p.send(ctx, k, f)
}

// look reads a file and adds up the lines of all live files that are on their way.
func (p *pump) look(k key) (f *file, open, unanswered int, err error) {
	p.mu.Lock()
	live := slices.Clone(p.live)
	p.mu.Unlock()
	err = p.db.View(func(tx *bolt.Tx) error {
		for _, other := range live {
			known, err := loadFile(tx, other)
			if err != nil {
				return err
			}
			open, unanswered = open+known.open(), unanswered+known.Counts[Sent]
			if other == k {
				f = known
			}
		}
		return nil
	})
	return f, open, unanswered, err
}

// makeSure holds the bytes on the disk against the file's hash, once a process.
func (p *pump) makeSure(k key, f *file) error {
	if p.whole[k] {
		return nil
	}
	in, err := os.Open(p.path(f.SHA256))
	if err != nil {
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	sum := sha256.New()
	_, err = io.Copy(sum, in)
	if err := errors.Join(err, in.Close()); err != nil {
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("%w: not what they were", errSpool)
	}
	p.whole[k] = true
	return nil
}

// turn goes through the file again for what was refused for a while, and finishes it when every line has
// ended. Nothing is done while answers are missing.
func (p *pump) turn(ctx context.Context, k key, f *file) (progress bool, err error) {
	switch {
	case f.Counts[Sent] > 0:
		return false, nil
	case f.Counts[Again] > 0:
		return true, p.db.Update(func(tx *bolt.Tx) error {
			f, err := loadFile(tx, k)
			if err != nil {
				return err
			}
			f.Sweep, f.Next = f.Sweep+1, mark{}
			return saveFile(tx, k, f)
		})
	case f.open() > 0:
		return false, nil
	}
	return true, p.finish(ctx, k, f)
}
