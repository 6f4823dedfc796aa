package decide

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/schedule"
	"github.com/ayni-switch/ayni/settlement/screen"
)

// funded is a world in which everybody can pay a while.
func funded(t require.TestingT) *world {
	w := newWorld(t)
	w.decide([]settlement.Command{
		w.fund("mpesa-ke", kes, 1_000_000_00), w.fund("gcash-ph", php, 500_000_00), w.fund("momo-ug", ugx, 20_000_000),
		w.fund("fx-house", kes, 1_000_000_00), w.fund("fx-house", php, 500_000_00), w.fund("fx-house", ugx, 20_000_000),
	})
	return w
}

func paid(i messaging.Instruction) messaging.Outcome {
	return messaging.Outcome{Transfer: i.Transfer, Kind: i.Kind, State: messaging.OutcomePaid, Amount: i.Amount, RailRef: "R1", ResolvedBy: "callback"}
}

func failed(i messaging.Instruction) messaging.Outcome {
	return messaging.Outcome{Transfer: i.Transfer, Kind: i.Kind, State: messaging.OutcomeFailed, Amount: i.Amount, Reason: "AC01", ResolvedBy: "query"}
}

func TestTransferIsPaid(t *testing.T) {
	w := funded(t)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 1_234_56)))
	require.Len(t, b.Postings, 2, "both legs pass through the pools")
	changes := statuses(t, b, "mpesa-ke")
	require.Len(t, changes, 1)
	require.Equal(t, messaging.StateCleared, changes[0].State)
	told := instructions(t, b, "gcash-ph")
	require.Len(t, told, 1)
	require.Equal(t, messaging.Amount{Amount: "1234.56", Currency: "PHP"}, told[0].Amount)

	b = w.decide(nil, w.outcomes("gcash-ph", paid(told[0])))
	require.Equal(t, messaging.StatePaid, statuses(t, b, "mpesa-ke")[0].State)
	require.Empty(t, w.state.open)

	again := w.decide(nil, w.outcomes("gcash-ph", paid(told[0]), failed(told[0])))
	require.Equal(t, ledger.VerdictRepeated, again.Outcomes[0].Verdict)
	require.Equal(t, ledger.VerdictException, again.Outcomes[1].Verdict, "a contradiction is for a person")
	require.Empty(t, again.Postings)
}

func TestRefusedPayoutGoesHomeAtItsOriginalAmounts(t *testing.T) {
	w := funded(t)
	before := append([]account(nil), w.state.accounts...)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 999_99)))
	payout := instructions(t, b, "gcash-ph")[0]

	b = w.decide(nil, w.outcomes("gcash-ph", failed(payout)))
	require.Len(t, b.Transfers, 1)
	require.NotZero(t, b.Transfers[0].ReturnOf)
	refund := instructions(t, b, "mpesa-ke")[0]
	require.Equal(t, messaging.KindRefund, refund.Kind)
	require.Equal(t, payout.Transfer, refund.Transfer)
	require.Equal(t, messaging.StateReturnPending, statuses(t, b, "mpesa-ke")[0].State)
	for i, a := range before {
		require.Equal(t, a.balance(), w.state.accounts[i].balance(), "account %d", a.ID)
	}
	require.Zero(t, w.state.carries[kes], "the rounding went home too")

	b = w.decide(nil, w.outcomes("mpesa-ke", paid(refund)))
	require.Equal(t, messaging.StateReturned, statuses(t, b, "mpesa-ke")[0].State)
	require.Empty(t, w.state.open)
}

func TestUnknownIsNotFailed(t *testing.T) {
	w := funded(t)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 999_99)))
	payout := instructions(t, b, "gcash-ph")[0]
	unknown := paid(payout)
	unknown.State = messaging.OutcomeUnknown
	b = w.decide(nil, w.outcomes("gcash-ph", unknown, unknown))
	require.Empty(t, b.Postings)
	require.Empty(t, b.Events)
	require.Equal(t, ledger.VerdictNoted, b.Outcomes[0].Verdict)
	require.Equal(t, messaging.StateCleared, w.state.open[w.nth(1)].state)
}

func TestReturnWaitsForLiquidity(t *testing.T) {
	w := newWorld(t)
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 100_00), w.command(settlement.CommandAddParticipant, settlement.AddParticipant{
		Name: "other-ke", Country: "KE", Currency: kes, Role: settlement.RoleOperator, SigningKey: signingKey(t),
		PayoutIncrementMinor: 100, PayoutMinMinor: 100, PayoutMaxMinor: 1_000_000,
	})})
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "other-ke", 100_00)))
	payout := instructions(t, b, "other-ke")[0]
	// other-ke sends on what it received, then its rail refuses: it cannot give back what it has not.
	b = w.decide(nil, w.intents("other-ke", w.intent("b", "other-ke", "mpesa-ke", 100_00)))
	require.Equal(t, 1, b.Cleared)
	b = w.decide(nil, w.outcomes("other-ke", failed(payout)))
	require.Zero(t, b.Cleared)
	require.Empty(t, instructions(t, b, "mpesa-ke"), "no refund before the money is back")
	b = w.decide([]settlement.Command{w.fund("other-ke", kes, 100_00)})
	require.Equal(t, 1, b.Cleared)
	require.Len(t, instructions(t, b, "mpesa-ke"), 1)
}

func TestQueuedTransferExpiresOrClears(t *testing.T) {
	w := newWorld(t)
	first, second := w.intent("a", "mpesa-ke", "gcash-ph", 100_00), w.intent("b", "mpesa-ke", "gcash-ph", 100_00)
	second.Deadline = w.now.Add(time.Minute)
	b := w.decide(nil, w.intents("mpesa-ke", first, second))
	require.Equal(t, 2, b.Queued, "nobody has any liquidity")
	deadline, ok := w.state.nextDue(w.now)
	require.True(t, ok)
	require.Equal(t, second.Deadline, deadline)

	w.now = second.Deadline
	b = w.decide(nil)
	require.Equal(t, messaging.StateExpired, statuses(t, b, "mpesa-ke")[0].State)
	b = w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 1_000_00), w.fund("fx-house", php, 100_00)})
	require.Equal(t, 1, b.Cleared)
	require.Zero(t, b.Queued)
}

func TestRefusals(t *testing.T) {
	w := funded(t)
	base := func(change func(*messaging.Intent)) messaging.Intent {
		i := w.intent("x", "mpesa-ke", "gcash-ph", 100_00)
		change(&i)
		return i
	}
	w.now = dawn.Add(time.Minute)
	old := fx.Quote{ID: "q-old", Provider: "fx-house", From: kes, To: php, Rate: fx.MustRate("0.4501"), Expires: w.now}
	w.decide([]settlement.Command{w.command(settlement.CommandQuotes, settlement.Quotes{Quotes: []fx.Quote{old}})})
	for fault, intent := range map[messaging.Fault]messaging.Intent{
		messaging.FaultUnknownParticipant: base(func(i *messaging.Intent) { i.CreditorParticipant = "nobody" }),
		messaging.FaultUnknownCorridor:    base(func(i *messaging.Intent) { i.Destination.Currency = "USD" }),
		messaging.FaultUnknownCurrency:    base(func(i *messaging.Intent) { i.Destination.Currency = "XXQ" }),
		messaging.FaultAmount:             base(func(i *messaging.Intent) { i.Destination.Amount = "0" }),
		messaging.FaultAmountDecimals:     base(func(i *messaging.Intent) { i.Destination.Amount = "1.001" }),
		messaging.FaultAmountOverflow:     base(func(i *messaging.Intent) { i.Destination.Amount = "99999999999999999999" }),
		messaging.FaultAmountLimit:        base(func(i *messaging.Intent) { i.Destination.Amount = "50000.01" }),
		messaging.FaultQuoteUnknown:       base(func(i *messaging.Intent) { i.Quote = "q-none" }),
		messaging.FaultQuoteExpired:       base(func(i *messaging.Intent) { i.Quote = "q-old" }),
		messaging.FaultQuoteMismatch:      base(func(i *messaging.Intent) { i.Source.Amount = "1.00" }),
		messaging.FaultDeadline:           base(func(i *messaging.Intent) { i.Deadline = w.now }),
		messaging.FaultAmountIncrement: func() messaging.Intent {
			i := w.intent("x", "gcash-ph", "mpesa-ke", 100_50)
			return i
		}(),
	} {
		t.Run(string(fault), func(t *testing.T) {
			intent.ID = "bad-" + string(fault)
			sender := "mpesa-ke"
			if fault == messaging.FaultAmountIncrement {
				sender = "gcash-ph"
			}
			b := w.decide(nil, w.intents(sender, intent))
			require.Len(t, b.Intents, 1)
			require.Equal(t, fault, b.Intents[0].Fault, b.Intents[0].Detail)
			change := statuses(t, b, sender)[0]
			require.Equal(t, messaging.StateRejected, change.State)
			require.Equal(t, fault.Reason(), change.Reason)

			b = w.decide(nil, w.intents(sender, intent))
			require.Empty(t, b.Intents, "asked again: the same answer, no second row")
			require.Equal(t, change, statuses(t, b, sender)[0])
		})
	}
}

func TestSameIDWithOtherBytesIsRefused(t *testing.T) {
	w := funded(t)
	first := w.intent("a", "mpesa-ke", "gcash-ph", 100_00)
	other := w.intent("a", "mpesa-ke", "gcash-ph", 200_00)
	b := w.decide(nil, w.intents("mpesa-ke", first, other, first))
	require.Equal(t, 1, b.Cleared)
	require.Len(t, b.DeadLetters, 1)
	require.Equal(t, messaging.FaultDuplicate, b.DeadLetters[0].Fault)
	b = w.decide(nil, w.intents("mpesa-ke", first))
	require.Empty(t, b.Transfers)
	require.Equal(t, messaging.StateCleared, statuses(t, b, "mpesa-ke")[0].State)
}

func TestSuspendedParticipantSendsNothing(t *testing.T) {
	w := funded(t)
	w.decide([]settlement.Command{w.command(settlement.CommandSuspend, settlement.Suspend{Participant: "mpesa-ke", Suspended: true})})
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)), w.intents("gcash-ph", w.intent("b", "gcash-ph", "mpesa-ke", 100_00)))
	require.Equal(t, messaging.FaultSuspended, b.Intents[0].Fault)
	require.Equal(t, messaging.FaultSuspended, b.Intents[1].Fault)
}

func TestOnlyThePayerSpeaks(t *testing.T) {
	w := funded(t)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)))
	payout := instructions(t, b, "gcash-ph")[0]
	stolen := paid(payout)
	short := paid(payout)
	short.Amount.Amount = "99.99"
	nowhere := paid(payout)
	nowhere.Transfer = settlement.TransferID(77).String()
	b = w.decide(nil, w.outcomes("momo-ug", stolen), w.outcomes("gcash-ph", short, nowhere))
	require.Empty(t, b.Events)
	require.Len(t, b.DeadLetters, 2)
	require.Equal(t, ledger.VerdictException, b.Outcomes[0].Verdict)
}

func TestWindowSettlesAllCurrenciesOrNone(t *testing.T) {
	w := funded(t)
	w.decide(w.creditLine("gcash-ph", php, 1_000_000_00))
	// gcash-ph goes past its prefunding on credit; mpesa-ke stays within.
	var sent []messaging.Intent
	for i := range 15 {
		sent = append(sent, w.intent("p"+string(rune('a'+i)), "gcash-ph", "mpesa-ke", 100_000_00))
	}
	w.decide([]settlement.Command{w.fund("fx-house", kes, 2_000_000_00)}, w.intents("gcash-ph", sent...),
		w.intents("mpesa-ke", w.intent("k", "mpesa-ke", "momo-ug", 50_000)))
	b := w.decide([]settlement.Command{w.command(settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "end of day"})})
	require.NotEmpty(t, b.WindowNets)
	require.Empty(t, b.Postings, "one cannot pay: no currency settles")
	require.Equal(t, settlement.WindowSettling, b.WindowEvents[len(b.WindowEvents)-1].State)

	b = w.decide([]settlement.Command{w.fund("gcash-ph", php, 500_000_00)})
	require.Equal(t, settlement.WindowSettled, b.WindowEvents[0].State)
	for _, a := range w.state.accounts {
		if a.mayOwe() {
			require.Zero(t, a.balance(), "account %d (%s)", a.ID, a.Kind)
		}
	}
}

// A participant without money waits by itself: what others send into the same currency goes on.
func TestNobodyWithoutMoneyHoldsUpAPool(t *testing.T) {
	w := newWorld(t)
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 10_000_00), w.fund("fx-house", php, 100_000_00)})
	b := w.decide(nil, w.intents("momo-ug", w.intent("broke", "momo-ug", "gcash-ph", 500_00)))
	require.Equal(t, 1, b.Queued)
	b = w.decide(nil, w.intents("mpesa-ke", w.intent("sound", "mpesa-ke", "gcash-ph", 500_00)))
	require.Equal(t, 1, b.Cleared)
	require.Equal(t, 1, b.Queued)
}

func TestCommandsThatCannotBeCarriedOutChangeNothing(t *testing.T) {
	w := newWorld(t)
	quote := fx.Quote{ID: "bad id", Provider: "fx-house", From: kes, To: php, Rate: fx.MustRate("1"), Expires: w.now.Add(time.Hour)}
	commands := []settlement.Command{
		w.command(settlement.CommandAddParticipant, settlement.AddParticipant{
			Name: "new-ke", Country: "Kenya", Currency: kes, Role: settlement.RoleOperator, SigningKey: signingKey(t),
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1,
		}),
		w.command(settlement.CommandQuotes, settlement.Quotes{Quotes: []fx.Quote{quote}}),
		w.command(settlement.CommandFund, "no object"),
		w.command(settlement.CommandFund, settlement.Fund{Participant: "nobody", Currency: kes, AmountMinor: 1}),
		w.command(settlement.CommandCreditLine, settlement.CreditLine{Participant: "fx-house", Currency: kes, AmountMinor: 1}),
		w.command("no_such_command", struct{}{}),
	}
	b := w.decide(commands)
	require.Len(t, b.CommandResults, len(commands))
	for i, r := range b.CommandResults {
		require.NotEmpty(t, r.Fault, "command %d", i)
	}
	require.Empty(t, b.Participants)
	require.Empty(t, b.Quotes)
	require.Empty(t, b.Postings)

	line := func(minor int64) settlement.Command {
		return w.command(settlement.CommandCreditLine, settlement.CreditLine{Participant: "mpesa-ke", Currency: kes, AmountMinor: minor})
	}
	b = w.decide(append(w.creditLine("mpesa-ke", kes, 8), line(5), line(7), line(9)))
	require.Contains(t, b.CommandResults[4].Fault, "covered up to 8")
	require.Len(t, b.CreditLines, 1, "of several in one batch the last holds")
	require.EqualValues(t, 7, b.CreditLines[0].AmountMinor)
}

// More windows than one message may tell of wait for one debtor, and settle in the batch that funds it.
func TestManyWindowsWaitForOneDebtor(t *testing.T) {
	w := newWorld(t)
	w.decide(append(w.creditLine("mpesa-ke", kes, 1_000_000_00), w.fund("fx-house", php, 1_000_000_00)))
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 1_000_00)))
	require.Equal(t, 1, b.Cleared)
	var closing []settlement.Command
	for range messaging.MaxListed + 10 {
		closing = append(closing, w.command(settlement.CommandCloseWindow, settlement.CloseWindow{}))
	}
	w.decide(closing)
	require.Len(t, w.state.unsettled, len(closing))
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 10_000_00)})
	require.Empty(t, w.state.unsettled)
}

// Any day, in any order: the invariants hold after every batch (world.checkInvariants), and the day
// is decided again to the same bytes.
func TestAnyDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyDay(t)
		want, err := json.Marshal(w.batches, json.Deterministic(true))
		require.NoError(t, err)
		got, err := json.Marshal(w.replay(), json.Deterministic(true))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	})
}

// told is an instruction and who got it.
type told struct {
	by string
	messaging.Instruction
}

// answerTo is something that a rail may say to an instruction, sound or not.
func answerTo(t *rapid.T, i messaging.Instruction) messaging.Outcome {
	o := paid(i)
	switch i.Kind {
	case messaging.KindReserve:
		o.State = messaging.OutcomeReserved
	case messaging.KindRelease:
		o.State = messaging.OutcomeReleased
	case messaging.KindRecall:
		if rapid.Bool().Draw(t, "too late") {
			o.State = messaging.OutcomeRefused
			return o
		}
		o.Kind = messaging.KindPayout
	case messaging.KindQuery:
		o.Kind = rapid.SampledFrom([]messaging.Kind{messaging.KindPayout, messaging.KindRefund, messaging.KindReserve}).Draw(t, "about")
	default:
	}
	if rapid.Bool().Draw(t, "fails") {
		o.State, o.Reason, o.RailRef = messaging.OutcomeFailed, "AC01", ""
	}
	return o
}

// anyRuling is a command on the lives of transfers, which may be refused.
func (w *world) anyRuling(t *rapid.T) settlement.Command {
	of := ""
	if len(w.state.sidelined) > 0 && rapid.Bool().Draw(t, "of the held") {
		of = sortedKeys(w.state.sidelined)[0].String()
	} else if len(w.state.queue) > 0 {
		of = w.state.queue[0].ID.String()
	}
	verdict := settlement.Verdict{Transfer: of, AskedBy: "Asha", ApprovedBy: "Ben", Reason: "looked into"}
	currency := rapid.SampledFrom([]fx.Currency{kes, php, ugx}).Draw(t, "of currency")
	switch rapid.IntRange(0, 6).Draw(t, "ruling") {
	case 0:
		return w.command(settlement.CommandPatience, settlement.Patience{Participant: "gcash-ph", Seconds: rapid.Int64Range(0, 600).Draw(t, "seconds")})
	case 1, 2:
		return w.command(settlement.CommandHold, settlement.Hold{Transfer: of, By: "Asha", Reason: "a tip"})
	case 3:
		return w.command(settlement.CommandRelease, verdict)
	case 4:
		return w.command(settlement.CommandRefuse, verdict)
	case 5:
		until := w.now.Add(time.Duration(rapid.IntRange(1, 10).Draw(t, "closed minutes")) * time.Minute)
		return w.command(settlement.CommandHours, settlement.Hours{
			Currency: currency, Late: rapid.SampledFrom([]schedule.Late{schedule.Queue, schedule.Refuse}).Draw(t, "late"),
			Closed: []settlement.Closed{{From: w.now, Until: until}},
		})
	default:
		return w.command(settlement.CommandGross, settlement.Gross{From: currency, To: php, ThresholdMinor: rapid.Int64Range(0, 100_000).Draw(t, "threshold")})
	}
}

// anyDay runs a world through random batches of intents, repetitions, recalls, outcomes, funding, rulings and windows.
func anyDay(t *rapid.T) *world {
	w := newWorld(t)
	if rapid.Bool().Draw(t, "funded") {
		w = funded(t)
	}
	names := []string{"mpesa-ke", "gcash-ph", "momo-ug"}
	if rapid.Bool().Draw(t, "neighbour") {
		w.admitNeighbour(1_000_000)
		names = append(names, "other-ke")
	}
	if rapid.Bool().Draw(t, "charged") {
		w.decide([]settlement.Command{w.command(settlement.CommandFees, anySchedule(w.now).Draw(t, "fees"))})
	}
	if rapid.Bool().Draw(t, "reserves") {
		names = append(names, "maya-ph")
		w.do(settlement.CommandAddParticipant, maya(t))
	}
	var instructed []told
	var sent []messaging.Intent
	var senders []string
	for range rapid.IntRange(1, 12).Draw(t, "batches") {
		var messages []Message
		for range rapid.IntRange(0, 4).Draw(t, "messages") {
			from := rapid.SampledFrom(names).Draw(t, "from")
			switch what := rapid.IntRange(0, 7).Draw(t, "what"); {
			case what == 7:
				messages = append(messages, w.says(from, rapid.SampledFrom([]messaging.RailState{messaging.RailDown, messaging.RailUp}).Draw(t, "rail")))
			case what <= 2:
				to := rapid.SampledFrom(names).Draw(t, "to")
				i := w.intent(rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "id"), from, to, rapid.Int64Range(1, 600).Draw(t, "amount")*100)
				i.Deadline = w.now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "deadline")) * time.Minute)
				i.Priority = rapid.SampledFrom([]messaging.Priority{"", messaging.PriorityNormal, messaging.PriorityHigh}).Draw(t, "priority")
				m := w.intents(from, i)
				if said := rapid.SampledFrom([]screen.Decision{"", "", "", "", "", screen.Hold, screen.Deny, screen.Allow}).Draw(t, "screened"); said != "" {
					w.say(m, 0, said)
				}
				messages = append(messages, m)
				sent, senders = append(sent, i), append(senders, from)
			case what == 3 && len(sent) > 0:
				k := rapid.IntRange(0, len(sent)-1).Draw(t, "again")
				messages = append(messages, w.intents(senders[k], sent[k]))
			case what == 4 && len(sent) > 0:
				k := rapid.IntRange(0, len(sent)-1).Draw(t, "recalled")
				messages = append(messages, w.recalls(senders[k], "CUST", sent[k].ID))
			case what >= 5 && len(instructed) > 0:
				i := instructed[rapid.IntRange(0, len(instructed)-1).Draw(t, "instruction")]
				outcome := answerTo(t, i.Instruction)
				if rapid.IntRange(0, 3).Draw(t, "guesses") == 0 { // transfer ids are easily guessed
					outcome.Transfer = settlement.TransferID(ledger.FirstID(dawn) + rapid.Int64Range(0, 11).Draw(t, "guess")).String()
				}
				messages = append(messages, w.outcomes(i.by, outcome))
			}
		}
		var commands []settlement.Command
		switch rapid.IntRange(0, 5).Draw(t, "command") {
		case 0:
			commands = append(commands, w.fund("fx-house", rapid.SampledFrom([]fx.Currency{kes, php, ugx}).Draw(t, "currency"), 10_000_00))
		case 1:
			commands = append(commands, w.command(settlement.CommandCloseWindow, settlement.CloseWindow{}))
		case 2:
			commands = append(commands, w.fund("mpesa-ke", kes, rapid.SampledFrom([]int64{10_000_00, 700_00, 150_00}).Draw(t, "fund")))
		case 3:
			commands = append(commands, w.command(settlement.CommandFees, anySchedule(w.now).Draw(t, "fees")))
		case 4, 5:
			commands = append(commands, w.anyRuling(t))
		}
		minutes := rapid.IntRange(0, 5)
		if rapid.IntRange(0, 4).Draw(t, "pause") == 0 { // long enough for rails to be asked
			minutes = rapid.IntRange(15, 40)
		}
		w.now = w.now.Add(time.Duration(minutes.Draw(t, "minutes")) * time.Minute)
		b := w.decide(commands, messages...)
		for _, name := range names {
			for _, i := range instructions(t, b, name) {
				instructed = append(instructed, told{name, i})
			}
		}
	}
	return w
}
