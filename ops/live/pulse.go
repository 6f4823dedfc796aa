package live

import (
	"context"
	"log/slog"
	"time"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Moment is a ledger's newest pulse with what the pulses before it add up to. A moment is not changed once it is told.
type Moment struct {
	*ledger.Pulse
	Day    Totals // of the day (UTC) of the newest batch
	Queued []ledger.QueuedValue

	queuedAt    time.Time // when that was looked at,
	queuedAfter int64     // and which batch was the newest then
}

// Totals count since a day began.
type Totals struct {
	Begins                                              time.Time
	Batches, Accepted, Cleared, Paid, Returned, Expired int64
}

// Books is where pulses come from. *store.Ledger is one.
type Books interface {
	Pulse(ctx context.Context, after int64) (*ledger.Pulse, error)
	QueuedValues(ctx context.Context) ([]ledger.QueuedValue, error)
}

// queueEvery is how often what waits is summed, if anything does: unlike a pulse, that looks at every transfer that is
// open, and so holds up the page by some milliseconds for each thousand of them.
const queueEvery = 2 * time.Second

// Pulses is the feed of a ledger's moments.
func Pulses(books Books, now func() time.Time, log *slog.Logger) *Feed[*Moment] {
	return New(func(ctx context.Context, before *Moment) (*Moment, bool, error) {
		return next(ctx, books, before, now())
	}, Every, log)
}

func next(ctx context.Context, books Books, before *Moment, now time.Time) (*Moment, bool, error) {
	if before == nil {
		before = &Moment{Pulse: &ledger.Pulse{}}
	}
	pulse, err := books.Pulse(ctx, before.Newest.ID)
	if err != nil {
		return nil, false, err
	}
	m := &Moment{Pulse: pulse, Day: before.Day, Queued: before.Queued, queuedAt: before.queuedAt, queuedAfter: before.queuedAfter}
	if begins := pulse.Newest.DecidedAt.Truncate(24 * time.Hour); !begins.Equal(m.Day.Begins) {
		if before.Newest.ID != 0 { // what came since then is asked for anew: the day is another
			if m.Pulse, err = books.Pulse(ctx, 0); err != nil {
				return nil, false, err
			}
		}
		m.Day = Totals{Begins: begins}
	}
	m.Day.add(m.Pulse)
	news := m.Newest.ID != before.Newest.ID
	if m.Newest.Queued == 0 { // as most of the time: then nothing has to be looked at for it
		m.Queued, m.queuedAfter = nil, m.Newest.ID
	}
	if m.Newest.ID != m.queuedAfter && now.Sub(m.queuedAt) >= queueEvery {
		if m.Queued, err = books.QueuedValues(ctx); err != nil {
			return nil, false, err
		}
		m.queuedAt, m.queuedAfter, news = now, m.Newest.ID, true
	}
	return m, news, nil
}

func (t *Totals) add(p *ledger.Pulse) {
	t.Batches += p.Batches
	t.Accepted += p.Accepted
	t.Cleared += p.Cleared
	t.Paid += p.Paid
	t.Returned += p.Returned
	t.Expired += p.Expired
}
