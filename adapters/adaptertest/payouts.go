package adaptertest

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// payout makes an instruction to pay somebody new.
func (s *Stage) payout(minor int64) messaging.Instruction {
	number := s.Switch.number()
	return messaging.Instruction{
		Transfer: "t" + number, Kind: messaging.KindPayout, Intent: "i" + number, Reference: "conformance",
		Amount: messaging.NewAmount(s.Terms.money(minor)), Counterparty: them,
		Debtor: messaging.Party{Name: "Sender", Account: "255700000001", Address: "2 Harbour Road"}, Creditor: s.person(),
	}
}

// payouts makes n instructions of different amounts.
func (s *Stage) payouts(n int) []messaging.Instruction {
	some := make([]messaging.Instruction, n)
	for i := range some {
		some[i] = s.payout(s.Terms.some(uint64(i)))
	}
	return some
}

// enter writes instructions into the books. It must happen before anybody hears of them.
func (s *Stage) enter(instructions ...messaging.Instruction) error {
	for _, in := range instructions {
		amount, err := in.Amount.Money()
		if err != nil {
			return err
		}
		s.Books.instructed(in, amount)
	}
	return nil
}

// instruct enters instructions and publishes them.
func (s *Stage) instruct(ctx context.Context, instructions ...messaging.Instruction) error {
	if err := s.enter(instructions...); err != nil {
		return err
	}
	return s.Switch.Instruct(ctx, instructions...)
}

// PayOut has n people paid, and returns the instructions.
func (s *Stage) PayOut(ctx context.Context, n int) ([]messaging.Instruction, error) {
	some := s.payouts(n)
	return some, s.instruct(ctx, some...)
}

// Ended waits until every instruction has an end.
func (s *Stage) Ended(ctx context.Context, instructions ...messaging.Instruction) error {
	left := instructions
	return s.Switch.Until(ctx, fmt.Sprintf("the end of %d instructions", len(instructions)), func(h *Heard) bool {
		for len(left) > 0 {
			if _, ended := h.Final[subject(left[0].Transfer, left[0].Kind)]; !ended {
				return false
			}
			left = left[1:]
		}
		return true
	})
}

// EndedAs waits until every instruction has this end.
func (s *Stage) EndedAs(ctx context.Context, state messaging.OutcomeState, instructions ...messaging.Instruction) error {
	if err := s.Ended(ctx, instructions...); err != nil {
		return err
	}
	return s.Switch.Look(func(h *Heard) error {
		for _, in := range instructions {
			if o := h.Final[subject(in.Transfer, in.Kind)]; o.State != state {
				return fmt.Errorf("%s/%s ended %s (%s %s %s), not %s", in.Transfer, in.Kind, o.State, o.Reason, o.RailCode, o.RailText, state)
			}
		}
		return nil
	})
}

// Unknown waits until the switch was told that nobody knows of an instruction. One that has an end is an error.
func (s *Stage) Unknown(ctx context.Context, in messaging.Instruction) error {
	name := subject(in.Transfer, in.Kind)
	err := s.Switch.Until(ctx, "an unknown outcome", func(h *Heard) bool {
		_, ended := h.Final[name]
		return ended || h.Unknowns[name] > 0
	})
	if err != nil {
		return err
	}
	return s.Switch.Look(func(h *Heard) error {
		if h.Unknowns[name] == 0 {
			return fmt.Errorf("%s ended %s, and was never called unknown", name, h.Final[name].State)
		}
		return nil
	})
}

// Still fails where an instruction has an end.
func (s *Stage) Still(instructions ...messaging.Instruction) error {
	return s.Switch.Look(func(h *Heard) error {
		for _, in := range instructions {
			if o, ended := h.Final[subject(in.Transfer, in.Kind)]; ended {
				return fmt.Errorf("%s/%s ended %s (%s), and nobody can know", in.Transfer, in.Kind, o.State, o.ResolvedBy)
			}
		}
		return nil
	})
}

// Booked waits until the rail's ledger is as it should be.
func (s *Stage) Booked(ctx context.Context, what string, enough func(shelves) bool) error {
	for {
		rows, err := readLedger(s.Rail)
		switch {
		case err != nil:
			return err
		case enough(rows):
			return nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil { // another process's ledger gives no signal
			return fmt.Errorf("in vain for %s: %w", what, err)
		}
	}
}
