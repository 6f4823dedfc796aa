package decide

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Memory is compared with the database from each comparison to the next, and a difference is found on either side.
func TestDriftIsFound(t *testing.T) {
	w := funded(t)
	w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00)))
	first := w.close("")
	w.decide(nil, w.intents("gcash-ph", w.intent("b", "gcash-ph", "mpesa-ke", 200_00)))
	second := w.close("")
	require.Len(t, second.Totals, len(w.state.accounts))
	books := stored(t, w)
	require.NoError(t, books.Compare(t.Context(), first.ID, first.Totals))
	require.NoError(t, books.Compare(t.Context(), second.ID, second.Totals))
	require.NoError(t, books.Compare(t.Context(), second.ID, second.Totals), "twice is once")
	for range 50 {
		require.NoError(t, books.SelfCheck(t.Context()))
	}
	var drift *ledger.DriftError
	second.Totals[0].Credits++
	require.ErrorAs(t, books.Compare(t.Context(), second.ID, second.Totals), &drift)
	require.Equal(t, first.ID, drift.After)
	require.EqualValues(t, 1, drift.Account)
	second.Totals[0].Credits--
	require.ErrorAs(t, books.Compare(t.Context(), second.ID, second.Totals[1:]), &drift, "an account that memory does not have")
}

// The closing balance of a statement is the opening balance of the next, and its lines lead from one to the other.
func TestStatementsFollowOnEachOther(t *testing.T) {
	w := village(t)
	w.decide(nil, w.intents("debtor", w.intent("a", "debtor", "creditor", 250_01)), w.intents("creditor", w.intent("b", "creditor", "debtor", 20_00)))
	w.close("village")
	w.now = w.now.Add(time.Hour)
	w.decide(nil)
	w.close("village")
	books := stored(t, w)
	span, err := books.WindowSpan(t.Context(), 2)
	require.NoError(t, err)
	_, err = books.WindowSpan(t.Context(), 99)
	require.ErrorIs(t, err, ledger.ErrNoWindow)
	last := int64(len(w.batches))
	for _, name := range []string{"debtor", "creditor", "large", "guarantor"} {
		closing := map[int64]int64{}
		for _, part := range []ledger.Span{{First: 1, Last: span.First - 1}, span, {First: span.Last + 1, Last: last - 1}, {First: last, Last: last}} {
			balance := map[int64]int64{}
			accounts, err := books.Statement(t.Context(), name, kes, part, func(v ledger.StatementLine) error {
				balance[v.Account] = v.BalanceMinor
				require.NotZero(t, v.AmountMinor)
				return nil
			})
			require.NoError(t, err)
			require.NotEmpty(t, accounts)
			for _, a := range accounts {
				require.Equal(t, closing[a.Account], a.OpeningMinor)
				if a.Postings > 0 {
					require.Equal(t, balance[a.Account], a.ClosingMinor)
				}
				closing[a.Account] = a.ClosingMinor
			}
		}
		require.Equal(t, w.balanceOf(name, ledger.Settlement, kes), closing[int64(w.state.find(w.state.byName[name].ID, ledger.Settlement, kes))+1])
	}
}
