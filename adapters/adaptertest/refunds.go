package adaptertest

import (
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// refunds is when money goes back: what was collected, and once.
func refunds() []Case {
	return []Case{
		{Group: "refund", Name: "of-nothing", Needs: []Need{NeedRefunds, NeedCases}, Play: func(ctx context.Context, s *Stage) error {
			p, err := s.Place(ctx, s.request(s.Terms.Min)) // and nobody pays
			if err != nil {
				return err
			}
			if err := s.instruct(ctx, s.refund(p)); err != nil {
				return err
			}
			return s.Raised(ctx, adapters.ExceptionRefundUnmatched)
		}},
		{Group: "refund", Name: "twice", Needs: []Need{NeedRefunds}, Play: func(ctx context.Context, s *Stage) error {
			placed, err := s.collected(ctx, 1)
			if err != nil {
				return err
			}
			refund := s.refund(placed[0])
			if err := s.instruct(ctx, refund); err != nil {
				return err
			}
			for range 10 {
				if err := s.Switch.Instruct(ctx, refund); err != nil {
					return err
				}
			}
			if err := s.EndedAs(ctx, messaging.OutcomePaid, refund); err != nil {
				return err
			}
			// And under another transfer: that is another instruction for the same money.
			other := s.refund(placed[0])
			return s.afterwards(ctx, func() error { return s.Switch.Instruct(ctx, other) })
		}},
		{Group: "refund", Name: "partial", Needs: []Need{NeedRefunds, NeedCases}, Play: func(ctx context.Context, s *Stage) error {
			p, err := s.Place(ctx, s.request(s.Terms.Min+2*s.Terms.Increment))
			if err != nil {
				return err
			}
			if err := s.Pay(ctx, p); err != nil {
				return err
			}
			if err := s.Sent(ctx, p); err != nil {
				return err
			}
			refund := s.refund(p)
			refund.Amount = messaging.NewAmount(s.Terms.money(p.Amount.Minor - s.Terms.Increment))
			if err := s.instruct(ctx, refund); err != nil {
				return err
			}
			return s.Raised(ctx, adapters.ExceptionRefundUnmatched)
		}},
		{Group: "refund", Name: "silence", Needs: []Need{NeedRefunds, NeedRail}, Faults: sandbox.Faults{TimeoutPct: 100},
			Play: giveBack(3, messaging.OutcomePaid)},
		{Group: "refund", Name: "callback-lost", Needs: []Need{NeedRefunds}, Faults: sandbox.Faults{LostCallbackPct: 100},
			Play: giveBack(2, messaging.OutcomePaid)},
		{Group: "refund", Name: "declined", Needs: []Need{NeedRefunds}, Faults: sandbox.Faults{RefundDeclinePct: 100},
			Play: giveBack(2, messaging.OutcomeFailed)},
		{Group: "refund", Name: "paid-otherwise", Needs: []Need{NeedRefunds, NeedCases}, Play: func(ctx context.Context, s *Stage) error {
			p, err := s.Place(ctx, s.request(s.Terms.Min))
			if err != nil {
				return err
			}
			much := p
			much.Amount.Minor += s.Terms.Increment
			if err := s.Pay(ctx, much); err != nil {
				return skipped("the rail lets nobody pay otherwise than ordered: " + err.Error())
			}
			err = s.Booked(ctx, "order "+p.Ref+" given back, or never taken", func(rows shelves) bool {
				paid, back := rows[sandbox.KindCollection][p.Ref], rows[sandbox.KindRefund][p.Payer.Account]
				return (back != nil && back.settled > 0) || (paid != nil && paid.declined > 0)
			})
			if err != nil {
				return err
			}
			return s.Switch.Look(func(h *Heard) error {
				if h.Intents[p.Intent] != nil {
					return fmt.Errorf("an intent for order %s, which was not paid as ordered", p.Ref)
				}
				return nil
			})
		}},
	}
}
