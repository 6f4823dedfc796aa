package decide

import (
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// feesSeen holds what every transfer was charged against what was posted for it, over all batches.
type feesSeen struct {
	charged  map[settlement.TransferID][]ledger.Charge
	original map[settlement.TransferID]settlement.TransferID // by return
	newest   int64                                           // version
	told     map[[2]string][]messaging.Fees                  // by who was told, and whom it can pay
}

// check goes by rows alone: each component of each cleared transfer is one posting of its kind, each of a
// return's the same one backwards, and nothing is posted for nothing.
func (f *feesSeen) check(w *world, b *ledger.Batch) {
	if f.charged == nil {
		f.charged, f.original = map[settlement.TransferID][]ledger.Charge{}, map[settlement.TransferID]settlement.TransferID{}
		f.told = map[[2]string][]messaging.Fees{}
	}
	for _, m := range b.Outbox {
		if m.Kind != messaging.PayloadStatus {
			continue
		}
		status, err := messaging.DecodeStatus(m.Participant, m.Payload)
		require.NoError(w.t, err)
		for _, fees := range status.Fees {
			for _, peer := range fees.To {
				f.told[[2]string{m.Participant, peer}] = append(f.told[[2]string{m.Participant, peer}], fees)
			}
		}
	}
	for _, c := range b.Charges {
		require.GreaterOrEqual(w.t, c.AmountMinor, int64(0))
		f.charged[c.Transfer] = append(f.charged[c.Transfer], c)
	}
	for _, s := range b.FeeSchedules {
		require.Greater(w.t, s.Schedule.Version, f.newest)
		f.newest = s.Schedule.Version
	}
	type posting struct {
		kind          ledger.PostingKind
		debit, credit accountKey
		minor         int64
	}
	want, got := map[settlement.TransferID][]posting{}, map[settlement.TransferID][]posting{}
	for _, t := range b.Transfers {
		if t.ReturnOf != 0 {
			f.original[t.ID] = t.ReturnOf
			continue
		}
		require.Equal(w.t, f.expected(w, t), f.charged[t.ID], "what everybody was told before is what it costs")
	}
	for _, e := range b.Events {
		if e.State != messaging.StateCleared {
			continue
		}
		of := e.Transfer
		if original, ok := f.original[of]; ok {
			of = original
		}
		for _, c := range f.charged[of] {
			if c.AmountMinor == 0 {
				continue
			}
			currency := w.state.participants[c.Payer-1].Currency // who pays, pays in its own
			at := func(owner int32) accountKey {
				if owner != settlement.SchemeID && w.state.participants[owner-1].Currency == currency {
					return accountKey{owner, ledger.Position, currency}
				}
				return accountKey{owner, ledger.Fee, currency}
			}
			p := posting{c.PostingKind(), at(c.Payer), at(c.Payee), c.AmountMinor}
			if of != e.Transfer {
				p.debit, p.credit = p.credit, p.debit
			}
			want[e.Transfer] = append(want[e.Transfer], p)
		}
	}
	keyOf := func(id int64) accountKey {
		a := w.state.accounts[id-1]
		return accountKey{a.Participant, a.Kind, a.Currency}
	}
	for _, p := range b.Postings {
		if p.Kind == ledger.PostFee || p.Kind == ledger.PostInterchange {
			got[p.Transfer] = append(got[p.Transfer], posting{p.Kind, keyOf(p.Debit), keyOf(p.Credit), p.AmountMinor})
		}
	}
	require.Equal(w.t, want, got)
	for _, a := range w.state.accounts {
		if a.Kind == ledger.Fee {
			require.GreaterOrEqual(w.t, a.balance(), int64(0), "fees that nobody earned")
		}
	}
}

// expected is what a transfer costs by what its debtor's participant was told.
func (f *feesSeen) expected(w *world, t *settlement.Transfer) []ledger.Charge {
	var holds *messaging.Fees
	for _, told := range f.told[[2]string{w.state.participants[t.Debtor-1].Name, w.state.participants[t.Creditor-1].Name}] {
		if !told.From.After(t.AcceptedAt) && (holds == nil || told.Version > holds.Version) {
			holds = &told
		}
	}
	if holds == nil {
		return nil
	}
	toScheme, fits := holds.Switch.Fee(t.Source.Minor)
	between, fitsToo := holds.Interchange.Tiers.Fee(t.Source.Minor)
	require.True(w.t, fits && fitsToo)
	payer, payee := t.Debtor, t.Creditor
	if holds.Interchange.Payer == messaging.SideCreditor {
		payer, payee = payee, payer
	}
	return []ledger.Charge{
		{Transfer: t.ID, Version: holds.Version, Rule: holds.Rule, Kind: fee.KindSwitch, Payer: t.Debtor, AmountMinor: toScheme},
		{Transfer: t.ID, Version: holds.Version, Rule: holds.Rule, Kind: fee.KindInterchange, Payer: payer, Payee: payee, AmountMinor: between},
	}
}

// anySchedule draws a schedule that may be announced at the moment, of a version that mostly was none yet.
func anySchedule(now time.Time) *rapid.Generator[fee.Schedule] {
	minor := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 300), rapid.Int64Range(0, 30_000))
	tiers := func(native bool) *rapid.Generator[fx.Tiers] {
		return rapid.Custom(func(t *rapid.T) fx.Tiers {
			first := fx.Tier{PPM: rapid.SampledFrom([]int64{0, 0, 1, 2_500, 40_000, fx.Million}).Draw(t, "ppm")}
			if !native {
				return fx.Tiers{first}
			}
			first.FlatMinor, first.MinMinor = minor.Draw(t, "flat"), minor.Draw(t, "min")
			if rapid.Bool().Draw(t, "bounded") {
				first.MaxMinor = max(1, first.MinMinor, minor.Draw(t, "max"))
			}
			return fx.Tiers{first, {FromMinor: rapid.Int64Range(1, 60_000).Draw(t, "from"), FlatMinor: minor.Draw(t, "flat")}}
		})
	}
	return rapid.Custom(func(t *rapid.T) fee.Schedule {
		s := fee.Schedule{
			Version: int64(now.Sub(dawn)/time.Minute)*3 + rapid.Int64Range(1, 4).Draw(t, "version"),
			From:    now.Truncate(time.Second).Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, -1, 1, 8}).Draw(t, "minutes")) * time.Minute),
			Rules: []fee.Rule{{Name: "all", Switch: tiers(false).Draw(t, "switch"), Interchange: fee.Interchange{
				Payer: fee.Debtor, Tiers: tiers(false).Draw(t, "interchange"),
			}}},
		}
		if rapid.Bool().Draw(t, "kenya") {
			s.Rules = append(s.Rules, fee.Rule{
				Name: "kenya", From: fee.End{Currency: kes}, Switch: tiers(true).Draw(t, "switch"),
				Interchange: fee.Interchange{Payer: fee.Debtor, Tiers: tiers(true).Draw(t, "interchange")},
			})
		}
		if rapid.Bool().Draw(t, "inside") {
			s.Rules = append(s.Rules, fee.Rule{
				Name: "inside", From: fee.End{Currency: kes}, To: fee.End{Currency: kes}, Switch: tiers(true).Draw(t, "switch"),
				Interchange: fee.Interchange{Payer: rapid.SampledFrom([]fee.Side{fee.Debtor, fee.Creditor}).Draw(t, "payer"), Tiers: tiers(true).Draw(t, "interchange")},
			})
		}
		return s
	})
}

// A crowd with little money under any schedule: fees are what decides who clears, and nobody passes its liquidity
// (which every decision holds by itself), also when some of it goes home again.
func TestAnyChargedCrowd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := neighbours(t, 1_000_000)
		names := []string{"mpesa-ke", "other-ke", "gcash-ph"}
		little := rapid.Int64Range(1, 1_500_00)
		w.decide([]settlement.Command{
			w.command(settlement.CommandFees, anySchedule(w.now).Draw(t, "fees")),
			w.fund("mpesa-ke", kes, little.Draw(t, "mpesa")), w.fund("other-ke", kes, little.Draw(t, "other")),
			w.fund("gcash-ph", php, little.Draw(t, "gcash")), w.fund("fx-house", kes, little.Draw(t, "pool")), w.fund("fx-house", php, little.Draw(t, "pool")),
		})
		amount := rapid.Int64Range(1, 60)
		var instructed []told
		for n := range 3 {
			var messages []Message
			for _, from := range names {
				var intents []messaging.Intent
				for k := range rapid.IntRange(0, 6).Draw(t, "intents") {
					to := rapid.SampledFrom(names).Draw(t, "to")
					intents = append(intents, w.intent(fmt.Sprintf("i%d-%02d", n, k), from, to, amount.Draw(t, "amount")*10_00))
				}
				if len(intents) > 0 {
					messages = append(messages, w.intents(from, intents...))
				}
			}
			for _, i := range instructed {
				if rapid.Bool().Draw(t, "fails") {
					messages = append(messages, w.outcomes(i.by, failed(i.Instruction)))
				}
			}
			b := w.decide(nil, messages...)
			instructed = instructed[:0]
			for _, name := range names {
				for _, i := range instructions(t, b, name) {
					instructed = append(instructed, told{name, i})
				}
			}
		}
	})
}

// charging is one rule for all, in parts per million, and one for transfers inside Kenya with flat fees.
func charging(version int64, from time.Time, ppm, switchMinor, interchangeMinor int64, payer fee.Side) fee.Schedule {
	return fee.Schedule{Version: version, From: from, Rules: []fee.Rule{
		{Name: "all", Switch: fx.Tiers{{PPM: ppm}}, Interchange: fee.Interchange{Payer: fee.Debtor, Tiers: fx.Tiers{{PPM: ppm / 2}}}},
		{
			Name: "kenya", From: fee.End{Currency: kes}, To: fee.End{Currency: kes}, Switch: fx.Tiers{{FlatMinor: switchMinor}},
			Interchange: fee.Interchange{Payer: payer, Tiers: fx.Tiers{{FlatMinor: interchangeMinor}}},
		},
	}}
}

// One percent to the scheme and half a percent to the creditor's participant, which keeps it in the currency in
// which it came, until a return takes both back.
func TestFeesArePostedApartAndReturned(t *testing.T) {
	w := funded(t)
	require.Empty(t, w.ask(settlement.CommandFees, charging(1, w.now, 10_000, 0, 0, fee.Debtor)))
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 450_10)))
	require.Equal(t, 1, b.Cleared)
	require.Len(t, b.Postings, 4)
	require.EqualValues(t, 1000_00, b.Postings[0].AmountMinor)
	require.Equal(t, []ledger.PostingKind{ledger.PostFee, ledger.PostInterchange}, []ledger.PostingKind{b.Postings[2].Kind, b.Postings[3].Kind})
	require.EqualValues(t, 10_00, w.balanceOf("", ledger.Fee, kes))
	require.EqualValues(t, 5_00, w.balanceOf("gcash-ph", ledger.Fee, kes))
	require.EqualValues(t, -1015_00, w.balanceOf("mpesa-ke", ledger.Position, kes))
	require.EqualValues(t, 450_10, w.balanceOf("gcash-ph", ledger.Position, php))

	b = w.decide(nil, w.outcomes("gcash-ph", failed(instructions(t, b, "gcash-ph")[0])))
	require.Equal(t, 1, b.Cleared)
	require.Empty(t, b.Charges, "a return costs nothing")
	require.Zero(t, w.balanceOf("", ledger.Fee, kes))
	require.Zero(t, w.balanceOf("gcash-ph", ledger.Fee, kes))
	require.Zero(t, w.balanceOf("mpesa-ke", ledger.Position, kes))
}

// Within a currency both positions count: the debtor's pays both parts before it clears, and a creditor's that
// pays interchange receives less.
func TestFeesCountInLiquidity(t *testing.T) {
	for _, payer := range []fee.Side{fee.Debtor, fee.Creditor} {
		t.Run(string(payer), func(t *testing.T) {
			w := neighbours(t, 1_000_000)
			require.Empty(t, w.ask(settlement.CommandFees, charging(1, w.now, 0, 3_00, 2_00, payer)))
			between := int64(2_00)
			if payer == fee.Creditor {
				between = -between
			}
			w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 100_00+3_00+between-1)})
			b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "other-ke", 100_00)))
			require.Equal(t, 1, b.Queued, "a cent short of amount and fees")
			require.EqualValues(t, 1, recordOf(t, b).Clearing.Waiting[0].ShortMinor)
			b = w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 1)})
			require.Equal(t, 1, b.Cleared)
			require.Equal(t, 100_00+between, w.balanceOf("other-ke", ledger.Position, kes))
			require.EqualValues(t, 3_00, w.balanceOf("", ledger.Fee, kes))

			// Window and return: what the scheme earned stays with it, and goes home with the return.
			payout := instructions(t, b, "other-ke")[0]
			w.decide([]settlement.Command{w.command(settlement.CommandCloseWindow, settlement.CloseWindow{})})
			require.Zero(t, w.balanceOf("mpesa-ke", ledger.Position, kes))
			require.Equal(t, 100_00+between, w.balanceOf("other-ke", ledger.Settlement, kes))
			require.EqualValues(t, 3_00, w.balanceOf("", ledger.Fee, kes))
			b = w.decide(nil, w.outcomes("other-ke", failed(payout)))
			require.Equal(t, 1, b.Cleared)
			w.decide([]settlement.Command{w.command(settlement.CommandCloseWindow, settlement.CloseWindow{})})
			require.Zero(t, w.balanceOf("", ledger.Fee, kes))
			require.Zero(t, w.balanceOf("other-ke", ledger.Settlement, kes))
			require.Equal(t, 100_00+3_00+between, w.balanceOf("mpesa-ke", ledger.Settlement, kes))
		})
	}
}

// The pool counts on the source alone: what a fee adds to the debtor's part never reaches it.
func TestPoolDoesNotLendOutFees(t *testing.T) {
	w := newWorld(t)
	require.Empty(t, w.ask(settlement.CommandFees, charging(1, w.now, 100_000, 0, 0, fee.Debtor)))
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 10_000_00), w.fund("fx-house", php, 10_000_00), w.fund("gcash-ph", php, 10_000_00)})
	there := w.intent("a", "mpesa-ke", "gcash-ph", 450_10) // brings the KES pool 1000.00, and 150.00 elsewhere
	b := w.decide(nil, w.intents("mpesa-ke", there), w.intents("gcash-ph", w.intent("b", "gcash-ph", "mpesa-ke", 1_001_00)))
	require.Equal(t, 1, b.Cleared)
	b = w.decide(nil, w.intents("gcash-ph", w.intent("c", "gcash-ph", "mpesa-ke", 1_000_00)))
	require.Equal(t, 1, b.Cleared)
}

// chargesOf is what a batch's record says of charges.
func chargesOf(t *testing.T, b *ledger.Batch) *chargesRecord {
	t.Helper()
	var r struct {
		Charges *chargesRecord `json:"charges"`
	}
	name := entryOf(t, b).Record
	for _, blob := range b.Blobs {
		if hex.EncodeToString(blob.Hash[:]) == name {
			require.NoError(t, json.Unmarshal(blob.Body, &r, json.StringifyNumbers(true)))
		}
	}
	return r.Charges
}

// A charge is fixed with its transfer, whatever is announced while it waits; zero is a charge too.
func TestChargesAreFixedAtAcceptance(t *testing.T) {
	w := neighbours(t, 1_000_000)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "other-ke", 100_00)))
	require.Empty(t, b.Charges, "no schedule yet")
	require.Nil(t, chargesOf(t, b))
	require.Empty(t, w.ask(settlement.CommandFees, charging(1, w.now.Add(time.Minute), 0, 1_00, 0, fee.Debtor)))
	b = w.decide(nil, w.intents("mpesa-ke", w.intent("b", "mpesa-ke", "other-ke", 100_00)))
	require.Empty(t, b.Charges, "none in force yet")
	w.now = w.now.Add(time.Minute)
	b = w.decide(nil, w.intents("mpesa-ke", w.intent("c", "mpesa-ke", "other-ke", 100_00)))
	require.Len(t, b.Charges, 2)
	require.Equal(t, []int64{1_00, 0}, []int64{b.Charges[0].AmountMinor, b.Charges[1].AmountMinor})
	require.Equal(t, 2, chargesOf(t, b).Count)
	require.Empty(t, w.ask(settlement.CommandFees, charging(2, w.now, 0, 50_00, 9_00, fee.Debtor)))
	b = w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 300_00+1_00)})
	require.Equal(t, 3, b.Cleared)
	require.EqualValues(t, 1_00, w.balanceOf("", ledger.Fee, kes))
}

func TestSchedulesThatCannotHoldAreRefused(t *testing.T) {
	w := neighbours(t, 1_000_000)
	later := w.now.Add(time.Hour)
	abroad := charging(1, later, 0, 0, 0, fee.Debtor)
	abroad.Rules[0].Interchange = fee.Interchange{Payer: fee.Creditor, Tiers: fx.Tiers{{PPM: 1}}}
	require.Contains(t, w.ask(settlement.CommandFees, abroad), "within one currency only")
	require.Contains(t, w.ask(settlement.CommandFees, charging(1, w.now.Add(-time.Second), 0, 0, 0, fee.Debtor)), "which is past")
	require.Contains(t, w.ask(settlement.CommandFees, fee.Schedule{Version: 1, From: later}), "0 rules")
	require.Equal(t, "the body is no fees", w.ask(settlement.CommandFees, "noise"))
	require.True(t, w.state.fees.Empty())
	require.Empty(t, w.ask(settlement.CommandFees, charging(2, later, 0, 0, 0, fee.Creditor)))
	require.Contains(t, w.ask(settlement.CommandFees, charging(2, later, 0, 0, 0, fee.Debtor)), "2 after 2")
}

// Fees pass no limit that the amount alone must keep, and a creditor's participant pays no more than it gets.
func TestFeesKeepTheLimits(t *testing.T) {
	w := neighbours(t, maxTransferMinor)
	require.Empty(t, w.ask(settlement.CommandFees, charging(1, w.now, 0, 1, 50_00, fee.Creditor)))
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "other-ke", maxTransferMinor), w.intent("b", "mpesa-ke", "other-ke", 50_00),
		w.intent("c", "mpesa-ke", "other-ke", 51_00), w.intent("d", "mpesa-ke", "other-ke", maxTransferMinor-50_00)))
	require.Equal(t, messaging.FaultAmountLimit, b.Intents[0].Fault)
	require.Equal(t, messaging.FaultAmountLimit, b.Intents[1].Fault)
	require.Empty(t, b.Intents[2].Fault)
	require.Equal(t, messaging.FaultAmountLimit, b.Intents[3].Fault, "each fits, both do not")
	require.Len(t, b.Charges, 2, "what is refused costs nothing")
}

// Everybody hears of the fees on its own corridors, and again when there is somebody new to pay.
func TestFeesAreTold(t *testing.T) {
	w := newWorld(t)
	told := func(b *ledger.Batch, name string) (all []messaging.Fees) {
		for _, m := range b.Outbox {
			if m.Participant == name && m.Kind == messaging.PayloadStatus {
				status, err := messaging.DecodeStatus(name, m.Payload)
				require.NoError(t, err)
				all = append(all, status.Fees...)
			}
		}
		return all
	}
	b := w.decide([]settlement.Command{w.command(settlement.CommandFees, charging(7, w.now.Add(time.Hour), 10_000, 1_00, 2_00, fee.Creditor))})
	fees := told(b, "mpesa-ke")
	require.Equal(t, []messaging.Fees{{
		Version: 7, From: w.now.Add(time.Hour), Rule: "all", To: []string{"gcash-ph", "momo-ug"}, Switch: fx.Tiers{{PPM: 10_000}},
		Interchange: messaging.Interchange{Payer: messaging.SideDebtor, Tiers: fx.Tiers{{PPM: 5_000}}},
	}}, fees)
	require.Empty(t, told(b, "fx-house"))
	require.Empty(t, told(w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 1)}), "mpesa-ke"))
	w.admitNeighbour(1_000_000)
	fees = told(w.batches[len(w.batches)-1], "mpesa-ke")
	require.Len(t, fees, 2)
	require.Equal(t, []string{"other-ke"}, fees[1].To)
	require.Equal(t, messaging.SideCreditor, fees[1].Interchange.Payer)
	require.Len(t, told(w.batches[len(w.batches)-1], "gcash-ph"), 1, "a rule for others is no business of its")
}

// The rules before knew no fees.
func TestEarlierRulesKnewNoFees(t *testing.T) {
	w := newWorld(t)
	for _, w.rules = range []string{rulesFIFO, rulesNet1} {
		require.Equal(t, `no command "fees"`, w.ask(settlement.CommandFees, charging(1, w.now, 0, 0, 0, fee.Debtor)))
	}
}
