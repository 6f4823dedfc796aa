package decide

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/adapters/pool/act"
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

func (o *Payout) carry(t *turn, p *Proposal) *Refusal {
	p.Payout = PayoutDue
	t.due = append(t.due, p)
	if o.To != ByHand {
		return nil
	}
	pays, _ := p.Subject.(payer) // of which o is the payout
	return t.fund(p, pays, o.Amount.Minor)
}

// Due are the payouts on their way: those to be priced, and those to be followed until they are paid.
func (s *State) Due() []*Proposal { return slices.Clone(s.due) }

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

// Treasurer is the role that handles cash and payments of unknown origin.
const Treasurer = "treasurer"

// String is for people: what, to whom, at most how much.
func (o *Payout) String() string {
	return fmt.Sprintf("%d %s to %s, at most %d of fund %s", o.Amount.Minor, o.Amount.Unit, o.To, o.MaxCost.Minor, o.Fund)
}
