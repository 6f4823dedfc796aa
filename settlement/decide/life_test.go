package decide

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/schedule"
	"github.com/ayni-switch/ayni/settlement/screen"
)

// recalls is a message that recalls a participant's intents.
func (w *world) recalls(participant, reason string, intents ...string) Message {
	m := w.message(participant, messaging.PayloadIntent)
	for _, id := range intents {
		m.recalls = append(m.recalls, messaging.Recall{Intent: id, Reason: reason})
	}
	payloads, err := messaging.EncodeRecalls(participant, m.recalls)
	require.NoError(w.t, err)
	m.Payload = payloads[0]
	return m
}

// answers decodes what a batch answers a participant's recalls.
func recallAnswers(t require.TestingT, b *ledger.Batch, participant string) []messaging.RecallAnswer {
	var all []messaging.RecallAnswer
	for _, m := range b.Outbox {
		if m.Participant == participant && m.Kind == messaging.PayloadStatus {
			status, err := messaging.DecodeStatus(participant, m.Payload)
			require.NoError(t, err)
			all = append(all, status.Recalls...)
		}
	}
	return all
}

// do carries out one command and wants it to succeed.
func (w *world) do(kind settlement.CommandKind, body any) *ledger.Batch {
	b := w.decide([]settlement.Command{w.command(kind, body)})
	require.Empty(w.t, b.CommandResults[0].Fault)
	return b
}

// refused carries out one command and wants it refused.
func (w *world) refused(kind settlement.CommandKind, body any) {
	b := w.decide([]settlement.Command{w.command(kind, body)})
	require.NotEmpty(w.t, b.CommandResults[0].Fault)
	require.Empty(w.t, b.Life)
	require.Empty(w.t, b.Rules)
	require.Empty(w.t, b.Events)
}

func TestSilentRailIsAskedAndThenAPersonLooks(t *testing.T) {
	w := funded(t)
	w.do(settlement.CommandPatience, settlement.Patience{Participant: "gcash-ph", Seconds: 120})
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)))
	payout := instructions(t, b, "gcash-ph")[0]
	pause := 2 * time.Minute
	for range maxAsked {
		due, ok := w.state.nextDue(w.now)
		require.True(t, ok)
		require.Equal(t, w.now.Add(pause), due)
		w.now = due.Add(-time.Microsecond)
		require.Empty(t, w.decide(nil).Outbox[1:], "not before its time: only the log")
		w.now = due
		b = w.decide(nil)
		asked := instructions(t, b, "gcash-ph")
		require.Len(t, asked, 1)
		query := payout
		query.Kind = messaging.KindQuery
		require.Equal(t, query, asked[0])
		require.Empty(t, b.Postings)
		pause *= 2
	}
	due, ok := w.state.nextDue(w.now)
	require.True(t, ok)
	w.now = due
	b = w.decide(nil)
	require.Equal(t, ledger.LifeUnheard, b.Life[0].Kind)
	require.Empty(t, instructions(t, b, "gcash-ph"))
	require.Equal(t, messaging.StateCleared, w.state.open[w.nth(1)].state, "never a return")
	_, ok = w.state.nextDue(w.now)
	require.False(t, ok)

	b = w.decide(nil, w.outcomes("gcash-ph", paid(payout)))
	require.Equal(t, messaging.StatePaid, statuses(t, b, "mpesa-ke")[0].State, "late is not too late")
}

func TestAnsweredRailIsNotAsked(t *testing.T) {
	w := funded(t)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00), w.intent("b", "mpesa-ke", "gcash-ph", 100_00)))
	told := instructions(t, b, "gcash-ph")
	w.now = w.now.Add(time.Minute)
	unknown := paid(told[0])
	unknown.State = messaging.OutcomeUnknown
	w.decide(nil, w.outcomes("gcash-ph", unknown, paid(told[1])))
	w.now = w.now.Add(defaultPatience)
	b = w.decide(nil)
	require.Len(t, instructions(t, b, "gcash-ph"), 1, "unknown is not known; paid is")
	b = w.decide(nil, w.outcomes("gcash-ph", failed(told[0])))
	refund := instructions(t, b, "mpesa-ke")[0]
	w.now = w.now.Add(defaultPatience)
	b = w.decide(nil)
	query := refund
	query.Kind = messaging.KindQuery
	require.Equal(t, []messaging.Instruction{query}, instructions(t, b, "mpesa-ke"), "a refund is asked about like a payout")
}

// What the creditor received it sends on, so that a return cannot clear: a person learns of it.
func TestReturnWithoutLiquidityIsForAPerson(t *testing.T) {
	w := newWorld(t)
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 1_000_000_00), w.fund("fx-house", php, 1_000_00), w.fund("fx-house", kes, 10_000_00)})
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 500_00)))
	payout := instructions(t, b, "gcash-ph")[0]
	b = w.decide(nil, w.intents("gcash-ph", w.intent("b", "gcash-ph", "mpesa-ke", 1_000_00)))
	require.Equal(t, 1, b.Cleared)
	w.decide(nil, w.outcomes("gcash-ph", failed(payout)))
	require.Len(t, w.state.queue, 1)
	w.now = w.now.Add(defaultPatience)
	b = w.decide(nil)
	require.Equal(t, ledger.LifeEvent{
		Transfer: w.nth(1), Kind: ledger.LifeUnheard, About: "return", At: w.now,
	}, b.Life[0])
	b = w.decide([]settlement.Command{w.fund("gcash-ph", php, 500_00)})
	require.Equal(t, messaging.KindRefund, instructions(t, b, "mpesa-ke")[0].Kind, "it waited on")
}

func TestRecallBeforeClearing(t *testing.T) {
	w := newWorld(t)
	w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)))
	b := w.decide(nil, w.recalls("momo-ug", "CUST", "a"), w.recalls("mpesa-ke", "CUST", "a", "a", "none"))
	require.Equal(t, []messaging.RecallAnswer{{Intent: "a", State: messaging.RecallRefused, Fault: messaging.FaultUnknownIntent, Reason: "NOOR"}},
		recallAnswers(t, b, "momo-ug"), "nobody recalls what another sent")
	accepted := messaging.RecallAnswer{Intent: "a", Transfer: w.nth(1).String(), State: messaging.RecallAccepted, Reason: "CUST"}
	require.Equal(t, []messaging.RecallAnswer{accepted, accepted, {
		Intent: "none", State: messaging.RecallRefused, Fault: messaging.FaultUnknownIntent, Reason: "NOOR",
	}}, recallAnswers(t, b, "mpesa-ke"))
	require.Equal(t, []messaging.Change{{Intent: "a", Transfer: w.nth(1).String(), State: messaging.StateExpired, Reason: "CUST"}}, statuses(t, b, "mpesa-ke"))
	require.Zero(t, b.Queued)
	b = w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 1_000_00), w.fund("fx-house", php, 100_00)})
	require.Zero(t, b.Cleared)
}

func TestRecallAfterClearing(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(payout, recall messaging.Instruction) messaging.Outcome
		want   messaging.RecallAnswer
		ends   messaging.State
	}{
		"not yet paid out": {func(payout, recall messaging.Instruction) messaging.Outcome {
			o := failed(payout)
			o.Reason = recall.Reason
			return o
		}, messaging.RecallAnswer{State: messaging.RecallAccepted, Reason: "FRAD"}, messaging.StateReturnPending},
		"paid out meanwhile": {func(payout, _ messaging.Instruction) messaging.Outcome { return paid(payout) },
			messaging.RecallAnswer{State: messaging.RecallRefused, Fault: messaging.FaultPaid, Reason: "NARR"}, messaging.StatePaid},
		"the rail was called": {func(_, recall messaging.Instruction) messaging.Outcome {
			return messaging.Outcome{Transfer: recall.Transfer, Kind: messaging.KindRecall, State: messaging.OutcomeRefused, Amount: recall.Amount}
		}, messaging.RecallAnswer{State: messaging.RecallRefused, Fault: messaging.FaultTooLate, Reason: "AGNT"}, messaging.StateCleared},
	} {
		t.Run(name, func(t *testing.T) {
			w := funded(t)
			b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)))
			payout := instructions(t, b, "gcash-ph")[0]
			b = w.decide(nil, w.recalls("mpesa-ke", "FRAD", "a"))
			recall := instructions(t, b, "gcash-ph")[0]
			require.Equal(t, messaging.KindRecall, recall.Kind)
			require.Equal(t, "FRAD", recall.Reason)
			pending := recallAnswers(t, b, "mpesa-ke")
			require.Equal(t, messaging.RecallPending, pending[0].State)
			b = w.decide(nil, w.recalls("mpesa-ke", "FRAD", "a"))
			require.Empty(t, instructions(t, b, "gcash-ph"), "asked once")
			require.Equal(t, pending, recallAnswers(t, b, "mpesa-ke"))

			b = w.decide(nil, w.outcomes("gcash-ph", c.answer(payout, recall)))
			c.want.Intent, c.want.Transfer = "a", recall.Transfer
			require.Equal(t, []messaging.RecallAnswer{c.want}, recallAnswers(t, b, "mpesa-ke"))
			require.Equal(t, ledger.VerdictApplied, b.Outcomes[0].Verdict)
			b = w.decide(nil, w.recalls("mpesa-ke", "FRAD", "a"))
			require.Equal(t, []messaging.RecallAnswer{c.want}, recallAnswers(t, b, "mpesa-ke"), "and the same answer again")
			require.Empty(t, instructions(t, b, "gcash-ph"))
			if c.ends == messaging.StatePaid {
				require.Empty(t, w.state.open)
			} else {
				require.Equal(t, c.ends, w.state.open[w.nth(1)].state)
			}
		})
	}
}

func TestOutcomesThatNoInstructionHasAreBuried(t *testing.T) {
	w := funded(t)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)))
	payout := instructions(t, b, "gcash-ph")[0]
	for _, bad := range []struct {
		kind  messaging.Kind
		state messaging.OutcomeState
	}{
		{messaging.KindPayout, messaging.OutcomeReserved}, {messaging.KindPayout, messaging.OutcomeReleased}, {messaging.KindPayout, messaging.OutcomeRefused},
		{messaging.KindRecall, messaging.OutcomePaid}, {messaging.KindRecall, messaging.OutcomeFailed}, {messaging.KindReserve, messaging.OutcomePaid},
		{messaging.KindRelease, messaging.OutcomePaid}, {messaging.KindQuery, messaging.OutcomePaid}, {messaging.KindQuery, messaging.OutcomeUnknown},
	} {
		o := paid(payout)
		o.Kind, o.State = bad.kind, bad.state
		b := w.decide(nil, w.outcomes("gcash-ph", o))
		require.Empty(t, b.Outcomes, "%s %s", bad.kind, bad.state)
		require.Len(t, b.DeadLetters, 1)
		require.Empty(t, b.Events)
	}
}

func TestHoldAndItsEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(w *world, id string) *ledger.Batch
		states []messaging.State
		reason string
	}{
		"released": {func(w *world, id string) *ledger.Batch {
			w.refused(settlement.CommandRelease, settlement.Verdict{Transfer: id, AskedBy: "Asha", ApprovedBy: "Asha", Reason: "same person"})
			return w.do(settlement.CommandRelease, settlement.Verdict{Transfer: id, AskedBy: "Asha", ApprovedBy: "Ben", Reason: "no match"})
		}, []messaging.State{messaging.StateQueued, messaging.StateCleared}, ""},
		"refused": {func(w *world, id string) *ledger.Batch {
			return w.do(settlement.CommandRefuse, settlement.Verdict{Transfer: id, AskedBy: "Asha", ApprovedBy: "Ben", Reason: "a match"})
		}, []messaging.State{messaging.StateQueued, messaging.StateExpired}, "RR04"},
		"refused with a code": {func(w *world, id string) *ledger.Batch {
			return w.do(settlement.CommandRefuse, settlement.Verdict{Transfer: id, AskedBy: "Asha", ApprovedBy: "Ben", Reason: "a match", Code: "FRAD"})
		}, []messaging.State{messaging.StateQueued, messaging.StateExpired}, "FRAD"},
		"expired": {func(w *world, _ string) *ledger.Batch {
			w.now = w.now.Add(time.Hour)
			return w.decide(nil)
		}, []messaging.State{messaging.StateQueued, messaging.StateExpired}, "TM01"},
		"recalled": {func(w *world, _ string) *ledger.Batch {
			return w.decide(nil, w.recalls("mpesa-ke", "CUST", "a"))
		}, []messaging.State{messaging.StateQueued, messaging.StateExpired}, "CUST"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00), w.intent("b", "mpesa-ke", "gcash-ph", 200_00)))
			id := w.nth(1).String()
			w.refused(settlement.CommandRelease, settlement.Verdict{Transfer: id, AskedBy: "Asha", ApprovedBy: "Ben", Reason: "not held"})
			w.refused(settlement.CommandHold, settlement.Hold{Transfer: settlement.TransferID(77).String(), By: "Asha", Reason: "a tip"})
			w.refused(settlement.CommandHold, settlement.Hold{Transfer: id, By: "Asha"})
			w.do(settlement.CommandHold, settlement.Hold{Transfer: id, By: "Asha", Reason: "a tip"})
			w.refused(settlement.CommandHold, settlement.Hold{Transfer: id, By: "Ben", Reason: "again"})
			b := w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 10_000_00), w.fund("fx-house", php, 1_000_00)})
			require.Equal(t, 1, b.Cleared, "the other one")
			require.Equal(t, 1, b.Queued)

			b = c.end(w, id)
			require.Equal(t, c.states, w.events[w.nth(1)])
			require.Zero(t, b.Queued)
			require.Equal(t, c.reason, b.Events[0].Reason)
			require.Empty(t, w.state.sidelined)
		})
	}
}

func TestScreeningHoldsAndReplaysWithoutItsKey(t *testing.T) {
	screen := KeyedScreen{Key: []byte("a key that the ledger does not have")}
	hash := screen.Hash("254700000666")
	w := funded(t)
	list := settlement.ScreenList{Name: "un-1267", Version: 3, Accounts: [][]byte{hash[:]}}
	w.do(settlement.CommandScreen, list)
	w.refused(settlement.CommandScreen, list)

	listed, other := w.intent("a", "mpesa-ke", "gcash-ph", 100_00), w.intent("b", "mpesa-ke", "gcash-ph", 100_00)
	listed.Debtor.Account = "254700000666"
	m := w.intents("mpesa-ke", listed, other)
	_, err := w.state.Screen([]Message{m})
	require.Error(t, err, "an engine without the key lets nothing through")
	m.accounts = hashAccounts(screen, m.intents)
	w.hits, err = w.state.Screen([]Message{m})
	require.NoError(t, err)
	require.Len(t, w.hits, 1)
	b := w.decide(nil, m)
	require.Equal(t, 1, b.Cleared)
	require.Equal(t, []messaging.Change{{Intent: "a", Transfer: w.nth(1).String(), State: messaging.StateQueued}}, statuses(t, b, "mpesa-ke")[1:],
		"nobody is tipped off")
	require.Equal(t, ledger.LifeEvent{Transfer: w.nth(1), Kind: ledger.LifeHeld, About: heldByScreen, Reason: "un-1267", At: w.now}, b.Life[0])
	list.Version, list.Accounts = 4, nil
	w.do(settlement.CommandScreen, list)
	require.Len(t, w.state.sidelined, 1, "who was held stays so")
	require.Equal(t, encoded(t, w.batches), encoded(t, w.replay()))
}

func TestGrossIsSettledBesideTheWindow(t *testing.T) {
	w := newWorld(t)
	w.do(settlement.CommandGross, settlement.Gross{From: kes, To: php, ThresholdMinor: 2_000_00})
	w.decide([]settlement.Command{
		w.fund("fx-house", php, 100_000_00), w.fund("fx-house", kes, 100_00),
		w.command(settlement.CommandCreditTerms, settlement.CreditTerms{Participant: "mpesa-ke", Currency: kes, UnsecuredMinor: 1_000_000_00}),
		w.command(settlement.CommandCreditLine, settlement.CreditLine{Participant: "mpesa-ke", Currency: kes, AmountMinor: 1_000_000_00}),
	})
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("large", "mpesa-ke", "gcash-ph", 1_000_00), w.intent("larger", "mpesa-ke", "gcash-ph", 2_000_00),
		w.intent("small", "mpesa-ke", "gcash-ph", 100_00)))
	require.Equal(t, 1, b.Cleared, "credit nets the small one; a large one needs money")
	require.Equal(t, 2, b.Queued)
	b = w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 3_000_00)})
	require.Equal(t, 1, b.Cleared)
	require.Equal(t, ledger.LifeGross, b.Life[0].Kind)
	require.Len(t, b.Postings, 3, "the funding and both legs at once")
	for _, p := range b.Postings[1:] {
		require.Equal(t, ledger.PostGross, p.Kind)
		require.Equal(t, ledger.Settlement, w.state.accounts[p.Debit-1].Kind)
		require.Equal(t, ledger.Settlement, w.state.accounts[p.Credit-1].Kind)
	}
	payout := instructions(t, b, "gcash-ph")[0]
	require.Equal(t, "large", payout.Intent)

	// First in, first out: what comes later does not overtake what waits for the same account.
	b = w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 3_000_00)}, w.intents("mpesa-ke", w.intent("later", "mpesa-ke", "gcash-ph", 1_000_00)))
	require.Zero(t, b.Cleared)
	w.do(settlement.CommandGross, settlement.Gross{From: kes, To: php})
	require.Empty(t, w.state.grossQueue)
	require.Equal(t, 3, len(w.events[w.nth(2)])+len(w.events[w.nth(4)])-1, "without the rule both are netted on credit")

	b = w.decide(nil, w.outcomes("gcash-ph", failed(payout)))
	require.Equal(t, messaging.KindRefund, instructions(t, b, "mpesa-ke")[0].Kind, "what was settled gross comes home like all else")
	w.do(settlement.CommandCloseWindow, settlement.CloseWindow{})
}

// A closed window's money is not spent under its hands.
func TestGrossLeavesWhatAWindowWaitsFor(t *testing.T) {
	w := newWorld(t)
	w.decide([]settlement.Command{
		w.fund("fx-house", php, 100_000_00),
		w.command(settlement.CommandCreditTerms, settlement.CreditTerms{Participant: "mpesa-ke", Currency: kes, UnsecuredMinor: 1_000_000_00}),
		w.command(settlement.CommandCreditLine, settlement.CreditLine{Participant: "mpesa-ke", Currency: kes, AmountMinor: 1_000_000_00}),
	})
	w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 1_000_00)))
	w.do(settlement.CommandCloseWindow, settlement.CloseWindow{})
	require.Len(t, w.state.unsettled, 1)
	w.do(settlement.CommandGross, settlement.Gross{From: kes, To: php, ThresholdMinor: 1})
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 2_000_00)})
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("b", "mpesa-ke", "gcash-ph", 500_00)))
	require.Zero(t, b.Cleared, "there is money, and it is the window's")
	b = w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 2_000_00)})
	require.Equal(t, 1, b.Cleared)
	require.Empty(t, w.state.unsettled)
}

func TestCutOff(t *testing.T) {
	w := funded(t)
	closed := []settlement.Closed{{From: dawn, Until: dawn.Add(10 * time.Minute)}, {From: dawn.Add(20 * time.Minute), Until: dawn.Add(40 * time.Minute)}}
	w.do(settlement.CommandHours, settlement.Hours{Currency: php, Late: schedule.Queue, Closed: closed})
	w.refused(settlement.CommandHours, settlement.Hours{Currency: php, Late: "perhaps", Closed: closed})
	w.refused(settlement.CommandHours, settlement.Hours{Currency: php, Late: schedule.Queue, Closed: []settlement.Closed{closed[1], closed[0]}})
	w.refused(settlement.CommandHours, settlement.Hours{Currency: php, Late: schedule.Queue, Closed: []settlement.Closed{closed[0], closed[0]}})
	w.do(settlement.CommandHours, settlement.Hours{Currency: ugx, Late: schedule.Refuse, Closed: closed})

	tooShort := w.intent("short", "mpesa-ke", "gcash-ph", 100_00)
	tooShort.Deadline = closed[0].Until
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00), w.intent("b", "mpesa-ke", "momo-ug", 10_000), tooShort))
	require.Zero(t, b.Cleared)
	require.Equal(t, 1, b.Queued)
	for _, n := range b.Intents[1:] {
		require.Equal(t, messaging.FaultClosed, n.Fault)
	}
	due, ok := w.state.nextDue(w.now)
	require.True(t, ok)
	require.Equal(t, closed[0].Until, due)
	w.now = due
	b = w.decide(nil)
	require.Equal(t, 1, b.Cleared)
	require.Equal(t, ledger.LifeOpened, b.Life[0].Kind)
}

// reserving is a funded world with maya-ph.
func reserving(t require.TestingT) *world {
	w := funded(t)
	w.do(settlement.CommandAddParticipant, maya(t))
	return w
}

// maya is a participant whose rail reserves.
func maya(t require.TestingT) settlement.AddParticipant {
	return settlement.AddParticipant{
		Name: "maya-ph", Country: "PH", Currency: php, Role: settlement.RoleOperator, SigningKey: signingKey(t),
		PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 5_000_000, Reserves: true,
	}
}

// hit has screening hold an intent of the next batch.
func (w *world) hit(m Message, place int32) { w.say(m, place, screen.Hold) }

// say has screening speak of an intent of the next batch.
func (w *world) say(m Message, place int32, decision screen.Decision) {
	if w.hits == nil {
		w.hits = map[ledger.Hit]ledger.Screened{}
	}
	w.hits[ledger.Hit{Participant: m.participant.ID, Sequence: m.Sequence, Place: place}] = ledger.Screened{Decision: decision, List: "un-1267", Rule: screen.ByAccount}
}

func reserved(i messaging.Instruction) messaging.Outcome {
	return messaging.Outcome{Transfer: i.Transfer, Kind: messaging.KindReserve, State: messaging.OutcomeReserved, Amount: i.Amount}
}

func TestReservation(t *testing.T) {
	w := reserving(t)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "maya-ph", 100_00), w.intent("b", "mpesa-ke", "maya-ph", 200_00),
		w.intent("c", "mpesa-ke", "maya-ph", 300_00)))
	require.Zero(t, b.Cleared)
	told := instructions(t, b, "maya-ph")
	require.Len(t, told, 3)
	require.Equal(t, messaging.KindReserve, told[0].Kind)
	b = w.decide(nil, w.outcomes("maya-ph", reserved(told[0]), reserved(told[0])))
	require.Equal(t, ledger.VerdictRepeated, b.Outcomes[1].Verdict)
	payout := instructions(t, b, "maya-ph")[0]
	require.Equal(t, messaging.KindPayout, payout.Kind)

	no := failed(told[1])
	b = w.decide(nil, w.outcomes("maya-ph", no))
	require.Equal(t, []messaging.Change{{Intent: "b", Transfer: told[1].Transfer, State: messaging.StateExpired, Reason: "AC01"}}, statuses(t, b, "mpesa-ke"))
	require.Empty(t, instructions(t, b, "maya-ph"), "nothing was reserved")

	w.now = w.now.Add(defaultPatience)
	b = w.decide(nil)
	require.Len(t, instructions(t, b, "maya-ph"), 2, "the payout and the reservation are asked about")
	b = w.decide(nil, w.recalls("mpesa-ke", "CUST", "c"))
	require.Equal(t, messaging.KindRelease, instructions(t, b, "maya-ph")[0].Kind)
	b = w.decide(nil, w.outcomes("maya-ph", reserved(told[2]), paid(payout)))
	require.Equal(t, ledger.VerdictNoted, b.Outcomes[0].Verdict, "it was released")
	require.Empty(t, w.state.open)
}

func TestRefusedPayoutReleasesItsReservation(t *testing.T) {
	w := reserving(t)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "maya-ph", 100_00)))
	b = w.decide(nil, w.outcomes("maya-ph", reserved(instructions(t, b, "maya-ph")[0])))
	payout := instructions(t, b, "maya-ph")[0]
	b = w.decide(nil, w.outcomes("maya-ph", failed(payout)))
	release := payout
	release.Kind, release.Reason = messaging.KindRelease, "AC01"
	require.Equal(t, []messaging.Instruction{release}, instructions(t, b, "maya-ph"))
	require.Equal(t, messaging.KindRefund, instructions(t, b, "mpesa-ke")[0].Kind)
}

func TestHeldTransferReservesOnlyAfterItsRelease(t *testing.T) {
	w := reserving(t)
	m := w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "maya-ph", 100_00))
	w.hit(m, 0)
	b := w.decide(nil, m)
	require.Empty(t, instructions(t, b, "maya-ph"))
	b = w.do(settlement.CommandRelease, settlement.Verdict{Transfer: w.nth(1).String(), AskedBy: "Asha", ApprovedBy: "Ben", Reason: "no match"})
	told := instructions(t, b, "maya-ph")
	require.Len(t, told, 1)
	b = w.decide(nil, w.outcomes("maya-ph", reserved(told[0])))
	require.Equal(t, 1, b.Cleared)
}

// What came later is refused or buried as it was then.
func TestEarlierRulesKnowNothingOfLives(t *testing.T) {
	w := funded(t)
	w.rules = rulesNet1
	b := w.decide([]settlement.Command{
		w.command(settlement.CommandHours, settlement.Hours{Currency: php, Late: schedule.Refuse}),
		w.command(settlement.CommandAddParticipant, maya(t)),
	})
	require.Equal(t, `no command "hours"`, b.CommandResults[0].Fault)
	require.Equal(t, "the body is no add_participant", b.CommandResults[1].Fault)
	b = w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)))
	payout := instructions(t, b, "gcash-ph")[0]
	b = w.decide(nil, w.recalls("mpesa-ke", "CUST", "a"), w.outcomes("gcash-ph", reserved(payout)))
	require.Len(t, b.DeadLetters, 2)
	for _, l := range b.DeadLetters {
		require.EqualValues(t, wholeMessage, l.Place)
		require.Equal(t, messaging.FaultSchema, l.Fault)
	}
	w.now = w.now.Add(24 * time.Hour)
	require.Empty(t, w.decide(nil).Life, "they never asked")
}
