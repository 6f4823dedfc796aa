package decide

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// Loan is the subject of charter.Loan: a payout to a member, which the member pays back without interest. It is of the
// fund's unit, so that who borrows knows what they will owe.
type Loan struct {
	Payout

	RepayBy     time.Time `json:"repay_by"`
	Instalments int       `json:"instalments,omitzero"` // equal, over the time until then; 0 and 1 for all at the end
}

const (
	maxInstalments = 120
	maxLoanAge     = 10 * 366 * 24 * time.Hour
)

// Lent is a loan that was paid out and is not paid back yet.
type Lent struct {
	Proposal    string
	Member      string
	Fund        string
	Unit        fx.Currency
	Minor       int64
	Back        int64 // of it, so far
	Since       time.Time
	RepayBy     time.Time
	Instalments int // one at least
}

func lentAccount(member string) string { return "lent/" + member }

func (l *Loan) check(s *State, p *Proposal) *Refusal {
	m := s.Member(l.Member)
	switch {
	case m == nil || m.Standing != active:
		return refuse(FaultUnknown, "%q is no member in good standing", clip(l.Member))
	case l.Pledge != "" || l.Need != "":
		return refuse(FaultForm, "a loan keeps no pledge and meets no need")
	case l.Fixed != fx.FixedSource || l.MaxCost != l.Amount:
		return refuse(FaultForm, "a loan is a fixed amount of its fund")
	case !l.RepayBy.After(p.Opened) || l.RepayBy.Sub(p.Opened) > maxLoanAge:
		return refuse(FaultExpired, "to be paid back at %s", l.RepayBy.Format(time.RFC3339))
	case l.Instalments < 0 || l.Instalments > maxInstalments || int64(l.Instalments) > l.Amount.Minor:
		return refuse(FaultForm, "%d instalments", l.Instalments)
	}
	return l.possible(s, p)
}

func (l *Loan) receivedAccount() string { return lentAccount(l.Member) }

// comesBack gives the member what it paid back of a loan that never arrived: that lies in the fund already.
func (l *Loan) comesBack(s *State, p *Proposal) (postings []book.Posting) {
	back := p.Cost
	if lent := s.lent(p.ID); lent != nil {
		back = lent.Back
		postings = append(postings, s.refund(p, l.receivedAccount(), p.Cost-back))
	}
	if back > 0 {
		_, unit := l.source(s)
		postings = append(postings, book.Posting{
			From: contributedAccount(l.Member), To: purseAccount(l.Member), Unit: unit, AmountMinor: back, Purpose: "loan " + p.ID,
		})
	}
	return postings
}

// followed begins a loan when it is paid, and forgets it when it comes back.
func (l *Loan) followed(t *turn, p *Proposal) {
	switch p.Payout {
	case PayoutPaid:
		fund, _ := t.rules().Fund(l.Fund)
		lent := &Lent{
			Proposal: p.ID, Member: l.Member, Fund: l.Fund, Unit: fund.Unit, Minor: p.Cost,
			Since: t.now, RepayBy: l.RepayBy, Instalments: max(l.Instalments, 1),
		}
		t.loans = append(t.loans, lent)
		t.tellLent(lent)
	case PayoutReturned:
		if lent := t.lent(p.ID); lent != nil {
			t.forget(lent)
		}
	case PayoutDue, PayoutFunded, PayoutLapsed:
	}
}

// forget ends a loan.
func (t *turn) forget(l *Lent) {
	t.loans = slices.DeleteFunc(t.loans, func(o *Lent) bool { return o == l })
	m := t.Member(l.Member)
	delete(m.late, l.Proposal)
	m.reckoned = false
}

// Loans lists what is lent, in the order in which it was paid out. They are not changed.
func (s *State) Loans() []*Lent { return slices.Clone(s.loans) }

func (s *State) lent(proposal string) *Lent {
	if i := slices.IndexFunc(s.loans, func(l *Lent) bool { return l.Proposal == proposal }); i >= 0 {
		return s.loans[i]
	}
	return nil
}

// lentLine is how a loan stands.
type lentLine struct {
	Loan      string    `json:"loan"` // the proposal
	Member    string    `json:"member"`
	Unit      string    `json:"unit"`
	Minor     int64     `json:"minor"`
	BackMinor int64     `json:"back_minor"`
	RepayBy   time.Time `json:"repay_by"`
}

func (t *turn) tellLent(l *Lent) {
	t.Member(l.Member).reckoned = false
	t.say(charter.SectionContributions, []string{l.Member}, "loan", lentLine{
		Loan: l.Proposal, Member: l.Member, Unit: l.Unit.String(), Minor: l.Minor, BackMinor: l.Back, RepayBy: l.RepayBy,
	})
}

// anyLoan is what a payment says that is for whatever its member has borrowed.
const anyLoan = "loan"

// repay takes what a member pays for its loans, the oldest first: "m3 loan", or "m3 p7" for one of them. What is more
// than it owes is kept for it.
func (t *turn) repay(from string, m *Member, what string, amount Amount) (bool, *Refusal) {
	var owed []*Lent
	for _, l := range t.loans {
		if l.Member == m.ID && l.Unit == amount.Unit && (what == anyLoan || what == l.Proposal) {
			owed = append(owed, l)
		}
	}
	if len(owed) == 0 {
		return false, nil
	}
	rest := amount.Minor
	var postings []book.Posting
	parts := make([]int64, len(owed))
	for i, l := range owed {
		if parts[i] = min(rest, l.Minor-l.Back); parts[i] == 0 {
			break
		}
		rest -= parts[i]
		purpose := "loan " + l.Proposal
		postings = append(postings,
			book.Posting{From: from, To: fundAccount(l.Fund), Unit: l.Unit, AmountMinor: parts[i], Purpose: purpose},
			// Paying back is no contribution.
			book.Posting{From: lentAccount(m.ID), To: contributedAccount(m.ID), Unit: l.Unit, AmountMinor: parts[i], Purpose: purpose})
	}
	if rest > 0 {
		postings = append(postings, book.Posting{From: from, To: purseAccount(m.ID), Unit: amount.Unit, AmountMinor: rest, Purpose: "kept"})
	}
	if refused := t.post(charter.SectionContributions, []string{m.ID}, postings...); refused != nil {
		return true, refused
	}
	for i, l := range owed {
		if parts[i] == 0 {
			break
		}
		l.Back += parts[i]
		t.tellLent(l)
		if l.Back == l.Minor {
			t.forget(l)
		}
	}
	t.forgive(m)
	return true, nil
}

// dueAt is when an instalment is due, counted from 1.
func (l *Lent) dueAt(n int) time.Time {
	if n >= l.Instalments || !l.RepayBy.After(l.Since) {
		return l.RepayBy
	}
	return l.Since.Add(l.RepayBy.Sub(l.Since) / time.Duration(l.Instalments) * time.Duration(n))
}

// dueMinor is what is to be back with an instalment.
func (l *Lent) dueMinor(n int) int64 {
	if n >= l.Instalments {
		return l.Minor
	}
	return l.Minor / int64(l.Instalments) * int64(n)
}

// debt is what is still to be paid of a loan, and by when.
func (l *Lent) debt() debt {
	n := 1
	for l.dueMinor(n) <= l.Back && n < l.Instalments {
		n++
	}
	behind := func(at time.Time) int64 {
		minor := int64(0)
		for n := 1; n <= l.Instalments && !at.Before(l.dueAt(n)); n++ {
			minor = l.dueMinor(n)
		}
		return max(minor-l.Back, 0)
	}
	return debt{what: l.Proposal, unit: l.Unit, due: l.dueAt(n), behind: behind}
}
