package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// Months leave, the oldest first and only when everything in them has ended; the switch and the check go on,
// and the check says what it did not see. Put back, everything can be read again.
func TestMonthsLeaveAndComeBack(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	owner, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	defer owner.Close()
	verifier, err := note.NewVerifier(makeLarge(t, owner, 4*largeBatch))
	require.NoError(t, err)
	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	seen := func() string {
		findings, err := books.Check(t.Context(), verifier)
		require.NoError(t, err)
		for _, f := range findings {
			require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
		}
		return findings[len(findings)-1].Detail
	}
	try := func(what, month string) error {
		_, err := owner.Exec(t.Context(), "SELECT ledger."+what+"_month($1)", month)
		return err
	}
	require.Equal(t, "the whole ledger", seen())
	require.ErrorContains(t, try("detach", "2026-02-15"), "the oldest leaves first")
	require.ErrorContains(t, try("detach", "2026-04-15"), "is not over")
	require.NoError(t, try("detach", "2026-01-15"))
	require.Equal(t, "from 2026-02, batch 2 on; not seen: 1 detached months with 0 transfers and 42 postings", seen())
	require.NoError(t, try("detach", "2026-02-15"))
	require.Equal(t, "from 2026-03, batch 4 on; not seen: 2 detached months with 20100 transfers and 26844 postings", seen())
	require.Error(t, try("detach", "2026-02-15"), "once")

	// What is no longer there is not made up, and what is attached is still held against everything.
	require.ErrorContains(t, books.History(t.Context(), func(ledger.PastBatch) error { return nil }), "what was before 2026-03 is detached")
	march := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var detached *ledger.DetachedError
	require.ErrorAs(t, books.Books(t.Context(), ledger.Period{From: march.AddDate(0, 0, -1), Until: march}, nil), &detached)
	require.NoError(t, books.Books(t.Context(), ledger.Period{From: march, Until: march.AddDate(0, 1, 0)}, func(v *store.Books) error {
		require.NotEmpty(t, v.Accounts)
		return nil
	}))
	for change, undo := range map[string]string{
		"UPDATE ledger.posting SET amount = amount + 1 WHERE id = (SELECT max(id) FROM ledger.posting)": "UPDATE ledger.posting SET amount = amount - 1 WHERE id = (SELECT max(id) FROM ledger.posting)",
		"UPDATE ledger.envelope SET sequence = -sequence WHERE sequence = 5":                            "UPDATE ledger.envelope SET sequence = -sequence WHERE sequence < 0",
		"UPDATE ledger.outbox SET id = -id WHERE id = 300":                                              "UPDATE ledger.outbox SET id = -id WHERE id < 0",
	} {
		broken := false
		for _, sql := range []string{change, undo} {
			_, err = owner.Exec(t.Context(), "SET ledger.change_the_past = 'on'; "+sql)
			require.NoError(t, err)
			findings, err := books.Check(t.Context(), verifier)
			require.NoError(t, err)
			all := true
			for _, f := range findings {
				all = all && f.OK
			}
			broken = broken || !all
			if sql == undo {
				require.True(t, all, undo)
			}
		}
		require.True(t, broken, change)
	}

	// The engine takes the lead and writes on.
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	snapshot, err := lead.Load(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 7, snapshot.LastBatch)
	require.EqualValues(t, 480, snapshot.LastOutbox)
	require.NoError(t, lead.Write(t.Context(), lead.Encode(&ledger.Batch{
		ID: 8, Window: 1, DecidedAt: time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC), Checkpoint: ledger.Checkpoint{Size: 8, Note: "unsigned in this test"},
	})))
	lead.Release()
	_, err = owner.Exec(t.Context(), "SET ledger.change_the_past = 'on'; DELETE FROM ledger.batch WHERE id = 8; DELETE FROM ledger.log_checkpoint WHERE size = 8")
	require.NoError(t, err)
	require.Equal(t, []string{denied, denied, denied}, as(t, url, "ayni_engine", "SELECT ledger.detach_month('2026-03-01')",
		"SELECT ledger.attach_month('2026-02-01')", "INSERT INTO ledger.posting_2026_02 SELECT * FROM ledger.posting LIMIT 1"))

	require.ErrorContains(t, try("attach", "2026-01-15"), "not the month that left last")
	require.NoError(t, try("attach", "2026-02-15"))
	require.NoError(t, try("attach", "2026-01-15"))
	require.Equal(t, "the whole ledger", seen())
}
