package adaptertest

import (
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// happy is when nothing goes wrong.
func happy() []Case {
	return []Case{
		{Group: "happy", Name: "payout", Play: payEverybody(20)},
		{Group: "happy", Name: "bounds", Play: func(ctx context.Context, s *Stage) error {
			least, most := s.payout(s.Terms.Min), s.payout(s.Terms.Most-s.Terms.Most%s.Terms.Increment)
			if err := s.instruct(ctx, least, most); err != nil {
				return err
			}
			return s.EndedAs(ctx, messaging.OutcomePaid, least, most)
		}},
		{Group: "happy", Name: "declined", Needs: []Need{NeedRail}, Faults: sandbox.Faults{DeclinePct: 100},
			Play: func(ctx context.Context, s *Stage) error {
				some, err := s.PayOut(ctx, 4)
				if err != nil {
					return err
				}
				if err := s.EndedAs(ctx, messaging.OutcomeFailed, some...); err != nil {
					return err
				}
				return s.Switch.Look(func(h *Heard) error {
					for _, in := range some {
						if h.Final[subject(in.Transfer, in.Kind)].Reason == "" {
							return fmt.Errorf("%s failed without a reason", in.Transfer)
						}
					}
					return nil
				})
			}},
		{Group: "happy", Name: "collection", Needs: []Need{NeedOrders}, Play: collect(3)},
		{Group: "happy", Name: "unpaid", Needs: []Need{NeedOrders}, Faults: sandbox.Faults{LostCallbackPct: 100}, Play: func(ctx context.Context, s *Stage) error {
			p, err := s.Place(ctx, s.request(s.Terms.Min))
			if err != nil {
				return err
			}
			// These are paid, and found by looking: by then it has looked for the first one too.
			if _, err := s.collected(ctx, 2); err != nil {
				return err
			}
			err = s.Switch.Look(func(h *Heard) error {
				if h.Intents[p.Intent] != nil {
					return fmt.Errorf("an intent for order %s, which the customer did not pay", p.Ref)
				}
				return nil
			})
			if err != nil {
				return err
			}
			if err := s.Pay(ctx, p); err != nil {
				return err
			}
			return s.Sent(ctx, p)
		}},
		{Group: "happy", Name: "refund", Needs: []Need{NeedRefunds}, Play: giveBack(2, messaging.OutcomePaid)},
		{Group: "happy", Name: "rejected", Needs: []Need{NeedRefunds}, Play: func(ctx context.Context, s *Stage) error {
			// The switch does not take it, so that nobody tells the adapter to give the money back.
			p, err := s.Order(ctx)
			if err != nil {
				return err
			}
			if err := s.Sent(ctx, p); err != nil {
				return err
			}
			for range 2 { // and says so twice
				if err := s.State(ctx, p, messaging.StateRejected); err != nil {
					return err
				}
			}
			return s.refunded(ctx, p)
		}},
	}
}

// payEverybody pays n people, and all of them are paid.
func payEverybody(n int) func(context.Context, *Stage) error {
	return func(ctx context.Context, s *Stage) error {
		some, err := s.PayOut(ctx, n)
		if err != nil {
			return err
		}
		return s.EndedAs(ctx, messaging.OutcomePaid, some...)
	}
}

// collect has n customers order and pay, and the switch gets each intent.
func collect(n int) func(context.Context, *Stage) error {
	return func(ctx context.Context, s *Stage) error {
		_, err := s.collected(ctx, n)
		return err
	}
}

// collected is collect; the orders are those of the intents.
func (s *Stage) collected(ctx context.Context, n int) ([]Placed, error) {
	var placed []Placed
	for range n {
		p, err := s.Order(ctx)
		if err != nil {
			return nil, err
		}
		placed = append(placed, p)
	}
	for _, p := range placed {
		if err := s.Sent(ctx, p); err != nil {
			return nil, err
		}
		if err := s.State(ctx, p, messaging.StateQueued); err != nil {
			return nil, err
		}
	}
	return placed, nil
}

// returned is collected, and then the switch has everything given back.
func (s *Stage) returned(ctx context.Context, n int) ([]messaging.Instruction, error) {
	placed, err := s.collected(ctx, n)
	if err != nil {
		return nil, err
	}
	var refunds []messaging.Instruction
	for _, p := range placed {
		refunds = append(refunds, s.refund(p))
	}
	return refunds, s.instruct(ctx, refunds...)
}

// giveBack has the payments of n orders given back, all with this end.
func giveBack(n int, state messaging.OutcomeState) func(context.Context, *Stage) error {
	return func(ctx context.Context, s *Stage) error {
		refunds, err := s.returned(ctx, n)
		if err != nil {
			return err
		}
		return s.EndedAs(ctx, state, refunds...)
	}
}

// refunded waits until the rail has given an order's money back.
func (s *Stage) refunded(ctx context.Context, p Placed) error {
	return s.Booked(ctx, "the refund of order "+p.Ref, func(rows shelves) bool {
		row := rows[sandbox.KindRefund][p.Payer.Account]
		return row != nil && row.settled > 0
	})
}
