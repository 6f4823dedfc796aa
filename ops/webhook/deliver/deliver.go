// Package deliver sends events to the endpoints that want them. Of all processes that could, one does: the others wait for
// its session with the database to end, and go on where it was.
//
//	outbox ──a page for each position──▶ deliveries ──one lane an endpoint──▶ POST ──▶ taken, or tried again
//
// A lane sends one event after the other, in order while all is well, and stands apart from the others: an endpoint that is slow or
// dead costs nobody else a moment. What was sent and not yet written down when a process dies is sent again.
package deliver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/ops/webhook"
	"github.com/ayni-switch/ayni/ops/webhook/store"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Books is what is read of the ledger: *store.Ledger of settlement.
type Books interface {
	OutboxAfter(ctx context.Context, after int64, limit int, everybody bool, to []string) ([]ledger.DecidedMessage, error)
	Outbox(ctx context.Context, ids []int64) (map[int64]ledger.OutboxMessage, error)
}

// Deliverer is one process's part.
type Deliverer struct {
	Store    *store.Store
	Books    Books
	Keys     webhook.Keys
	Loopback bool // may send to this machine, by http too
	Patience webhook.Patience
	Pause    time.Duration // between two looks at what is new
	Timeout  time.Duration // of a call, until its answer is there
	Log      *slog.Logger
}

// UsualPause is as long as a person does not notice, UsualTimeout the least that the specification recommends.
const (
	UsualPause   = 500 * time.Millisecond
	UsualTimeout = 15 * time.Second
)

const (
	retryAfter  = time.Second
	page        = 500 // messages of the outbox at a time
	keep        = 7 * 24 * time.Hour
	sweepEvery  = time.Minute
	sweepAtOnce = 5000
)

// Run delivers, or waits until it is its turn, until ctx ends, which is no error. What fails is begun again.
func (d *Deliverer) Run(ctx context.Context) error {
	client := d.client()
	defer client.CloseIdleConnections()
	for {
		err := d.lead(ctx, client)
		if ctx.Err() != nil {
			return nil // it ended because everything does
		}
		d.Log.Error("delivering webhooks stopped and starts again", "error", err)
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
			return nil
		}
	}
}

// lead delivers while it has the right to.
func (d *Deliverer) lead(ctx context.Context, client *http.Client) (err error) {
	l, err := d.Store.Lead(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Release(context.WithoutCancel(ctx))) }()
	group, ctx := errgroup.WithContext(ctx)
	lanes := lanes{run: map[int64]bool{}}
	group.Go(func() error {
		swept := time.Time{}
		for {
			more, err := d.fan(ctx, l)
			if err != nil {
				return err
			}
			due, err := l.Due(ctx)
			if err != nil {
				return err
			}
			for _, endpoint := range due {
				if lanes.enter(endpoint) {
					group.Go(func() error {
						defer lanes.leave(endpoint)
						return d.lane(ctx, l, client, endpoint)
					})
				}
			}
			if time.Since(swept) > sweepEvery {
				swept = time.Now()
				if err := l.Sweep(ctx, keep, sweepAtOnce); err != nil {
					return err
				}
			}
			if more {
				continue
			}
			select {
			case <-time.After(d.Pause):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	return group.Wait()
}

// lanes knows which endpoints are being sent to.
type lanes struct {
	mu  sync.Mutex
	run map[int64]bool
}

func (l *lanes) enter(endpoint int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.run[endpoint] {
		return false
	}
	l.run[endpoint] = true
	return true
}

func (l *lanes) leave(endpoint int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.run, endpoint)
}

// fan makes deliveries of what is new: a page for each position at which endpoints stand, so that one that has much to catch
// up with holds up no other. More says that there was a whole page somewhere.
func (d *Deliverer) fan(ctx context.Context, l *store.Lead) (more bool, err error) {
	all, err := l.Listening(ctx)
	if err != nil {
		return false, err
	}
	for len(all) > 0 {
		at := all[0].Position
		n := 0
		for n < len(all) && all[n].Position == at {
			n++
		}
		whole, err := d.turn(ctx, l, at, all[:n])
		if err != nil {
			return false, err
		}
		more, all = more || whole, all[n:]
	}
	return more, nil
}

// turn makes deliveries of the page behind a position, for the endpoints that stand there.
func (d *Deliverer) turn(ctx context.Context, l *store.Lead, at int64, listening []webhook.Endpoint) (whole bool, err error) {
	everybody, owners := false, make([]string, len(listening))
	for i, e := range listening {
		owners[i], everybody = e.Owner, everybody || e.Owner == ""
	}
	messages, err := d.Books.OutboxAfter(ctx, at, page, everybody, owners)
	if err != nil || len(messages) == 0 {
		return false, err
	}
	events := map[int64][]webhook.Event{}
	for _, e := range listening {
		events[e.ID] = nil // it moves on, whatever is there for it
	}
	for _, m := range messages {
		if m.Payload == nil {
			continue
		}
		told, err := webhook.Told(m.OutboxMessage, m.DecidedAt)
		if err != nil {
			d.Log.Error("a message was told to no webhook", "error", err)
			continue
		}
		for _, event := range told {
			for _, e := range listening {
				if e.Wants(event) {
					events[e.ID] = append(events[e.ID], event)
				}
			}
		}
	}
	return len(messages) == page, l.Put(ctx, at, messages[len(messages)-1].ID, events)
}
