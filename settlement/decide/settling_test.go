package decide

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // the timetable's zone, on machines without any

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

// hourly closes a currency's windows each hour of every day.
func hourly(name string, currencies ...fx.Currency) *schedule.Timetable {
	days := []schedule.Weekday{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	g := schedule.Group{
		Name: name, Convention: schedule.Together, Zone: "Africa/Nairobi", On: days,
		Every: schedule.Every{Minutes: 60, From: "00:00", Until: "23:00"},
	}
	for _, c := range currencies {
		g.Members = append(g.Members, schedule.Member{Currency: c, Calendars: []string{"always"}})
	}
	return &schedule.Timetable{
		Calendars: []schedule.Calendar{{Name: "always", Zone: "Africa/Nairobi", Weekend: []schedule.Weekday{}, Holidays: []fx.Date{}}},
		Groups:    []schedule.Group{g},
	}
}

// states lists what a batch says of windows, as "2 closed".
func windowStates(b *ledger.Batch) (states []string) {
	for _, e := range b.WindowEvents {
		states = append(states, fmt.Sprint(e.Window, " ", e.State))
	}
	return states
}

func (w *world) close(group string) *ledger.Batch {
	return w.decide([]settlement.Command{w.command(settlement.CommandCloseWindow, settlement.CloseWindow{Group: group})})
}

func TestGroupsCloseEachAtItsMoment(t *testing.T) {
	w := funded(t)
	group := settlement.SettlementGroup{Name: "africa", Currencies: []fx.Currency{ugx, kes}, Timetable: hourly("africa", kes, ugx), SettleWithinSeconds: 600}
	b := w.decide([]settlement.Command{w.command(settlement.CommandSettlementGroup, group)})
	require.Empty(t, b.CommandResults[0].Fault)
	require.Equal(t, []string{"1 closed", "2 open", "3 open", "1 settled"}, windowStates(b), "the default window loses currencies, so it closes")
	moment, ok := w.state.NextMoment(w.now)
	require.True(t, ok)
	require.Equal(t, dawn.Add(time.Hour), moment)

	w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "momo-ug", 50_000), w.intent("b", "mpesa-ke", "gcash-ph", 500_00)))
	w.now = moment.Add(3 * time.Second)
	b = w.decide(nil)
	require.Equal(t, []string{"2 closed", "4 open", "2 settled"}, windowStates(b))
	require.Equal(t, "africa", b.WindowEvents[0].Group)
	require.Equal(t, b.LogIndex, b.WindowEvents[0].LogIndex)
	require.Equal(t, dawn.Add(2*time.Hour), b.WindowEvents[1].Moment)
	for _, n := range b.WindowNets {
		require.NotEqual(t, php, w.state.accounts[n.Account-1].Currency, "pesos settle in their own window")
	}
	require.NotZero(t, w.balanceOf("gcash-ph", ledger.Position, php))
	w.now = dawn.Add(5*time.Hour + time.Minute)
	b = w.decide(nil)
	require.Equal(t, []string{"4 closed", "5 open", "4 settled"}, windowStates(b), "however many were missed, one closes")
	require.Equal(t, dawn.Add(6*time.Hour), b.WindowEvents[1].Moment)
	b = w.close("")
	require.Equal(t, []string{"3 closed", "6 open", "3 settled"}, windowStates(b))
	require.Zero(t, w.balanceOf("gcash-ph", ledger.Position, php))

	regroup := settlement.SettlementGroup{Name: "rest", Currencies: []fx.Currency{ugx}}
	b = w.decide([]settlement.Command{w.command(settlement.CommandSettlementGroup, regroup)})
	require.Empty(t, b.CommandResults[0].Fault)
	require.Equal(t, []string{"5 closed", "7 open", "8 open", "5 settled"}, windowStates(b))
	require.Equal(t, []fx.Currency{kes}, w.state.groupNamed("africa").Currencies)
	w.replayEqual(t)
}

func TestGroupsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	each := hourly("g", kes)
	each.Groups[0].Convention = schedule.Each
	nowhere := hourly("g", kes)
	nowhere.Groups[0].Zone = "Africa/Atlantis"
	for says, g := range map[string]settlement.SettlementGroup{
		"cannot name":       {Name: "A", Currencies: []fx.Currency{kes}},
		"names its":         {Name: "g"},
		"no other names":    {Name: "default", Currencies: []fx.Currency{kes}},
		"named twice":       {Name: "g", Currencies: []fx.Currency{kes, kes}},
		"settle_within":     {Name: "g", Currencies: []fx.Currency{kes}, SettleWithinSeconds: -1},
		"share_max":         {Name: "g", Currencies: []fx.Currency{kes}, ShareMaxPPM: million + 1},
		"want one group":    {Name: "g", Currencies: []fx.Currency{kes}, Timetable: each},
		"other currencies":  {Name: "g", Currencies: []fx.Currency{kes, php}, Timetable: hourly("g", kes)},
		"no group":          {Name: "g", Currencies: []fx.Currency{kes}, Timetable: &schedule.Timetable{}},
		"zone that is not ": {Name: "g", Currencies: []fx.Currency{kes}, Timetable: nowhere},
	} {
		fault := w.ask(settlement.CommandSettlementGroup, g)
		if says == "no group" {
			says = "want one group"
		}
		require.Contains(t, fault, says)
	}
	require.Len(t, w.state.groups, 1)
	require.Contains(t, w.ask(settlement.CommandCloseWindow, settlement.CloseWindow{Group: "g"}), "no settlement group")
}

func TestInstructedDebtorsPayInAndCreditorsArePaidOut(t *testing.T) {
	w := neighbours(t, 1_000_000)
	w.decide(w.creditLine("mpesa-ke", kes, 1_000_00))
	for _, name := range []string{"mpesa-ke", "other-ke"} {
		require.Empty(t, w.ask(settlement.CommandSettlementMethod, settlement.SettlementMethod{Participant: name, Method: settlement.MethodInstructed}))
	}
	require.Contains(t, w.ask(settlement.CommandSettlementMethod, settlement.SettlementMethod{Participant: "fx-house", Method: settlement.MethodInstructed}), "prefunding")
	w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "other-ke", 300_00)))
	b := w.close("")
	require.Equal(t, []string{"1 closed", "2 open", "1 settling"}, windowStates(b))
	told := toldOf(t, b, "mpesa-ke").Settlements
	require.Len(t, told, 1)
	require.Equal(t, "pay_in", told[0].Kind)
	require.Equal(t, "mpesa-ke", told[0].InstructingAgent)
	// A part of what it will be paid, the creditor sends on.
	w.decide(nil, w.intents("other-ke", w.intent("b", "other-ke", "mpesa-ke", 100_00)))
	b = w.decide([]settlement.Command{w.command(settlement.CommandInstructionResult, settlement.InstructionResult{
		Instruction: told[0].EndToEndID, Currency: kes, AmountMinor: 300_00, Evidence: "IN",
	})})
	require.Empty(t, b.CommandResults[0].Fault)
	require.Equal(t, []string{"1 settled"}, windowStates(b))
	require.EqualValues(t, 100_00, w.balanceOf("mpesa-ke", ledger.Position, kes))
	out := toldOf(t, b, "other-ke").Settlements
	require.Len(t, out, 1)
	require.Equal(t, "pay_out", out[0].Kind)
	require.Equal(t, "200.00", out[0].Amount.Amount, "what it sent on stays")
	require.Empty(t, w.ask(settlement.CommandInstructionResult, settlement.InstructionResult{
		Instruction: out[0].EndToEndID, Currency: kes, AmountMinor: 200_00, Evidence: "OUT",
	}))
	require.Zero(t, w.balanceOf("other-ke", ledger.Suspense, kes))
	require.EqualValues(t, 100_00, w.balanceOf("other-ke", ledger.Settlement, kes))
	w.replayEqual(t)
	stored(t, w)
}

// village has one debtor, a guarantor and two survivors besides the creditor, in one currency.
func village(t require.TestingT) *world {
	w := newWorld(t)
	var commands []settlement.Command
	for _, name := range []string{"debtor", "guarantor", "large", "small", "creditor"} {
		commands = append(commands, w.command(settlement.CommandAddParticipant, settlement.AddParticipant{
			Name: name, Country: "KE", Currency: kes, Role: settlement.RolePool, SigningKey: signingKey(t),
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1_000_000_00,
		}))
	}
	collateral := settlement.Fund{Participant: "debtor", Currency: kes, AmountMinor: 100_00, Account: settlement.StandingCollateral, Evidence: "C"}
	commands = append(commands, w.command(settlement.CommandFund, collateral),
		w.fund("guarantor", kes, 50_00), w.fund("large", kes, 300_00), w.fund("small", kes, 300_00),
		w.command(settlement.CommandGuarantee, settlement.Guarantee{Guarantor: "guarantor", Participant: "debtor", Currency: kes, AmountMinor: 50_00}),
		w.command(settlement.CommandCreditTerms, settlement.CreditTerms{Participant: "debtor", Currency: kes, UnsecuredMinor: 250_00}),
		w.command(settlement.CommandCreditLine, settlement.CreditLine{Participant: "debtor", Currency: kes, AmountMinor: 400_00}),
		w.command(settlement.CommandSettlementGroup, settlement.SettlementGroup{Name: "village", Currencies: []fx.Currency{kes}, SettleWithinSeconds: 60, ShareMaxPPM: 500_000}))
	commands = append(commands, w.creditLine("large", kes, 200_00)...)
	commands = append(commands, w.creditLine("small", kes, 100_01)...)
	for _, r := range w.decide(commands).CommandResults {
		require.Empty(t, r.Fault)
	}
	return w
}

func TestDefaultIsPaidInOrder(t *testing.T) {
	w := village(t)
	b := w.decide(nil, w.intents("debtor", w.intent("a", "debtor", "creditor", 250_01)))
	require.Equal(t, 1, b.Cleared)
	w.close("village")
	moment, ok := w.state.NextMoment(w.now)
	require.True(t, ok)
	require.Equal(t, w.now.Add(time.Minute), moment)
	w.now = moment.Add(-time.Microsecond)
	w.decide([]settlement.Command{w.fund("debtor", kes, 20_00)})
	require.Len(t, w.state.unsettled, 1, "until then it may pay")
	w.now = moment
	b = w.decide(nil)
	require.Equal(t, []string{"2 settled"}, windowStates(b))
	var steps []string
	for _, s := range b.DefaultSteps {
		steps = append(steps, fmt.Sprint(s.Kind, " ", w.state.participants[w.state.accounts[s.Payer-1].Participant-1].Name, " ", s.AmountMinor))
	}
	// 80.01 is left for shares: of at most 100.00 and 50.00 (half of 100.01, rounded down).
	require.Equal(t, []string{"settle debtor 2000", "collateral debtor 10000", "guarantee guarantor 5000", "share large 5334", "share small 2667"}, steps)
	require.Len(t, recordOf(t, b).Defaults, 5)
	require.EqualValues(t, 250_01, w.balanceOf("creditor", ledger.Settlement, kes), "nothing cleared is unwound")
	require.Zero(t, w.balanceOf("debtor", ledger.Position, kes))
	require.EqualValues(t, -130_01, w.balanceOf("debtor", ledger.Claims, kes))
	require.EqualValues(t, 53_34, w.balanceOf("large", ledger.Claims, kes))
	require.True(t, w.state.byName["debtor"].Suspended)
	require.Zero(t, w.state.accounts[w.state.find(w.state.byName["debtor"].ID, ledger.Position, kes)].creditLineMinor)
	require.Empty(t, w.state.lowering)
	require.Empty(t, w.state.guarantees)
	b = w.decide(nil, w.intents("debtor", w.intent("b", "debtor", "creditor", 1)))
	require.Equal(t, messaging.FaultSuspended, b.Intents[0].Fault)

	back := func(evidence string, minor int64) string {
		return w.ask(settlement.CommandRecover, settlement.Recover{Participant: "debtor", Currency: kes, AmountMinor: minor, Evidence: evidence})
	}
	require.Contains(t, back("R0", 130_02), "owes 13001")
	large := w.balanceOf("large", ledger.Settlement, kes)
	require.Empty(t, back("R1", 30_00))
	require.Empty(t, back("R1", 30_00))
	require.EqualValues(t, 20_00, w.balanceOf("large", ledger.Settlement, kes)-large, "survivors first, by what they are owed")
	require.Zero(t, w.balanceOf("guarantor", ledger.Settlement, kes))
	w.decide([]settlement.Command{w.fund("debtor", kes, 5)})
	require.Contains(t, w.ask(settlement.CommandWithdraw, settlement.Withdraw{Participant: "debtor", Currency: kes, AmountMinor: 1}), "owes 10001")
	require.Empty(t, back("R2", 100_01))
	require.EqualValues(t, 50_00, w.balanceOf("guarantor", ledger.Settlement, kes))
	require.Zero(t, w.balanceOf("debtor", ledger.Claims, kes))
	require.Empty(t, w.state.claims)
	w.replayEqual(t)
}

func TestWindowFailsAndIsResettled(t *testing.T) {
	w := village(t)
	w.decide(nil, w.intents("debtor", w.intent("a", "debtor", "creditor", 390_00)))
	w.close("village")
	w.now = w.now.Add(time.Minute)
	b := w.decide(nil)
	require.Equal(t, []string{"2 failed"}, windowStates(b))
	require.Empty(t, b.Postings, "all or nothing")
	require.True(t, w.state.byName["debtor"].Suspended)
	rails, _ := w.state.nextDue(w.now)
	moment, _ := w.state.NextMoment(w.now)
	require.Equal(t, rails, moment, "only an operator moves it on")
	resettle := func() string { return w.ask(settlement.CommandResettle, settlement.Resettle{Window: 2}) }
	require.Contains(t, resettle(), "still 240.00 KES short", "shares are at most 150.00 together: too little, so there are none")
	w.close("village") // the next one stands behind it
	require.Len(t, w.state.unsettled, 2)
	require.Contains(t, w.ask(settlement.CommandResettle, settlement.Resettle{Window: 4}), "has not failed")
	w.decide([]settlement.Command{w.fund("debtor", kes, 90_00)})
	require.Len(t, w.state.unsettled, 2)
	b = w.decide([]settlement.Command{w.command(settlement.CommandResettle, settlement.Resettle{Window: 2})})
	require.Empty(t, b.CommandResults[0].Fault)
	require.Equal(t, []string{"2 settled", "4 settled"}, windowStates(b))
	require.Contains(t, resettle(), "has not failed")
	w.replayEqual(t)
}

// A survivor pays no share that its own transfers need, and nobody pays it instead.
func TestShareLeavesSurvivorsTheirLiquidity(t *testing.T) {
	for _, c := range []struct {
		spends int64
		ends   string
	}{{373_34, "2 settled"}, {373_35, "2 failed"}} { // of 400.01; its share is 26.67
		w := village(t)
		w.decide([]settlement.Command{w.fund("debtor", kes, 20_00)}, w.intents("debtor", w.intent("a", "debtor", "creditor", 250_01)))
		w.close("village")
		require.Equal(t, 1, w.decide(nil, w.intents("small", w.intent("b", "small", "creditor", c.spends))).Cleared)
		w.now = w.now.Add(time.Minute)
		require.Equal(t, []string{c.ends}, windowStates(w.decide(nil)))
	}
}

// What a default leaves is kept: a claim that is paid back in part, and a window that has failed.
func TestDefaultsAreKept(t *testing.T) {
	w := village(t)
	w.decide(nil, w.intents("debtor", w.intent("a", "debtor", "creditor", 250_01)))
	w.close("village")
	w.now = w.now.Add(time.Minute)
	w.decide(nil)
	require.Empty(t, w.ask(settlement.CommandRecover, settlement.Recover{Participant: "debtor", Currency: kes, AmountMinor: 30_00, Evidence: "R"}))
	stored(t, w)

	w = village(t)
	w.decide(nil, w.intents("debtor", w.intent("a", "debtor", "creditor", 390_00)))
	w.close("village")
	w.now = w.now.Add(time.Minute)
	w.decide(nil)
	w.close("village")
	stored(t, w)
}

// What a pay-in that never came was for, the default procedure pays; the instruction lapses.
func TestPayInThatNeverComesLapses(t *testing.T) {
	w := village(t)
	require.Empty(t, w.ask(settlement.CommandSettlementMethod, settlement.SettlementMethod{Participant: "debtor", Method: settlement.MethodInstructed}))
	w.decide(nil, w.intents("debtor", w.intent("a", "debtor", "creditor", 80_00)))
	told := toldOf(t, w.close("village"), "debtor").Settlements
	require.Len(t, told, 1)
	w.now = w.now.Add(time.Hour)
	b := w.decide(nil)
	require.Equal(t, []string{"2 settled"}, windowStates(b))
	require.Equal(t, ledger.Lapsed, b.InstructionResults[0].Result)
	require.Len(t, b.DefaultSteps, 1)
	require.Empty(t, w.state.claims, "its own collateral was enough")
	require.Contains(t, w.ask(settlement.CommandInstructionResult, settlement.InstructionResult{
		Instruction: told[0].EndToEndID, Currency: kes, AmountMinor: 80_00, Evidence: "LATE",
	}), "waits for no result")
	w.replayEqual(t)
}

func TestApportion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000_000_000_000), 1, 20).Draw(t, "weights")
		var total int64
		for _, w := range weights {
			total += w
		}
		minor := rapid.Int64Range(1, total).Draw(t, "minor")
		var sum int64
		for i, part := range apportion(minor, weights) {
			require.GreaterOrEqual(t, part, int64(0))
			require.LessOrEqual(t, part, weights[i])
			sum += part
		}
		require.Equal(t, minor, sum)
		require.Nil(t, apportion(total+1, weights))
	})
}
