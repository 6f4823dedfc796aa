package decide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// PayoutState is where a payout that was decided is on its way.
type PayoutState string

// The states of a payout; "" before it is decided.
const (
	PayoutDue      PayoutState = "due"      // decided: the node has it priced
	PayoutFunded   PayoutState = "funded"   // taken from the fund: it is an order, once
	PayoutPaid     PayoutState = "paid"     // the beneficiary has it
	PayoutReturned PayoutState = "returned" // a rail refused it, or the switch: the money is back in the fund
	PayoutLapsed   PayoutState = "lapsed"   // nobody could price it within its bound before it expired
)

// ByHand is the participant of payouts that a treasurer makes in cash.
const ByHand = "cash"

// Outside is who gets what no member gets.
const Outside = "outside"

// Payout is the subject of charter.Payout: what members sign, to the last unit.
type Payout struct {
	Fund        string         `json:"fund"`
	Purpose     string         `json:"purpose,omitzero"` // a word that limits are set for
	To          string         `json:"to"`               // the beneficiary's participant, or ByHand
	Beneficiary act.Commitment `json:"beneficiary"`      // closed: name and account
	Member      string         `json:"member,omitzero"`  // where a member gets it
	Amount      Amount         `json:"amount"`
	Fixed       fx.Fixed       `json:"fixed"`           // source: the fund pays Amount; destination: the beneficiary gets it
	MaxCost     Amount         `json:"max_cost"`        // what the fund pays at most: the bound of rate and fees
	Reference   string         `json:"reference"`       // without anything personal
	Need        string         `json:"need,omitzero"`   // the posting on the board that it answers
	Pledge      string         `json:"pledge,omitzero"` // the pledge that it keeps
}

// Amount is minor units of a currency.
type Amount struct {
	Minor int64       `json:"minor"`
	Unit  fx.Currency `json:"unit"`
}

// isSound tells whether it is an amount that the pool books: sums of many stay in range.
func (a Amount) isSound() bool {
	return a.Minor > 0 && a.Minor <= charter.MaxMinor && !a.Unit.IsZero()
}

const maxWord = 64 // characters of purposes and other words that rules name

// weighs is what it costs at most.
func (o *Payout) weighs(*State) fx.Money {
	return fx.Money{Minor: o.MaxCost.Minor, Currency: o.MaxCost.Unit}
}

func (o *Payout) section() charter.Section { return charter.SectionPayouts }

// concerns is whoever gets the money.
func (o *Payout) concerns(*State) []string {
	if o.Member == "" {
		return nil
	}
	return []string{o.Member}
}

func (o *Payout) check(s *State, p *Proposal) *Refusal {
	if o.Pledge != "" {
		return refuse(FaultRules, "a pledge is kept when an emergency is declared, and by no other vote")
	}
	return o.possible(s, p)
}

// possible is check of whatever pays somebody.
func (o *Payout) possible(s *State, p *Proposal) *Refusal {
	fund, known := s.rules().Fund(o.Fund)
	switch {
	case !known:
		return refuse(FaultRules, "no fund is %q", clip(o.Fund))
	case o.To != ByHand && (!messaging.ValidParticipant(o.To) || o.To == s.pool):
		return refuse(FaultForm, "to names no other participant")
	case o.Beneficiary.IsZero():
		return refuse(FaultCommitments, "nobody gets it")
	case o.Member != "" && s.Member(o.Member) == nil:
		return refuse(FaultUnknown, "no member is %q", clip(o.Member))
	case !o.Amount.isSound() || !o.MaxCost.isSound():
		return refuse(FaultForm, "it moves nothing, or more than the pool books")
	case o.MaxCost.Unit != fund.Unit:
		return refuse(FaultForm, "max_cost is in %s, as the fund", fund.Unit)
	case o.Fixed != fx.FixedSource && o.Fixed != fx.FixedDestination:
		return refuse(FaultForm, "fixed must be source or destination")
	case o.Fixed == fx.FixedSource && (o.Amount.Unit != fund.Unit || o.Amount.Minor > o.MaxCost.Minor):
		return refuse(FaultForm, "a fixed source is in %s, and within max_cost", fund.Unit)
	case o.To == ByHand && (o.Amount.Unit != fund.Unit || o.Fixed != fx.FixedSource):
		return refuse(FaultForm, "cash is of the fund")
	case utf8.RuneCountInString(o.Reference) > messaging.MaxReferenceLength || utf8.RuneCountInString(o.Purpose) > maxWord:
		return refuse(FaultForm, "a field is too long")
	case !s.rules().PaysFor(o.Purpose):
		return refuse(FaultRules, "the pool does not pay for %q", o.Purpose)
	}
	if at, ok := s.overLimit(o); ok {
		return later(FaultLimit, "%s has %d left for that in %d days", at.Fund, at.MaxMinor-s.spentOf(at), at.Days)
	}
	if p.State == Passed && s.book.Balance(fundAccount(o.Fund), fund.Unit) < o.least() {
		return later(FaultNotEnough, "%s holds less than %d %s", fundAccount(o.Fund), o.least(), fund.Unit)
	}
	return nil
}

// least is what it takes from the fund at least, as far as that is known before there is a price.
func (o *Payout) least() int64 {
	if o.Fixed == fx.FixedSource {
		return o.Amount.Minor
	}
	return 1
}

func fundAccount(name string) string { return "fund/" + name }
func isFund(path string) bool        { return strings.HasPrefix(path, "fund/") }

// transitAccount holds what was taken for a payout and is not paid yet.
func transitAccount(proposal string) string { return "transit/" + proposal }

// receivedAccount is what somebody got.
func (o *Payout) receivedAccount() string {
	if o.Member == "" {
		return "received/" + Outside
	}
	return "received/" + o.Member
}

// spending is what left a fund.
type spending struct {
	at            time.Time
	fund, purpose string
	minor         int64
	proposal      string
}

// overLimit finds a limit that the payout would pass.
func (s *State) overLimit(o *Payout) (charter.Limit, bool) {
	for _, limit := range s.rules().LimitsFor(o.Fund, o.Purpose) {
		if sum, ok := fx.AddMinor(s.spentOf(limit), o.MaxCost.Minor); !ok || sum > limit.MaxMinor {
			return limit, true
		}
	}
	return charter.Limit{}, false
}

// spentOf is what left the fund for the purpose within the limit's days.
func (s *State) spentOf(limit charter.Limit) (sum int64) {
	since := s.now.AddDate(0, 0, -limit.Days)
	for _, out := range slices.Backward(s.spent) {
		if out.at.Before(since) {
			break
		}
		if out.fund == limit.Fund && (limit.Purpose == "" || out.purpose == limit.Purpose) {
			sum += out.minor
		}
	}
	return sum
}

func (o *Payout) carry(t *turn, p *Proposal) *Refusal {
	p.Payout = PayoutDue
	t.due = append(t.due, p)
	if o.To != ByHand {
		return nil
	}
	pays, _ := p.Subject.(payer) // of which o is the payout
	return t.fund(p, pays, o.Amount.Minor)
}

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

// Due are the payouts on their way: those to be priced, and those to be followed until they are paid.
func (s *State) Due() []*Proposal { return slices.Clone(s.due) }

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

// Ordered finds the payout that a fund paid for under an order's reference, nil where there is none.
func (s *State) Ordered(order string) *Proposal {
	return s.orders[order]
}

// Holds tells whether what pays a payout holds an amount, in minor units.
func (s *State) Holds(p *Proposal, minor int64) bool {
	pays, ok := p.Subject.(payer)
	if !ok {
		return false
	}
	return s.book.Balance(pays.source(s)) >= minor
}

// Beneficiaries are the commitments to whoever gets the money that an act proposes to pay, or to ask others for.
func Beneficiaries(a act.Act) []act.Commitment {
	var asked Proposing
	var mine Destination
	if a.Kind == kindPayMe && a.Decode(&mine) == nil && !mine.Beneficiary.IsZero() {
		return []act.Commitment{mine.Beneficiary}
	}
	if a.Kind != kindPropose || a.Decode(&asked) != nil {
		return nil
	}
	empty, known := subjects[asked.Decision]
	if !known {
		return nil
	}
	subject := empty()
	if o, ok := subject.(beneficial); ok && decode(asked.Subject, subject) == nil && !o.beneficiary().IsZero() {
		return []act.Commitment{o.beneficiary()}
	}
	return nil
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

// Treasurer is the role that handles cash and payments of unknown origin.
const Treasurer = "treasurer"

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

// String is for people: what, to whom, at most how much.
func (o *Payout) String() string {
	return fmt.Sprintf("%d %s to %s, at most %d of fund %s", o.Amount.Minor, o.Amount.Unit, o.To, o.MaxCost.Minor, o.Fund)
}
