package store_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/fx"
)

func verify(t *testing.T, key, dir string, complete bool) *diary.Report {
	t.Helper()
	report, err := diary.Verify(t.Context(), os.DirFS(dir), diary.Trust{Key: key, Complete: complete}, func(diary.Page) error { return nil })
	require.NoError(t, err)
	require.Empty(t, report.Findings)
	return report
}

// anything draws an entry of lines and postings as they come.
func (n *node) anything(t *rapid.T, units []fx.Currency, holds map[store.Balance]int64) store.Append {
	name := rapid.SampledFrom([]string{"m1", "m2", "m3"})
	var lines []diary.Line
	for range rapid.IntRange(1, 4).Draw(t, "lines") {
		line, err := diary.NewLine(rapid.SampledFrom([]string{"needs", "payouts", "members"}).Draw(t, "section"),
			rapid.SampledFrom([]string{"said", "done"}).Draw(t, "kind"), nil, rapid.SliceOfN(name, 0, 2).Draw(t, "about")...)
		require.NoError(t, err)
		lines = append(lines, line)
	}
	draft, err := n.log.Draft(lines)
	require.NoError(t, err)
	var postings []store.Posting
	for range rapid.IntRange(0, 4).Draw(t, "postings") {
		path := rapid.Permutation([]string{"fund/a", "fund/b", "member/m1/dues", "outside/x"}).Draw(t, "accounts")
		unit := rapid.SampledFrom(units).Draw(t, "unit")
		p := store.Posting{Debit: path[0], Credit: path[1], Amount: fx.Money{Minor: rapid.Int64Range(1, 1000).Draw(t, "minor"), Currency: unit}}
		postings = append(postings, p)
		at := fx.Money{Currency: unit}
		holds[store.Balance{Account: p.Debit, Amount: at}] -= p.Amount.Minor
		holds[store.Balance{Account: p.Credit, Amount: at}] += p.Amount.Minor
	}
	return store.Append{
		Draft: draft, Input: store.Input{Kind: "clock", At: begun}, Postings: postings,
		Balances: store.After(postings, func(account string, unit fx.Currency) int64 {
			return holds[store.Balance{Account: account, Amount: fx.Money{Currency: unit}}]
		}),
	}
}

// Pages, whatever their size, show what a walk over everything shows, and nothing that is not asked for.
func TestPagesShowWhatIsThere(t *testing.T) {
	n := open(t)
	units := []fx.Currency{kes, fx.MustCurrency("hours.chama-nairobi.2")}
	holds := map[store.Balance]int64{}
	var lines []store.Line
	var posted []store.Posted
	rapid.Check(t, func(rt *rapid.T) { // each time more
		a := n.anything(rt, units, holds)
		n.write(t, a)
		for place, l := range a.Draft.Lines {
			lines = append(lines, store.Line{Index: a.Draft.Index, Place: place, At: begun, Line: l.Line})
		}
		for place, p := range a.Postings {
			posted = append(posted, store.Posted{Posting: p, Index: a.Draft.Index, Place: place, At: begun})
		}
		limit := rapid.IntRange(1, 7).Draw(rt, "limit")
		n.linesAre(rt, lines, limit)
		n.postingsAre(rt, posted, units, limit)
		balances, err := n.store.Balances(t.Context(), "fund/")
		require.NoError(t, err)
		for _, b := range balances {
			require.True(t, strings.HasPrefix(b.Account, "fund/"))
			require.Equal(t, holds[store.Balance{Account: b.Account, Amount: fx.Money{Currency: b.Amount.Currency}}], b.Amount.Minor)
		}
	})
	n.check(t)
}

func (n *node) linesAre(t *rapid.T, all []store.Line, limit int) {
	q := store.LineQuery{
		Sections: rapid.SliceOfDistinct(rapid.SampledFrom([]string{"needs", "payouts"}), rapid.ID[string]).Draw(t, "sections"),
		About:    rapid.SampledFrom([]string{"", "m1", "m9"}).Draw(t, "about"),
		Section:  rapid.SampledFrom([]string{"", "needs", "members"}).Draw(t, "section"),
		Kind:     rapid.SampledFrom([]string{"", "done"}).Draw(t, "kind"), Limit: limit,
	}
	var want, got []store.Line
	for _, l := range slices.Backward(all) {
		seen := slices.Contains(q.Sections, l.Section) || slices.Contains(l.About, q.About)
		if seen && (q.Section == "" || q.Section == l.Section) && (q.Kind == "" || q.Kind == l.Kind) {
			want = append(want, l)
		}
	}
	for {
		page, next, err := n.store.Lines(n.test.Context(), q)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), limit)
		got = append(got, page...)
		if q.After = next; next == (store.Cursor{}) {
			break
		}
		again, err := store.ParseCursor(next.String())
		require.NoError(t, err)
		require.Equal(t, next, again)
	}
	require.Equal(t, want, got)
}

func (n *node) postingsAre(t *rapid.T, all []store.Posted, units []fx.Currency, limit int) {
	q := store.PostingQuery{Account: rapid.SampledFrom([]string{"fund/a", "outside/x", "nobody"}).Draw(t, "account"), Unit: rapid.SampledFrom(units).Draw(t, "in"), Limit: limit}
	var want, got []store.Posted
	after := fx.Money{Currency: q.Unit}
	for _, p := range all {
		if p.Amount.Currency != q.Unit || p.Debit != q.Account && p.Credit != q.Account {
			continue
		}
		if p.Debit == q.Account {
			after.Minor -= p.Amount.Minor
		} else {
			after.Minor += p.Amount.Minor
		}
		p.After = after
		want = append(want, p)
	}
	slices.Reverse(want)
	for {
		page, next, err := n.store.Postings(n.test.Context(), q)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), limit)
		got = append(got, page...)
		if q.After = next; next == (store.Cursor{}) {
			break
		}
	}
	require.Equal(t, want, got)
}

func FuzzCursor(f *testing.F) {
	for _, text := range []string{"", "0.0", "12.3", "-1.0", "1.-1", "01.0", "1", "1.", ".1", "1.99999999999", "9223372036854775807.0", "1.2.3", "+1.2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := store.ParseCursor(text)
		if err == nil {
			require.Equal(t, text, c.String())
		}
	})
}
