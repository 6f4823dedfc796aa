package decide

import (
	"cmp"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// payoutLine is what became of a payout.
type payoutLine struct {
	Proposal  string      `json:"proposal"`
	State     PayoutState `json:"state"`
	CostMinor int64       `json:"cost_minor,omitzero"`
	Why       string      `json:"why,omitzero"`
}

func (t *turn) tellPayout(p *Proposal, costMinor int64, why string) {
	t.say(charter.SectionPayouts, p.Subject.concerns(t.State), "payout",
		payoutLine{Proposal: p.ID, State: p.Payout, CostMinor: costMinor, Why: why})
	if p.Payout != PayoutDue && p.Payout != PayoutFunded {
		t.due = slices.DeleteFunc(t.due, func(o *Proposal) bool { return o == p })
	}
	t.undrawn = true
	if pays, ok := p.Subject.(payer); ok {
		pays.followed(t, p)
	}
}

// fund takes a payout's cost from its fund, or whatever pays it.
func (t *turn) fund(p *Proposal, pays payer, cost int64) *Refusal {
	o := pays.payout()
	from, unit := pays.source(t.State)
	refused := t.post(charter.SectionPayouts, o.concerns(t.State), book.Posting{
		From: from, To: transitAccount(p.ID), Unit: unit, AmountMinor: cost, Purpose: o.Purpose,
	})
	if refused != nil {
		return refused
	}
	p.Payout, p.Cost = PayoutFunded, cost
	if isFund(from) {
		t.spent = append(t.spent, spending{at: t.now, fund: o.Fund, purpose: o.Purpose, minor: cost, proposal: p.ID})
	}
	t.tellPayout(p, cost, "")
	return nil
}

// The words of payouts: Priced, and Ended for the others.
const (
	WordPriced   = "priced"
	WordPaid     = "paid"
	WordReturned = "returned"
)

const kindHandedOut = "handed_out"

var payoutWords = map[string]word{
	WordPriced:   {section: charter.SectionPayouts, do: (*turn).priced},
	WordPaid:     {section: charter.SectionPayouts, do: (*turn).paid},
	WordReturned: {section: charter.SectionPayouts, do: (*turn).returned},
}

var payoutKinds = map[string]kind{
	kindHandedOut: {section: charter.SectionPayouts, who: active, old: true, do: (*turn).handedOut},
}

// Priced is the word that an order for a payout has a price.
type Priced struct {
	Proposal  string `json:"proposal"`
	Order     string `json:"order"` // its reference at the node's Runner
	CostMinor int64  `json:"cost_minor"`
}

// Ended is the word that a payout was paid, or came back.
type Ended struct {
	Proposal  string `json:"proposal"`
	Operation string `json:"operation,omitzero"` // the switch's instruction, where it came back
	Reason    string `json:"reason,omitzero"`    // ISO 20022, where it came back
}

// onItsWay finds a payout in a state.
func (t *turn) onItsWay(id string, state PayoutState) (*Proposal, payer, *Refusal) {
	p := t.Proposal(id)
	if p == nil {
		return nil, nil, refuse(FaultUnknown, "no proposal is %q", clip(id))
	}
	o, ok := p.Subject.(payer)
	switch {
	case !ok:
		return nil, nil, refuse(FaultUnknown, "%s is no payout", p.ID)
	case p.Payout != state:
		return nil, nil, refuse(FaultNotNow, "%s is %s", p.ID, cmp.Or(string(p.Payout), string(p.State)))
	}
	return p, o, nil
}

func (t *turn) priced(body []byte) *Refusal {
	var w Priced
	if refused := decode(body, &w); refused != nil {
		return refused
	}
	p, pays, refused := t.onItsWay(w.Proposal, PayoutDue)
	if refused != nil {
		return refused
	}
	o := pays.payout()
	switch {
	case w.CostMinor <= 0 || w.Order == "" || len(w.Order) > maxWord:
		return refuse(FaultForm, "no price")
	case w.CostMinor > o.MaxCost.Minor:
		return later(FaultRate, "it costs %d, and %d was signed", w.CostMinor, o.MaxCost.Minor)
	}
	if refused := t.fund(p, pays, w.CostMinor); refused != nil {
		return refused
	}
	p.Order = w.Order
	if t.orders[w.Order] == nil {
		t.orders[w.Order] = p
	}
	return nil
}

func (t *turn) paid(body []byte) *Refusal {
	var w Ended
	if refused := decode(body, &w); refused != nil {
		return refused
	}
	p, pays, refused := t.onItsWay(w.Proposal, PayoutFunded)
	if refused != nil {
		return refused
	}
	return t.pay(p, pays)
}

func (t *turn) pay(p *Proposal, pays payer) *Refusal {
	o := pays.payout()
	_, unit := pays.source(t.State)
	refused := t.post(charter.SectionPayouts, o.concerns(t.State), book.Posting{
		From: transitAccount(p.ID), To: pays.receivedAccount(), Unit: unit, AmountMinor: p.Cost, Purpose: o.Purpose,
	})
	if refused != nil {
		return refused
	}
	p.Payout = PayoutPaid
	t.tellPayout(p, p.Cost, "")
	return nil
}

// returned puts the money back into the fund, whether or not it was said to be paid before: a rail knows best.
func (t *turn) returned(body []byte) *Refusal {
	var w Ended
	if refused := decode(body, &w); refused != nil {
		return refused
	}
	var postings []book.Posting
	p, pays, refused := t.onItsWay(w.Proposal, PayoutFunded)
	if refused == nil {
		postings = []book.Posting{t.refund(p, transitAccount(p.ID), p.Cost)}
	} else {
		if p, pays, refused = t.onItsWay(w.Proposal, PayoutPaid); refused != nil {
			return refused
		}
		postings = pays.comesBack(t.State, p)
	}
	if refused := t.post(charter.SectionPayouts, pays.payout().concerns(t.State), postings...); refused != nil {
		return refused
	}
	if w.Operation != "" {
		t.back[w.Operation] = true
	}
	t.spent = slices.DeleteFunc(t.spent, func(out spending) bool { return out.proposal == p.ID })
	p.Payout, p.Why = PayoutReturned, clip(w.Reason)
	t.tellPayout(p, p.Cost, p.Why)
	return nil
}

// handedOut is a treasurer's word that the beneficiary has the cash.
func (t *turn) handedOut(by *Member, a act.Act) *Refusal {
	var w struct {
		Proposal string `json:"proposal"`
	}
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	p, pays, refused := t.onItsWay(w.Proposal, PayoutFunded)
	if refused != nil {
		return refused
	}
	o := pays.payout()
	switch {
	case o.To != ByHand:
		return refuse(FaultForm, "%s goes over a rail", p.ID)
	case !by.Has(Treasurer):
		return refuse(FaultRole, "a treasurer hands out cash")
	case o.Member == by.ID:
		return refuse(FaultConflict, "nobody hands cash to themselves")
	}
	return t.pay(p, pays)
}

// lapsePayouts ends what was decided and found no price before it expired.
func (t *turn) lapsePayouts() {
	for _, p := range slices.Clone(t.due) {
		if t.full() {
			return
		}
		if p.Payout == PayoutDue && !t.now.Before(p.Expires) {
			p.Payout, p.Why = PayoutLapsed, "it expired"
			t.tellPayout(p, 0, p.Why)
		}
	}
}

func (s *State) payoutEnds() (ends []time.Time) {
	for _, p := range s.due {
		if p.Payout == PayoutDue {
			ends = append(ends, p.Expires)
		}
	}
	return ends
}
