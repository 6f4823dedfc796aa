package adaptertest

import (
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// limits is when the rail would not, or cannot now.
func limits() []Case {
	bounds := []struct {
		name, reason string
		amount       func(Terms) (fx.Money, bool)
	}{
		{"below", "AM01", func(t Terms) (fx.Money, bool) { return t.money(t.Min - t.Increment), t.Min > t.Increment }},
		{"above", "AM02", func(t Terms) (fx.Money, bool) { return t.money(t.Most + t.Increment - t.Most%t.Increment), true }},
		{"step", "AM12", func(t Terms) (fx.Money, bool) { return t.money(t.Min + t.Increment/2), t.Increment > 1 }},
		{"currency", "AM03", func(t Terms) (fx.Money, bool) {
			return fx.Money{Minor: t.Min, Currency: fx.MustCurrency("XOF")}, true
		}},
	}
	var cases []Case
	for _, bound := range bounds {
		cases = append(cases, Case{Group: "limits", Name: bound.name, Needs: []Need{NeedRail}, Play: func(ctx context.Context, s *Stage) error {
			amount, can := bound.amount(s.Terms)
			if !can {
				return skipped("no amount is out of this bound")
			}
			in := s.payout(s.Terms.Min)
			in.Amount = messaging.NewAmount(amount)
			if err := s.instruct(ctx, in); err != nil {
				return err
			}
			if err := s.EndedAs(ctx, messaging.OutcomeFailed, in); err != nil {
				return err
			}
			if n := s.Requests.Count(func(x *Exchange) bool { return x.mentions(in.Creditor.Account) }); n > 0 {
				return fmt.Errorf("the rail was asked %d times for %s, which it does not pay", n, amount)
			}
			return s.Switch.Look(func(h *Heard) error {
				if o := h.Final[subject(in.Transfer, in.Kind)]; o.Reason != bound.reason {
					return fmt.Errorf("%s failed with reason %s, not %s", amount, o.Reason, bound.reason)
				}
				return nil
			})
		}})
	}
	cases = append(cases, Case{
		Group: "limits", Name: "rate", Needs: []Need{NeedRail}, Faults: sandbox.Faults{RatePerS: 10}, Play: payEverybody(15),
	})
	for _, outage := range []sandbox.Outage{sandbox.OutageRefuse, sandbox.OutageHang, sandbox.OutageError} {
		down := sandbox.Faults{Outage: outage}
		cases = append(cases,
			Case{Group: "limits", Name: "down-" + string(outage), Needs: []Need{NeedRail}, Faults: down, Play: repaired(6)},
			Case{Group: "limits", Name: "goes-down-" + string(outage), Needs: []Need{NeedRail}, Play: func(ctx context.Context, s *Stage) error {
				some, err := s.PayOut(ctx, 10)
				if err != nil {
					return err
				}
				if err := s.SetFaults(down); err != nil {
					return err
				}
				before := s.Requests.Count(anything)
				more, err := s.PayOut(ctx, 5)
				if err != nil {
					return err
				}
				some = append(some, more...)
				if err := s.Hit(ctx, before, len(more), some...); err != nil {
					return err
				}
				if err := s.SetFaults(sandbox.Faults{}); err != nil {
					return err
				}
				return s.EndedAs(ctx, messaging.OutcomePaid, some...)
			}})
	}
	return cases
}

// repaired has n people paid while the rail has a fault that hits everything, and repairs it once it has. Nobody's
// money came back meanwhile, and everybody is paid.
func repaired(n int) func(context.Context, *Stage) error {
	return func(ctx context.Context, s *Stage) error {
		before := s.Requests.Count(anything)
		some, err := s.PayOut(ctx, n)
		if err != nil {
			return err
		}
		if err := s.Hit(ctx, before, n, some...); err != nil {
			return err
		}
		if err := s.SetFaults(sandbox.Faults{}); err != nil {
			return err
		}
		return s.EndedAs(ctx, messaging.OutcomePaid, some...)
	}
}
