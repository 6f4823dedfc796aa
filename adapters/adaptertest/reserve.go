package adaptertest

import (
	"context"
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// reserve is when a rail sets money aside before a transfer clears, and pays it out or frees it after.
func reserve() []Case {
	cases := []Case{
		{Name: "paid", Play: reservedAndPaid(3)},
		{Name: "silence", Faults: sandbox.Faults{TimeoutPct: 100}, Play: reservedAndPaid(3)},
		{Name: "callback-lost", Faults: sandbox.Faults{LostCallbackPct: 100}, Play: reservedAndPaid(3)},
		{Name: "declined", Faults: sandbox.Faults{DeclinePct: 100}, Play: func(ctx context.Context, s *Stage) error {
			some, err := s.setAside(ctx, 2, messaging.OutcomeFailed)
			if err != nil {
				return err
			}
			return s.release(ctx, some) // of nothing
		}},
		{Name: "released", Play: func(ctx context.Context, s *Stage) error {
			some, err := s.setAside(ctx, 3, messaging.OutcomeReserved)
			if err != nil {
				return err
			}
			if err := s.release(ctx, some); err != nil {
				return err
			}
			return s.afterwards(ctx, func() error { return s.Switch.Instruct(ctx, as(messaging.KindRelease, some)...) })
		}},
		{Name: "released-at-once", Faults: sandbox.Faults{DelayPct: 100, DelayMS: 300}, Play: func(ctx context.Context, s *Stage) error {
			some := as(messaging.KindReserve, s.payouts(3))
			if err := s.instruct(ctx, some...); err != nil {
				return err
			}
			if err := s.release(ctx, some); err != nil {
				return err
			}
			return s.Ended(ctx, some...)
		}},
		{Name: "killed", Needs: []Need{NeedKill}, Play: func(ctx context.Context, s *Stage) error {
			some, err := s.setAside(ctx, 4, messaging.OutcomeReserved)
			if err != nil {
				return err
			}
			s.Kill()
			paid, freed := as(messaging.KindPayout, some[:2]), as(messaging.KindRelease, some[2:])
			if err := s.instruct(ctx, append(paid, freed...)...); err != nil {
				return err
			}
			killed := make(chan struct{})
			killOn(s.Requests, Forwarded, s.about(some[0].Creditor.Account), func() {
				s.Kill()
				close(killed)
			})
			if err := s.Start(ctx); err != nil {
				return err
			}
			select {
			case <-killed:
			case <-ctx.Done():
				return fmt.Errorf("the rail was not asked: %w", context.Cause(ctx))
			}
			if err := s.Start(ctx); err != nil {
				return err
			}
			if err := s.EndedAs(ctx, messaging.OutcomePaid, paid...); err != nil {
				return err
			}
			return s.EndedAs(ctx, messaging.OutcomeReleased, freed...)
		}},
	}
	for i := range cases {
		cases[i].Group, cases[i].Needs = "reserve", append(cases[i].Needs, NeedRail, NeedReserve)
		play := cases[i].Play
		cases[i].Play = func(ctx context.Context, s *Stage) error {
			if !s.joined.Reserves {
				return skipped("its rail sets nothing aside")
			}
			return play(ctx, s)
		}
	}
	return cases
}

// as are the same instructions of another kind.
func as(kind messaging.Kind, some []messaging.Instruction) []messaging.Instruction {
	others := slices.Clone(some)
	for i := range others {
		others[i].Kind = kind
	}
	return others
}

// setAside has money set aside for n people, which has this end.
func (s *Stage) setAside(ctx context.Context, n int, state messaging.OutcomeState) ([]messaging.Instruction, error) {
	some := as(messaging.KindReserve, s.payouts(n))
	if err := s.instruct(ctx, some...); err != nil {
		return nil, err
	}
	return some, s.EndedAs(ctx, state, some...)
}

// release has what was set aside freed.
func (s *Stage) release(ctx context.Context, some []messaging.Instruction) error {
	some = as(messaging.KindRelease, some)
	if err := s.instruct(ctx, some...); err != nil {
		return err
	}
	return s.EndedAs(ctx, messaging.OutcomeReleased, some...)
}

// reservedAndPaid has money set aside for n people, and then has them paid.
func reservedAndPaid(n int) func(context.Context, *Stage) error {
	return func(ctx context.Context, s *Stage) error {
		reserved, err := s.setAside(ctx, n, messaging.OutcomeReserved)
		if err != nil {
			return err
		}
		some := as(messaging.KindPayout, reserved)
		if err := s.instruct(ctx, some...); err != nil {
			return err
		}
		if err := s.EndedAs(ctx, messaging.OutcomePaid, some...); err != nil {
			return err
		}
		return s.afterwards(ctx, func() error { return s.Switch.Instruct(ctx, append(reserved, some...)...) })
	}
}
