package decide

import (
	"slices"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// writeTotals keeps the totals of all accounts where a window closed, so that they can be held against the
// postings once the batch is written.
func (d *decision) writeTotals() {
	closed := slices.ContainsFunc(d.batch.WindowEvents, func(e ledger.WindowEvent) bool { return e.State == settlement.WindowClosed })
	if !closed || d.countsFromOne() {
		return
	}
	d.batch.Totals = make([]ledger.Balance, len(d.accounts))
	for i, a := range d.accounts {
		d.batch.Totals[i] = ledger.Balance{Account: a.ID, Debits: a.debits, Credits: a.credits}
	}
}
