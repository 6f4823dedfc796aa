package decide

import (
	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// Issuance is the subject of charter.Issuance: units of the community that come to be by decision, in a fund or in a
// member's hands.
type Issuance struct {
	Amount Amount `json:"amount"`
	Fund   string `json:"fund,omitzero"`
	Member string `json:"member,omitzero"` // where there is no fund
}

func (i *Issuance) weighs(*State) fx.Money {
	return fx.Money{Minor: i.Amount.Minor, Currency: i.Amount.Unit}
}

// concerns is whoever gets them.
func (i *Issuance) concerns(*State) []string {
	if i.Member == "" {
		return nil
	}
	return []string{i.Member}
}

func (i *Issuance) section() charter.Section { return charter.SectionDecisions }

func (i *Issuance) check(s *State, _ *Proposal) *Refusal {
	unit, known := s.rules().Unit(i.Amount.Unit)
	fund, isFund := s.rules().Fund(i.Fund)
	m := s.Member(i.Member)
	switch {
	case !i.Amount.isSound():
		return refuse(FaultForm, "it issues nothing, or more than the pool books")
	case !known || unit.Issue != charter.Decided:
		return refuse(FaultRules, "no decision issues %s", i.Amount.Unit)
	case (i.Fund == "") == (i.Member == ""):
		return refuse(FaultForm, "either a fund gets it or a member")
	case i.Fund != "" && (!isFund || fund.Unit != i.Amount.Unit):
		return refuse(FaultRules, "no fund of %s is %q", i.Amount.Unit, clip(i.Fund))
	case i.Member != "" && (m == nil || m.Standing != active):
		return refuse(FaultUnknown, "%q is no member in good standing", clip(i.Member))
	}
	return nil
}

func issuedAccount(unit fx.Currency) string { return "issued/" + unit.String() }

func (i *Issuance) carry(t *turn, p *Proposal) *Refusal {
	to := heldAccount(i.Member)
	if i.Fund != "" {
		to = fundAccount(i.Fund)
	}
	return t.post(charter.SectionBalance, i.concerns(t.State), book.Posting{
		From: issuedAccount(i.Amount.Unit), To: to, Unit: i.Amount.Unit, AmountMinor: i.Amount.Minor, Purpose: p.ID,
	})
}
