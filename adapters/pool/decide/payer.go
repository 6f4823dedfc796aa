package decide

import (
	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/fx"
)

// payer is a subject that pays somebody: a payout, and what is one among other things.
type payer interface {
	payout() *Payout
	source(s *State) (account string, unit fx.Currency) // that pays
	receivedAccount() string                            // has what was paid
	comesBack(s *State, p *Proposal) []book.Posting     // what is booked when a rail returns what was paid
	followed(t *turn, p *Proposal)                      // hears that p.Payout is another
}

func (o *Payout) payout() *Payout           { return o }
func (o *Payout) followed(*turn, *Proposal) {}

func (o *Payout) source(s *State) (account string, unit fx.Currency) {
	fund, _ := s.rules().Fund(o.Fund)
	return fundAccount(o.Fund), fund.Unit
}

func (o *Payout) comesBack(s *State, p *Proposal) []book.Posting {
	return []book.Posting{s.refund(p, o.receivedAccount(), p.Cost)}
}

// refund returns an amount to what pays a proposal.
func (s *State) refund(p *Proposal, from string, minor int64) book.Posting {
	pays, _ := p.Subject.(payer)
	to, unit := pays.source(s)
	return book.Posting{From: from, To: to, Unit: unit, AmountMinor: minor, Purpose: pays.payout().Purpose}
}

// Paying is what a proposal pays, nil where it pays nothing.
func (p *Proposal) Paying() *Payout {
	if o, ok := p.Subject.(payer); ok {
		return o.payout()
	}
	return nil
}

// beneficial is a subject that names whoever gets money: zero where it leaves that open.
type beneficial interface{ beneficiary() act.Commitment }

func (o *Payout) beneficiary() act.Commitment      { return o.Beneficiary }
func (o *Pledge) beneficiary() act.Commitment      { return o.Beneficiary }
func (d *Declaration) beneficiary() act.Commitment { return d.Beneficiary }
