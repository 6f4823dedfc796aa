package decide

import (
	"slices"

	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Bundles are not for netting to choose among: what one needs as a whole depends on its own flows. They are tried one by
// one, oldest first, each against what everybody has at that moment; what fits clears whole.

// wholeBundles are those that only liquidity keeps, oldest first.
func (d *decision) wholeBundles() []*bundle {
	if len(d.bundles) == 0 {
		return nil
	}
	return slices.DeleteFunc(d.openBundles(), func(b *bundle) bool { return !b.ready() })
}

// clearBundles clears what fits and returns what does not. Accounts may not be taken below what is spared there.
func (d *decision) clearBundles(whole []*bundle, spared map[int]int64) (left []*bundle, err error) {
	for _, b := range whole {
		moves, sum := make([]legs, len(b.legs)), map[int]int64{}
		for i, t := range b.legs {
			moves[i] = d.legs(t)
			d.add(sum, t, moves[i])
		}
		if !d.fits(sum, spared) {
			left = append(left, b)
			continue
		}
		d.unbind(b)
		for i, t := range b.legs {
			delete(d.sidelined, t.ID)
			d.batch.Cleared++
			if err := d.clearTransfer(t, moves[i]); err != nil {
				return nil, err
			}
		}
		d.endBundle(ledger.BundleEnd{BundleName: b.name, State: ledger.BundleCleared}, b.legs)
	}
	return left, nil
}

// add counts what a transfer brings to each account, by place, as netting counts it.
func (d *decision) add(sum map[int]int64, t *transfer, l legs) {
	o := netting.Obligation{Debit: l.debit, Credit: l.credit}
	t.chargeOn(&o)
	sum[l.debtor] -= o.Debit + o.Fee
	sum[l.creditor] += o.Credit
	if l.poolIn >= 0 {
		sum[l.poolIn] += o.Debit
		sum[l.poolOut] -= o.Credit
	}
}

// fits tells whether everybody's liquidity covers what a bundle takes as a whole, beside what is spared. What it brings
// somewhere passes nothing there.
func (d *decision) fits(sum, spared map[int]int64) bool {
	for place, minor := range sum { // in any order: all have to fit
		if minor < 0 && d.liquidity(d.accounts[place])-spared[place] < -minor {
			return false
		}
	}
	return true
}

// sparedForReturns is what returns that wait draw on, by place: they come before everything.
func (d *decision) sparedForReturns() map[int]int64 {
	spared := map[int]int64{}
	for _, t := range d.queue {
		if t.original == nil {
			continue
		}
		l, sum := d.legs(t), map[int]int64{}
		d.add(sum, t, l)
		for place, minor := range sum { // in any order: each place is by itself
			spared[place] += max(-minor, 0)
		}
	}
	return spared
}

// clear chooses what clears: bundles first, then of what waits by itself, and at last bundles again, which may fit by what
// that brought. What bundles bring to others then is for the next batch. Where nothing came and no money moved there is
// nothing to choose: whatever fits cleared before.
func (d *decision) clear() error {
	if !d.stirred && len(d.touched) == 0 && !d.earlier() {
		return nil
	}
	whole := d.wholeBundles()
	if len(whole) > 0 {
		var err error
		if whole, err = d.clearBundles(whole, d.sparedForReturns()); err != nil {
			return err
		}
	}
	if len(d.queue) > 0 {
		if err := d.clearQueue(); err != nil {
			return err
		}
	}
	_, err := d.clearBundles(whole, nil)
	return err
}
