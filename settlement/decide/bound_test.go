package decide

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
)

// checkAtRails counts again what waits for each creditor's rail.
func (w *world) checkAtRails() {
	ofCreditor, ofDebtor := map[int32]int{}, map[int32]int{}
	for _, t := range w.state.open {
		if t.original != nil {
			continue
		}
		asked := t.state == messaging.StateQueued && t.life != nil && t.life.reserving && !t.life.reserved
		if t.state == messaging.StateCleared || asked {
			ofCreditor[t.Creditor]++
			ofDebtor[t.Debtor]++
		}
	}
	for _, p := range w.state.participants {
		require.Equal(w.t, ofCreditor[p.ID], w.state.atRails.ofCreditor[p.ID], "that wait for %s", p.Name)
		require.Equal(w.t, ofDebtor[p.ID], w.state.atRails.ofDebtor[p.ID], "of %s that wait for a creditor", p.Name)
	}
}

// A rail is down for long: what waits for it fills its own bound, and its debtors go on paying everybody else.
func TestADeadRailRefusesItsOwnOnly(t *testing.T) {
	w := funded(t)
	debtor, dead := w.state.byName["mpesa-ke"], w.state.byName["gcash-ph"]
	fault := func(rules, to string) messaging.Fault {
		d := &decision{State: w.state, Inputs: Inputs{Rules: rules, Now: w.now}}
		_, fault := d.validate(debtor, w.intent("x", "mpesa-ke", to, 500_00))
		if fault == nil {
			return ""
		}
		return fault.Fault
	}
	w.state.openCount[debtor.ID] = maxAwaitedOfCreditor
	w.state.atRails.ofDebtor[debtor.ID], w.state.atRails.ofCreditor[dead.ID] = maxAwaitedOfCreditor, maxAwaitedOfCreditor
	require.Equal(t, messaging.FaultQueueFull, fault(Rules, "gcash-ph"))
	require.Empty(t, fault(Rules, "momo-ug"))
	require.Equal(t, messaging.FaultQueueFull, fault(rulesNet2, "momo-ug"), "as it was")
	w.state.openCount[debtor.ID] += maxOpenPerDebtor
	require.Equal(t, messaging.FaultQueueFull, fault(Rules, "momo-ug"), "what waits for the debtor itself counts as before")
	w.state.openCount[debtor.ID]--
	require.Empty(t, fault(Rules, "momo-ug"))
}

// One that is asked to set money aside, and does not answer, is the creditor's too.
func TestAReservationWaitsAtTheCreditor(t *testing.T) {
	w := reserving(t)
	maya := w.state.byName["maya-ph"].ID
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "maya-ph", 100_00)))
	require.Equal(t, 1, w.state.atRails.ofCreditor[maya])
	b = w.decide(nil, w.outcomes("maya-ph", reserved(instructions(t, b, "maya-ph")[0])))
	require.Equal(t, 1, w.state.atRails.ofCreditor[maya], "it cleared at once")
	w.now = w.now.Add(time.Second)
	w.decide(nil, w.outcomes("maya-ph", paid(instructions(t, b, "maya-ph")[0])))
	require.Zero(t, w.state.atRails.ofCreditor[maya])
}
