package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/settlement"
)

// Backpressure, as a participant has it that does not publish more than the switch keeps up with. It also bounds
// memory.
const (
	uncleared = 60_000  // published and not yet cleared, at the peak
	unpaid    = 120_000 // published and not yet paid, where outcomes flow
	handful   = 128     // payments that are given out at a time
	mostDue   = 4096    // payments that are given out at a time after a pause
	tick      = time.Millisecond
)

// run is one run of traffic.
type run struct {
	stretch
	before, after spent
	rssPeak       int64
	drained       time.Duration // from the last clearing until everything that was held back was paid
	samples       []sample
	stored        []time.Duration // until the broker had it, of each
}

// play begins a run, has publish publish so many transfers, and ends when everything has cleared and been paid and
// everybody has heard of it. With hold, participants send their outcomes only after everything has cleared, as
// rails that take their time.
func (s *stage) play(ctx context.Context, transfers int, hold, measure bool, publish func(context.Context) error) (r run, err error) {
	ctx, stop := s.bound(ctx)
	defer stop()
	for _, d := range s.desks {
		d.hold(hold)
		if measure {
			d.measure(true)
		}
	}
	if r.before, err = s.spent(ctx); err != nil {
		return r, err
	}
	resetPeak()
	from, began := s.meter.begin(transfers), time.Now()
	if err := publish(ctx); err != nil {
		return r, err
	}
	if err := s.meter.allCleared(ctx); err != nil {
		return r, err
	}
	cleared := time.Now()
	published, _ := s.meter.sums()
	if hold { // what the run cost ends here
		if err := s.heard.all(ctx, published, from.paid); err != nil {
			return r, err
		}
		if r.after, err = s.spent(ctx); err != nil {
			return r, err
		}
		for _, d := range s.desks {
			d.hold(false)
		}
	}
	if err := s.meter.allPaid(ctx); err != nil {
		return r, err
	}
	if err := s.heard.all(ctx, published, published); err != nil {
		return r, err
	}
	r.drained = time.Since(cleared)
	if !hold {
		if r.after, err = s.spent(ctx); err != nil {
			return r, err
		}
	}
	r.rssPeak = ownPeak()
	r.stretch = s.meter.ran(began, from, transfers)
	if measure {
		for _, d := range s.desks {
			samples, stored := d.measure(false)
			r.samples, r.stored = append(r.samples, samples...), append(r.stored, stored...)
		}
	}
	return r, nil
}

// bound has what a run waits for end when the stage breaks.
func (s *stage) bound(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.ctx, func() { cancel(context.Cause(s.ctx)) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// atOnce publishes as fast as the switch takes it.
func (s *stage) atOnce(t *traffic, unpaid int64) func(context.Context) error {
	return func(ctx context.Context) error {
		for left := t.left; left > 0; left = t.left {
			n := min(left, handful)
			if err := s.meter.publish(ctx, int64(n), uncleared, unpaid); err != nil {
				return err
			}
			at := time.Now()
			for range n {
				if err := s.give(t, at); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// steadily publishes at a rate, whether or not the switch keeps up with it. A transfer's moment is when it was to
// be published: if this falls behind, that counts as latency.
func (s *stage) steadily(t *traffic, perSecond float64) func(context.Context) error {
	return s.paced(t, perSecond, -1, -1)
}

// paced is steadily for as long as no more are uncleared or unpaid.
func (s *stage) paced(t *traffic, perSecond float64, uncleared, unpaid int64) func(context.Context) error {
	return func(ctx context.Context) error {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		began, given := time.Now(), 0
		for t.left > 0 {
			var now time.Time
			select {
			case now = <-ticker.C:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			due := min(int(now.Sub(began).Seconds()*perSecond)-given, t.left, mostDue)
			if due <= 0 {
				continue
			}
			if err := s.meter.publish(ctx, int64(due), uncleared, unpaid); err != nil {
				return err
			}
			for range due {
				at := began.Add(time.Duration(float64(given) / perSecond * float64(time.Second)))
				if err := s.give(t, at); err != nil {
					return err
				}
				given++
			}
		}
		return nil
	}
}

// alone publishes one transfer at a time: the next when everything about the one before has been said.
func (s *stage) alone(t *traffic) func(context.Context) error {
	return func(ctx context.Context) error {
		for t.left > 0 {
			if err := s.meter.publish(ctx, 1, -1, -1); err != nil {
				return err
			}
			if err := s.give(t, time.Now()); err != nil {
				return err
			}
			if err := s.meter.allPaid(ctx); err != nil {
				return err
			}
			published, _ := s.meter.sums()
			if err := s.heard.all(ctx, published, published); err != nil {
				return err
			}
		}
		return nil
	}
}

// give gives the next payment to whom it is to go out from.
func (s *stage) give(t *traffic, at time.Time) error {
	p, _, err := t.next()
	if err != nil {
		return err
	}
	s.desks[p.from].give(p, at)
	return nil
}

// latency is what a run's samples say. A transfer that was left waiting although everybody had the liquidity for it
// counts with those that never waited: nobody but the switch made it wait.
func (s *stage) latency(ctx context.Context, r run, offered float64) (Latency, error) {
	short, err := s.short(ctx, r.samples)
	if err != nil {
		return Latency{}, err
	}
	commits := r.commits()
	var took, waited []time.Duration
	for _, sample := range r.samples {
		at, ok := commits[sample.batch]
		if !ok {
			return Latency{}, fmt.Errorf("bench: batch %d was not noticed", sample.batch)
		}
		if short[sample.transfer] {
			waited = append(waited, at.Sub(sample.due))
		} else {
			took = append(took, at.Sub(sample.due))
		}
	}
	return newLatency(offered, took, waited, r.stored), nil
}

// short finds the transfers for which, after the batch that left them waiting, there really was no money: less
// than their amount at the disposal of the debtor's position, or of the pool that pays the other currency.
func (s *stage) short(ctx context.Context, samples []sample) (map[settlement.TransferID]bool, error) {
	var ids, batches []int64
	for _, sample := range samples {
		if sample.queued != 0 {
			ids, batches = append(ids, int64(sample.transfer)), append(batches, sample.queued)
		}
	}
	found := map[settlement.TransferID]bool{}
	rows, err := s.admin.Query(ctx, `
		SELECT t.id FROM unnest($1::bigint[], $2::bigint[]) AS waited (id, batch)
		JOIN ledger.transfer t ON t.id = waited.id
		CROSS JOIN LATERAL (VALUES (t.debtor, 'position', t.source_currency, t.source_minor),
			(0, 'fx', CASE WHEN t.source_currency <> t.destination_currency THEN t.destination_currency END, t.destination_minor)
		) AS need (participant, kind, currency, amount)
		JOIN ledger.account a ON a.participant = need.participant AND a.kind = need.kind AND a.currency = need.currency
		JOIN LATERAL (
			SELECT prefund_minor + credit_line_minor + position_minor AS available FROM ledger.liquidity l
			WHERE l.account = a.id AND l.batch <= waited.batch ORDER BY l.batch DESC LIMIT 1
		) had ON had.available < need.amount`, ids, batches)
	if err != nil {
		return nil, fmt.Errorf("bench: who was short: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("bench: who was short: %w", err)
		}
		found[settlement.TransferID(id)] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("bench: who was short: %w", err)
	}
	return found, nil
}

// counted holds what participants published and heard against what the switch and its ledger say of all runs.
func (s *stage) counted(ctx context.Context, f *findings) error {
	published, now := s.meter.sums()
	s.heard.mu.Lock()
	heard := [...]int64{s.heard.cleared, s.heard.paid, s.heard.payouts, s.heard.other}
	s.heard.mu.Unlock()
	f.find("published_is_taken", now.accepted+now.refused == published && now.refused == 0,
		"%d published, %d accepted, %d refused", published, now.accepted, now.refused)
	f.find("all_cleared_and_paid", now.cleared == published && now.paid == published,
		"%d cleared, %d paid", now.cleared, now.paid)
	f.find("all_told", heard == [...]int64{published, published, published, 0},
		"participants heard of %d cleared and %d paid, got %d payouts, and %d other ends", heard[0], heard[1], heard[2], heard[3])
	var transfers, moved int64
	if err := s.admin.QueryRow(ctx, "SELECT count(*) FROM ledger.transfer").Scan(&transfers); err != nil {
		return fmt.Errorf("bench: transfers: %w", err)
	}
	f.find("all_kept", transfers == published, "%d transfers in the ledger", transfers)
	err := s.admin.QueryRow(ctx, "SELECT count(*) FROM ledger.balance_now WHERE kind = 'position' AND balance_minor <> 0").Scan(&moved)
	if err != nil {
		return fmt.Errorf("bench: positions: %w", err)
	}
	f.find("all_came_home", moved == 0, "%d positions are not where they began", moved)
	return nil
}
