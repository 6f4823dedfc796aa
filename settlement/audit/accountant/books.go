package accountant

import (
	"fmt"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

type participant struct {
	name, country string
	currency      fx.Currency
	home          int64 // its position in its own currency; 0 where it has none yet
	instructed    bool  // settles windows by payments at the settlement agent
}

// owned names an account by what it is.
type owned struct {
	participant int32
	kind        ledger.AccountKind
	currency    fx.Currency
}

// account is what postings made of an account, and what was granted to it.
type account struct {
	ledger.Account
	debits, credits int64
	in, out         int64 // in the open window of its currency
	touched         int64 // the last batch that touched it

	lineMinor, targetMinor int64 // of credit: as far as it may owe now, and what was granted; more than that while it falls
	terms
}

func (a *account) balance() int64 { return a.credits - a.debits }

// owes tells whether clearing may take the account below zero.
func (a *account) owes() bool { return a.Kind == ledger.Position || a.Kind == ledger.FX }

// admit takes in participants as commands name them.
func (r *review) admit() error {
	next := 0
	for i, c := range r.in.Commands {
		if c.Kind != settlement.CommandAddParticipant || r.b.CommandResults[i].Fault != "" {
			continue
		}
		var body settlement.AddParticipant
		if err := r.read(c, &body); err != nil {
			return err
		}
		id := int32(len(r.participants)) + 1 //nolint:gosec // a participant a command
		want := settlement.Participant{
			ID: id, Name: body.Name, Country: body.Country, Currency: body.Currency, Role: body.Role, SigningKey: body.SigningKey,
			PayoutIncrementMinor: body.PayoutIncrementMinor, PayoutMinMinor: body.PayoutMinMinor, PayoutMaxMinor: body.PayoutMaxMinor,
			Reserves: body.Reserves,
		}
		if err := expectRow(r, &next, r.b.Participants, want, Commands, about("participant %s", body.Name)); err != nil {
			return err
		}
		if r.byName[body.Name] != 0 || body.Currency.IsZero() || body.Role == settlement.RoleProvider && r.provider != 0 {
			return r.fault(Commands, about("participant %s", body.Name), "a new one, with a currency", "another")
		}
		r.participants = append(r.participants, participant{name: body.Name, country: body.Country, currency: body.Currency})
		r.byName[body.Name] = id
		if body.Role == settlement.RoleProvider {
			r.provider = id
		}
	}
	if next != len(r.b.Participants) {
		return r.fault(Commands, about("participants"), next, len(r.b.Participants))
	}
	return nil
}

// openAccounts takes in the batch's new accounts.
func (r *review) openAccounts() error {
	for _, a := range r.b.Accounts {
		key := owned{a.Participant, a.Kind, a.Currency}
		switch {
		case a.ID != int64(len(r.accounts))+1:
			return r.fault(Order, ofAccount(a.ID), len(r.accounts)+1, a.ID)
		case r.accountOf[key] != 0 || a.Currency.IsZero() || !r.mayHave(a):
			return r.fault(ZeroSum, ofAccount(a.ID), "an account that somebody may have, once", fmt.Sprintf("%+v", a))
		}
		r.accounts = append(r.accounts, account{Account: a})
		r.accountOf[key] = a.ID
		switch {
		case a.Kind == ledger.FX:
			r.pools[a.Currency] = a.ID
		case a.Kind == ledger.Position && a.Currency == r.participants[a.Participant-1].currency:
			r.participants[a.Participant-1].home = a.ID
		}
	}
	return nil
}

// mayHave tells whether an account's owner is there, and may have such an account.
func (r *review) mayHave(a ledger.Account) bool {
	if a.Participant < 0 || int(a.Participant) > len(r.participants) {
		return false
	}
	switch a.Kind {
	case ledger.FX, ledger.Residual, ledger.Agent:
		return a.Participant == settlement.SchemeID
	case ledger.Fee:
		return true
	case ledger.Position, ledger.Settlement, ledger.Collateral, ledger.Pledge, ledger.Suspense, ledger.Claims:
		return a.Participant != settlement.SchemeID
	default:
		return false
	}
}

// find returns an account's ID, 0 where there is none.
func (a *Accountant) find(owner int32, kind ledger.AccountKind, currency fx.Currency) int64 {
	return a.accountOf[owned{owner, kind, currency}]
}

// position returns the ID of a participant's position.
func (a *Accountant) position(owner int32, currency fx.Currency) int64 {
	if p := &a.participants[owner-1]; p.currency == currency {
		return p.home
	}
	return a.find(owner, ledger.Position, currency)
}

// account returns the account of an ID, which is there.
func (a *Accountant) account(id int64) *account { return &a.accounts[id-1] }

// balanceOf is an account's balance; that of none is 0.
func (a *Accountant) balanceOf(id int64) int64 {
	if id == 0 {
		return 0
	}
	return a.account(id).balance()
}

// forms looks at every posting by itself.
func (r *review) forms() error {
	for i := range r.b.Postings {
		p := &r.b.Postings[i]
		of := subject{account: p.Debit, transfer: p.Transfer}
		switch n := int64(len(r.accounts)); {
		case p.ID <= r.lastPosting:
			return r.fault(Order, of, fmt.Sprintf("a posting after %d", r.lastPosting), p.ID)
		case p.Debit < 1 || p.Debit > n || p.Credit < 1 || p.Credit > n || p.Debit == p.Credit:
			return r.fault(ZeroSum, of, "two accounts that are there", fmt.Sprintf("%+v", *p))
		case p.AmountMinor <= 0:
			return r.fault(ZeroSum, of, "an amount above zero", p.AmountMinor)
		case r.account(p.Debit).Currency != p.Currency || r.account(p.Credit).Currency != p.Currency:
			return r.fault(ZeroSum, of, "one currency", fmt.Sprintf("%+v", *p))
		}
		r.lastPosting = p.ID
	}
	return nil
}

// expect wants the next posting to be the given one, and folds it.
func (r *review) expect(kind ledger.PostingKind, of settlement.TransferID, debit, credit, minor int64, invariant Invariant) error {
	if r.at.posting >= len(r.b.Postings) {
		return r.fault(invariant, subject{account: debit, transfer: of}, posting(kind, debit, credit, minor), "nothing")
	}
	p := &r.b.Postings[r.at.posting]
	if p.Kind != kind || p.Transfer != of || p.Debit != debit || p.Credit != credit || p.AmountMinor != minor {
		return r.fault(invariant, subject{account: debit, transfer: of, text: fmt.Sprintf("posting %d", p.ID)},
			posting(kind, debit, credit, minor), fmt.Sprintf("%s of transfer %d", posting(p.Kind, p.Debit, p.Credit, p.AmountMinor), p.Transfer))
	}
	r.at.posting++
	from, to := r.account(debit), r.account(credit)
	var fits [4]bool
	from.debits, fits[0] = fx.AddMinor(from.debits, minor)
	to.credits, fits[1] = fx.AddMinor(to.credits, minor)
	fits[2], fits[3] = true, true
	if nets(kind) {
		from.out, fits[2] = fx.AddMinor(from.out, minor)
		to.in, fits[3] = fx.AddMinor(to.in, minor)
	}
	if fits != [4]bool{true, true, true, true} {
		return r.fault(ZeroSum, subject{account: debit, transfer: of}, "totals that int64 holds", posting(kind, debit, credit, minor))
	}
	r.touch(from)
	r.touch(to)
	return nil
}

// posting is one for people.
func posting(kind ledger.PostingKind, debit, credit, minor int64) string {
	return fmt.Sprintf("%s %d from %d to %d", kind, minor, debit, credit)
}

// nets tells whether postings of a kind are flows that a window nets.
func nets(kind ledger.PostingKind) bool {
	switch kind {
	case ledger.PostClear, ledger.PostReturn, ledger.PostResidual, ledger.PostFee, ledger.PostInterchange:
		return true
	default:
		return false
	}
}

func (r *review) touch(a *account) {
	if a.touched != r.b.ID {
		a.touched = r.b.ID
		r.touched = append(r.touched, a.ID)
	}
}
