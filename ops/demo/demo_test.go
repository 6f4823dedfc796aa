package demo_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const transfers = 300

func play(t *testing.T, cfg demo.Config) *demo.Report {
	t.Helper()
	cfg.Transfers, cfg.Seed, cfg.Out = transfers, 3, io.Discard
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	var report *demo.Report
	require.NoError(t, demo.Run(t.Context(), cfg, false, func(r *demo.Report) error { report = r; return nil }))
	require.NotNil(t, report)
	for _, f := range report.Invariants {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
	return report
}

// A small day holds every invariant; the folder then holds that day, whatever is asked for, and nobody
// else may open it meanwhile.
func TestDayOnAFolder(t *testing.T) {
	cfg := demo.Config{Dir: pgtest.Folder(t)}
	first := play(t, cfg)
	require.False(t, first.Resumed)
	require.EqualValues(t, transfers+9+1, first.Transfers, "the day, the pools' payouts, and one that nobody funds")
	require.Positive(t, first.ByState[messaging.StateReturned])
	require.Positive(t, first.ByState[messaging.StateExpired])
	require.GreaterOrEqual(t, len(first.PerCurrency), 12)
	require.Positive(t, first.Unknowns.Seen)
	require.Positive(t, first.Clearing.Batches)
	require.Equal(t, first.Clearing.Batches, first.Clearing.BatchesSummed, "one set of rates, one numeraire")
	require.LessOrEqual(t, first.Clearing.FIFO, first.Clearing.Reached)
	require.LessOrEqual(t, first.Clearing.Reached, first.Clearing.Bound)
	require.Zero(t, first.Clearing.Alarms)

	again := play(t, cfg)
	require.True(t, again.Resumed)
	require.Equal(t, first.ByState, again.ByState)
	require.Equal(t, first.PerCurrency, again.PerCurrency)
	communal(t, first.Pools)
	require.Equal(t, first.Pools.Steady(), again.Pools.Steady(), "each step once")
	require.Equal(t, first.Pools.Emergency.MS, again.Pools.Emergency.MS)

	stay(t, cfg)
	third := play(t, cfg)
	require.Greater(t, third.Transfers, again.Transfers, "what trickled in is there, and the day is whole")

	lock, err := dev.AcquireLock(cfg.Dir)
	require.NoError(t, err)
	var busy *dev.BusyError
	require.ErrorAs(t, demo.Run(t.Context(), demo.Config{
		Dir: cfg.Dir, Transfers: transfers, Out: io.Discard, Log: slog.New(slog.DiscardHandler),
	}, false, nil), &busy)
	require.NoError(t, lock.Release())

	findings, err := demo.Check(t.Context(), cfg.Dir, slog.New(slog.DiscardHandler), func(int, int) {})
	require.NoError(t, err)
	for _, f := range findings {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}

// communal tells whether five pools saved together, met needs and answered an emergency, each in its own money.
func communal(t *testing.T, r demo.PoolsReport) {
	t.Helper()
	var currencies []string
	for _, one := range r.Each {
		currencies = append(currencies, one.Currency)
		require.Positive(t, one.PaidInMinor, one.Name)
		require.Positive(t, one.PaidOutMinor, one.Name)
		require.Positive(t, one.Decisions, one.Name)
		require.Contains(t, one.Verified, "all as logged", one.Name)
		require.Contains(t, one.View, "hidden", one.Name)
	}
	require.Equal(t, []string{"KES", "ZAR", "PHP", "GBP", "AED"}, currencies)
	require.Equal(t, 1, r.Each[2].PublicLines["declaration"])
	require.Len(t, r.Round.Legs, 4)
	require.Positive(t, r.Round.Batch)
	pot := int64(430_00)
	for _, leg := range r.Round.Legs {
		require.Equal(t, "paid", leg.State, leg.Pool)
		pot += leg.ArrivedMinor
	}
	require.Equal(t, pot, r.Round.PotMinor)
	require.Equal(t, "paid", r.Round.PaidOut)
	require.Equal(t, "done", r.Needs.Match)
	require.Equal(t, "paid", r.Needs.Payout)
	require.Len(t, r.Emergency.Kept, 3)
	require.Positive(t, r.Emergency.MS)
}

// stay keeps the stage up until some traffic has trickled in and anybody can read what its pools show, and ends it as
// Ctrl-C does.
func stay(t *testing.T, cfg demo.Config) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cfg.Transfers, cfg.Seed, cfg.Out, cfg.Log = transfers, 3, io.Discard, slog.New(slog.DiscardHandler)
	door, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg.HTTPAddr = door.Addr().String()
	require.NoError(t, door.Close())
	ended := make(chan error, 1)
	go func() { ended <- demo.Run(ctx, cfg, true, func(*demo.Report) error { return nil }) }()
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(cfg.Dir, "script.json"))
		if err != nil {
			return false
		}
		var script struct {
			Trickled int `json:"trickled"`
		}
		return json.Unmarshal(text, &script) == nil && script.Trickled >= 2
	}, time.Minute, 50*time.Millisecond)
	require.Eventually(t, func() bool {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+cfg.HTTPAddr+"/v1/emergencies", http.NoBody)
		require.NoError(t, err)
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		defer w.Body.Close() //nolint:errcheck // only read
		text, err := io.ReadAll(w.Body)
		return err == nil && strings.Count(string(text), `"state":"paid"`) == 3
	}, time.Minute, 250*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
}

// A PostgreSQL and a NATS that somebody else runs serve as well as our own. No secret of the day is in that database, or
// in what was logged.
func TestDayOnServersThatExist(t *testing.T) {
	broker, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, NoSigs: true,
		JetStreamMaxStore: 1 << 50, // what streams may grow to, not what this disk has
	})
	require.NoError(t, err)
	broker.Start()
	t.Cleanup(func() { broker.Shutdown(); broker.WaitForShutdown() })
	require.True(t, broker.ReadyForConnections(10*time.Second))
	dir, url, told := pgtest.Folder(t), pgtest.New(t), t.TempDir()
	var logged lines
	play(t, demo.Config{Dir: dir, DatabaseURL: url, NATSURL: broker.ClientURL(), ISO20022: told, Log: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})

	t.Run("what the switch told", func(t *testing.T) { tells(t, told, url) })

	secrets := secretsOf(t, dir)
	require.Greater(t, len(secrets), 20)
	require.NotEmpty(t, logged.text.String())
	owner, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // only read
	rows, err := owner.Query(t.Context(), `SELECT relname::text FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relkind = 'r'`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, table := range tables {
		_, err := owner.PgConn().CopyTo(t.Context(), &logged, `COPY (SELECT t::text FROM ledger.`+table+` t) TO STDOUT`)
		require.NoError(t, err)
	}
	said := logged.text.String()
	require.Contains(t, said, hex.EncodeToString([]byte("mpesa-ke")), "bodies are there, in hexadecimal")
	for name, secret := range secrets {
		require.False(t, strings.Contains(said, secret) || strings.Contains(said, hex.EncodeToString([]byte(secret))), "the secret %s is told", name)
	}
}

// lines is a text that many write.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(more []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(more)
}

// secretsOf are the texts of a demo's keys that nobody else may read, by where they stand.
func secretsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	require.NoError(t, err)
	var kept any
	require.NoError(t, json.Unmarshal(text, &kept))
	secrets := map[string]string{}
	var collect func(name string, v any)
	collect = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				collect(name+"."+key, inner)
			}
		case []any:
			for n, inner := range v {
				collect(fmt.Sprint(name, ".", n), inner)
			}
		case string:
			if !strings.Contains(name, "public") {
				parts := strings.Split(v, "\n") // of a PEM key: any line of its middle
				secrets[name] = parts[len(parts)/2]
			}
		}
	}
	collect("", kept)
	return secrets
}
