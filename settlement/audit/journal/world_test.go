package journal_test

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// units have no, two and three decimals; two are communities' own.
var units = []fx.Currency{
	fx.MustCurrency("KES"), fx.MustCurrency("UGX"), fx.MustCurrency("KWD"), fx.MustCurrency("hour.umoja.2"), fx.MustCurrency("note.comm-9.0"),
}

// odd are names that a false log may have, to make another program read something else.
var odd = []string{
	"", "a:b", "two  spaces", "; comment", "(virtual)", "[balanced]", "=1+1", "+cmd", "-x", "@sum", "'quoted", `"q"`, "é", "line\nfeed", "tab\tbed",
	"%41", "A", "*star", "!", "a,b", "a;b", "=A1", "\x1b[31m", "\xff", "opening",
}

// world writes the batches of a ledger at random, with balances that are those of its postings.
type world struct {
	batches  []*ledger.Batch
	accounts []ledger.Account
	names    map[int64]string // of accounts, as journals have them
	totals   map[int64]ledger.Balance
	windows  settlement.WindowID
}

// someDays draws a world of a few days.
func someDays(t *rapid.T) *world {
	w := &world{names: map[int64]string{}, totals: map[int64]ledger.Balance{}}
	at := time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC)
	n := rapid.IntRange(1, 12).Draw(t, "batches")
	posting := int64(0)
	for id := 1; id <= n; id++ {
		at = at.Add(time.Duration(rapid.IntRange(1, 20*60*60*1000).Draw(t, "pause")) * time.Millisecond)
		b := &ledger.Batch{ID: int64(id), LogIndex: int64(id * 3), Window: w.windows + 1, DecidedAt: at}
		if id == 1 || rapid.IntRange(0, 3).Draw(t, "opens") == 0 {
			w.open(t, b)
		}
		if id == 1 {
			w.window(b, settlement.WindowOpen)
		}
		touched := map[int64]bool{}
		for range rapid.IntRange(0, 6).Draw(t, "transactions") {
			transfer := settlement.TransferID(rapid.SampledFrom([]int64{0, 1}).Draw(t, "transfer") * (posting + 1<<40))
			for range rapid.IntRange(1, 4).Draw(t, "postings") {
				posting++
				p := w.post(t, posting, transfer)
				b.Postings = append(b.Postings, p)
				touched[p.Debit], touched[p.Credit] = true, true
			}
		}
		if id > 1 && rapid.IntRange(0, 3).Draw(t, "closes") == 0 {
			w.close(b)
		}
		for _, a := range w.accounts {
			if touched[a.ID] {
				b.Balances = append(b.Balances, w.totals[a.ID])
				b.Liquidity = append(b.Liquidity, ledger.Liquidity{Account: a.ID, PrefundMinor: 5, CreditLineMinor: 7, PositionMinor: w.balance(a.ID)})
			}
		}
		w.batches = append(w.batches, b)
	}
	return w
}

// open adds a participant, with an account in each unit for it and, at first, for the scheme.
func (w *world) open(t *rapid.T, b *ledger.Batch) {
	participant := int32(len(w.accounts)/len(units)) + 1
	name := rapid.OneOf(rapid.SampledFrom(odd), rapid.String()).Filter(func(s string) bool {
		for _, known := range w.names {
			if known == journal.AccountName(s, ledger.Position, units[0]) {
				return false
			}
		}
		return s != ledger.SchemeName
	}).Draw(t, "name")
	b.Participants = append(b.Participants, settlement.Participant{ID: participant, Name: name})
	if len(w.accounts) == 0 {
		w.add(b, settlement.SchemeID, ledger.SchemeName, ledger.FX)
	}
	w.add(b, participant, name, ledger.Position)
}

func (w *world) add(b *ledger.Batch, participant int32, owner string, kind ledger.AccountKind) {
	for _, c := range units {
		a := ledger.Account{ID: int64(len(w.accounts)) + 1, Participant: participant, Kind: kind, Currency: c}
		w.accounts = append(w.accounts, a)
		w.names[a.ID] = journal.AccountName(owner, kind, c)
		b.Accounts = append(b.Accounts, a)
	}
}

func (w *world) post(t *rapid.T, id int64, transfer settlement.TransferID) ledger.Posting {
	unit := rapid.IntRange(0, len(units)-1).Draw(t, "unit")
	owners := len(w.accounts) / len(units)
	debit := rapid.IntRange(0, owners-1).Draw(t, "debit")
	credit := (debit + rapid.IntRange(1, owners-1).Draw(t, "credit")) % owners
	p := ledger.Posting{
		ID: id, Transfer: transfer, Kind: rapid.SampledFrom([]ledger.PostingKind{ledger.PostClear, ledger.PostFee, "odd ; kind"}).Draw(t, "kind"),
		Debit: w.accounts[debit*len(units)+unit].ID, Credit: w.accounts[credit*len(units)+unit].ID,
		AmountMinor: rapid.Int64Range(1, 1<<50).Draw(t, "amount"), Currency: units[unit],
	}
	d := w.totals[p.Debit]
	d.Account, d.Debits, d.GrossOut = p.Debit, d.Debits+p.AmountMinor, d.GrossOut+p.AmountMinor
	w.totals[p.Debit] = d
	c := w.totals[p.Credit]
	c.Account, c.Credits, c.GrossIn = p.Credit, c.Credits+p.AmountMinor, c.GrossIn+p.AmountMinor
	w.totals[p.Credit] = c
	return p
}

// close closes the open window and opens the next; the one before has settled.
func (w *world) close(b *ledger.Batch) {
	if w.windows > 1 {
		b.WindowEvents = append(b.WindowEvents, ledger.WindowEvent{Window: w.windows - 1, State: settlement.WindowSettled, Group: "default"})
	}
	b.WindowEvents = append(b.WindowEvents, ledger.WindowEvent{Window: w.windows, State: settlement.WindowClosed, Group: "default", Moment: b.DecidedAt})
	for _, a := range w.accounts {
		if total, moved := w.totals[a.ID]; moved {
			b.WindowNets = append(b.WindowNets, ledger.WindowNet{Window: w.windows, Account: a.ID, GrossIn: total.GrossIn, GrossOut: total.GrossOut})
			total.GrossIn, total.GrossOut = 0, 0
			w.totals[a.ID] = total
		}
	}
	w.window(b, settlement.WindowOpen)
}

func (w *world) window(b *ledger.Batch, state settlement.WindowState) {
	w.windows++
	b.WindowEvents = append(b.WindowEvents, ledger.WindowEvent{Window: w.windows, State: state, Group: "default"})
}

func (w *world) balance(account int64) int64 {
	return w.totals[account].Credits - w.totals[account].Debits
}

// said are the balances that are not zero, as journaltest says them.
func (w *world) said() map[string]int64 {
	said := map[string]int64{}
	for _, a := range w.accounts {
		if minor := w.balance(a.ID); minor != 0 {
			said[fmt.Sprintf("%s %s", w.names[a.ID], a.Currency)] = minor
		}
	}
	return said
}

// all hands the batches over.
func (w *world) all() journal.Batches { return stream(w.batches) }

func stream(batches []*ledger.Batch) journal.Batches {
	return func(yield func(*ledger.Batch, error) bool) {
		for _, b := range batches {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// play has consumers take batches to the end.
func play(t require.TestingT, batches []*ledger.Batch, consumers ...journal.Consumer) {
	all := journal.All(consumers)
	for _, b := range batches {
		require.NoError(t, all.Batch(b))
	}
	require.NoError(t, all.Close())
}
