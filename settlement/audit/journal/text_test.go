package journal_test

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit/journal"
	"github.com/ayni-switch/ayni/settlement/audit/journal/journaltest"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Two other programs accept the journal of any log, and come to its balances.
func TestOtherProgramsAgree(t *testing.T) {
	journaltest.Need(t, "hledger")
	journaltest.Need(t, "ledger")
	rapid.Check(t, func(rt *rapid.T) {
		w := someDays(rt)
		text := textOf(rt, w.batches)
		require.Equal(rt, w.said(), journaltest.Balances(t, text, "--strict"), text)
		_, err := journaltest.Ledger(t, text, "balance")
		require.NoError(rt, err, text)
	})
}

// What the batches say the balances are is checked by the other programs, from postings alone.
func TestOtherProgramsFindWhatIsOff(t *testing.T) {
	journaltest.Need(t, "hledger")
	journaltest.Need(t, "ledger")
	rapid.Check(t, func(rt *rapid.T) {
		w := someDays(rt)
		last := map[int64]*ledger.Balance{}
		var postings []*ledger.Posting
		for _, b := range w.batches {
			for i := range b.Balances {
				last[b.Balances[i].Account] = &b.Balances[i]
			}
			for i := range b.Postings {
				postings = append(postings, &b.Postings[i])
			}
		}
		if len(postings) == 0 {
			rt.Skip("nothing was posted")
		}
		if rapid.Bool().Draw(rt, "posting") {
			rapid.SampledFrom(postings).Draw(rt, "changed").AmountMinor++
		} else {
			last[rapid.SampledFrom(slices.Sorted(maps.Keys(last))).Draw(rt, "changed")].Credits++
		}
		text := textOf(rt, w.batches)
		_, err := journaltest.Hledger(t, text, "check")
		require.Error(rt, err, text)
		_, err = journaltest.Ledger(t, text, "balance")
		require.Error(rt, err, text)
	})
}

// Each day's journal stands by itself and ends with what the books had at the end of that day.
func TestDaysStandByThemselves(t *testing.T) {
	journaltest.Need(t, "hledger")
	rapid.Check(t, func(rt *rapid.T) {
		w := someDays(rt)
		files, order := map[fx.Date]*file{}, []fx.Date(nil)
		play(rt, w.batches, journal.NewDays(func(day fx.Date) (io.WriteCloser, error) {
			require.NotContains(rt, files, day)
			files[day] = &file{}
			order = append(order, day)
			return files[day], nil
		}))
		require.True(rt, slices.IsSorted(order))
		state := journal.NewState()
		for _, day := range order {
			for _, b := range w.batches {
				if b.ID > state.Batch && b.DecidedAt.Format("2006-01-02") == string(day) {
					require.NoError(rt, state.Apply(b))
				}
			}
			text := files[day].String()
			require.True(rt, files[day].closed)
			want := map[string]int64{}
			for id, b := range state.Balances {
				if minor := b.Credits - b.Debits; minor != 0 {
					want[state.Accounts[id].Name+" "+state.Accounts[id].Currency.String()] = minor
				}
			}
			require.Equal(rt, want, journaltest.Balances(t, text, "--strict"), text)
		}
		require.Equal(rt, w.batches[len(w.batches)-1].ID, state.Batch, "every batch has a day")
	})
}

// A clock that goes back moves no transaction to an earlier day.
func TestClockGoesBack(t *testing.T) {
	day := exampleDay()
	day[1].DecidedAt = day[0].DecidedAt.AddDate(0, 0, -2)
	_, err := journaltest.Hledger(t, textOf(t, day), "check", "--strict", "ordereddates")
	require.NoError(t, err)
}

// Names are of few characters, none of which means anything to anybody, and stay different.
func TestNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.OneOf(rapid.SampledFrom(odd), rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		a, b := some.Draw(t, "a"), some.Draw(t, "b")
		require.Regexp(t, `^([A-Za-z0-9]|%[0-9A-F]{2}|%$)([-A-Za-z0-9._]|%[0-9A-F]{2})*$`, journal.Name(a))
		require.Equal(t, a == b, journal.Name(a) == journal.Name(b))
	})
	require.Equal(t, "mpesa-ke:position:KES", journal.AccountName("mpesa-ke", ledger.Position, fx.MustCurrency("KES")))
}

func textOf(t require.TestingT, batches []*ledger.Batch) string {
	var out bytes.Buffer
	play(t, batches, journal.NewText(&out))
	return out.String()
}

// file is one that knows whether it was closed.
type file struct {
	bytes.Buffer
	closed bool
}

func (f *file) Close() error {
	f.closed = true
	return nil
}
