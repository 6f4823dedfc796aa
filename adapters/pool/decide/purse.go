package decide

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Destination is the body of kindPayMe: where a member wants to have what the pool keeps for it, such as a pot or what
// it paid too much. It is paid out there from then on, without a vote, because it is the member's own.
type Destination struct {
	To          string         `json:"to,omitzero"`          // participant; "" to leave it in the purse from now on
	Beneficiary act.Commitment `json:"beneficiary,omitzero"` // closed: name and account
}

const kindPayMe = "pay_me"

var purseKinds = map[string]kind{
	kindPayMe: {section: SectionPrivate, who: suspended, old: true, do: (*turn).payMe},
}

// Drawn is a payout out of a member's purse.
type Drawn struct{ Payout }

func (d *Drawn) weighs(*State) fx.Money {
	return fx.Money{Minor: d.MaxCost.Minor, Currency: d.MaxCost.Unit}
}

// check needs nothing: what is not there cannot be taken.
func (d *Drawn) check(*State, *Proposal) *Refusal { return nil }

func (d *Drawn) source(*State) (account string, unit fx.Currency) {
	return purseAccount(d.Member), d.Amount.Unit
}

func (t *turn) payMe(by *Member, a act.Act) *Refusal {
	var w Destination
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	switch {
	case w.To != "" && (!messaging.ValidParticipant(w.To) || w.To == t.pool):
		return refuse(FaultForm, "to names no other participant")
	case (w.To == "") != w.Beneficiary.IsZero():
		return refuse(FaultForm, "a destination is a participant and an account there")
	}
	by.destination, t.undrawn = w, true
	return nil
}

// drawPurses pays out what stands in purses whose members said where to, one payout of a unit at a time.
func (t *turn) drawPurses() {
	if !t.undrawn {
		return
	}
	for _, m := range t.members {
		if m.destination.To == "" {
			continue
		}
		for _, unit := range t.rules().Units {
			if t.full() {
				return
			}
			if minor := t.book.Balance(purseAccount(m.ID), unit.Unit); unit.Issue == charter.Outside && minor > 0 && !t.drawing(m, unit.Unit) {
				t.draw(m, Amount{Minor: minor, Unit: unit.Unit})
			}
		}
	}
	t.undrawn = false
}

// drawing tells whether something of a member's purse is on its way, or came back: then it waits for another destination.
func (t *turn) drawing(m *Member, unit fx.Currency) bool {
	return slices.ContainsFunc(m.drawn, func(p *Proposal) bool {
		d, ok := p.Subject.(*Drawn)
		return ok && d.Amount.Unit == unit && (p.Payout == PayoutDue || p.Payout == PayoutFunded ||
			p.Payout == PayoutReturned && d.Beneficiary == m.destination.Beneficiary)
	})
}

func (t *turn) draw(m *Member, amount Amount) {
	d := &Drawn{Payout: Payout{
		To: m.destination.To, Beneficiary: m.destination.Beneficiary, Member: m.ID, Amount: amount, Fixed: fx.FixedSource,
		MaxCost: amount, Reference: "from " + t.pool,
	}}
	text, err := audit.Canonical(d)
	if err != nil {
		return // of plain fields: it is written
	}
	p := &Proposal{
		ID: fmt.Sprintf("p%d", len(t.proposals)+1), Kind: charter.Payout, By: m.ID, Version: t.rules().Version, Opened: t.now,
		Entry: t.entry.Index, Begins: t.now, Ends: t.now, Due: t.now, Expires: t.now.Add(proposalMaxAge), State: Passed, Subject: d,
	}
	if t.put(p, text) == nil {
		m.drawn = append(m.drawn, p)
		t.settle(p)
	}
}
