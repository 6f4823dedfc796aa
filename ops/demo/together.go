package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/pool"
)

// What the round's pot is paid out for, and to which member of Manila.
const (
	turnReference = "turn of round 1"
	turnOf        = 3 // the member whose turn it is: m4
	turnPurpose   = "business"
	roundDays     = 30
)

// settleIn has every pool founded, pledge, and decide to save together, before anybody pays in. Each is done once.
func (s *stage) settleIn() error {
	for _, c := range communities {
		if err := s.found(c); err != nil {
			return err
		}
	}
	expires := time.Now().Add(quoteLife)
	for _, c := range communities {
		if c.pledgeMinor == 0 {
			continue
		}
		if err := s.settleQuestion(s.pledging(c), expires); err != nil {
			return err
		}
	}
	for _, c := range guests() { // first, so that they know the group that calls them
		if err := s.settleQuestion(s.joining(c), expires); err != nil {
			return err
		}
	}
	return s.settleQuestion(s.beginning(), expires)
}

// joining is that a pool saves in the group of poolName, for a round with every pool's turn.
func (s *stage) joining(c community) question {
	join := &decide.Saving{
		Host: poolName, Key: s.pools[poolName].Public, Group: poolGroup, Fund: c.fund, Unit: s.actors[c.name].Currency,
		EachMinor: c.partMinor, TotalMinor: c.partMinor * int64(len(communities)),
	}
	return question{
		pool: c.name, kind: charter.Rotating, subject: decide.Rotation{Join: join}, voters: everybody(c.name), known: isRotation,
	}
}

// beginning is the group: a seat of each pool, the first of Manila, whose turn is the first.
func (s *stage) beginning() question {
	b := &decide.Beginning{Allies: map[string]decide.Ally{}, Terms: rotation.Terms{
		Method: rotation.Fixed, Start: time.Now().UTC().Truncate(time.Second), RoundDays: roundDays, DueDays: 5,
		GraceDays: 2, RemindDays: 2, Reminders: 1, GiveBack: rotation.AtEnd, Atomic: true,
	}}
	for i, c := range communities {
		seat := rotation.Seat{Member: memberName(0), Unit: s.actors[c.name].Currency, ContributionMinor: c.partMinor}
		ally := decide.Ally{Account: c.account, Currency: seat.Unit}
		if c.name != poolName {
			seat.Member, seat.Pool = memberName(communityOf(poolName).people+i-1), c.name
			ally.Key = s.pools[c.name].Public
		}
		if c.name == manila {
			b.Terms.Order = append([]int{i + 1}, b.Terms.Order...)
		} else {
			b.Terms.Order = append(b.Terms.Order, i+1)
		}
		b.Seats, b.Allies[c.name] = append(b.Seats, seat), ally
	}
	return question{
		pool: poolName, kind: charter.Rotating, subject: decide.Rotation{Begin: b}, voters: everybody(poolName), known: isRotation,
	}
}

func isRotation(p *decide.Proposal) bool { return p.Kind == charter.Rotating }

// commune is what the pools do in a day. Whatever an earlier process did is found done.
func (s *stage) commune(ctx context.Context, d *day) error {
	for _, step := range []func() error{
		s.exchange,
		func() error { return s.help(ctx, d) },
		func() error { return s.takeTurn(ctx, d) },
		func() error { return s.declare(ctx, d) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	for _, c := range communities {
		err := s.until(ctx, c.name, func(state *decide.State) bool { return len(state.Due()) == 0 })
		if err != nil {
			return err
		}
	}
	return nil
}

// poolPayouts counts what the pools pay over the switch in a day: the family's medicine, a leg of every pool but the
// one that receives, that pool's member, and what was pledged.
func poolPayouts() int64 {
	n := 1 + len(guests()) + 1
	for _, c := range communities {
		if c.pledgeMinor > 0 {
			n++
		}
	}
	return int64(n)
}

// takeTurn waits until the round's pot is in Manila, and has that pool pay it to the member whose turn it is there.
func (s *stage) takeTurn(ctx context.Context, d *day) error {
	for _, c := range communities {
		if c.name == manila {
			continue
		}
		err := s.until(ctx, c.name, func(p *decide.State) bool { return payoutOf(p, isLeg) == decide.PayoutPaid })
		if err != nil {
			return err
		}
	}
	blob, beneficiary, err := pool.Close(party(d, turnAccount))
	if err != nil {
		return err
	}
	pot := decide.Amount{Minor: s.pot(), Unit: d.by[manila].Currency}
	return s.settleQuestion(question{
		pool: manila, kind: charter.Payout, voters: []int{0, 1}, closed: [][]byte{blob}, known: refersTo(turnReference),
		subject: decide.Payout{
			Fund: communityOf(manila).fund, Purpose: turnPurpose, To: wallets, Beneficiary: beneficiary, Member: memberName(turnOf),
			Amount: pot, Fixed: fx.FixedSource, MaxCost: pot, Reference: turnReference,
		},
	}, time.Now().Add(quoteLife))
}

// pot is what Manila has of the round: its own part, and what came from the others.
func (s *stage) pot() (minor int64) {
	s.pools[manila].View(func(state *decide.State) {
		minor = communityOf(manila).partMinor - state.Balance("contributed/"+poolName, state.Charter().Money())
	})
	return minor
}

// payoutOf is how far the first payout is that is known, "" before there is one. It is for use within a View.
func payoutOf(state *decide.State, known func(*decide.Proposal) bool) decide.PayoutState {
	for n := 1; ; n++ {
		p := state.Proposal(fmt.Sprintf("p%d", n))
		switch {
		case p == nil:
			return ""
		case known(p):
			return p.Payout
		}
	}
}

// refersTo knows a payout that members proposed by its reference.
func refersTo(reference string) func(*decide.Proposal) bool {
	return func(p *decide.Proposal) bool {
		o, is := p.Subject.(*decide.Payout)
		return is && o.Reference == reference
	}
}
