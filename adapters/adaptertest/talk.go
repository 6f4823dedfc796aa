package adaptertest

import (
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// talk is what the switch may say beside telling to pay.
func talk() []Case {
	return []Case{
		{Group: "switch", Name: "mail", Play: func(ctx context.Context, s *Stage) error {
			some := s.payouts(5)
			if err := s.enter(some...); err != nil {
				return err
			}
			if err := s.Switch.Mail(ctx, some); err != nil {
				return err
			}
			return s.EndedAs(ctx, messaging.OutcomePaid, some...)
		}},
		{Group: "switch", Name: "query", Needs: []Need{NeedAsking, NeedRail},
			Faults: sandbox.Faults{DelayPct: 100, DelayMS: 2000, LostCallbackPct: 100},
			Play: func(ctx context.Context, s *Stage) error {
				some, err := s.PayOut(ctx, 1)
				if err != nil {
					return err
				}
				ask := func() error {
					in := some[0]
					in.Kind = messaging.KindQuery
					return s.Switch.Instruct(ctx, in)
				}
				if err := ask(); err != nil { // about what has not ended
					return err
				}
				if err := s.Unknown(ctx, some[0]); err != nil {
					return err
				}
				if err := s.EndedAs(ctx, messaging.OutcomePaid, some...); err != nil {
					return err
				}
				return s.afterwards(ctx, ask)
			}},
		{Group: "switch", Name: "recall-late", Needs: []Need{NeedAsking}, Play: func(ctx context.Context, s *Stage) error {
			some, err := s.PayOut(ctx, 1)
			if err != nil {
				return err
			}
			if err := s.EndedAs(ctx, messaging.OutcomePaid, some...); err != nil {
				return err
			}
			return s.afterwards(ctx, func() error { return s.recall(ctx, some[0]) })
		}},
		{Group: "switch", Name: "recall", Needs: []Need{NeedAsking, NeedKill}, Play: func(ctx context.Context, s *Stage) error {
			s.Kill()
			some, err := s.PayOut(ctx, 5)
			if err != nil {
				return err
			}
			for _, in := range some {
				if err := s.recall(ctx, in); err != nil {
					return err
				}
			}
			if err := s.Start(ctx); err != nil {
				return err
			}
			// Paid, and the recall refused, or not: the books know of each whether it was.
			return s.Ended(ctx, some...)
		}},
		{Group: "switch", Name: "not-the-switch", Needs: []Need{NeedRail}, Play: notTheSwitch},
	}
}

func (s *Stage) recall(ctx context.Context, in messaging.Instruction) error {
	in.Kind, in.Reason = messaging.KindRecall, "CUST"
	return s.Switch.Instruct(ctx, in)
}

// notTheSwitch has somebody else on the broker tell the adapter to pay. It must not, whatever becomes of it: a broker
// that lets that in cannot be trusted. It comes last on a stage, for the adapter may refuse everything after it.
func notTheSwitch(ctx context.Context, s *Stage) error {
	if s.Subject.Broker != nil {
		return skipped("it would be the end of the adapter that all cases share")
	}
	if err := payEverybody(1)(ctx, s); err != nil {
		return err
	}
	in := s.payout(s.Terms.Min)
	if err := s.Switch.forge(ctx, in); err != nil {
		return err
	}
	if err := s.Switch.Delivered(ctx); err != nil {
		return err
	}
	// It has the message, and must not do what it says: only time can show that. An honest instruction behind it shows
	// nothing, for that is not carried out either.
	if err := pause(ctx, aMoment); err != nil {
		return err
	}
	s.Kill() // or it has ended by itself, as it may
	rows, err := readLedger(s.Rail)
	if err != nil {
		return err
	}
	for account := range rows["payout"] {
		if account == in.Creditor.Account {
			return fmt.Errorf("a message that the switch did not sign was obeyed: %s was paid", account)
		}
	}
	return nil
}
