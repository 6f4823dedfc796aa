package audit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/journal/journaltest"
	"github.com/ayni-switch/ayni/settlement/audit/verify/verifytest"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

var kes = fx.MustCurrency("KES")

// shillings is an amount in KES.
func shillings(n int64) fx.Money { return fx.Money{Minor: n * 100, Currency: kes} }

// madeUp is a log in which nairobi, with 1,000 shillings behind it, wants to send more than it has until mombasa sends
// some back. It returns its batches.
func madeUp(t *testing.T, dir string, last int64) (batches []*ledger.Batch) {
	t.Helper()
	l := verifytest.New(t, dir)
	l.Join("nairobi", kes, shillings(1000).Minor)
	l.Join("mombasa", kes, shillings(1000).Minor)
	batches = append(batches, l.Batch())
	l.Send("nairobi", l.Intent("n-1", "mombasa", shillings(700)), l.Intent("n-2", "mombasa", shillings(800)))
	batches = append(batches, l.Batch())
	var paid []messaging.Outcome
	for _, transfer := range batches[1].Transfers {
		if transfer.Source == shillings(800) {
			paid = append(paid, verifytest.Paid(transfer))
		}
	}
	l.Report("mombasa", paid...)
	batches = append(batches, l.Batch())
	l.Send("mombasa", l.Intent("m-1", "nairobi", shillings(600)))
	batches = append(batches, l.Batch())
	l.Ask(settlement.CommandCloseWindow, settlement.CloseWindow{})
	batches = append(batches, l.Batch())
	l.Send("mombasa", l.Intent("m-2", "nairobi", shillings(last)))
	batches = append(batches, l.Batch())
	l.Commit()
	return batches
}

func TestStateAtAnyMoment(t *testing.T) {
	cfg := audit.Config{Dir: t.TempDir()}
	batches := madeUp(t, cfg.Dir, 5)
	for i, b := range batches {
		last := b.Log[len(b.Log)-1].Index
		for _, until := range []audit.Moment{{Index: b.LogIndex}, {Index: last}, {At: b.DecidedAt}, {At: b.DecidedAt.Add(time.Second / 2)}} {
			state, err := audit.StateAt(t.Context(), cfg, until)
			require.NoError(t, err)
			require.Equal(t, b.ID, state.Batch, "%v", until)
		}
		if i == 1 {
			state, err := audit.StateAt(t.Context(), cfg, audit.Moment{Index: b.LogIndex})
			require.NoError(t, err)
			positions, err := state.Positions()
			require.NoError(t, err)
			require.Equal(t, -shillings(800).Minor, positions[0].BalanceMinor)
			require.Equal(t, shillings(200).Minor, positions[0].AvailableMinor)
		}
	}
	var outside *audit.RangeError
	for _, index := range []int64{-1, batches[5].LogIndex + 1} {
		_, err := audit.StateAt(t.Context(), cfg, audit.Moment{Index: index})
		require.ErrorAs(t, err, &outside)
	}
}

// What is wrong with a log ends everything that rests on it, and nothing that rests on what is before it.
func TestDifferenceEndsReplays(t *testing.T) {
	cfg := audit.Config{Dir: t.TempDir()}
	batches := madeUp(t, cfg.Dir, 5)
	damaged := batches[3]
	require.NoError(t, os.Remove(blobFile(cfg.Dir, damaged.Inputs.Hash)))

	var differs *audit.DiffersError
	_, err := audit.StateAt(t.Context(), cfg, audit.Moment{Index: damaged.LogIndex})
	require.ErrorAs(t, err, &differs)
	require.Equal(t, damaged.LogIndex, differs.Index)
	state, err := audit.StateAt(t.Context(), cfg, audit.Moment{Index: damaged.LogIndex - 1})
	require.NoError(t, err)
	require.Equal(t, damaged.ID-1, state.Batch)

	out := filepath.Join(t.TempDir(), "books")
	for _, format := range []audit.Format{audit.Hledger, audit.CSV, audit.Parquet} {
		require.ErrorAs(t, audit.Journal(t.Context(), cfg, format, out), &differs)
	}
	require.ErrorAs(t, audit.JournalByDay(t.Context(), cfg, out), &differs)
	left, err := os.ReadDir(filepath.Dir(out))
	require.NoError(t, err)
	require.Empty(t, left, "nothing of what does not hold is written")
	_, err = audit.Diff(t.Context(), cfg, cfg)
	require.ErrorAs(t, err, &differs)
}

func blobFile(dir string, hash [32]byte) string {
	name := fmt.Sprintf("%x", hash)
	return filepath.Join(dir, "blobs", name[:2], name)
}

// hledger adds up the journal and comes to the balances of the replay.
func TestJournalIsTheReplays(t *testing.T) {
	journaltest.Need(t, "hledger")
	cfg := audit.Config{Dir: t.TempDir()}
	batches := madeUp(t, cfg.Dir, 5)
	state, err := audit.StateAt(t.Context(), cfg, audit.Moment{Index: batches[5].LogIndex})
	require.NoError(t, err)
	want := map[string]int64{}
	for id, b := range state.Balances {
		if b.Credits != b.Debits {
			want[state.Accounts[id].Name+" KES"] = b.Credits - b.Debits
		}
	}
	require.NotEmpty(t, want)

	file, days := filepath.Join(t.TempDir(), "books.journal"), filepath.Join(t.TempDir(), "days")
	require.NoError(t, audit.Journal(t.Context(), cfg, audit.Hledger, file))
	require.NoError(t, audit.JournalByDay(t.Context(), cfg, days))
	for _, written := range []string{file, filepath.Join(days, "2026-04-13.journal")} {
		text, err := os.ReadFile(written)
		require.NoError(t, err)
		_, err = journaltest.Hledger(t, string(text), "check", "--strict")
		require.NoError(t, err)
		require.Equal(t, want, journaltest.Balances(t, string(text)))
	}
	require.Error(t, audit.JournalByDay(t.Context(), cfg, days), "what is there stays")
}

func TestDiffSaysWhereLogsPart(t *testing.T) {
	a, b := audit.Config{Dir: t.TempDir()}, audit.Config{Dir: t.TempDir()}
	batches := madeUp(t, a.Dir, 5)
	madeUp(t, b.Dir, 6)
	same, err := audit.Diff(t.Context(), a, a)
	require.NoError(t, err)
	require.True(t, same.Same())
	require.Empty(t, same.End)

	parted, err := audit.Diff(t.Context(), a, b)
	require.NoError(t, err)
	require.False(t, parted.Same())
	require.Equal(t, batches[5].LogIndex, parted.Common)
	require.NotEqual(t, parted.EntryA, parted.EntryB)
	require.NotEmpty(t, parted.End)
}
