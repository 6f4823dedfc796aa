package decide

import (
	"fmt"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// checkAllies tells whether the pools of a group's seats are known: their keys, and where their pots go.
func (b *Beginning) checkAllies(s *State) *Refusal {
	for _, seat := range b.Seats {
		if seat.Pool == "" {
			continue
		}
		ally, ok := b.Allies[seat.Pool]
		key, err := audit.ParseKey(ally.Key)
		switch {
		case !ok || err != nil || key.Name() != string(diary.Origin(seat.Pool)):
			return refuse(FaultForm, "the key of the log of %s is missing", seat.Pool)
		case s.Member(seat.Member).Pool != seat.Pool:
			return refuse(FaultRules, "%s is not %s", seat.Member, seat.Pool)
		}
	}
	for pool, ally := range b.Allies {
		if ally.Account.Name == "" || ally.Account.Account == "" || ally.Currency.IsZero() {
			return refuse(FaultForm, "%s has no account", clip(pool))
		}
	}
	if _, own := b.Allies[s.pool]; len(b.Allies) > 0 && !own {
		return refuse(FaultForm, "the pool's own account is missing")
	}
	return nil
}

// call asks other pools for what their seats owe.
func (t *turn) call(g *group, n rotation.Notice) {
	if n.About != rotation.Collect || n.Seat == 0 || g.Seats[n.Seat-1].Pool == "" {
		return
	}
	t.say(charter.SectionRotation, []string{n.Member}, LineCall, Call{
		To: g.Seats[n.Seat-1].Pool, Host: t.pool, Group: g.id, Round: n.Round, Seat: n.Seat, Unit: n.Unit, Minor: n.Minor, Until: n.Until,
	})
}

// ready counts another pool's part as there.
func (t *turn) ready(key string, r Ready) *Refusal {
	g := t.group(r.Group)
	switch {
	case r.To != t.pool || g == nil || g.allies[r.Pool].Key != key:
		return refuse(FaultOtherPool, "it is not for a group that %s saves in", clip(r.Pool))
	case r.Seat < 1 || r.Seat > len(g.Seats) || g.Seats[r.Seat-1].Pool != r.Pool || g.Seats[r.Seat-1].Unit != r.Unit:
		return refuse(FaultRole, "seat %d is not of %s", r.Seat, r.Pool)
	}
	said := fmt.Sprintf("%d/%d", r.Round, r.Seat)
	if g.readied[said] {
		return refuse(FaultAlready, "round %d of seat %d", r.Round, r.Seat)
	}
	refused := t.change(g, "", func(group *rotation.Group) (rotation.Outcome, error) { return group.Pay(r.Seat, r.Minor, t.now) })
	if refused == nil {
		g.readied[said] = true
	}
	return refused
}

// settle tells everybody how a complete round moves, and pays the host's own leg.
func (t *turn) settleRound(g *group, b *rotation.Bundle) *Refusal {
	receiver := g.Seats[b.Legs[0].To-1]
	to := receiver.Pool
	if to == "" {
		to = t.pool
	}
	s := Settle{Host: t.pool, Group: g.id, Round: b.Round, Attempt: b.Attempt, Receiver: to, Ally: g.allies[to]}
	g.own = nil
	for _, leg := range b.Legs {
		pool := ""
		if leg.From > 0 {
			pool = g.Seats[leg.From-1].Pool
		}
		if pool == "" {
			pool = t.pool
		}
		if pool == to {
			if pool == t.pool {
				g.own = append(g.own, Amount{Minor: leg.Minor, Unit: leg.Unit})
			}
			continue // it is there
		}
		s.add(pool, leg.Unit, leg.Minor)
	}
	for _, pool := range sortedKeys(g.allies) {
		if pool != t.pool {
			s.To = append(s.To, pool)
		}
	}
	t.say(charter.SectionRotation, nil, LineSettle, s)
	if len(s.Legs) == 0 {
		return t.roundMoved(g, b.Round, b.Attempt, true)
	}
	return t.payLegs(s, potAccount(g.id))
}

// moved hears what became of a leg. The switch clears all or none, so one leg says it of all.
func (t *turn) moved(key string, m Moved) *Refusal {
	g := t.group(m.Group)
	if m.To != t.pool || g == nil || g.allies[m.Pool].Key != key {
		return refuse(FaultOtherPool, "it is not for a group that %s saves in", clip(m.Pool))
	}
	return t.roundMoved(g, m.Round, m.Attempt, m.Moved)
}

// roundMoved ends a round whose legs have moved, or have it tried again.
func (t *turn) roundMoved(g *group, round, attempt int, moved bool) *Refusal {
	last := len(g.Rounds) - 1
	if last < 0 || last+1 != round || g.Rounds[last].State != rotation.Settling || g.Rounds[last].Attempt != attempt {
		return refuse(FaultAlready, "round %d, attempt %d is not on its way", round, attempt)
	}
	receiver := g.Seats[g.Rounds[last].Receiver-1]
	refused := t.change(g, "", func(r *rotation.Group) (rotation.Outcome, error) {
		if moved {
			return r.Settled(round, attempt, t.now)
		}
		return r.Failed(round, attempt, t.now)
	})
	if refused != nil || !moved || receiver.Pool != "" {
		return refused
	}
	for _, amount := range g.own {
		if refused := t.post(charter.SectionRotation, []string{receiver.Member}, book.Posting{
			From: potAccount(g.id), To: purseAccount(receiver.Member), Unit: amount.Unit, AmountMinor: amount.Minor, Purpose: "pay_pot",
		}); refused != nil {
			return refused
		}
	}
	g.own = nil
	return nil
}
