package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// day holds what the rail itself says of a day, in its statement where it gives one, against what the switch was told
// and what the adapter has: movement by movement, and their sums.
func day() []Case {
	return []Case{{
		Group: "reconcile", Name: "day", Needs: []Need{NeedRail, NeedBroker}, Faults: everything(20),
		Play: func(ctx context.Context, s *Stage) error {
			began := time.Now()
			some, err := s.PayOut(ctx, 20)
			if err != nil {
				return err
			}
			if s.Subject.lack(NeedOrders) == "" {
				placed, err := s.collected(ctx, 4)
				if err != nil {
					return err
				}
				if s.Subject.lack(NeedRefunds) == "" {
					refunds := []messaging.Instruction{s.refund(placed[0]), s.refund(placed[1])}
					if err := s.instruct(ctx, refunds...); err != nil {
						return err
					}
					some = append(some, refunds...)
				}
			}
			if err := s.Ended(ctx, some...); err != nil {
				return err
			}
			return s.reconcile(ctx, began)
		},
	}}
}

// movement names one movement of money on the rail.
type movement struct {
	to  adapters.Direction
	ref string // the rail's receipt
}

// reconcile holds three books against each other, since a moment.
func (s *Stage) reconcile(ctx context.Context, since time.Time) error {
	told, err := s.toldMovements(ctx)
	if err != nil {
		return err
	}
	var found []error
	sums := map[adapters.Direction]int64{}
	for m, minor := range told {
		sums[m.to] += minor
	}
	err = s.statedMovements(since, func(l adapters.StatementLine) error {
		m := movement{l.Direction, l.Ref}
		minor, known := told[m]
		switch {
		case l.Fee:
			return nil
		case !known:
			found = append(found, fmt.Errorf("the rail states %s %s under %s, which nobody was told of, or twice", l.Amount, l.Direction, l.Ref))
		case l.Amount != s.Terms.money(minor):
			found = append(found, fmt.Errorf("the rail states %s under %s, and %s was told", l.Amount, l.Ref, s.Terms.money(minor)))
		case l.At.Before(since.Truncate(time.Second)) || l.At.After(time.Now()):
			found = append(found, fmt.Errorf("the rail states %s at %s, and it was done between %s and now", l.Ref, l.At, since))
		}
		delete(told, m)
		return nil
	})
	for m, minor := range told {
		found = append(found, fmt.Errorf("%s %s under %s was told, and the rail does not state it", s.Terms.money(minor), m.to, m.ref))
	}
	return errors.Join(append(found, err, s.counted(ctx, sums))...)
}

// toldMovements are what the switch was told: payouts and refunds by their outcomes, and intents, whose payment the
// adapter shows. The values are minor units.
func (s *Stage) toldMovements(ctx context.Context) (map[movement]int64, error) {
	told := map[movement]int64{}
	note := func(m movement, minor int64) error {
		if _, twice := told[m]; twice {
			return fmt.Errorf("two movements are told under the receipt %q", m.ref)
		}
		told[m] = minor
		return nil
	}
	paid := map[string]order{}
	err := s.Switch.Look(func(h *Heard) error {
		s.Books.mu.Lock()
		defer s.Books.mu.Unlock()
		for ref, o := range s.Books.orders {
			if h.Intents[o.intent] != nil {
				paid[ref] = o
			}
		}
		for _, entries := range []map[string]entry{s.Books.payouts, s.Books.refunds} {
			for _, e := range entries {
				if o := h.Final[e.name]; o.State == messaging.OutcomePaid {
					if err := note(movement{adapters.Out, o.RailRef}, e.amount.Minor); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	for ref, o := range paid {
		if err != nil {
			return nil, err
		}
		var shown adapters.OrderStatus
		if shown, err = s.Shown(ctx, ref); err == nil {
			err = note(movement{adapters.In, shown.Paid}, o.amount.Minor)
		}
	}
	return told, err
}

// statedMovements hands over what the rail states of the days since a moment.
func (s *Stage) statedMovements(since time.Time, line func(adapters.StatementLine) error) error {
	if s.joined.Statement == nil {
		return s.Rail.Operations(func(op sandbox.Operation) error {
			l := adapters.StatementLine{
				At: time.UnixMilli(op.CreatedMS), Ref: op.Ref, Amount: s.Terms.money(op.Minor), Direction: adapters.Out,
			}
			switch {
			case op.State != sandbox.Settled:
				return nil
			case op.Kind == sandbox.KindCollection:
				l.Direction = adapters.In
			case op.Kind != sandbox.KindPayout && op.Kind != sandbox.KindRefund:
				return nil // the rail's own affairs
			}
			return line(l)
		})
	}
	since = since.In(s.joined.Zone)
	for day := time.Date(since.Year(), since.Month(), since.Day(), 0, 0, 0, 0, s.joined.Zone); day.Before(time.Now()); day = day.AddDate(0, 0, 1) {
		next := day.AddDate(0, 0, 1)
		err := s.joined.Statement(day, func(l adapters.StatementLine) error {
			if l.At.Before(day) || !l.At.Before(next) {
				return fmt.Errorf("the statement of %s has a line of %s", day.Format(time.DateOnly), l.At)
			}
			return line(l)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// counted holds the adapter's own sums against those of what was told.
func (s *Stage) counted(ctx context.Context, sums map[adapters.Direction]int64) error {
	if s.Subject.lack(NeedOrders) != "" { // nor does it serve what adapters.Runner does beside them
		return nil
	}
	var stats adapters.Stats
	if status, err := s.call(ctx, http.MethodGet, "/stats", nil, &stats); err != nil || status != http.StatusOK {
		return fmt.Errorf("statistics: status %d: %w", status, err)
	}
	var out int64
	for _, minor := range stats.SettledMinor {
		out += minor
	}
	if stats.CollectedMinor != sums[adapters.In] || out != sums[adapters.Out] {
		return fmt.Errorf("the adapter counts %d minor units in and %d out; the switch was told of %d and %d",
			stats.CollectedMinor, out, sums[adapters.In], sums[adapters.Out])
	}
	return nil
}
