package decide

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// neighbours is a world in which mpesa-ke and other-ke pay each other in one currency.
func neighbours(t require.TestingT, payoutMaxMinor int64) *world {
	w := newWorld(t)
	w.admitNeighbour(payoutMaxMinor)
	return w
}

func (w *world) admitNeighbour(payoutMaxMinor int64) {
	b := w.decide([]settlement.Command{w.command(settlement.CommandAddParticipant, settlement.AddParticipant{
		Name: "other-ke", Country: "KE", Currency: kes, Role: settlement.RoleOperator, SigningKey: signingKey(w.t),
		PayoutIncrementMinor: 100, PayoutMinMinor: 100, PayoutMaxMinor: payoutMaxMinor,
	})})
	require.Empty(w.t, b.CommandResults[0].Fault)
}

// entryOf is what the log says of a batch's clearing, and rules by which it was decided.
func entryOf(t *testing.T, b *ledger.Batch) (entry struct {
	Rules    string         `json:"rules"`
	Record   string         `json:"record"`
	Clearing *clearingEntry `json:"clearing"`
},
) {
	t.Helper()
	require.NoError(t, json.Unmarshal(b.Log[0].Body, &entry, json.StringifyNumbers(true)))
	return entry
}

// recordOf is the record that a batch's entry names.
func recordOf(t *testing.T, b *ledger.Batch) (r struct {
	Cleared  []run           `json:"cleared"`
	Windows  []windowRecord  `json:"windows"`
	Clearing *clearingRecord `json:"clearing"`
	Alarms   []alarmRecord   `json:"alarms"`
	Defaults []defaultRecord `json:"defaults"`
},
) {
	t.Helper()
	name := entryOf(t, b).Record
	for _, blob := range b.Blobs {
		if hex.EncodeToString(blob.Hash[:]) == name {
			require.NoError(t, json.Unmarshal(blob.Body, &r, json.StringifyNumbers(true)))
		}
	}
	return r
}

// gridlock leaves three transfers that first-in-first-out cannot settle: the oldest is too large for anybody,
// and the two behind it need each other.
func gridlock(w *world) (large, there, back messaging.Intent) {
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 10_00)})
	return w.intent("a-large", "mpesa-ke", "other-ke", 500_00), w.intent("b-there", "mpesa-ke", "other-ke", 100_00),
		w.intent("c-back", "other-ke", "mpesa-ke", 90_00)
}

func TestEveryKindOfCommandIsKnown(t *testing.T) {
	w := newWorld(t)
	for _, kind := range settlement.CommandKinds() {
		require.NotEqual(t, noCommand(kind), w.ask(kind, struct{}{}), kind)
	}
	require.Equal(t, noCommand("explode"), w.ask("explode", struct{}{}))
}

func TestGridlockIsSolved(t *testing.T) {
	w := neighbours(t, 1_000_000)
	large, there, back := gridlock(w)
	b := w.decide(nil, w.intents("mpesa-ke", large, there), w.intents("other-ke", back))
	require.Equal(t, 2, b.Cleared)
	require.Equal(t, 1, b.Queued)
	require.Zero(t, b.Clearing.FIFO, "first-in-first-out waits behind the large one")
	require.EqualValues(t, (100_00+90_00)*finer/100, b.Clearing.Reached)
	require.NotEqual(t, netting.TierA, b.Clearing.Tier)
	require.Equal(t, kes, b.Clearing.Numeraire)

	entry, record := entryOf(t, b), recordOf(t, b)
	require.Equal(t, Rules, entry.Rules)
	require.Equal(t, clearingEntry(b.Clearing), *entry.Clearing)
	require.Equal(t, *entry.Clearing, record.Clearing.clearingEntry)
	position := w.state.accounts[w.state.find(w.state.byName["mpesa-ke"].ID, ledger.Position, kes)].ID
	require.Equal(t, []waitingRecord{{Transfer: w.nth(1), Account: position, ShortMinor: 500_00}}, record.Clearing.Waiting)
	require.Len(t, record.Clearing.Prices, 1, "one more shilling there would release the next")
	require.Equal(t, position, record.Clearing.Prices[0].Account)
}

// A ledger from before is decided as it was: in strict order, and with nothing said of what was possible.
func TestEarlierRulesDecideAsTheyDid(t *testing.T) {
	w := neighbours(t, 1_000_000)
	large, there, back := gridlock(w)
	messages := []Message{w.intents("mpesa-ke", large, there), w.intents("other-ke", back)}
	b, err := w.state.Decide(Inputs{
		Rules: rulesFIFO, Now: w.now, Messages: messages, Known: map[ledger.IntentKey]ledger.KnownIntent{},
		Finished: map[settlement.TransferID]ledger.FinishedTransfer{},
	})
	require.NoError(t, err)
	require.Zero(t, b.Cleared)
	require.NotContains(t, string(b.Log[0].Body), "clearing")
	require.NotContains(t, string(b.Blobs[0].Body), "clearing")
	require.Contains(t, string(b.Blobs[0].Body), `"intents":[{"hash":`)
	require.Zero(t, b.Clearing)
	require.EqualValues(t, 1, b.Transfers[0].ID)
	require.Equal(t, rulesFIFO, RulesOf(b.Log[0].Body))
	require.Equal(t, Rules, RulesOf([]byte("noise")))
	require.Equal(t, rulesNet1, RulesOf([]byte(`{"rules":"ayni-net-1"}`)))
}

// A queue whose weighted value leaves int64 in the fine numeraire is counted more coarsely, and clears.
func TestQueueTooLargeForItsNumeraire(t *testing.T) {
	w := neighbours(t, maxTransferMinor)
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 1000*maxTransferMinor)})
	const transfers = 300
	var sent []messaging.Intent
	for i := range transfers {
		sent = append(sent, w.intent(fmt.Sprint("large-", i), "mpesa-ke", "other-ke", maxTransferMinor))
	}
	b := w.decide(nil, w.intents("mpesa-ke", sent...))
	require.Equal(t, transfers, b.Cleared)
	require.Equal(t, 1, b.Clearing.Coarser)
	require.EqualValues(t, transfers*maxTransferMinor/100*(finer/2), b.Clearing.Reached)
	require.Equal(t, "1", fmt.Sprint(recordOf(t, b).Clearing.Coarser))
}

func TestWeightGrowsWithAgeAndPriority(t *testing.T) {
	accepted := dawn
	for _, c := range []struct {
		waited time.Duration
		want   int32
	}{
		{0, 1}, {time.Minute - 1, 1}, {time.Minute, 2}, {10*time.Minute - 1, 2}, {10 * time.Minute, 4}, {time.Hour, 8},
		{6*time.Hour - 1, 8}, {6 * time.Hour, 16}, {100 * 24 * time.Hour, 16},
	} {
		for priority, times := range map[messaging.Priority]int32{"": 1, messaging.PriorityNormal: 1, messaging.PriorityHigh: 2} {
			transfer := &transfer{Transfer: settlement.Transfer{AcceptedAt: accepted, Priority: priority}}
			require.Equal(t, c.want*times, transfer.weight(accepted.Add(c.waited)), "%s, %q", c.waited, priority)
		}
	}
}

// One of two clears. By itself the larger counts more; waiting, or urgency, makes up for size.
func TestAgeAndPriorityMakeUpForSize(t *testing.T) {
	for name, c := range map[string]struct {
		priority messaging.Priority
		ahead    time.Duration // of the larger
		want     int           // first or second
	}{
		"size":     {want: 2},
		"priority": {priority: messaging.PriorityHigh, want: 1},
		"age":      {ahead: time.Minute, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := neighbours(t, 1_000_000)
			small, large := w.intent("small", "mpesa-ke", "other-ke", 60_00), w.intent("large", "mpesa-ke", "other-ke", 100_00)
			small.Priority = c.priority
			w.decide(nil, w.intents("mpesa-ke", small))
			w.now = w.now.Add(c.ahead)
			w.decide(nil, w.intents("mpesa-ke", large))
			b := w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 100_00)})
			require.Equal(t, []run{{w.nth(c.want), w.nth(c.want)}}, recordOf(t, b).Cleared)
		})
	}
}

func TestReturnsComeFirst(t *testing.T) {
	w := neighbours(t, 1_000_000)
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 100_00)})
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "other-ke", 100_00)))
	payout := instructions(t, b, "other-ke")[0]
	w.decide(nil, w.intents("other-ke", w.intent("b", "other-ke", "mpesa-ke", 100_00))) // sends on what it received
	urgent := w.intent("c", "other-ke", "mpesa-ke", 1_000_00)
	urgent.Priority = messaging.PriorityHigh
	b = w.decide(nil, w.intents("other-ke", urgent), w.outcomes("other-ke", failed(payout)))
	require.Equal(t, 2, b.Queued)
	b = w.decide([]settlement.Command{w.fund("other-ke", kes, 1_000_00)})
	require.Len(t, instructions(t, b, "mpesa-ke"), 1)
	require.Equal(t, messaging.KindRefund, instructions(t, b, "mpesa-ke")[0].Kind)
	require.Equal(t, 1, b.Queued, "what is twice as urgent and ten times as large waits for the rest")
}

// bookOf is the book of what waits, as the next batch would open it.
func bookOf(w *world) *book {
	d := &decision{State: w.state, Inputs: Inputs{Rules: Rules, Now: w.now}, batch: &ledger.Batch{}}
	return d.openBook(w.state.queue)
}

// Values follow the rates: what a transfer debits and what it credits are worth about the same. The rates of
// these tests differ by 3 % around the triangle.
func TestValuesFollowRates(t *testing.T) {
	queued := func(t *testing.T) *world {
		t.Helper()
		w := newWorld(t)
		w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 1_000_00), w.intent("b", "mpesa-ke", "momo-ug", 100_000)),
			w.intents("gcash-ph", w.intent("c", "gcash-ph", "momo-ug", 70_000)))
		require.Len(t, w.state.queue, 3)
		return w
	}
	check := func(t *testing.T, b *book) {
		t.Helper()
		for _, o := range b.obligations {
			gave := new(big.Int).Mul(big.NewInt(o.Debit), new(big.Int).SetUint64(b.Pools[b.Currency[o.Debtor]].Value))
			got := new(big.Int).Mul(big.NewInt(o.Credit), new(big.Int).SetUint64(b.Pools[b.Currency[o.Creditor]].Value))
			apart := new(big.Int).Sub(gave, got)
			require.Negative(t, apart.Mul(apart.Abs(apart), big.NewInt(20)).Cmp(gave), "%s for %s", gave, got)
		}
	}
	t.Run("quoted", func(t *testing.T) {
		b := bookOf(queued(t))
		require.Equal(t, kes, b.numeraire, "the first by code of those that as many are quoted against")
		require.EqualValues(t, netting.One*finer/100, b.Pools[b.currencyAt[kes]].Value)
		require.Equal(t, netting.ValueOf(big.NewRat(20000*finer, 9003*100)), b.Pools[b.currencyAt[php]].Value)
		check(t, b)
	})
	for name, rates := range map[string]map[fx.Currency]string{
		"signed":             {kes: "129", php: "58.06", ugx: "3521.7"},
		"signed and implied": {php: "58.06"},
	} {
		t.Run(name, func(t *testing.T) {
			w := queued(t)
			var references []fx.Reference
			for c, rate := range rates {
				references = append(references, fx.Reference{Currency: c, PerBase: fx.MustRate(rate), Source: "test", On: "2026-04-13"})
			}
			var err error
			w.state.sheet.Table, err = fx.NewRateTable(fx.MustCurrency("USD"), references)
			require.NoError(t, err)
			b := bookOf(w)
			require.Equal(t, fx.MustCurrency("USD"), b.numeraire)
			require.Equal(t, netting.ValueOf(big.NewRat(finer, 5806)), b.Pools[b.currencyAt[php]].Value)
			check(t, b)
		})
	}
	t.Run("implied", func(t *testing.T) {
		w := queued(t)
		clear(w.state.quotes)
		b := bookOf(w)
		require.Equal(t, kes, b.numeraire, "the first that the queue touches")
		check(t, b)
	})
	t.Run("quoted and implied", func(t *testing.T) {
		w := queued(t)
		for id, q := range w.state.quotes {
			if q.From == ugx || q.To == ugx {
				delete(w.state.quotes, id)
			}
		}
		check(t, bookOf(w))
	})
	t.Run("quoted in currencies that nobody sends", func(t *testing.T) {
		w := queued(t)
		clear(w.state.quotes)
		usd, eur := fx.MustCurrency("USD"), fx.MustCurrency("EUR")
		w.state.quotes["q"] = fx.Quote{ID: "q", From: eur, To: usd, Rate: fx.MustRate("1.1"), Expires: w.now}
		b := bookOf(w)
		require.Equal(t, kes, b.numeraire)
		check(t, b)
	})
}

// What a return waits for may come with the batch itself: the bound holds then too.
func TestReturnClearsByWhatTheBatchBrings(t *testing.T) {
	w := neighbours(t, 1_000_000)
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 100_00)})
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "other-ke", 100_00)))
	payout := instructions(t, b, "other-ke")[0]
	w.decide(nil, w.intents("other-ke", w.intent("b", "other-ke", "mpesa-ke", 100_00))) // sends on what it received
	b = w.decide(nil, w.outcomes("other-ke", failed(payout)), w.intents("mpesa-ke", w.intent("c", "mpesa-ke", "other-ke", 50_00), w.intent("d", "mpesa-ke", "other-ke", 80_00), w.intent("e", "mpesa-ke", "other-ke", 5_000_00)))
	require.Len(t, instructions(t, b, "mpesa-ke"), 1)
	require.Equal(t, 1, b.Clearing.Returns)
	require.Equal(t, 1, b.Queued)
}

// A closed window says which trades would square the FX pool, one less than the currencies at most, and by
// which standing quotes.
func TestClosedWindowNamesItsResidual(t *testing.T) {
	w := funded(t)
	w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 500_00), w.intent("b", "mpesa-ke", "momo-ug", 50_000)))
	b := w.decide([]settlement.Command{w.command(settlement.CommandCloseWindow, settlement.CloseWindow{})})
	r := recordOf(t, b)
	require.NotEmpty(t, r.Windows)
	currencies := 0
	for _, n := range b.WindowNets {
		if w.state.accounts[n.Account-1].Kind == ledger.FX {
			currencies++
		}
	}
	require.Equal(t, 3, currencies)
	require.Len(t, r.Windows[0].Residual, 2)
	for _, trade := range r.Windows[0].Residual {
		require.Equal(t, "KES", trade.Sell, "the pool took shillings in")
		require.Positive(t, trade.SellMinor)
		require.Positive(t, trade.BuyMinor)
	}
}

// Under the rules before, a return was as old as what it sends back, and no more.
func TestEarlierRulesKnewNoClasses(t *testing.T) {
	w := neighbours(t, 1_000_000)
	w.rules = rulesFIFO
	w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 100_00)})
	w.decide(nil, w.intents("other-ke", w.intent("older", "other-ke", "mpesa-ke", 1_000_00)))
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "other-ke", 100_00)))
	b = w.decide(nil, w.outcomes("other-ke", failed(instructions(t, b, "other-ke")[0])))
	require.Zero(t, b.Cleared)
	require.Equal(t, 2, b.Queued, "the return waits behind the older transfer")
}

// What the rules before did not know is refused as they refused it.
func TestEarlierRulesKnewNoMore(t *testing.T) {
	w := newWorld(t)
	w.rules = rulesFIFO
	fee := fx.Quote{ID: "fee", Provider: "fx-house", From: kes, To: php, Rate: fx.MustRate("0.45"), FeeMinor: 1, Expires: w.now.Add(time.Hour)}
	b := w.decide([]settlement.Command{
		w.command(settlement.CommandRateCommittee, committee(2)), w.command(settlement.CommandRates, sheetOf(t, 1, w.now, 0, 1)),
		w.command(settlement.CommandQuotes, settlement.Quotes{Quotes: []fx.Quote{fee}}),
	})
	require.Equal(t, `no command "rate_committee"`, b.CommandResults[0].Fault)
	require.Equal(t, `no command "rates"`, b.CommandResults[1].Fault)
	require.Equal(t, "the body is no quotes", b.CommandResults[2].Fault)
	urgent := w.intent("a", "mpesa-ke", "gcash-ph", 1_00)
	urgent.Priority = messaging.PriorityHigh
	b = w.decide(nil, w.intents("mpesa-ke", urgent))
	require.Equal(t, messaging.FaultSchema, b.Intents[0].Fault)
}

// Advice about covering the pool fails no decision, whatever a provider quotes.
func TestAbsurdQuoteClosesAWindow(t *testing.T) {
	w := funded(t)
	w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 500_00)))
	fat := fx.Quote{ID: "fat", Provider: "fx-house", From: kes, To: php, Rate: fx.MustRate("45010000000000000000000"), Expires: w.now.Add(time.Hour)}
	require.Empty(t, w.ask(settlement.CommandQuotes, settlement.Quotes{Quotes: []fx.Quote{fat}}))
	require.Empty(t, w.ask(settlement.CommandCloseWindow, settlement.CloseWindow{}))
}

// As many pairs as anybody can be quoted reach everybody, in as many messages as it takes.
func TestManyQuotesReachEverybody(t *testing.T) {
	w := funded(t)
	long := fx.MustRate("1" + strings.Repeat("0", 152) + "3/1" + strings.Repeat("0", 151) + "7")
	var q settlement.Quotes
	for i := range 600 {
		q.Quotes = append(q.Quotes, fx.Quote{
			ID: fmt.Sprint("m", i), Provider: "fx-house", From: kes, To: fx.MustCurrency(fmt.Sprintf("hours.c%d.2", i)),
			Rate: long, Expires: w.now.Add(time.Hour),
		})
	}
	b := w.decide([]settlement.Command{w.command(settlement.CommandQuotes, q)})
	told := map[string]bool{}
	for _, m := range b.Outbox {
		if m.Participant == "mpesa-ke" {
			status, err := messaging.DecodeStatus(m.Participant, m.Payload)
			require.NoError(t, err)
			for _, quote := range status.Quotes {
				told[quote.ID] = true
			}
		}
	}
	require.GreaterOrEqual(t, len(told), 600)
}

// A batch in which nothing came and no money moved does not weigh again what waits.
func TestWhatWaitsIsWeighedWhenSomethingMoves(t *testing.T) {
	w := neighbours(t, 1_000_000)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "other-ke", 100_00)))
	require.NotNil(t, recordOf(t, b).Clearing)
	b = w.decide([]settlement.Command{w.command(settlement.CommandSuspend, settlement.Suspend{Participant: "momo-ug", Suspended: true})})
	require.Equal(t, 1, b.Queued)
	require.Nil(t, recordOf(t, b).Clearing)
	b = w.decide([]settlement.Command{w.fund("mpesa-ke", kes, 200_00)})
	require.Equal(t, 1, b.Cleared)
}
