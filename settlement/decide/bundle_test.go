package decide

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/screen"
)

// exchanging is a world of two participants in shillings, the first with this much money and the other with none.
func exchanging(t require.TestingT, minor int64) *world {
	w := newWorld(t)
	w.admitNeighbour(1_000_000)
	if minor > 0 {
		w.decide([]settlement.Command{w.fund("mpesa-ke", kes, minor)})
	}
	return w
}

// exchange is a bundle in which one neighbour sends 100.00 and gets 60.00 back.
func (w *world) exchange(id string) []sent {
	return w.bundled(id,
		sent{"mpesa-ke", w.intent(id+".out", "mpesa-ke", "other-ke", 100_00)}, sent{"other-ke", w.intent(id+".back", "other-ke", "mpesa-ke", 60_00)})
}

// Each account has to cover what the bundle takes from it as a whole, to the last unit.
func TestABundleNetsItsOwnFlows(t *testing.T) {
	w := exchanging(t, 40_00)
	legs := w.exchange("b")
	b := w.decide(nil, w.send(legs[1]))
	require.Equal(t, 1, b.Queued)
	b = w.decide(nil, w.send(legs[0]))
	require.Equal(t, 2, b.Cleared)
	require.Equal(t, ledger.BundleCleared, b.BundleEnds[0].State)
	require.Contains(t, string(b.Blobs[0].Body), `"bundles":[{"count":"2","digest":"`+legs[0].intent.Bundle.Digest+`","id":"b","state":"cleared"`)

	w = exchanging(t, 39_99)
	legs = w.exchange("b")
	b = w.decide(nil, w.send(legs[0]), w.send(legs[1]))
	require.Zero(t, b.Cleared)
	require.Equal(t, 2, b.Queued)
	require.Equal(t, 2, w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 1)}).Cleared)
}

// What keeps one leg keeps all, and what ends one ends all, at once and each with a reason.
func TestLegsWaitAndEndTogether(t *testing.T) {
	verdict := func(b *ledger.Batch) settlement.Verdict {
		return settlement.Verdict{Transfer: b.BundleLegs[0].Transfer.String(), AskedBy: "Asha", ApprovedBy: "Ben", Reason: "looked into"}
	}
	for name, c := range map[string]struct {
		ends   func(w *world, b *ledger.Batch) *ledger.Batch
		reason string // of the first leg
		by     string
	}{
		"refused by two people": {func(w *world, b *ledger.Batch) *ledger.Batch { return w.do(settlement.CommandRefuse, verdict(b)) }, defaultRefusal, "mpesa-ke"},
		"recalled": {func(w *world, _ *ledger.Batch) *ledger.Batch {
			return w.decide(nil, w.recalls("mpesa-ke", "CUST", "b.out"))
		}, "CUST", "mpesa-ke"},
		"the first deadline": {func(w *world, _ *ledger.Batch) *ledger.Batch {
			due, ok := w.state.nextDue(w.now)
			require.True(w.t, ok)
			w.now = due
			return w.decide(nil)
		}, messaging.FaultDeadline.Reason(), "mpesa-ke"},
		"a rule for its like": {func(w *world, _ *ledger.Batch) *ledger.Batch {
			return w.do(settlement.CommandGross, settlement.Gross{From: kes, To: kes, ThresholdMinor: 100_00})
		}, messaging.FaultBundleBroken.Reason(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := exchanging(t, 1_000_00)
			legs := w.exchange("b")
			legs[0].intent.Deadline = w.now.Add(10 * time.Minute)
			m := w.send(legs[0])
			w.hit(m, 0)
			b := w.decide(nil, m, w.send(legs[1]))
			require.Zero(t, b.Cleared, "one is held")
			ended := c.ends(w, b)
			require.Zero(t, ended.Queued)
			require.ElementsMatch(t, []ledger.Event{
				{Transfer: b.BundleLegs[0].Transfer, State: messaging.StateExpired, Reason: c.reason},
				{Transfer: b.BundleLegs[1].Transfer, State: messaging.StateExpired, Reason: "ED05"},
			}, ended.Events)
			require.Len(t, ended.BundleEnds, 1)
			by := int32(0)
			if c.by != "" {
				by = w.state.byName[c.by].ID
			}
			require.Equal(t, by, ended.BundleEnds[0].By)
			require.Empty(t, w.state.broken, "all its legs have come")
		})
	}
	w := exchanging(t, 1_000_00)
	legs := w.exchange("b")
	m := w.send(legs[0])
	w.hit(m, 0)
	b := w.decide(nil, m, w.send(legs[1]))
	require.Equal(t, 2, w.do(settlement.CommandRelease, verdict(b)).Cleared)
}

// A refused leg ends those that wait and those that come; who only claims to belong ends nothing.
func TestARefusedLegBreaksItsBundle(t *testing.T) {
	for name, deny := range map[string]func(w *world, m Message){
		"screened": func(w *world, m Message) { w.say(m, 0, screen.Deny) },
		"suspended": func(w *world, _ Message) {
			w.do(settlement.CommandSuspend, settlement.Suspend{Participant: "other-ke", Suspended: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := exchanging(t, 1_000_00)
			third := sent{"mpesa-ke", w.intent("late", "mpesa-ke", "gcash-ph", 50_00)}
			legs := w.bundled("b", append(w.exchange("b"), third)...)
			slipped := sent{"other-ke", w.intent("slipped", "other-ke", "mpesa-ke", 60_00)}
			slipped.intent.Bundle = legs[1].intent.Bundle
			b := w.decide(nil, w.send(legs[0]), w.send(slipped))
			require.Equal(t, messaging.FaultNotInBundle, b.Intents[1].Fault)
			require.Equal(t, 1, b.Queued)

			m := w.send(legs[1])
			deny(w, m)
			b = w.decide(nil, m)
			require.NotEmpty(t, b.Intents[0].Fault)
			require.Zero(t, b.Queued)
			require.Equal(t, "ED05", b.Events[0].Reason)
			b = w.decide(nil, w.send(legs[2]))
			require.Equal(t, messaging.FaultBundleBroken, b.Intents[0].Fault)
			w.now = w.now.Add(ledger.BrokenMemory)
			w.decide(nil)
			require.Empty(t, w.state.broken)
			require.Zero(t, w.state.brokenBy[w.state.byName["other-ke"].ID])
		})
	}
}

func TestLimitsOnBundles(t *testing.T) {
	w := exchanging(t, 0)
	var intents []messaging.Intent
	for n := range maxBundlesOpened + 1 {
		intents = append(intents, w.exchange(fmt.Sprint("b", n))[0].intent)
	}
	b := w.decide(nil, w.intents("mpesa-ke", intents...))
	require.Equal(t, maxBundlesOpened, b.Queued)
	require.Equal(t, messaging.FaultQueueFull, b.Intents[maxBundlesOpened].Fault)
	back := w.exchange("b0")[1]
	require.Equal(t, 0, w.decide(nil, w.send(back)).Cleared, "whole, without money")
	require.Equal(t, 2, w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 40_00)}).Cleared)

	recalled := make([]string, 0, maxBundlesOpened)
	for _, i := range intents[1:maxBundlesOpened] {
		recalled = append(recalled, i.ID)
	}
	b = w.decide(nil, w.recalls("mpesa-ke", "CUST", recalled...))
	require.Zero(t, b.Queued)
	require.Len(t, w.state.broken, maxBrokenBy, "the rest is forgotten, and waits for its deadline")
}

func TestNoBundlesBefore(t *testing.T) {
	for _, rules := range []string{rulesNet3, rulesNet2, rulesNet1, rulesFIFO} {
		w := exchanging(t, 1_000_00)
		w.rules = rules
		b := w.decide(nil, w.send(w.exchange("b")[0]))
		require.Equal(t, messaging.FaultSchema, b.Intents[0].Fault)
		require.Empty(t, b.BundleEnds)
	}
	w := exchanging(t, 1_000_00)
	w.do(settlement.CommandGross, settlement.Gross{From: kes, To: kes, ThresholdMinor: 100_00})
	b := w.decide(nil, w.send(w.exchange("b")[0]))
	require.Equal(t, messaging.FaultAmountLimit, b.Intents[0].Fault, "what settles by itself is no leg")
}

// Money has to go home before a bundle may use it; and what a bundle brings, others use with the next batch.
func TestBundlesAmongOthers(t *testing.T) {
	w := exchanging(t, 100_00)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("gone", "mpesa-ke", "other-ke", 100_00)))
	payout := instructions(t, b, "other-ke")[0]
	w.decide(nil, w.intents("other-ke", w.intent("onward", "other-ke", "gcash-ph", 1)), w.intents("other-ke", w.intent("spent", "other-ke", "mpesa-ke", 100_00)))
	b = w.decide(nil, w.outcomes("other-ke", failed(payout)))
	require.Zero(t, b.Cleared, "what it received it has sent on")

	legs := w.bundled("b", sent{"other-ke", w.intent("b.1", "other-ke", "mpesa-ke", 50_00)}, sent{"other-ke", w.intent("b.2", "other-ke", "mpesa-ke", 40_00)})
	w.decide(nil, w.send(legs[0]), w.send(legs[1]))
	b = w.decide([]settlement.Command{w.fund("other-ke", kes, 100_00)}) // enough for either
	require.Equal(t, 1, b.Clearing.Returns)
	require.Equal(t, 1, b.Cleared)
	b = w.decide([]settlement.Command{w.fund("other-ke", kes, 90_00)})
	require.Equal(t, 2, b.Cleared)
	require.True(t, w.state.brought)
}
