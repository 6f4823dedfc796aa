package store

import (
	"io/fs"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// migrateTo brings a database to the schema of an earlier version.
func migrateTo(t *testing.T, url string, version int64) {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	db := stdlib.OpenDB(*config)
	defer db.Close() //nolint:errcheck // nothing is left to lose
	files, err := fs.Sub(migrations, "migrations")
	require.NoError(t, err)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	require.NoError(t, err)
}

// A ledger from before groups had one window at a time: they become those of the default group, and its credit
// lines stand unsecured.
func TestLedgerFromBeforeGroups(t *testing.T) {
	url := pgtest.New(t)
	migrateTo(t, url, 7)
	owner, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer owner.Close(t.Context()) //nolint:errcheck // the test is over
	_, err = owner.Exec(t.Context(), `
		SELECT ledger.make_partitions('2026-04-13 06:00Z');
		INSERT INTO ledger.account VALUES (1, 1, 'position', 'KES'), (2, 1, 'settlement', 'KES');
		INSERT INTO ledger.batch (id, epoch, settlement_window, decided_at, intents, cleared, queued, log_index)
		VALUES (1, 1, 1, '2026-04-13 06:00Z', 0, 0, 0, 0), (2, 1, 2, '2026-04-13 07:00Z', 0, 0, 0, 1), (3, 1, 3, '2026-04-13 08:00Z', 0, 0, 0, 3);
		INSERT INTO ledger.window_event VALUES (1, 'open', 1), (1, 'closed', 2), (1, 'settled', 2), (2, 'open', 2), (2, 'closed', 3), (2, 'settling', 3), (3, 'open', 3);
		INSERT INTO ledger.window_net VALUES (2, 1, 0, 7, -7);
		INSERT INTO ledger.posting (id, batch, kind, debit, credit, amount, currency) VALUES (1, 2, 'fund', 1, 2, 7, 'KES');
		INSERT INTO ledger.balance (account, batch, debits, credits, gross_in, gross_out) VALUES (1, 2, 7, 0, 0, 7), (2, 2, 0, 7, 0, 0);
		INSERT INTO ledger.credit_line VALUES (1, 1, 500), (1, 2, 300)`)
	require.NoError(t, err)
	require.NoError(t, Migrate(t.Context(), url))
	april := ledger.FirstID(time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC))
	_, err = owner.Exec(t.Context(), `INSERT INTO ledger.posting_2026_04 (id, batch, kind, debit, credit, amount, currency) VALUES ($1, 3, 'reserve', 2, 1, 7, 'KES')`, april)
	require.NoError(t, err, "partitions that were made before take the new kinds")
	books, err := Open(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	s, err := lead.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, []ledger.OpenWindow{{ID: 3, Group: settlement.DefaultGroup, OpenedBatch: 3}}, s.OpenWindows)
	require.Equal(t, []ledger.ClosedWindow{{ID: 2, Group: settlement.DefaultGroup}}, s.ClosedWindows)
	require.Equal(t, []ledger.WindowNet{{Window: 2, Account: 1, GrossOut: 7}}, s.Unsettled)
	require.EqualValues(t, 3, s.LastWindow)
	require.Equal(t, map[int64]int64{1: 300}, s.CreditLines)
	require.Empty(t, s.Targets)
	require.Equal(t, []ledger.CreditTerms{{Account: 1, UnsecuredMinor: 300}}, s.CreditTerms)
	require.EqualValues(t, 2, s.BalanceBatches[1])
	var index int64
	require.NoError(t, owner.QueryRow(t.Context(), `SELECT log_index FROM ledger.window_event WHERE settlement_window = 3`).Scan(&index))
	require.EqualValues(t, 3, index)
	windows, err := books.Windows(t.Context())
	require.NoError(t, err)
	require.Equal(t, settlement.WindowSettling, windows[1].State)
}
