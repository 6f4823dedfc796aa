package decide

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// checkStanding holds what stands behind positions: nothing set aside is missing, every line is covered, and
// claims are on the accounts of those whom they bind.
func (w *world) checkStanding() {
	type pair struct {
		participant int32
		currency    fx.Currency
	}
	pledged, claimed := map[pair]int64{}, map[pair]int64{}
	for _, g := range w.state.guarantees {
		pledged[pair{g.Guarantor, g.Currency}] += g.AmountMinor
	}
	for _, c := range w.state.claims {
		require.Positive(w.t, c.LeftMinor)
		claimed[pair{c.Creditor, c.Currency}] += c.LeftMinor
		claimed[pair{c.Defaulter, c.Currency}] -= c.LeftMinor
	}
	d := &decision{State: w.state}
	for i, a := range w.state.accounts {
		switch a.Kind {
		case ledger.Settlement, ledger.Collateral, ledger.Suspense:
			require.GreaterOrEqual(w.t, a.balance(), int64(0), "%s of %d", a.Kind, a.Participant)
		case ledger.Pledge:
			require.Equal(w.t, pledged[pair{a.Participant, a.Currency}], a.balance())
		case ledger.Claims:
			require.Equal(w.t, claimed[pair{a.Participant, a.Currency}], a.balance())
		case ledger.Position:
			if w.rules == "" {
				require.LessOrEqual(w.t, a.creditLineMinor, d.cover(i), "line of account %d", a.ID)
			}
			if target, falling := w.state.lowering[i]; falling {
				require.Less(w.t, target, a.creditLineMinor)
				require.Equal(w.t, d.needed(a), a.creditLineMinor)
			}
		default:
		}
	}
}

var villagers = []string{"mpesa-ke", "other-ke", "third-ke", "gcash-ph"}

// anyVillageDay runs a world of several participants in one currency through random transfers and everything
// that stands behind them: money in and out, lines, guarantees, groups, methods, defaults, recoveries.
func anyVillageDay(t *rapid.T) *world {
	w := newWorld(t)
	var commands []settlement.Command
	for _, name := range villagers[1:3] {
		commands = append(commands, w.command(settlement.CommandAddParticipant, settlement.AddParticipant{
			Name: name, Country: "KE", Currency: kes, Role: settlement.RolePool, SigningKey: signingKey(t),
			PayoutIncrementMinor: 100, PayoutMinMinor: 100, PayoutMaxMinor: 1_000_000_00,
		}))
	}
	w.decide(commands)
	commands = []settlement.Command{w.fund("fx-house", php, 1_000_00), w.fund("fx-house", kes, 5_000_00),
		w.command(settlement.CommandSettlementGroup, settlement.SettlementGroup{
			Name: settlement.DefaultGroup, SettleWithinSeconds: 180, ShareMaxPPM: rapid.SampledFrom([]int64{0, million / 2, million}).Draw(t, "share"),
		})}
	for _, name := range villagers {
		currency := w.currencyOf(name)
		commands = append(commands, w.fund(name, currency, rapid.Int64Range(1, 600_00).Draw(t, "prefund")))
		if rapid.IntRange(0, 3).Draw(t, "credit") > 0 {
			commands = append(commands, w.creditLine(name, currency, rapid.Int64Range(500_00, 2_000_00).Draw(t, "line"))...)
		}
	}
	w.decide(commands)
	n := 0
	var instructions []ledger.Instruction
	for range rapid.IntRange(10, 40).Draw(t, "batches") {
		var messages []Message
		for range rapid.IntRange(0, 3).Draw(t, "messages") {
			n++
			from, to := rapid.SampledFrom(villagers).Draw(t, "from"), rapid.SampledFrom(villagers).Draw(t, "to")
			if from == to {
				continue
			}
			i := w.intent(fmt.Sprint("v", n), from, to, rapid.Int64Range(1, 400).Draw(t, "amount")*100)
			i.Deadline = w.now.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "deadline")) * time.Minute)
			messages = append(messages, w.intents(from, i))
		}
		commands = nil
		for range rapid.IntRange(0, 3).Draw(t, "commands") {
			commands = append(commands, w.anyCommand(t, &n, instructions))
		}
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
		b := w.decide(commands, messages...)
		instructions = append(instructions, b.Instructions...)
		w.checkWaterfall(b)
	}
	return w
}

func (w *world) currencyOf(participant string) fx.Currency {
	return w.state.byName[participant].Currency
}

// anyCommand is one that may be refused.
func (w *world) anyCommand(t *rapid.T, n *int, instructions []ledger.Instruction) settlement.Command {
	*n++
	name, other := rapid.SampledFrom(villagers).Draw(t, "participant"), rapid.SampledFrom(villagers).Draw(t, "other")
	currency := w.currencyOf(name)
	amount := rapid.Int64Range(0, 800_00).Draw(t, "minor")
	evidence := fmt.Sprint("E", *n)
	standing := rapid.SampledFrom([]settlement.Standing{"", settlement.StandingCollateral}).Draw(t, "standing")
	switch rapid.IntRange(0, 16).Draw(t, "kind") {
	case 0, 1:
		return w.command(settlement.CommandFund, settlement.Fund{Participant: name, Currency: currency, AmountMinor: amount, Account: standing, Evidence: evidence})
	case 2:
		return w.command(settlement.CommandWithdraw, settlement.Withdraw{Participant: name, Currency: currency, AmountMinor: amount, Account: standing})
	case 3, 4:
		if len(instructions) == 0 {
			return w.command(settlement.CommandCloseWindow, settlement.CloseWindow{})
		}
		i := rapid.SampledFrom(instructions).Draw(t, "instruction")
		return w.command(settlement.CommandInstructionResult, settlement.InstructionResult{
			Instruction: i.ID.String(), Currency: i.Currency, AmountMinor: i.AmountMinor, Evidence: "I" + evidence,
			Refused: rapid.IntRange(0, 3).Draw(t, "refused") == 0,
		})
	case 5:
		return w.command(settlement.CommandCreditTerms, settlement.CreditTerms{
			Participant: name, Currency: currency, HaircutPPM: rapid.Int64Range(0, million).Draw(t, "haircut"), UnsecuredMinor: amount,
		})
	case 6:
		return w.command(settlement.CommandCreditLine, settlement.CreditLine{Participant: name, Currency: currency, AmountMinor: amount})
	case 7:
		return w.command(settlement.CommandGuarantee, settlement.Guarantee{Guarantor: name, Participant: other, Currency: currency, AmountMinor: amount / 4})
	case 8:
		return w.command(settlement.CommandSettlementMethod, settlement.SettlementMethod{
			Participant: name, Method: rapid.SampledFrom([]settlement.Method{settlement.MethodPrefund, settlement.MethodInstructed}).Draw(t, "method"),
		})
	case 9:
		g := settlement.SettlementGroup{
			Name: rapid.SampledFrom([]string{"east", "west"}).Draw(t, "group"), Currencies: []fx.Currency{rapid.SampledFrom([]fx.Currency{kes, php}).Draw(t, "currency")},
			SettleWithinSeconds: rapid.Int64Range(0, 200).Draw(t, "within"), ShareMaxPPM: amount * 10,
		}
		if rapid.Bool().Draw(t, "timed") {
			g.Timetable = hourly(g.Name, g.Currencies...)
			g.Timetable.Groups[0].Every.Minutes = 15
		}
		return w.command(settlement.CommandSettlementGroup, g)
	case 10:
		return w.command(settlement.CommandResettle, settlement.Resettle{Window: settlement.WindowID(rapid.Int64Range(1, 12).Draw(t, "window"))})
	case 11:
		return w.command(settlement.CommandRecover, settlement.Recover{Participant: name, Currency: currency, AmountMinor: amount / 8, Evidence: "R" + evidence})
	default:
		group := rapid.SampledFrom([]string{"", "east", "west"}).Draw(t, "closes")
		return w.command(settlement.CommandCloseWindow, settlement.CloseWindow{Group: group})
	}
}

// checkWaterfall holds the defaults of a batch against the order in which others pay.
func (w *world) checkWaterfall(b *ledger.Batch) {
	turn := map[ledger.PostingKind]int{ledger.PostSettle: 1, ledger.PostTrade: 1, ledger.PostCollateral: 2, ledger.PostGuarantee: 3, ledger.PostShare: 4}
	paid := map[[2]int64]int64{}
	last := map[[2]int64]int{}
	for _, s := range b.DefaultSteps {
		of := [2]int64{int64(s.Window), s.Account}
		require.GreaterOrEqual(w.t, turn[s.Kind], last[of])
		last[of] = turn[s.Kind]
		paid[of] += s.AmountMinor
		owner := w.state.accounts[s.Account-1].Participant
		payer := w.state.accounts[s.Payer-1]
		if s.Kind == ledger.PostSettle || s.Kind == ledger.PostCollateral {
			require.Equal(w.t, owner, payer.Participant)
		} else {
			require.NotEqual(w.t, owner, payer.Participant)
		}
	}
	for _, past := range w.batches {
		for _, n := range past.WindowNets {
			if minor, ok := paid[[2]int64{int64(n.Window), n.Account}]; ok {
				require.Equal(w.t, -n.NetMinor(), minor, "the whole debt, and no more")
			}
		}
	}
	settled := map[settlement.WindowID]bool{}
	for _, past := range w.batches {
		for _, e := range past.WindowEvents {
			require.False(w.t, settled[e.Window], "window %d goes on after it settled", e.Window)
			settled[e.Window] = e.State == settlement.WindowSettled
		}
	}
}

// Any day in the village, in any order: the invariants hold after every batch, and the day is decided again to
// the same bytes.
func TestAnyVillageDay(t *testing.T) {
	defaults, shares, failures, accepted := 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := anyVillageDay(t)
		want, err := json.Marshal(w.batches, json.Deterministic(true))
		require.NoError(t, err)
		got, err := json.Marshal(w.replay(), json.Deterministic(true))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
		for _, b := range w.batches {
			defaults += len(b.DefaultSteps)
			accepted += b.Accepted
			for _, s := range b.DefaultSteps {
				if s.Kind == ledger.PostShare {
					shares++
				}
			}
			for _, e := range b.WindowEvents {
				if e.State == settlement.WindowFailed {
					failures++
				}
			}
		}
	})
	t.Logf("%d transfers, %d steps of defaults, %d of them shares, %d failures", accepted, defaults, shares, failures)
	require.Positive(t, defaults)
	require.Positive(t, shares)
	require.Positive(t, failures)
	require.Positive(t, accepted)
}
