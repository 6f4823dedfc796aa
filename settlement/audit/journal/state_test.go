package journal_test

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// The state up to any index is that of the batches up to it, has their balances, and adds up to nothing.
func TestUntilIsAPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := someDays(t)
		index := rapid.Int64Range(0, int64(len(w.batches)+1)*3).Draw(t, "index")
		got, err := journal.Until(w.all(), index)
		require.NoError(t, err)
		want, sums := map[int64]int64{}, map[fx.Currency]int64{}
		for _, b := range w.batches {
			if b.LogIndex > index {
				break
			}
			require.Equal(t, b.LogIndex, min(got.Index, b.LogIndex))
			for _, p := range b.Postings {
				want[p.Debit] -= p.AmountMinor
				want[p.Credit] += p.AmountMinor
			}
		}
		for id, b := range got.Balances {
			require.Equal(t, want[id], b.Credits-b.Debits)
			sums[got.Accounts[id].Currency] += b.Credits - b.Debits
		}
		require.Len(t, got.Balances, len(want))
		for c, sum := range sums {
			require.Zero(t, sum, c.String())
		}
		for _, p := range positions(t, got) {
			require.Equal(t, want[p.ID], p.BalanceMinor)
			require.Equal(t, p.BalanceMinor+p.PrefundMinor+p.CreditLineMinor, p.AvailableMinor)
		}
		require.LessOrEqual(t, len(got.Windows), 2, "settled windows are forgotten")
		if index >= w.batches[len(w.batches)-1].LogIndex {
			for _, p := range positions(t, got) {
				require.Equal(t, w.totals[p.ID].GrossIn, p.GrossInMinor)
				require.Equal(t, w.totals[p.ID].GrossOut, p.GrossOutMinor)
			}
		}
	})
}

// What a batch must not say is told with its number.
func TestApplyRefuses(t *testing.T) {
	kes := units[0]
	for name, c := range map[string]struct {
		change func(day []*ledger.Batch)
		want   any
	}{
		"a batch again":      {func(day []*ledger.Batch) { day[1].ID = 1 }, new(*journal.OrderError)},
		"an index again":     {func(day []*ledger.Batch) { day[2].LogIndex = 3 }, new(*journal.OrderError)},
		"nobody's account":   {func(day []*ledger.Batch) { day[0].Accounts[4].Participant = 9 }, new(*journal.AccountError)},
		"no currency":        {func(day []*ledger.Batch) { day[0].Accounts[4].Currency = fx.Currency{} }, new(*journal.AccountError)},
		"an account again":   {func(day []*ledger.Batch) { day[1].Accounts = day[0].Accounts[:1] }, new(*journal.AccountError)},
		"a name again":       {func(day []*ledger.Batch) { day[0].Accounts[4] = ledger.Account{ID: 77, Kind: ledger.FX, Currency: kes} }, new(*journal.AccountError)},
		"an unknown balance": {func(day []*ledger.Batch) { day[1].Balances[0].Account = 99 }, new(*journal.PostingError)},
		"an unknown line":    {func(day []*ledger.Batch) { day[1].CreditLines[0].Account = 99 }, new(*journal.PostingError)},
	} {
		day := exampleDay()
		c.change(day)
		_, err := journal.Until(stream(day), math.MaxInt64)
		require.ErrorAs(t, err, c.want, name)
	}
}

// Figures that no number holds are not shown as others.
func TestShowingRefuses(t *testing.T) {
	for name, change := range map[string]func(day []*ledger.Batch){
		"too much liquidity": func(day []*ledger.Batch) {
			day[1].CreditLines[0] = ledger.CreditLine{Account: ugPosition, AmountMinor: math.MaxInt64}
		},
		"too much prefunded": func(day []*ledger.Batch) { day[2].Balances[0].Debits = -math.MaxInt64 },
		"too large a total":  func(day []*ledger.Batch) { day[1].Balances[2].Debits = math.MinInt64 },
	} {
		day := exampleDay()
		change(day)
		state, err := journal.Until(stream(day), math.MaxInt64)
		require.NoError(t, err)
		var refused *fx.AmountError
		require.ErrorAs(t, state.Table(&file{}), &refused, name)
		require.ErrorAs(t, state.JSON(&file{}), &refused, name)
	}
}

func positions(t require.TestingT, s *journal.State) []journal.Position {
	all, err := s.Positions()
	require.NoError(t, err)
	return all
}

// Consumers refuse postings between accounts that are not there.
func TestConsumersRefuse(t *testing.T) {
	for name, change := range map[string]func(p *ledger.Posting){
		"unknown debit":    func(p *ledger.Posting) { p.Debit = 99 },
		"unknown credit":   func(p *ledger.Posting) { p.Credit = 99 },
		"another currency": func(p *ledger.Posting) { p.Currency = units[2] },
	} {
		day := exampleDay()
		change(&day[1].Postings[1])
		for _, c := range []journal.Consumer{journal.NewText(&file{}), journal.NewCSV(&file{}), journal.NewParquet(&file{})} {
			all := journal.All{c}
			require.NoError(t, all.Batch(day[0]))
			var refused *journal.PostingError
			require.ErrorAs(t, all.Batch(day[1]), &refused, name)
			require.Equal(t, int64(202), refused.Posting)
		}
	}
}

// A log is the same as itself; whatever is changed in one batch is found, in that batch and no other.
func TestCompareFindsTheFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Int().Draw(t, "seed")
		world := rapid.Custom(someDays)
		a, b := world.Example(seed), world.Example(seed)
		none, err := journal.Compare(a.all(), b.all())
		require.NoError(t, err)
		require.Nil(t, none)

		at := rapid.IntRange(0, len(b.batches)-1).Draw(t, "batch")
		changed := b.batches[at]
		want, after := change(t, b, changed)
		found, err := journal.Compare(a.all(), b.all())
		require.NoError(t, err)
		require.NotNil(t, found, want)
		require.Equal(t, a.batches[at].ID, found.Batch)
		require.Equal(t, a.batches[at].LogIndex, found.Index)
		require.Equal(t, want, found.First[0].About)
		require.Equal(t, after, len(found.Accounts) > 0, "%v", found.Accounts)
	})
}

// change changes one thing, and says what it was, and whether the state says so, too.
func change(t *rapid.T, w *world, b *ledger.Batch) (what journal.About, inState bool) {
	if len(b.Postings) == 0 {
		b.WindowEvents = append(b.WindowEvents, ledger.WindowEvent{Window: 99, State: settlement.WindowOpen})
		return journal.About{Noun: journal.OfWindow, ID: 99, Field: "group"}, true
	}
	p := &b.Postings[rapid.IntRange(0, len(b.Postings)-1).Draw(t, "posting")]
	l := &b.Balances[rapid.IntRange(0, len(b.Balances)-1).Draw(t, "balance")]
	switch rapid.IntRange(0, 4).Draw(t, "change") {
	case 0:
		p.AmountMinor++
		return journal.About{Noun: journal.OfPosting, ID: p.ID, Field: "amount_minor"}, false
	case 1:
		p.Kind += "x"
		return journal.About{Noun: journal.OfPosting, ID: p.ID, Field: "kind"}, false
	case 2:
		id := p.ID
		b.Postings = append(b.Postings, *p) // twice
		return journal.About{Noun: journal.OfPosting, ID: id, Field: "amount_minor, again"}, false
	case 3:
		l.Debits++
		return journal.About{Noun: journal.OfBalance, ID: l.Account, Account: w.names[l.Account], Field: "debits"}, true
	default:
		b.Liquidity[0].CreditLineMinor++
		return journal.About{Noun: journal.OfLiquidity, ID: b.Liquidity[0].Account, Account: w.names[b.Liquidity[0].Account], Field: "credit_line"}, true
	}
}

// Logs of which one is longer part where it goes on; the same rows in another order are the same.
func TestCompareEnds(t *testing.T) {
	found, err := journal.Compare(stream(exampleDay()[:2]), stream(exampleDay()))
	require.NoError(t, err)
	require.Equal(t, int64(3), found.Batch)
	require.Equal(t, found.Accounts, found.End)
	require.Equal(t, journal.OfBatch, found.First[0].Noun)
	other := exampleDay()
	other[1].Balances[0], other[1].Balances[1] = other[1].Balances[1], other[1].Balances[0]
	found, err = journal.Compare(stream(exampleDay()), stream(other))
	require.NoError(t, err)
	require.Nil(t, found)
	broken := errors.New("broken")
	_, err = journal.Compare(stream(exampleDay()), func(yield func(*ledger.Batch, error) bool) { yield(nil, broken) })
	require.ErrorIs(t, err, broken)
}

// What two states differ in is told by account, with both figures.
func TestDiffNamesAccounts(t *testing.T) {
	a, err := journal.Until(stream(exampleDay()), math.MaxInt64)
	require.NoError(t, err)
	other := exampleDay()
	other[2].Balances[1].Credits++
	b, err := journal.Until(stream(other), math.MaxInt64)
	require.NoError(t, err)
	require.Equal(t, []journal.Difference{{
		About: journal.About{Noun: journal.OfBalance, ID: kePosition, Account: "mpesa-ke:position:KES", Field: "credits"}, A: "10050", B: "10051",
	}}, journal.Diff(a, b))
	require.Empty(t, journal.Diff(a, a))
}
