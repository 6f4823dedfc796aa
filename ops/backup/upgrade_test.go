package backup_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/backup"
	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

var freeze = flag.Bool("freeze", false, "write a day by today's schema to testdata, beside those of before")

// frozen is the first line of a file of testdata: JSON. What COPY wrote of each table follows.
type frozen struct {
	Schema  int64
	Paid    int64 // transfers
	Persons []byte
	Secrets secrets
}

// A ledger of an earlier version is brought to today's schema, goes on under today's engine, and is sound as a whole.
func TestLedgersOfEarlierVersionsGoOn(t *testing.T) {
	if *freeze {
		freezeDay(t)
	}
	files, err := filepath.Glob("testdata/schema-*.gz")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".gz"), func(t *testing.T) {
			w, paid := thaw(t, file)
			_, err := backup.Reconnect(t.Context(), w.data, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			w.up()
			w.settled(paid)
			w.send(1000, 1010)
			w.settled(paid + 10)
			w.sound()
			w.stop()
		})
	}
}

// freezeDay plays a small day and writes it down.
func freezeDay(t *testing.T) {
	t.Helper()
	w := newTown(t)
	w.up()
	w.found()
	w.send(0, 20)
	w.settled(20)
	conn := w.owner(w.servers.DatabaseURL())
	head := frozen{Paid: 20, Secrets: w.secrets}
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT max(version_id) FROM public.goose_db_version`).Scan(&head.Schema))
	var err error
	head.Persons, err = os.ReadFile(filepath.Join(w.data, "persons.keys"))
	require.NoError(t, err)
	var file bytes.Buffer
	packed, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
	require.NoError(t, err)
	require.NoError(t, json.MarshalWrite(packed, head))
	_, err = fmt.Fprintln(packed)
	require.NoError(t, err)
	rows, err := conn.Query(t.Context(), `SELECT relname::text FROM pg_class WHERE relnamespace = 'ledger'::regnamespace
		AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, table := range tables {
		_, err := fmt.Fprintln(packed, table)
		require.NoError(t, err)
		_, err = conn.PgConn().CopyTo(t.Context(), packed, `COPY (SELECT * FROM ledger.`+table+`) TO STDOUT`)
		require.NoError(t, err)
		_, err = fmt.Fprintln(packed, `\.`)
		require.NoError(t, err)
	}
	require.NoError(t, packed.Close())
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	require.NoError(t, os.WriteFile(fmt.Sprintf("testdata/schema-%05d.gz", head.Schema), file.Bytes(), 0o600))
	w.stop()
}

func (w *town) owner(url string) *pgx.Conn {
	conn, err := pgx.Connect(w.t.Context(), url)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// thaw makes the data folder that a file was written of, by its own schema, and says how many transfers it has paid.
func thaw(t *testing.T, file string) (*town, int64) {
	t.Helper()
	packed, err := os.Open(file)
	require.NoError(t, err)
	defer packed.Close() //nolint:errcheck // only read
	text, err := gzip.NewReader(packed)
	require.NoError(t, err)
	lines := bufio.NewReader(text)
	first, err := lines.ReadBytes('\n')
	require.NoError(t, err)
	var head frozen
	require.NoError(t, json.Unmarshal(first, &head))
	w := townOf(t, head.Secrets)
	require.NoError(t, os.WriteFile(filepath.Join(w.data, "persons.keys"), head.Persons, 0o600))
	quiet := slog.New(slog.DiscardHandler)
	servers, err := dev.Start(t.Context(), dev.Config{Dir: w.data, Logger: quiet}) // makes the database
	require.NoError(t, err)
	require.NoError(t, servers.Close(t.Context()))
	server, err := postgres.Start(t.Context(), postgres.Config{Dir: w.data, Logger: quiet})
	require.NoError(t, err)
	url := server.URL(postgres.Superuser, "ayni")
	migrateTo(t, url, head.Schema)
	w.load(url, lines)
	require.NoError(t, server.Stop(t.Context()))
	return w, head.Paid
}

// migrateTo brings a database to the schema of an earlier version.
func migrateTo(t *testing.T, url string, version int64) {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	db := stdlib.OpenDB(*config)
	defer db.Close() //nolint:errcheck // nothing is left to lose
	provider, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("../../settlement/store/migrations"))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	require.NoError(t, err)
}

// load writes tables as freezeDay read them.
func (w *town) load(url string, lines *bufio.Reader) {
	conn, ctx := w.owner(url), w.t.Context()
	_, err := conn.Exec(ctx, `SET session_replication_role = replica`) // what is written was checked when it was
	require.NoError(w.t, err)
	for {
		table, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(w.t, err)
		table = strings.TrimSpace(table)
		var rows bytes.Buffer
		for row := ""; row != "\\.\n"; {
			rows.WriteString(row)
			row, err = lines.ReadString('\n')
			require.NoError(w.t, err)
		}
		_, err = conn.Exec(ctx, `DELETE FROM ledger.`+table)
		require.NoError(w.t, err)
		_, err = conn.PgConn().CopyFrom(ctx, &rows, `COPY ledger.`+table+` FROM STDIN`)
		require.NoError(w.t, err, table)
		if table == "batch" { // the tables that follow are kept by month
			_, err = conn.Exec(ctx, `SELECT ledger.make_partitions(month) FROM (SELECT DISTINCT date_trunc('month', decided_at, 'UTC') AS month FROM ledger.batch) months`)
			require.NoError(w.t, err)
		}
	}
}
