package adaptertest

import (
	"context"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// brokers is when the broker is stopped while the adapter works, and started again on what it has on its disk. Nothing is lost
// and nothing comes twice.
func brokers() []Case {
	slowly := sandbox.Faults{DelayPct: 100, DelayMS: 1000}
	return []Case{
		{Group: "broker", Name: "payouts", Needs: []Need{NeedBroker, NeedRail}, Faults: slowly, Play: func(ctx context.Context, s *Stage) error {
			some, err := s.underWay(ctx, 20)
			if err != nil {
				return err
			}
			s.Switch.own.stop()
			if s.settledAll(some) {
				return skipped("the rail had settled everything before the broker was down")
			}
			if err := s.settled(ctx, some); err != nil {
				return err
			}
			if err := s.Switch.own.missed(ctx, enoughKnocks); err != nil { // or it could be back before the adapter said a word
				return err
			}
			if err := s.Switch.own.again(ctx); err != nil {
				return err
			}
			if err := s.EndedAs(ctx, messaging.OutcomePaid, some...); err != nil {
				return err
			}
			return s.afterwards(ctx, func() error { return s.Switch.Instruct(ctx, some...) })
		}},
		{Group: "broker", Name: "with-the-adapter", Needs: []Need{NeedBroker, NeedRail, NeedKill}, Faults: slowly,
			Play: func(ctx context.Context, s *Stage) error {
				some, err := s.underWay(ctx, 10)
				if err != nil {
					return err
				}
				s.Switch.own.stop()
				s.Kill()
				if err := s.Switch.own.again(ctx); err != nil {
					return err
				}
				if err := s.Start(ctx); err != nil {
					return err
				}
				return s.EndedAs(ctx, messaging.OutcomePaid, some...)
			}},
		{Group: "broker", Name: "collection", Needs: []Need{NeedBroker, NeedOrders}, Play: func(ctx context.Context, s *Stage) error {
			p, err := s.Place(ctx, s.request(s.Terms.Min))
			if err != nil {
				return err
			}
			s.Switch.own.stop()
			if err := s.Pay(ctx, p); err != nil {
				return err
			}
			if err := s.InState(ctx, p, adapters.OrderCollected); err != nil {
				return err
			}
			if err := s.Switch.own.missed(ctx, enoughKnocks); err != nil {
				return err
			}
			if err := s.Switch.own.again(ctx); err != nil {
				return err
			}
			return s.Sent(ctx, p)
		}},
	}
}

// underWay has n people paid, and returns when the rail has heard of all of them.
func (s *Stage) underWay(ctx context.Context, n int) ([]messaging.Instruction, error) {
	some, err := s.PayOut(ctx, n)
	if err != nil {
		return nil, err
	}
	return some, s.Booked(ctx, "payouts that the rail has taken", func(rows shelves) bool { return len(rows[sandbox.KindPayout]) >= n })
}

// settled waits until the rail has settled payouts.
func (s *Stage) settled(ctx context.Context, some []messaging.Instruction) error {
	return s.Booked(ctx, "payouts that the rail has settled", settling(some))
}

// settledAll tells whether the rail has settled payouts.
func (s *Stage) settledAll(some []messaging.Instruction) bool {
	rows, err := readLedger(s.Rail)
	return err == nil && settling(some)(rows)
}

// settling tells books in which payouts are settled.
func settling(some []messaging.Instruction) func(shelves) bool {
	return func(rows shelves) bool {
		for _, in := range some {
			if row := rows[sandbox.KindPayout][in.Creditor.Account]; row == nil || row.settled == 0 {
				return false
			}
		}
		return true
	}
}
