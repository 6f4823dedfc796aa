package decide

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// signatory is the nth member of the rate committee.
func signatory(n int) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(n + 1)}, ed25519.SeedSize))
}

func committee(threshold int) fx.Committee {
	return fx.Committee{Keys: []fx.CommitteeKey{fx.KeyOf(signatory(0)), fx.KeyOf(signatory(1)), fx.KeyOf(signatory(2))}, Threshold: threshold}
}

// sheetOf is a sheet of three rates that the given members signed.
func sheetOf(t require.TestingT, serial int64, from time.Time, members ...int) settlement.Rates {
	table, err := fx.NewRateTable(fx.MustCurrency("USD"), []fx.Reference{
		{Currency: kes, PerBase: fx.MustRate("129"), Source: "ECB", On: "2026-04-13"},
		{Currency: php, PerBase: fx.MustRate("58.5"), Source: "ECB", On: "2026-04-13"},
		{Currency: fx.MustCurrency("hours.chama.2"), PerBase: fx.MustRate("0.4"), Source: "assembly", On: "2026-04-12"},
	})
	require.NoError(t, err)
	body, err := fx.Sheet{Serial: serial, From: from, Until: from.Add(time.Hour), Table: table}.Encode()
	require.NoError(t, err)
	signed, err := fx.ParseSignedSheet(body)
	require.NoError(t, err)
	for _, n := range members {
		signed = signed.Sign(signatory(n))
	}
	return settlement.Rates{Signed: string(signed.Text())}
}

// ask has one command carried out and returns its fault.
func (w *world) ask(kind settlement.CommandKind, body any) string {
	b := w.decide([]settlement.Command{w.command(kind, body)})
	return b.CommandResults[0].Fault
}

func TestRatesNeedTheCommittee(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, "no rate committee", w.ask(settlement.CommandRates, sheetOf(t, 1, w.now, 0, 1)))
	require.Contains(t, w.ask(settlement.CommandRateCommittee, committee(4)), string(fx.SheetCommittee))
	require.Contains(t, w.ask(settlement.CommandRateCommittee, map[string]any{"keys": []string{"x"}, "threshold": 1}), "no rate_committee")
	require.Empty(t, w.ask(settlement.CommandRateCommittee, committee(2)))

	_, ok := (&decision{State: w.state, Inputs: Inputs{Now: w.now}}).reference(kes, php)
	require.False(t, ok)
	for fault, rates := range map[string]settlement.Rates{
		string(fx.SheetTooFew):     sheetOf(t, 1, w.now, 1),
		string(fx.SheetUnknownKey): sheetOf(t, 1, w.now, 0, 1, 3),
		string(fx.SheetSignature):  {Signed: strings.Replace(sheetOf(t, 1, w.now, 0, 1).Signed, "129", "130", 1)},
		"expired":                  sheetOf(t, 1, w.now.Add(-time.Hour), 0, 1),
		"begins":                   sheetOf(t, 1, w.now.Add(time.Second), 0, 1),
		string(fx.SheetSyntax):     {},
	} {
		require.Contains(t, w.ask(settlement.CommandRates, rates), fault)
		require.Zero(t, w.state.sheet.Serial)
	}
	require.Empty(t, w.ask(settlement.CommandRates, sheetOf(t, 3, w.now, 0, 2)))
	require.Contains(t, w.ask(settlement.CommandRates, sheetOf(t, 3, w.now, 0, 2)), "comes after")
	require.Contains(t, w.ask(settlement.CommandRates, sheetOf(t, 2, w.now, 0, 2)), "comes after")
	require.Empty(t, w.ask(settlement.CommandRates, sheetOf(t, 4, w.now, 0, 1, 2)))

	at := &decision{State: w.state, Inputs: Inputs{Now: w.now}}
	rate, ok := at.reference(kes, php)
	require.True(t, ok)
	require.Equal(t, "39/86", rate.String())
	_, ok = at.reference(kes, ugx)
	require.False(t, ok, "the sheet has no shillings of Uganda")
	at.Now = w.now.Add(time.Hour)
	_, ok = at.reference(kes, php)
	require.False(t, ok, "the sheet has expired")
	worth, ok := w.state.perMinor(kes)
	require.True(t, ok)
	require.Equal(t, "1/12900", worth.String())
	_, ok = w.state.perMinor(ugx)
	require.False(t, ok)

	for i, b := range w.replay() {
		require.Equal(t, w.batches[i].Log[0].Body, b.Log[0].Body)
		require.Equal(t, w.batches[i].RateSheets, b.RateSheets)
		require.Equal(t, w.batches[i].RateCommittees, b.RateCommittees)
	}
}

func TestQuotesGetTheReferenceRateAndTheirFee(t *testing.T) {
	w := funded(t)
	w.decide([]settlement.Command{w.command(settlement.CommandRateCommittee, committee(2)), w.command(settlement.CommandRates, sheetOf(t, 1, w.now, 0, 1))})
	quote := func(id string, from, to fx.Currency, rate string) fx.Quote {
		return fx.Quote{ID: id, Provider: "fx-house", From: from, To: to, Rate: fx.MustRate(rate), FeeMinor: 20_00, Expires: w.now.Add(2 * time.Hour)}
	}
	own := quote("own", kes, php, "0.45")
	own.Mid = fx.MustRate("0.451")
	apart := quote("apart", kes, ugx, "27")
	apart.Mid = fx.MustRate("27")
	quotes := settlement.Quotes{Quotes: []fx.Quote{quote("dear", kes, php, "0.45"), own, apart}}
	b := w.decide([]settlement.Command{w.command(settlement.CommandQuotes, quotes)})
	require.Empty(t, b.CommandResults[0].Fault)
	require.Equal(t, "39/86", b.Quotes[0].Mid.String())
	require.Equal(t, "39/86", b.Quotes[1].Mid.String(), "the scheme's, whatever the provider says")
	require.Equal(t, "27", b.Quotes[2].Mid.String(), "the provider's, where the scheme has none")
	told := 0
	for _, m := range b.Outbox {
		if m.Participant != "mpesa-ke" {
			continue
		}
		status, err := messaging.DecodeStatus("mpesa-ke", m.Payload)
		require.NoError(t, err)
		for _, q := range status.Quotes {
			told++
			require.Equal(t, int64(20_00), q.FeeMinor)
			require.True(t, w.state.quotes[q.ID].Mid.Equal(q.Mid))
		}
	}
	require.Equal(t, 2, told)

	for name, change := range map[string]func(*fx.Quote){
		"a fee below zero": func(q *fx.Quote) { q.FeeMinor = -1 },
		"a fee too high":   func(q *fx.Quote) { q.FeeMinor = maxTransferMinor + 1 },
		"a long mid rate":  func(q *fx.Quote) { q.Mid = fx.MustRate(strings.Repeat("7", 70) + "/" + strings.Repeat("3", 71)) },
	} {
		q := quote("bad", kes, php, "0.45")
		change(&q)
		require.Contains(t, w.ask(settlement.CommandQuotes, settlement.Quotes{Quotes: []fx.Quote{q}}), "out of range", name)
	}

	// The fee is inside the source: 1,020 shillings leave, 1,000 are exchanged.
	i := w.intent("a", "mpesa-ke", "gcash-ph", 450_00)
	i.Quote = "dear"
	i.Source = messaging.NewAmount(fx.Money{Minor: 1_000_00, Currency: kes})
	unpaid := w.decide(nil, w.intents("mpesa-ke", i))
	require.Equal(t, messaging.FaultQuoteMismatch, unpaid.Intents[0].Fault)
	i.ID, i.Source = "b", messaging.NewAmount(fx.Money{Minor: 1_020_00, Currency: kes})
	i2 := i
	i2.ID, i2.Fixed = "c", fx.FixedSource
	b = w.decide(nil, w.intents("mpesa-ke", i, i2))
	require.Equal(t, 2, b.Cleared)
	payout := instructions(t, b, "gcash-ph")[0]
	b = w.decide(nil, w.outcomes("gcash-ph", failed(payout)))
	refund := instructions(t, b, "mpesa-ke")[0]
	require.Equal(t, "1020.00", refund.Amount.Amount, "what goes home takes its fee along")

	// The database keeps all of it, finds it sound, and gives it back.
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	for n, b := range w.batches {
		b.Checkpoint = ledger.Checkpoint{Size: int64(n) + 1, Note: "unsigned in this test"}
		require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
	}
	_, public, err := note.GenerateKey(rand.Reader, "test")
	require.NoError(t, err)
	verifier, err := note.NewVerifier(public)
	require.NoError(t, err)
	findings, err := books.Check(t.Context(), verifier)
	require.NoError(t, err)
	held := map[string]string{}
	for _, f := range findings {
		if f.OK {
			held[f.Name] = f.Detail
		}
	}
	require.Contains(t, held["rates_are_signed"], ": 1,")
	require.Contains(t, held["money_is_exact"], "3 conversions")
	require.Contains(t, held, "append_only")
	snapshot, err := lead.Load(t.Context())
	require.NoError(t, err)
	loaded, err := Restore(snapshot)
	require.NoError(t, err)
	require.Equal(t, portrait(w.state), portrait(loaded))
}
