package bulk

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// PublishIntents publishes the Runner's intents.
func (d *Desk) PublishIntents(ctx context.Context, intents []messaging.Intent) error {
	return d.cfg.Switch.PublishIntents(ctx, intents)
}

// PublishOutcomes publishes the Runner's outcomes.
func (d *Desk) PublishOutcomes(ctx context.Context, outcomes []messaging.Outcome) error {
	return d.cfg.Switch.PublishOutcomes(ctx, outcomes)
}

// PublishRecalls publishes the Runner's recalls.
func (d *Desk) PublishRecalls(ctx context.Context, recalls []messaging.Recall) error {
	return d.cfg.Switch.PublishRecalls(ctx, recalls)
}

// PublishHealth publishes what the Runner says of its rail.
func (d *Desk) PublishHealth(ctx context.Context, h messaging.RailHealth) error {
	return d.cfg.Switch.PublishHealth(ctx, h)
}

// ReceiveBatch hands what the switch says to the Runner, less the refunds of lines, after the desk's own
// share of it is durable.
func (d *Desk) ReceiveBatch(ctx context.Context, limit int, handler func(context.Context, []messaging.Incoming) error) error {
	return d.cfg.Switch.ReceiveBatch(ctx, limit, func(ctx context.Context, messages []messaging.Incoming) error {
		rest, err := d.take(ctx, messages)
		if err != nil {
			return err
		}
		return handler(ctx, rest)
	})
}

// step is a change of a line.
type step struct {
	at     place
	change messaging.Change
}

// take makes the steps of lines durable, in one transaction, and answers their refunds. It returns what is
// the Runner's.
func (d *Desk) take(ctx context.Context, messages []messaging.Incoming) ([]messaging.Incoming, error) {
	var steps []step
	for _, m := range messages {
		if m.Status == nil {
			continue
		}
		for _, c := range m.Status.Changes {
			if at, ok := placeOf(c.Intent); ok && d.isLive(at.file) {
				steps = append(steps, step{at, c})
			}
		}
	}
	if len(steps) > 0 {
		if err := d.db.Update(func(tx *bolt.Tx) error { return d.takeSteps(tx, steps) }); err != nil {
			return nil, fmt.Errorf("bulk: %w", err)
		}
		signal(d.wake)
		if err := d.cfg.failpoint("steps durable"); err != nil {
			return nil, err
		}
	}
	return d.takeRefunds(ctx, messages)
}

func (d *Desk) isLive(k key) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Contains(d.live, k)
}

// takeSteps writes steps, their files' counts, and how many lines of each pack are left unanswered.
func (d *Desk) takeSteps(tx *bolt.Tx, steps []step) error {
	files := map[key]*file{}
	answered := map[string]int{} // by key of the pack
	for _, s := range steps {
		f := files[s.at.file]
		if f == nil {
			var err error
			if f, err = loadFile(tx, s.at.file); err != nil {
				return err
			}
			files[s.at.file] = f
		}
		records := lines(tx, s.at.file)
		r, err := loadLine(records, s.at.line)
		if err != nil {
			return err
		}
		if r == nil || r.Sweep != s.at.sweep {
			continue
		}
		before := r.State
		if !d.apply(r, s) {
			continue
		}
		if before == Sent {
			at, err := packOf(tx, s.at)
			if err != nil {
				return err
			}
			answered[string(at)]++
		}
		f.moved(before, r.State)
		if err := put(records, lineKey(s.at.line), r); err != nil {
			return err
		}
	}
	packs := tx.Bucket(bucketPacks)
	for at, n := range answered {
		var p pack
		if _, err := get(packs, []byte(at), &p); err != nil {
			return err
		}
		var err error
		if p.Unanswered -= n; p.Unanswered > 0 {
			err = put(packs, []byte(at), p)
		} else {
			err = packs.Delete([]byte(at))
		}
		if err != nil {
			return err
		}
	}
	for k, f := range files {
		if err := saveFile(tx, k, f); err != nil {
			return err
		}
	}
	return nil
}

// apply takes a line one step on and tells whether that is news.
func (d *Desk) apply(r *record, s step) bool {
	c, state := s.change, State(s.change.State)
	ended := c.State == messaging.StateRejected || c.State == messaging.StateExpired
	switch {
	case r.State != Sent && r.State.rank() == 0, state.rank() <= r.State.rank():
		return false
	case c.Fault == messaging.FaultDuplicate, ended && r.State.rank() > State(messaging.StateQueued).rank():
		// It may be paid: calling it unpaid would free its id to be paid again.
		d.log.Error("the switch contradicts itself; a person has to look", "intent", c.Intent, "state", string(c.State),
			"before", string(r.State), "fault", string(c.Fault), "detail", c.Detail)
		return false
	case c.State == messaging.StateRejected && passes(c.Fault) && s.at.sweep < maxSweep:
		if c.Fault == messaging.FaultQueueFull {
			d.mu.Lock()
			d.fullUntil = time.Now().Add(fullPause)
			d.mu.Unlock()
		}
		r.State, r.Fault, r.Reason, r.Detail = Again, c.Fault, c.Reason, c.Detail
		return true
	}
	r.State, r.Fault, r.Reason, r.Detail = state, c.Fault, c.Reason, c.Detail
	if c.Transfer != "" {
		r.Transfer = c.Transfer
	}
	return true
}

// passes tells whether the same line may be taken another time.
func passes(f messaging.Fault) bool {
	return f == messaging.FaultQueueFull || f == messaging.FaultQuoteExpired
}

// packOf finds the key of the pack that a line was sent with.
func packOf(tx *bolt.Tx, at place) ([]byte, error) {
	want := packKey(at)
	c := tx.Bucket(bucketPacks).Cursor()
	found, _ := c.Seek(want)
	if !bytes.Equal(found, want) {
		found, _ = c.Prev()
	}
	if len(found) != len(want) || !bytes.Equal(found[:len(want)-4], want[:len(want)-4]) {
		return nil, fmt.Errorf("bulk: line %d of file %x belongs to no pack", at.line, at.file)
	}
	return found, nil
}

// takeRefunds answers that the participant has the money of returned lines again: see the package. What
// does not fit its line is left to the Runner, which makes it a case for a person.
func (d *Desk) takeRefunds(ctx context.Context, messages []messaging.Incoming) ([]messaging.Incoming, error) {
	var outcomes []messaging.Outcome
	rest := slices.Clone(messages)
	for i, m := range messages {
		if m.Payout == nil {
			continue
		}
		others := *m.Payout
		others.Instructions = nil
		for _, in := range m.Payout.Instructions {
			fits, err := d.refunds(in)
			if err != nil {
				return nil, err
			}
			if !fits {
				others.Instructions = append(others.Instructions, in)
				continue
			}
			outcomes = append(outcomes, messaging.Outcome{
				Transfer: in.Transfer, Kind: in.Kind, State: messaging.OutcomePaid, Amount: in.Amount, RailRef: in.Intent,
			})
		}
		if len(others.Instructions) < len(m.Payout.Instructions) {
			rest[i].Payout = &others
		}
	}
	if len(outcomes) == 0 {
		return rest, nil
	}
	if err := d.cfg.Switch.PublishOutcomes(ctx, outcomes); err != nil {
		return nil, fmt.Errorf("bulk: refunds: %w", err)
	}
	return rest, d.cfg.failpoint("refunds told")
}

// refunds tells whether an instruction gives back exactly what a line sent.
func (d *Desk) refunds(in messaging.Instruction) (fits bool, err error) {
	at, ok := placeOf(in.Intent)
	if in.Kind != messaging.KindRefund || !ok || !d.isLive(at.file) {
		return false, nil
	}
	err = d.db.View(func(tx *bolt.Tx) error {
		f, err := loadFile(tx, at.file)
		if err != nil {
			return err
		}
		r, err := loadLine(lines(tx, at.file), at.line)
		if err != nil || r == nil {
			return err
		}
		fits = r.Sweep == at.sweep && (r.Transfer == "" || r.Transfer == in.Transfer) &&
			in.Amount == messaging.NewAmount(fx.Money{Minor: r.Source, Currency: f.Currency})
		return nil
	})
	return fits, err
}
