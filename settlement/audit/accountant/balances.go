package accountant

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// balances wants the totals of exactly the accounts that the batch touched, as postings add up to them. An account is
// touched by a posting, by a credit line that is set, and by what moves behind it.
func (r *review) balances() error {
	for _, id := range slices.Clip(r.touched) {
		if a := r.account(id); a.Kind == ledger.Settlement {
			if behind := r.behind(a); behind != 0 {
				r.touch(r.account(behind))
			}
		}
	}
	slices.Sort(r.touched)
	for i, id := range r.touched {
		if i >= len(r.b.Balances) {
			return r.fault(Balances, ofAccount(id), "a balance", "none")
		}
		a, got := r.account(id), r.b.Balances[i]
		want := ledger.Balance{Account: id, Debits: a.debits, Credits: a.credits, GrossIn: a.in, GrossOut: a.out}
		if got == want {
			continue
		}
		if got.Account < id { // nobody touched that one
			return r.fault(Balances, ofAccount(got.Account), "no balance", fmt.Sprintf("%+v", got))
		}
		return r.fault(Balances, ofAccount(id), fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got))
	}
	if n := len(r.touched); len(r.b.Balances) > n {
		return r.fault(Balances, ofAccount(r.b.Balances[n].Account), "no balance", fmt.Sprintf("%+v", r.b.Balances[n]))
	}
	return r.totals()
}

// behind is the account that owes on a prefunded account: the owner's position, or the FX pool of its provider.
func (a *Accountant) behind(prefund *account) int64 {
	if prefund.Participant == a.provider {
		return a.pools[prefund.Currency]
	}
	return a.position(prefund.Participant, prefund.Currency)
}

// totals looks at the totals of all accounts, where a batch says them.
func (r *review) totals() error {
	if r.b.Totals == nil {
		return nil
	}
	if len(r.b.Totals) != len(r.accounts) {
		return r.fault(Balances, about("totals"), len(r.accounts), len(r.b.Totals))
	}
	for i := range r.accounts {
		a := &r.accounts[i]
		if want := (ledger.Balance{Account: a.ID, Debits: a.debits, Credits: a.credits}); r.b.Totals[i] != want {
			return r.fault(Balances, subject{account: a.ID, text: "totals"}, fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", r.b.Totals[i]))
		}
	}
	return nil
}

// zeroSum adds up all accounts of each currency.
func (r *review) zeroSum() error {
	sums := map[fx.Currency]int64{}
	for i := range r.accounts {
		if a := &r.accounts[i]; a.balance() != 0 {
			sums[a.Currency] += a.balance()
		}
	}
	for currency, sum := range sums {
		if sum != 0 {
			return r.fault(ZeroSum, about("all accounts in %s", currency), 0, sum)
		}
	}
	return nil
}

// round moves whole minor units of what rounding left between pool and residual account, currency by currency in the
// order of their codes. What the pool cannot give stays carried.
func (r *review) round() error {
	carried := make([]fx.Currency, 0, len(r.carried))
	for c := range r.carried {
		carried = append(carried, c)
	}
	slices.SortFunc(carried, byCode)
	if len(carried) != len(r.b.Carries) {
		return r.fault(Amounts, about("carries"), len(carried), len(r.b.Carries))
	}
	for i, c := range carried {
		pool, residual := r.pools[c], r.find(settlement.SchemeID, ledger.Residual, c)
		units := r.carry[c] / fx.NanoPerMinor
		if units > 0 && pool != 0 {
			units = max(0, min(units, r.available(r.account(pool))))
		}
		var err error
		switch {
		case units > 0:
			err = r.expect(ledger.PostResidual, 0, pool, residual, units, Amounts)
		case units < 0:
			err = r.expect(ledger.PostResidual, 0, residual, pool, -units, Amounts)
		}
		if err != nil {
			return err
		}
		r.carry[c] -= units * fx.NanoPerMinor
		if want := (ledger.Carry{Currency: c, Nano: r.carry[c]}); r.b.Carries[i] != want {
			return r.fault(Amounts, subject{account: residual, text: "carry of " + c.String()}, want.Nano, fmt.Sprintf("%+v", r.b.Carries[i]))
		}
	}
	return nil
}
