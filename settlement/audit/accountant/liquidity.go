package accountant

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// liquidity wants nobody past what commands granted, whatever the batch says of it; and then that it says the same.
func (r *review) liquidity() error {
	next := 0
	for _, id := range r.touched {
		a := r.account(id)
		if !a.owes() {
			if r.isKept(a) && a.balance() < 0 {
				return r.fault(Liquidity, ofAccount(id), "money that is there", a.balance())
			}
			continue
		}
		if left := r.available(a); left < 0 {
			return r.fault(Liquidity, ofAccount(id), fmt.Sprintf("at least %d", -(r.prefund(a)+a.lineMinor)), a.balance())
		}
		if a.Kind == ledger.Position {
			if err := r.covered(a); err != nil {
				return err
			}
		}
		if next >= len(r.b.Liquidity) {
			return r.fault(Liquidity, ofAccount(id), "its liquidity", "nothing")
		}
		got := r.b.Liquidity[next]
		next++
		want := ledger.Liquidity{Account: id, PrefundMinor: r.prefund(a), CreditLineMinor: a.lineMinor, PositionMinor: a.balance(), Step: got.Step}
		if got != want {
			return r.fault(Liquidity, ofAccount(id), fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got))
		}
	}
	if next != len(r.b.Liquidity) {
		return r.fault(Liquidity, ofAccount(r.b.Liquidity[next].Account), "nothing", fmt.Sprintf("%+v", r.b.Liquidity[next]))
	}
	return nil
}

// isKept tells whether an account holds money that is there or not, and is never owed.
func (a *Accountant) isKept(of *account) bool {
	switch of.Kind {
	case ledger.Settlement, ledger.Collateral, ledger.Pledge, ledger.Suspense, ledger.Fee:
		return true
	default:
		return false
	}
}

// standingRows wants the credit lines and guarantees that were set in the batch as they are after it.
func (r *review) standingRows() error {
	if len(r.lines) != len(r.b.CreditLines) {
		return r.fault(Liquidity, about("credit lines"), len(r.lines), len(r.b.CreditLines))
	}
	for i, id := range r.lines {
		a := r.account(id)
		if want := (ledger.CreditLine{Account: id, AmountMinor: a.lineMinor, TargetMinor: a.targetMinor}); r.b.CreditLines[i] != want {
			return r.fault(Liquidity, ofAccount(id), fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", r.b.CreditLines[i]))
		}
	}
	if len(r.pledges) != len(r.b.Guarantees) {
		return r.fault(Liquidity, about("guarantees"), len(r.pledges), len(r.b.Guarantees))
	}
	for i, id := range r.pledges {
		at := slices.IndexFunc(r.guarantees, func(g ledger.Guarantee) bool { return g.ID == id })
		if want := r.guarantees[at]; r.b.Guarantees[i] != want {
			return r.fault(Liquidity, about("guarantee %d", id), fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", r.b.Guarantees[i]))
		}
	}
	r.guarantees = slices.DeleteFunc(r.guarantees, func(g ledger.Guarantee) bool { return g.AmountMinor == 0 })
	return nil
}
