package decide

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func TestLimitsChangeForWhatComesLater(t *testing.T) {
	w := funded(t)
	limits := settlement.Limits{Participant: "gcash-ph", PayoutIncrementMinor: 100, PayoutMinMinor: 50_00, PayoutMaxMinor: 200_00}
	before := w.decide(nil, w.intents("mpesa-ke", w.intent("before", "mpesa-ke", "gcash-ph", 10_01)))
	b := w.do(settlement.CommandLimits, limits)
	require.Equal(t, []ledger.Rule{{Kind: settlement.CommandLimits, Subject: "gcash-ph", Command: w.commands, Body: b.Rules[0].Body}}, b.Rules)
	peer := messaging.Peer{Participant: "gcash-ph", Country: "PH", Currency: "PHP", PayoutIncrementMinor: 100, PayoutMinMinor: 50_00, PayoutMaxMinor: 200_00}
	var told []messaging.Peer
	for _, m := range b.Outbox {
		if m.Participant == "mpesa-ke" {
			status, err := messaging.DecodeStatus("mpesa-ke", m.Payload)
			require.NoError(t, err)
			told = append(told, status.Peers...)
		}
	}
	require.Contains(t, told, peer)

	sent := w.intents("mpesa-ke", w.intent("low", "mpesa-ke", "gcash-ph", 49_00), w.intent("high", "mpesa-ke", "gcash-ph", 201_00),
		w.intent("step", "mpesa-ke", "gcash-ph", 60_01), w.intent("right", "mpesa-ke", "gcash-ph", 60_00))
	b = w.decide(nil, sent)
	var faults []messaging.Fault
	for _, row := range b.Intents {
		faults = append(faults, row.Fault)
	}
	require.Equal(t, []messaging.Fault{messaging.FaultAmountLimit, messaging.FaultAmountLimit, messaging.FaultAmountIncrement, ""}, faults)
	w.decide(nil, w.outcomes("gcash-ph", paid(instructions(t, before, "gcash-ph")[0]))) // what was accepted is paid
	require.Equal(t, messaging.StatePaid, w.events[w.nth(1)][len(w.events[w.nth(1)])-1])

	for _, wrong := range []settlement.Limits{
		{Participant: "nobody", PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1},
		{Participant: "gcash-ph", PayoutMinMinor: 1, PayoutMaxMinor: 1},
		{Participant: "gcash-ph", PayoutIncrementMinor: 1, PayoutMaxMinor: 1},
		{Participant: "gcash-ph", PayoutIncrementMinor: 1, PayoutMinMinor: 2, PayoutMaxMinor: 1},
		{Participant: "gcash-ph", PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: maxTransferMinor + 1},
	} {
		w.refused(settlement.CommandLimits, wrong)
	}
	w.now = w.now.Add(time.Second)
	w.rules = rulesNet2
	require.Equal(t, `no command "limits"`, w.ask(settlement.CommandLimits, limits))
	w.replayEqual(t)
	stored(t, w)
}
