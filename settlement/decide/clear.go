package decide

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/mutant"
)

// clearQueue chooses what of the queue clears under everybody's liquidity, and posts it.
func (d *decision) clearQueue() error {
	considered := d.queue[:min(len(d.queue), maxConsidered)]
	b := d.openBook(considered)
	choice, err := b.choose(d.Rules, d.Tier)
	if err != nil {
		return err
	}
	var waiting []*transfer
	for i, t := range considered {
		if !choice.Chosen[i] {
			waiting = append(waiting, t)
			continue
		}
		d.batch.Cleared++
		if err := d.clearTransfer(t, b.legs[i]); err != nil {
			return err
		}
	}
	d.recordClearing(b, choice)
	d.queue = append(waiting, d.queue[len(considered):]...)
	return nil
}

func (d *decision) clearTransfer(t *transfer, l legs) error {
	kind, subject := ledger.PostClear, t
	if t.original != nil {
		kind, subject = ledger.PostReturn, t.original
	}
	if l.poolIn < 0 {
		if err := d.post(kind, t.ID, l.debtor, l.creditor, l.debit); err != nil {
			return err
		}
	} else {
		if err := d.post(kind, t.ID, l.debtor, l.poolIn, l.debit); err != nil {
			return err
		}
		if err := d.post(kind, t.ID, l.poolOut, l.creditor, l.credit); err != nil {
			return err
		}
		d.carry(t)
	}
	if err := d.postCharges(t); err != nil {
		return err
	}
	d.step(t, messaging.StateCleared, "")
	d.cleared = append(d.cleared, t.ID)
	d.instruct(subject)
	return nil
}

// instruct tells a rail what to do now: the creditor's to pay out, or the debtor's to refund.
func (d *decision) instruct(t *transfer) {
	d.tellRail(t, t.awaited(), "")
	d.await(t)
}

// carry adds what rounding left over to its currency's carry: positive where the pool kept more than
// the exact amount. A return takes it back.
func (d *decision) carry(t *transfer) {
	kept := t.Residual // exact less rounded, of what the pool paid out
	if t.ResidualCurrency == t.Source.Currency {
		kept = -kept // exact less rounded, of what the pool took in
	}
	if t.original != nil {
		kept = -kept
	}
	if kept != 0 {
		d.carries[t.ResidualCurrency] += kept
		d.carriedIn[t.ResidualCurrency.String()] = t.ResidualCurrency
	}
}

// postResidual moves whole minor units of carried rounding between pool and residual account. What
// the pool cannot give without passing its liquidity stays carried.
func (d *decision) postResidual() error {
	for _, code := range sortedKeys(d.carriedIn) {
		currency := d.carriedIn[code]
		units := d.carries[currency] / fx.NanoPerMinor
		pool := d.account(settlement.SchemeID, ledger.FX, currency)
		residual := d.account(settlement.SchemeID, ledger.Residual, currency)
		if units > 0 {
			units = min(units, d.available(d.accounts[pool]))
		}
		var err error
		switch {
		case units > 0:
			err = d.post(ledger.PostResidual, 0, pool, residual, units)
		case units < 0:
			err = d.post(ledger.PostResidual, 0, residual, pool, -units)
		}
		if err != nil {
			return err
		}
		d.carries[currency] -= units * fx.NanoPerMinor
		d.batch.Carries = append(d.batch.Carries, ledger.Carry{Currency: currency, Nano: d.carries[currency]})
	}
	return nil
}

// writeBalances records the totals of every touched account, and the liquidity of every account whose
// own or standing money moved. It is the last gate: nobody past its liquidity, and every currency's
// postings in balance.
func (d *decision) writeBalances() error {
	zero := map[fx.Currency]int64{}
	for _, a := range d.accounts { // a few dozen a participant: cheaper than an audit that must be trusted
		zero[a.Currency] += a.balance()
	}
	for currency, sum := range zero {
		if sum != 0 && !mutant.Sum {
			return fmt.Errorf("accounts in %s add up to %d", currency, sum)
		}
	}
	for _, index := range d.touched {
		a := d.accounts[index]
		if a.Kind != ledger.Settlement {
			continue
		}
		if position := d.find(a.Participant, ledger.Position, a.Currency); position >= 0 {
			d.touch(position)
		}
		if pool := d.pool(a.Currency); pool >= 0 && d.provider != nil && a.Participant == d.provider.ID {
			d.touch(pool)
		}
	}
	slices.Sort(d.touched)
	for _, index := range d.touched {
		a := d.accounts[index]
		d.batch.Balances = append(d.batch.Balances, ledger.Balance{
			Account: a.ID, Debits: a.debits, Credits: a.credits, GrossIn: a.grossIn, GrossOut: a.grossOut,
		})
		if !a.mayOwe() {
			continue
		}
		if left := d.available(a); left < 0 {
			if mutant.Cap {
				continue
			}
			return fmt.Errorf("account %d (%s of participant %d, %s) is %d past its liquidity", a.ID, a.Kind, a.Participant, a.Currency, -left)
		}
		l := ledger.Liquidity{Account: a.ID, PrefundMinor: d.prefund(a), CreditLineMinor: a.creditLineMinor, PositionMinor: a.balance()}
		l.Step = d.alarm(index, l)
		d.batch.Liquidity = append(d.batch.Liquidity, l)
	}
	d.writeTotals()
	return nil
}
