package adaptertest

import (
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// duplicate is when something comes twice. It counts once.
func duplicate() []Case {
	return []Case{
		{Group: "duplicate", Name: "instruction", Play: func(ctx context.Context, s *Stage) error {
			some, err := s.PayOut(ctx, 3)
			if err != nil {
				return err
			}
			for range 20 {
				if err := s.Switch.Instruct(ctx, some...); err != nil {
					return err
				}
			}
			if err := s.EndedAs(ctx, messaging.OutcomePaid, some...); err != nil {
				return err
			}
			return s.afterwards(ctx, func() error { return s.Switch.Instruct(ctx, some...) })
		}},
		{Group: "duplicate", Name: "instruction-after-restart", Needs: []Need{NeedKill}, Play: func(ctx context.Context, s *Stage) error {
			some, err := s.PayOut(ctx, 3)
			if err != nil {
				return err
			}
			if err := s.EndedAs(ctx, messaging.OutcomePaid, some...); err != nil {
				return err
			}
			s.Kill()
			if err := s.Switch.Instruct(ctx, some...); err != nil {
				return err
			}
			return s.afterwards(ctx, func() error { return s.Start(ctx) })
		}},
		{Group: "duplicate", Name: "instruction-changed", Needs: []Need{NeedCases}, Play: func(ctx context.Context, s *Stage) error {
			some, err := s.PayOut(ctx, 1)
			if err != nil {
				return err
			}
			other := some[0]
			other.Amount = messaging.NewAmount(s.Terms.money(s.Terms.Min + s.Terms.Increment))
			if err := s.Switch.Instruct(ctx, other); err != nil {
				return err
			}
			if err := s.EndedAs(ctx, messaging.OutcomePaid, some...); err != nil {
				return err
			}
			return s.Raised(ctx, adapters.ExceptionInstruction)
		}},
		{Group: "duplicate", Name: "callback", Needs: []Need{NeedCallbacks}, Faults: sandbox.Faults{DuplicateCallbackPct: 100},
			Play: func(ctx context.Context, s *Stage) error {
				s.Callbacks.On(Ready, -1, func(*Exchange) bool { return true }, func(x *Exchange) error {
					for range 20 {
						s.Callbacks.Repeat(ctx, x)
					}
					return nil
				})
				return payEverybody(3)(ctx, s)
			}},
		{Group: "duplicate", Name: "order", Needs: []Need{NeedOrders}, Play: func(ctx context.Context, s *Stage) error {
			request := s.request(s.Terms.Min)
			p, err := s.Place(ctx, request)
			if err != nil {
				return err
			}
			again, err := s.Place(ctx, request)
			switch {
			case err != nil:
				return err
			case again.Intent != p.Intent || again.Amount != p.Amount || !again.Expires.Equal(p.Expires):
				return fmt.Errorf("the same order got two answers: %+v and %+v", p.OrderAnswer, again.OrderAnswer)
			}
			request.Amount = messaging.NewAmount(fx.Money{Minor: s.Terms.Min + s.Terms.Increment, Currency: s.Terms.Currency})
			if _, err := s.Place(ctx, request); err == nil {
				return fmt.Errorf("order %s was taken with two contents", p.Ref)
			}
			if err := s.Pay(ctx, p); err != nil {
				return err
			}
			return s.Sent(ctx, p)
		}},
		{Group: "duplicate", Name: "collection", Needs: []Need{NeedOrders, NeedCallbacks}, Faults: sandbox.Faults{DuplicateCallbackPct: 100},
			Play: func(ctx context.Context, s *Stage) error {
				s.Callbacks.On(Ready, -1, func(*Exchange) bool { return true }, func(x *Exchange) error {
					for range 20 {
						s.Callbacks.Repeat(ctx, x)
					}
					return nil
				})
				placed, err := s.collected(ctx, 3)
				if err != nil {
					return err
				}
				return s.afterwards(ctx, func() error { return s.State(ctx, placed[0], messaging.StateCleared) })
			}},
	}
}

// afterwards does something that must change nothing, and has one more person paid: what came before that has been
// dealt with by then.
func (s *Stage) afterwards(ctx context.Context, do func() error) error {
	if err := do(); err != nil {
		return err
	}
	return payEverybody(1)(ctx, s)
}
