package decide

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// balanceOf is what a participant has on an account.
func (w *world) balanceOf(participant string, kind ledger.AccountKind, currency fx.Currency) int64 {
	id := settlement.SchemeID
	if participant != "" {
		id = w.state.byName[participant].ID
	}
	if at := w.state.find(id, kind, currency); at >= 0 {
		return w.state.accounts[at].balance()
	}
	return 0
}

// told collects what a batch tells a participant beside its transfers.
func toldOf(t require.TestingT, b *ledger.Batch, participant string) (told messaging.StatusMessage) {
	for _, m := range b.Outbox {
		if m.Participant == participant && m.Kind == messaging.PayloadStatus {
			status, err := messaging.DecodeStatus(participant, m.Payload)
			require.NoError(t, err)
			told.Liquidity = append(told.Liquidity, status.Liquidity...)
			told.Settlements = append(told.Settlements, status.Settlements...)
			told.Windows = append(told.Windows, status.Windows...)
		}
	}
	return told
}

func fundBy(evidence string, minor int64) settlement.Fund {
	return settlement.Fund{Participant: "mpesa-ke", Currency: kes, AmountMinor: minor, Evidence: evidence}
}

func TestAnEntryProvesOnce(t *testing.T) {
	w := newWorld(t)
	require.Empty(t, w.ask(settlement.CommandFund, fundBy("CAMT-1", 100)))
	require.Empty(t, w.ask(settlement.CommandFund, fundBy("CAMT-1", 100)), "the same money is answered as done")
	require.Contains(t, w.ask(settlement.CommandFund, fundBy("CAMT-1", 101)), "proves otherwise")
	require.EqualValues(t, 100, w.balanceOf("mpesa-ke", ledger.Settlement, kes), "and booked once")
	php1 := settlement.Fund{Participant: "fx-house", Currency: php, AmountMinor: 7, Evidence: "CAMT-1"}
	require.Empty(t, w.ask(settlement.CommandFund, php1), "another agent has references of its own")
	require.Contains(t, w.ask(settlement.CommandFund, fundBy("far longer than thirty-five characters", 1)), "no reference")
	collateral := fundBy("CAMT-2", 50)
	collateral.Account = settlement.StandingCollateral
	require.Empty(t, w.ask(settlement.CommandFund, collateral))
	require.EqualValues(t, 50, w.balanceOf("mpesa-ke", ledger.Collateral, kes))
	collateral.Account = "pocket"
	require.Contains(t, w.ask(settlement.CommandFund, collateral), "no money stands on")
}

func TestWithdrawalIsReservedThenGoneOrBack(t *testing.T) {
	w := newWorld(t)
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 100_00)})
	out := func(minor int64, from settlement.Standing) settlement.Withdraw {
		return settlement.Withdraw{Participant: "mpesa-ke", Currency: kes, AmountMinor: minor, Account: from}
	}
	require.Contains(t, w.ask(settlement.CommandWithdraw, out(100_01, "")), "does not have")
	b := w.decide([]settlement.Command{w.command(settlement.CommandWithdraw, out(40_00, ""))})
	require.Empty(t, b.CommandResults[0].Fault)
	told := toldOf(t, b, "mpesa-ke").Settlements
	require.Equal(t, []messaging.SettlementInstruction{{
		EndToEndID: settlement.InstructionID(1).String(), Kind: "withdrawal", Amount: messaging.Amount{Amount: "40.00", Currency: "KES"},
		ValueDate: "2026-04-13", InstructingAgent: "scheme", InstructedAgent: "agent-kes",
	}}, told)
	require.EqualValues(t, 60_00, w.balanceOf("mpesa-ke", ledger.Settlement, kes))
	require.EqualValues(t, 40_00, w.balanceOf("mpesa-ke", ledger.Suspense, kes))

	result := settlement.InstructionResult{Instruction: told[0].EndToEndID, Currency: kes, AmountMinor: 40_00, Evidence: "CAMT-9"}
	wrong := result
	wrong.AmountMinor++
	require.Contains(t, w.ask(settlement.CommandInstructionResult, wrong), "is of 4000 KES")
	bare := result
	bare.Evidence = ""
	require.Equal(t, "no evidence", w.ask(settlement.CommandInstructionResult, bare))
	require.Empty(t, w.ask(settlement.CommandInstructionResult, result))
	require.Empty(t, w.ask(settlement.CommandInstructionResult, result), "told twice, done once")
	require.Zero(t, w.balanceOf("mpesa-ke", ledger.Suspense, kes))
	require.EqualValues(t, -60_00, w.balanceOf("", ledger.Agent, kes))

	b = w.decide([]settlement.Command{w.command(settlement.CommandWithdraw, out(60_00, ""))})
	refused := settlement.InstructionResult{
		Instruction: b.Instructions[0].ID.String(), Currency: kes, AmountMinor: 60_00, Refused: true,
	}
	require.Empty(t, w.ask(settlement.CommandInstructionResult, refused))
	require.EqualValues(t, 60_00, w.balanceOf("mpesa-ke", ledger.Settlement, kes), "what the agent refused is back")
	require.Contains(t, w.ask(settlement.CommandInstructionResult, refused), "waits for no result")

	w.decide([]settlement.Command{w.fund("fx-house", php, 100_000_00)})
	sent := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 20_00)))
	require.Equal(t, 1, sent.Cleared)
	require.Contains(t, w.ask(settlement.CommandWithdraw, out(60_00, "")), "past its liquidity")
	w.replayEqual(t)
}

// replayEqual decides the whole world again.
func (w *world) replayEqual(t *testing.T) {
	t.Helper()
	for i, b := range w.replay() {
		require.Equal(t, string(w.batches[i].Log[0].Body), string(b.Log[0].Body), "batch %d", b.ID)
		require.Equal(t, w.batches[i].Outbox, b.Outbox)
	}
}

func TestCreditLineIsBacked(t *testing.T) {
	w := neighbours(t, 1_000_000)
	collateral := fundBy("C", 1_000_01)
	collateral.Account = settlement.StandingCollateral
	line := func(minor int64) string {
		return w.ask(settlement.CommandCreditLine, settlement.CreditLine{Participant: "mpesa-ke", Currency: kes, AmountMinor: minor})
	}
	terms := func(haircut, unsecured int64) string {
		return w.ask(settlement.CommandCreditTerms, settlement.CreditTerms{Participant: "mpesa-ke", Currency: kes, HaircutPPM: haircut, UnsecuredMinor: unsecured})
	}
	guarantee := func(minor int64) string {
		return w.ask(settlement.CommandGuarantee, settlement.Guarantee{Guarantor: "other-ke", Participant: "mpesa-ke", Currency: kes, AmountMinor: minor})
	}
	require.Contains(t, line(1), "covered up to 0")
	require.Empty(t, w.ask(settlement.CommandFund, collateral))
	require.Empty(t, terms(200_000, 50_00))
	require.Contains(t, line(850_01), "covered up to 85000", "a fifth less, rounded down, and fifty unsecured")
	require.Contains(t, guarantee(100_00), "can set aside 0")
	w.decide([]settlement.Command{w.fund("other-ke", kes, 100_00)})
	require.Empty(t, guarantee(100_00))
	require.Zero(t, w.balanceOf("other-ke", ledger.Settlement, kes), "its own liquidity is that much less")
	require.Empty(t, line(950_00))
	require.Contains(t, guarantee(99_99), "would be covered up to 94999")
	require.Contains(t, terms(200_010, 50_00), "would be covered")
	require.Contains(t, w.ask(settlement.CommandWithdraw, settlement.Withdraw{Participant: "mpesa-ke", Currency: kes, AmountMinor: 2, Account: settlement.StandingCollateral}), "would be covered")
	require.Empty(t, line(850_00))
	require.Empty(t, guarantee(0))
	require.EqualValues(t, 100_00, w.balanceOf("other-ke", ledger.Settlement, kes))
	require.Empty(t, w.state.guarantees)
	w.replayEqual(t)
}

// A lower line than the position allows is a target: it follows the position down and never up.
func TestLowerLineFollowsThePositionDown(t *testing.T) {
	w := neighbours(t, 1_000_000)
	w.decide(w.creditLine("mpesa-ke", kes, 1_000_00))
	w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "other-ke", 800_00)))
	b := w.decide([]settlement.Command{w.command(settlement.CommandCreditLine, settlement.CreditLine{Participant: "mpesa-ke", Currency: kes, AmountMinor: 300_00})})
	require.Empty(t, b.CommandResults[0].Fault)
	require.Equal(t, ledger.CreditLine{Account: b.CreditLines[0].Account, AmountMinor: 800_00, TargetMinor: 300_00}, b.CreditLines[0])
	b = w.decide(nil, w.intents("other-ke", w.intent("b", "other-ke", "mpesa-ke", 200_00)))
	require.EqualValues(t, 600_00, b.CreditLines[0].AmountMinor)
	b = w.decide(nil, w.intents("mpesa-ke", w.intent("c", "mpesa-ke", "other-ke", 100_00)))
	require.Zero(t, b.Cleared, "what it came down it does not go up again")
	b = w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 600_00)})
	require.Equal(t, 1, b.Cleared)
	b = w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 1)})
	require.Empty(t, b.CreditLines, "it has arrived")
	require.Empty(t, w.state.lowering)
	w.replayEqual(t)
}

func TestAlarmsTellOnceUpwards(t *testing.T) {
	w := neighbours(t, 1_000_000)
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 1_000_00)})
	n := 0
	send := func(from, to string, minor int64) []messaging.LiquidityAlarm {
		n++
		b := w.decide(nil, w.intents(from, w.intent(string(rune('a'+n)), from, to, minor)))
		require.Equal(t, 1, b.Cleared)
		require.Len(t, recordOf(t, b).Alarms, len(toldOf(t, b, "mpesa-ke").Liquidity)+len(toldOf(t, b, "other-ke").Liquidity))
		return toldOf(t, b, "mpesa-ke").Liquidity
	}
	require.Empty(t, send("mpesa-ke", "other-ke", 499_00))
	require.Equal(t, []messaging.LiquidityAlarm{{Currency: "KES", UsedMinor: 500_00, LimitMinor: 1_000_00, PercentStep: 50}}, send("mpesa-ke", "other-ke", 1_00))
	require.Empty(t, send("other-ke", "mpesa-ke", 40_00), "still within five percent")
	require.Empty(t, send("mpesa-ke", "other-ke", 40_00), "so this is no new crossing")
	require.Empty(t, send("other-ke", "mpesa-ke", 60_00))
	alarms := send("mpesa-ke", "other-ke", 470_00)
	require.Len(t, alarms, 1, "of several steps at once the highest is told")
	require.Equal(t, 90, alarms[0].PercentStep)
	require.Empty(t, send("mpesa-ke", "other-ke", 90_00))
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 1_000_00)}) // half of it
	require.EqualValues(t, 50, w.state.alarms[w.state.find(w.state.byName["mpesa-ke"].ID, ledger.Position, kes)])
	w.now = w.now.Add(time.Second)
	w.replayEqual(t)
}

// The rules before knew neither terms nor evidence; a line of theirs stands unsecured from then on.
func TestEarlierLinesStandUnsecured(t *testing.T) {
	w := newWorld(t)
	w.rules = rulesNet1
	line := settlement.CreditLine{Participant: "mpesa-ke", Currency: kes, AmountMinor: 500_00}
	require.Empty(t, w.ask(settlement.CommandCreditLine, line))
	require.Equal(t, "the body is no fund", w.ask(settlement.CommandFund, fundBy("E", 1)))
	require.Equal(t, `no command "guarantee"`, w.ask(settlement.CommandGuarantee, settlement.Guarantee{}))
	w.rules = ""
	line.AmountMinor = 400_00
	require.Empty(t, w.ask(settlement.CommandCreditLine, line))
	line.AmountMinor = 500_00
	require.Empty(t, w.ask(settlement.CommandCreditLine, line))
	line.AmountMinor = 500_01
	require.Contains(t, w.ask(settlement.CommandCreditLine, line), "covered up to 50000")
}
