package ledger_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

var lists = []ledger.List{ledger.ListTransfers, ledger.ListRequests, ledger.ListBatches, ledger.ListWindows}

// A cursor says to its own list where it goes on, and to no other; one bit of damage is noticed.
func TestCursors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, below := rapid.SampledFrom(lists).Draw(t, "list"), rapid.Int64().Draw(t, "below")
		cursor := list.Cursor(below)
		got, err := list.Below(cursor)
		require.NoError(t, err)
		require.Equal(t, below, got)
		for _, other := range lists {
			if other != list {
				_, err := other.Below(cursor)
				require.ErrorIs(t, err, ledger.ErrCursor)
			}
		}
		damaged := []byte(cursor)
		damaged[rapid.IntRange(0, len(damaged)-1).Draw(t, "where")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		_, err = list.Below(string(damaged))
		require.ErrorIs(t, err, ledger.ErrCursor)
	})
	from, err := ledger.ListTransfers.Below("")
	require.NoError(t, err)
	require.Equal(t, int64(math.MaxInt64), from)
}

func FuzzCursor(f *testing.F) {
	f.Add(ledger.ListTransfers.Cursor(1 << 60))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		below, err := ledger.ListTransfers.Below(text)
		if err == nil && text != "" {
			require.Equal(t, text, ledger.ListTransfers.Cursor(below))
		}
	})
}

// What a filter cannot mean is refused, and a page is never larger than the limit.
func TestFilters(t *testing.T) {
	require.NoError(t, ledger.TransferFilter{}.Check())
	for _, f := range []ledger.TransferFilter{{MinMinor: 1}, {MaxMinor: 1}, {Batch: -1}, {Text: string(make([]byte, ledger.MaxSearchText+1))}} {
		require.ErrorIs(t, f.Check(), ledger.ErrFilter)
	}
	require.Equal(t, ledger.DefaultPage, ledger.PageSize(0))
	require.Equal(t, ledger.DefaultPage, ledger.PageSize(-1))
	require.Equal(t, 7, ledger.PageSize(7))
	require.Equal(t, ledger.MaxPage, ledger.PageSize(math.MaxInt))
}
