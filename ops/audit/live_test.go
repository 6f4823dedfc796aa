package audit_test

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/demo"
	logaudit "github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/journal/journaltest"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// A demo's day, exported: its ledger is the export, its journal adds up, and by the rules that it had it is itself.
func TestDemoDay(t *testing.T) {
	database, export := pgtest.New(t), filepath.Join(t.TempDir(), "export")
	require.NoError(t, demo.Run(t.Context(), demo.Config{
		Dir: pgtest.Folder(t), DatabaseURL: database, Transfers: 300, Seed: 3, Export: export, Out: io.Discard, Log: slog.New(slog.DiscardHandler),
	}, false, func(*demo.Report) error { return nil }))
	cfg := audit.Config{Dir: export}

	t.Run("receipts of the ledger are those of the export", func(t *testing.T) { testLiveReceipts(t, cfg, database) })
	t.Run("the ledger is the export", func(t *testing.T) { testLedgerIsTheExport(t, cfg, database) })
	t.Run("what a running switch shows is its export", func(t *testing.T) { testEvidence(t, cfg, database) })
	t.Run("the journal adds up", func(t *testing.T) { testJournalAddsUp(t, cfg) })
	t.Run("the same rules make the same day", func(t *testing.T) {
		r, err := audit.WhatIf(t.Context(), cfg, "", netting.TierC)
		require.NoError(t, err)
		require.Equal(t, r.Total.Was, r.Total.Would)
		require.Positive(t, r.Total.Was.Cleared)
		strict, err := audit.WhatIf(t.Context(), cfg, "", netting.TierA)
		require.NoError(t, err)
		require.Equal(t, r.Total.Was, strict.Total.Was)
	})
}

// Every transfer of a day has its receipt from the ledger, and it is the one that a replay of the export makes.
func testLiveReceipts(t *testing.T, cfg audit.Config, database string) {
	t.Helper()
	books, err := store.OpenPersonal(t.Context(), database)
	require.NoError(t, err)
	defer books.Close()
	export, err := logaudit.OpenExport(os.DirFS(cfg.Dir), logaudit.Trust{})
	require.NoError(t, err)
	replayed := map[messaging.State]bool{}
	err = books.EachTransfer(t.Context(), ledger.TransferFilter{}, func(x ledger.FoundTransfer) error {
		live, err := audit.LiveReceipt(t.Context(), books, export.Log(), x.ID)
		require.NoError(t, err)
		if replayed[x.State] {
			return nil
		}
		replayed[x.State] = true
		receipt, err := audit.Receipt(t.Context(), cfg, x.ID)
		require.NoError(t, err)
		require.Equal(t, receipt, live)
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(replayed), 1)
	_, err = audit.LiveReceipt(t.Context(), books, export.Log(), 1)
	require.ErrorIs(t, err, ledger.ErrNoTransfer)
}

func testLedgerIsTheExport(t *testing.T, cfg audit.Config, database string) {
	t.Helper()
	books, err := store.OpenPersonal(t.Context(), database)
	require.NoError(t, err)
	defer books.Close()
	cfg.Ledger = books
	r, err := audit.Verify(t.Context(), cfg)
	require.NoError(t, err)
	require.True(t, r.OK(), "%s", r)
	require.Equal(t, r.Batches, r.Ledger)

	for _, forged := range []struct{ forge, where string }{
		{`UPDATE ledger.balance SET debits = debits + 1 WHERE (account, batch) = (SELECT account, batch FROM ledger.balance ORDER BY batch DESC LIMIT 1)`, "rows"},
		{`UPDATE ledger.liquidity SET prefund_minor = prefund_minor + 1 WHERE (account, batch) = (SELECT account, batch FROM ledger.liquidity LIMIT 1)`, "rows"},
		{`DELETE FROM ledger.transfer_event WHERE state = 'paid'`, "rows"},
		{`UPDATE ledger.transfer SET destination_minor = destination_minor + 1 WHERE source_currency <> destination_currency`, "rows"},
		{`DELETE FROM ledger.posting WHERE id = (SELECT max(id) FROM ledger.posting)`, "rows"},
		{`INSERT INTO ledger.balance (account, batch, debits, credits) VALUES (1, 3, 0, 0) ON CONFLICT (account, batch) DO UPDATE SET credits = 7`, "rows"},
		{`UPDATE ledger.log_entry SET body = set_byte(body, 3, 65) WHERE index = 5`, "the log"},
		{`UPDATE ledger.log_checkpoint SET note = (SELECT note FROM ledger.log_checkpoint ORDER BY size LIMIT 1)`, "checkpoint"},
		{`DELETE FROM ledger.log_blob WHERE batch = 2`, "blobs"},
	} {
		conn, err := pgx.Connect(t.Context(), database)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), `SET session_replication_role = replica`) // past the guards
		require.NoError(t, err)
		r := verifyForged(t, conn, cfg, forged.forge)
		require.False(t, r.OK(), forged.forge)
		require.Contains(t, r.Difference.Where, "the ledger")
		require.Contains(t, r.Difference.Where, forged.where, forged.forge)
		require.NoError(t, conn.Close(t.Context()))
	}
}

// verifyForged verifies a ledger that somebody has written to, and puts it right again.
func verifyForged(t *testing.T, conn *pgx.Conn, cfg audit.Config, forge string) *audit.Report {
	t.Helper()
	kinds := []string{"balance", "liquidity", "transfer_event", "transfer", "posting", "log_entry", "log_checkpoint", "log_blob"}
	for _, kind := range kinds {
		_, err := conn.Exec(t.Context(), `CREATE TEMP TABLE kept_`+kind+` AS SELECT * FROM ledger.`+kind)
		require.NoError(t, err)
	}
	tag, err := conn.Exec(t.Context(), forge)
	require.NoError(t, err, forge)
	require.Positive(t, tag.RowsAffected(), forge)
	r, err := audit.Verify(t.Context(), cfg)
	require.NoError(t, err)
	for _, kind := range kinds {
		_, err := conn.Exec(t.Context(), `DELETE FROM ledger.`+kind+`; INSERT INTO ledger.`+kind+` SELECT * FROM kept_`+kind)
		require.NoError(t, err)
	}
	return r
}

func testJournalAddsUp(t *testing.T, cfg audit.Config) {
	t.Helper()
	journaltest.Need(t, "hledger")
	r, err := audit.Verify(t.Context(), cfg)
	require.NoError(t, err)
	state, err := audit.StateAt(t.Context(), cfg, audit.Moment{Index: r.Entries - 1})
	require.NoError(t, err)
	want := map[string]int64{}
	for id, b := range state.Balances {
		if a := state.Accounts[id]; b.Credits != b.Debits {
			want[a.Name+" "+a.Currency.String()] = b.Credits - b.Debits
		}
	}
	file := filepath.Join(t.TempDir(), "day.journal")
	require.NoError(t, audit.Journal(t.Context(), cfg, audit.Hledger, file))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	_, err = journaltest.Hledger(t, string(text), "check", "--strict")
	require.NoError(t, err)
	require.Equal(t, want, journaltest.Balances(t, string(text)))
}
