package adaptertest

import (
	"context"

	"github.com/ayni-switch/ayni/adapters/sandbox"
)

// skew is further than any rail lets clocks differ.
const skew = 20 * 60 * 1000

// faulty is one fault of the rail in everything that it does, and all of them at once.
func faulty() []Case {
	cases := []Case{
		{Group: "faults", Name: "delay", Faults: sandbox.Faults{DelayPct: 100, DelayMS: 400}, Play: payEverybody(6)},
		{Group: "faults", Name: "clock-ahead", Faults: sandbox.Faults{ClockSkewMS: skew, LostCallbackPct: 100}, Play: repaired(4)},
		{Group: "faults", Name: "clock-behind", Faults: sandbox.Faults{ClockSkewMS: -skew}, Play: repaired(4)},
		{Group: "faults", Name: "expired-certificate", Faults: sandbox.Faults{ExpiredCertificate: true}, Play: repaired(4)},
		{Group: "faults", Name: "everything", Faults: everything(30), Play: everybodyEnds(40)},
	}
	for i := range cases {
		cases[i].Needs = []Need{NeedRail}
	}
	return append(cases, Case{
		Group: "faults", Name: "everything-and-kills", Needs: []Need{NeedRail, NeedKill}, Faults: everything(30),
		Play: func(ctx context.Context, s *Stage) error {
			some, err := s.PayOut(ctx, 30)
			if err != nil {
				return err
			}
			for range 4 {
				if err := s.Hit(ctx, s.Requests.Count(anything), 5, some...); err != nil {
					return err
				}
				s.Kill()
				if err := s.Start(ctx); err != nil {
					return err
				}
			}
			return s.Ended(ctx, some...)
		},
	})
}

// everything is every fault of single operations, each in so many per cent of them.
func everything(percent int) sandbox.Faults {
	return sandbox.Faults{
		DeclinePct: percent, RefundDeclinePct: percent, DelayPct: percent, DelayMS: 100, LostCallbackPct: percent,
		DuplicateCallbackPct: percent, TimeoutPct: percent, ErrorPct: percent, ContradictPct: percent,
		ReorderPct: percent, LateVisiblePct: percent, LateVisibleMS: 300,
	}
}

// everybodyEnds has n people paid, of whom some are not: the books say whether that is true of each.
func everybodyEnds(n int) func(context.Context, *Stage) error {
	return func(ctx context.Context, s *Stage) error {
		some, err := s.PayOut(ctx, n)
		if err != nil {
			return err
		}
		return s.Ended(ctx, some...)
	}
}
