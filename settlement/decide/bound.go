package decide

import (
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// maxAwaitedOfCreditor bounds the transfers that wait for one creditor's rail. Beyond it new ones to that creditor
// are refused, and to nobody else.
const maxAwaitedOfCreditor = 100_000

// atRails counts, of the open transfers, those that wait for the creditor's rail: to pay out, or to set money aside.
// A rail that is down keeps them for as long as it is, so they are the creditor's and no longer among the
// maxOpenPerDebtor of the debtor.
type atRails struct {
	ofCreditor map[int32]int
	ofDebtor   map[int32]int // the same transfers, by their debtors
}

func newAtRails() atRails { return atRails{ofCreditor: map[int32]int{}, ofDebtor: map[int32]int{}} }

// recount brings the counts up to where a transfer stands now.
func (w *atRails) recount(t *transfer) {
	atRail := t.original == nil && (t.state == messaging.StateCleared ||
		t.state == messaging.StateQueued && t.life != nil && t.life.reserving && !t.life.reserved)
	switch {
	case atRail && !t.atRail:
		w.ofCreditor[t.Creditor]++
		w.ofDebtor[t.Debtor]++
	case !atRail && t.atRail:
		w.ofCreditor[t.Creditor]--
		w.ofDebtor[t.Debtor]--
	}
	t.atRail = atRail
}

// full tells why no more can be taken from a debtor to a creditor; nil where it can.
func (d *decision) full(debtor, creditor *settlement.Participant) *messaging.FaultError {
	open := d.openCount[debtor.ID]
	if !d.beforeNet3() {
		open -= d.atRails.ofDebtor[debtor.ID]
		if n := d.atRails.ofCreditor[creditor.ID]; n >= maxAwaitedOfCreditor {
			return &messaging.FaultError{Fault: messaging.FaultQueueFull, Detail: fmt.Sprintf("%d transfers wait for the rail of %s", n, creditor.Name)}
		}
	}
	if open >= maxOpenPerDebtor || d.queued() >= maxQueue {
		return &messaging.FaultError{Fault: messaging.FaultQueueFull, Detail: fmt.Sprintf("%d intents of %s are open", open, debtor.Name)}
	}
	return nil
}
