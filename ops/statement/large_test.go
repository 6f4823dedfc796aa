package statement

import (
	"context"
	"flag"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

var largeDay = flag.Int("large", 12_000, "how many entries a large day has")

// A day of more entries than a page goes out page by page. The log says how long it took, and how much of it was in
// memory at once; -large 1000000 makes it a large one.
func TestLargeDayIsNotHeld(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	owner, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // of a test
	n := *largeDay
	_, err = owner.Exec(t.Context(), `
		INSERT INTO ledger.participant (id, name, country, currency, role, signing_key, suspended, payout_increment_minor, payout_min_minor, payout_max_minor, reserves)
		VALUES (1, 'alpha-ke', 'KE', 'KES', 'operator', '', false, 1, 1, 1, false), (2, 'beta-ke', 'KE', 'KES', 'operator', '', false, 1, 1, 1, false);
		INSERT INTO ledger.account (id, participant, kind, currency) VALUES (1, 1, 'position', 'KES'), (2, 2, 'position', 'KES')`)
	require.NoError(t, err)
	_, err = owner.Exec(t.Context(), `SELECT ledger.make_partitions($1)`, firstDay)
	require.NoError(t, err)
	tx, err := owner.Begin(t.Context())
	require.NoError(t, err)
	first := ledger.FirstID(firstDay)
	for _, sql := range []string{
		`INSERT INTO ledger.transfer (id, batch, debtor, creditor, intent, envelope_sequence, envelope_place, source_minor, source_currency, destination_minor,
			destination_currency, quote, residual_nano, residual_currency, received_at, deadline)
			SELECT $1::bigint + i, 1, 1, 2, 'o' || i, 1, i, 1, 'KES', 1, 'KES', '', 0, 'KES', $3::timestamptz, $3 FROM generate_series(1, $2::int) AS i`,
		`INSERT INTO ledger.posting (id, batch, transfer, kind, debit, credit, amount, currency)
			SELECT $1::bigint + i, 1, $1::bigint + i, 'clear', 1, 2, 1 + i % 1000, 'KES' FROM generate_series(1, $2::int) AS i WHERE $3::timestamptz IS NOT NULL`,
		`INSERT INTO ledger.balance (account, batch, debits, credits)
			SELECT a, 1, CASE a WHEN 1 THEN sum(1 + i % 1000) ELSE 0 END, CASE a WHEN 2 THEN sum(1 + i % 1000) ELSE 0 END
			FROM generate_series(1, $2::int) AS i, generate_series(1, 2) AS a WHERE $3::timestamptz IS NOT NULL AND $1::bigint > 0 GROUP BY a`,
		`INSERT INTO ledger.batch (id, epoch, settlement_window, decided_at, intents, cleared, queued, log_index)
			SELECT 1, 1, 1, $3::timestamptz, $2::int, $2::int, 0, 0 WHERE $1::bigint > 0`,
	} {
		_, err := tx.Exec(t.Context(), sql, first, n, firstDay)
		require.NoError(t, err, sql)
	}
	require.NoError(t, tx.Commit(t.Context()))
	_, err = owner.Exec(t.Context(), `ANALYZE`)
	require.NoError(t, err)
	books, err := store.OpenReader(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()

	began, entries, pages, peak := time.Now(), 0, 0, uint64(0)
	c := config(EndOfDay, "alpha-ke", kes, days[0])
	require.NoError(t, c.read(t.Context(), books, func(d *day) error {
		return d.pages(t.Context(), d.Accounts[0], EndOfDay, func(s iso20022.Statement) error {
			data, err := s.Marshal(iso20022.MessageStatement)
			require.NoError(t, err)
			require.NotEmpty(t, data)
			entries, pages = entries+len(s.Entries), pages+1
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			peak = max(peak, memory.HeapAlloc)
			return nil
		})
	}))
	require.Equal(t, n, entries)
	require.Equal(t, (n+pageEntries-1)/pageEntries, pages)
	t.Logf("camt.053: %d entries on %d pages in %s, at most %d MB in memory", entries, pages, time.Since(began).Round(time.Millisecond), peak>>20)
	for _, format := range []Format{CSV, Journal} {
		began = time.Now()
		require.NoError(t, Write(t.Context(), books, config(format, "alpha-ke", kes, days[0]), io.Discard))
		t.Logf("%s: %s", format, time.Since(began).Round(time.Millisecond))
	}
}
