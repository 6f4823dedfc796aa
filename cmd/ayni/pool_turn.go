package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/ops/pool"
)

func yesOrNo(_ *cobra.Command, args []string) error {
	if last := args[len(args)-1]; last != "yes" && last != "no" {
		return fmt.Errorf("%.20q is neither yes nor no", last)
	}
	return nil
}

// sealing is what a commitment in a group is over: the draw is round 0 and has no bid.
type sealing struct {
	round, attempt int
	bid            int64
}

func (s *sealing) register(c *cobra.Command) {
	c.Flags().IntVar(&s.round, "round", 0, "the round of a sealed auction; 0 for the drawing of the order")
	c.Flags().IntVar(&s.attempt, "attempt", 0, "the attempt, as \"ayni pool turn show\" has it")
	c.Flags().Int64Var(&s.bid, "bid-minor", 0, "what you leave to the others, in minor units; 0 for the drawing")
}

// secret is this device's own for the purpose: nothing has to be kept until it is revealed.
func (s *sealing) secret(d pool.Device, group string, seat int) string {
	return d.Secret(fmt.Sprintf("turn\n%s\n%d\n%d\n%d", group, s.round, s.attempt, seat))
}

func (m *member) turnCommands() []*cobra.Command {
	c := group("turn", "Your turns in rotating groups")
	c.AddCommand(m.reads("show", "The groups that you are in, and whose turn it is", "turns"),
		m.commitTurn(), m.revealTurn(),
		m.turning("bid GROUP SEAT MINOR", "Bid in an open auction what you leave to the others, in minor units", "bid",
			func(t *decide.Turning, minor int64) { t.BidMinor = minor }),
		m.turning("swap GROUP SEAT OTHER", "Ask the holder of another seat to swap turns", "ask_swap",
			func(t *decide.Turning, other int64) { t.With = int(other) }),
		m.turning("agree-swap GROUP SEAT OTHER", "Agree to swap turns with the seat that asked", "agree_swap",
			func(t *decide.Turning, other int64) { t.With = int(other) }),
		m.turning("leave GROUP SEAT", "Leave a group; what you got and paid is settled by its rules", "leave_group", nil))
	return []*cobra.Command{c}
}

var errNoNumber = errors.New("seats and amounts are whole numbers")

// seatOf reads GROUP SEAT.
func seatOf(args []string) (decide.Turning, error) {
	seat, err := strconv.Atoi(args[1])
	if err != nil {
		return decide.Turning{}, errNoNumber
	}
	return decide.Turning{Group: args[0], Seat: seat}, nil
}

// turning is an act about a seat, with a number where set takes one.
func (m *member) turning(use, short, kind string, set func(t *decide.Turning, number int64)) *cobra.Command {
	args := 2
	if set != nil {
		args = 3
	}
	return m.says(use, short, cobra.ExactArgs(args), func(_ *cobra.Command, args []string) (word, error) {
		t, err := seatOf(args)
		if err == nil && set != nil {
			number, wrong := strconv.ParseInt(args[2], 10, 64)
			if wrong != nil {
				return word{}, errNoNumber
			}
			set(&t, number)
		}
		return word{kind: kind, body: t}, err
	})
}

func (m *member) commitTurn() *cobra.Command {
	var s sealing
	c := m.says("commit GROUP SEAT", "Commit to your part of a drawing, or to a sealed bid", cobra.ExactArgs(2),
		func(_ *cobra.Command, args []string) (word, error) {
			t, err := seatOf(args)
			if err != nil {
				return word{}, err
			}
			_, d, err := m.device()
			if err != nil {
				return word{}, err
			}
			t.Commitment = rotation.Commitment(t.Group, s.round, s.attempt, t.Seat, s.bid, s.secret(d, t.Group, t.Seat))
			return word{kind: "commit", body: t}, nil
		})
	s.register(c)
	return c
}

func (m *member) revealTurn() *cobra.Command {
	var s sealing
	c := m.says("reveal GROUP SEAT", "Reveal what you committed to, with the same flags", cobra.ExactArgs(2),
		func(_ *cobra.Command, args []string) (word, error) {
			t, err := seatOf(args)
			if err != nil {
				return word{}, err
			}
			_, d, err := m.device()
			if err != nil {
				return word{}, err
			}
			t.Secret, t.BidMinor = s.secret(d, t.Group, t.Seat), s.bid
			return word{kind: "reveal", body: t}, nil
		})
	s.register(c)
	return c
}
