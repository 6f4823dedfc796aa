package doctor_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/doctor"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// of are the findings of a check.
func of(all []doctor.Finding, check string) (found []doctor.Finding) {
	for _, f := range all {
		if f.Check == check {
			found = append(found, f)
		}
	}
	return found
}

// is wants one finding of a check, in a state; what is ill says how to mend it.
func is(t *testing.T, all []doctor.Finding, check string, state doctor.State) {
	t.Helper()
	found := of(all, check)
	require.Len(t, found, 1, "%s: %+v", check, all)
	assert.Equal(t, state, found[0].State, "%+v", found[0])
	assert.Equal(t, state == doctor.OK, found[0].Mend == "", "%+v", found[0])
}

func exec(t *testing.T, url string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // it is done
	for _, statement := range statements {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

func TestDatabase(t *testing.T) {
	url := pgtest.New(t)
	look := func() []doctor.Finding {
		return doctor.Examine(t.Context(), doctor.Config{DatabaseURL: url, LogKey: "no key"})
	}
	is(t, look(), "migrations", doctor.Fail)
	require.NoError(t, store.Migrate(t.Context(), url))
	all := look()
	for _, check := range []string{"PostgreSQL", "migrations", "grants", "outbox", "clock of the database"} {
		is(t, all, check, doctor.OK)
	}
	is(t, all, "lease", doctor.Warn)
	is(t, all, "login", doctor.Warn)
	is(t, all, "fsync", doctor.Fail) // tests have a server that does not flush
	is(t, all, "log", doctor.Fail)

	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	lead, err := books.TakeLead(t.Context(), "nairobi-1")
	require.NoError(t, err)
	is(t, look(), "lease", doctor.OK)
	lead.Release()

	exec(t, url, "UPDATE ledger.lease_renewal SET renewed_at = now() - interval '1 hour'",
		"GRANT DELETE ON ledger.posting TO ayni_engine", "GRANT UPDATE ON ledger.posting TO ayni_engine",
		"DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)",
		"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$")
	all = look()
	is(t, all, "lease", doctor.Warn)
	is(t, all, "migrations", doctor.Fail)
	is(t, all, "synchronous_commit", doctor.Fail)
	is(t, all, "grants", doctor.Fail)
	assert.Contains(t, of(all, "grants")[0].Detail, "posting (update), posting")
	assert.Equal(t, doctor.Fail, doctor.Worst(all))
	exec(t, url, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
	assert.Contains(t, of(look(), "migrations")[0].Mend, "newer")
	is(t, doctor.Examine(t.Context(), doctor.Config{DatabaseURL: "postgres://127.0.0.1:1/ayni"}), "database", doctor.Fail)
}

func TestBroker(t *testing.T) {
	broker, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, HTTPHost: "127.0.0.1", HTTPPort: server.RANDOM_PORT,
		JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	require.NoError(t, err)
	broker.Start()
	t.Cleanup(func() { broker.Shutdown(); broker.WaitForShutdown() })
	require.True(t, broker.ReadyForConnections(time.Minute))
	at := messaging.Endpoint{URL: broker.ClientURL()}
	monitor := "http://" + broker.MonitorAddr().String()
	look := func() []doctor.Finding {
		return doctor.Examine(t.Context(), doctor.Config{Broker: at, Monitor: monitor})
	}
	log := "stream " + messaging.StreamLog
	is(t, look(), log, doctor.Fail)
	require.NoError(t, messaging.Provision(t.Context(), at, nil))
	all := look()
	assert.Empty(t, of(all, log))
	for _, check := range []string{"broker", "streams", "clock of the broker"} {
		is(t, all, check, doctor.OK)
	}
	is(t, all, "broker's flushing", doctor.Fail) // it was started without SyncAlways

	conn, err := nats.Connect(broker.ClientURL())
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	require.NoError(t, js.DeleteStream(t.Context(), messaging.StreamLog))
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: messaging.StreamLog, Subjects: []string{"log"}, MaxBytes: 1 << 20, Discard: jetstream.DiscardOld})
	require.NoError(t, err)
	is(t, look(), log, doctor.Fail)
	is(t, doctor.Examine(t.Context(), doctor.Config{Broker: messaging.Endpoint{URL: "nats://127.0.0.1:1"}}), "broker", doctor.Fail)
	is(t, doctor.Examine(t.Context(), doctor.Config{Monitor: "http://127.0.0.1:1"}), "broker's flushing", doctor.Warn)
}

func TestMachine(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "persons.keys")
	require.NoError(t, os.WriteFile(key, []byte("secret"), 0o600))
	look := func() []doctor.Finding { return doctor.Examine(t.Context(), doctor.Config{Data: dir}) }
	is(t, look(), "keys", doctor.OK)
	require.NoError(t, os.Chmod(key, 0o644))
	is(t, look(), "key "+key, doctor.Fail)
	is(t, doctor.Examine(t.Context(), doctor.Config{Secrets: []string{filepath.Join(dir, "lost")}}), "key "+filepath.Join(dir, "lost"), doctor.Fail)
	is(t, doctor.Examine(t.Context(), doctor.Config{Data: filepath.Join(dir, "none")}), "disk", doctor.Fail)
	for took, state := range map[time.Duration]doctor.State{time.Microsecond: doctor.Warn, time.Millisecond: doctor.OK} {
		all := doctor.Examine(t.Context(), doctor.Config{Data: dir, Flush: func(string) (time.Duration, error) { return took, nil }})
		is(t, all, "flushing", state)
	}
	if _, err := os.Stat("/dev/shm"); err != nil {
		t.Log("no disk of memory here to try")
		return
	}
	memory, err := os.MkdirTemp("/dev/shm", "ayni-doctor-") //nolint:usetesting // the disk is what is tried
	require.NoError(t, err)
	defer os.Remove(memory) //nolint:errcheck // empty
	is(t, doctor.Examine(t.Context(), doctor.Config{Data: memory}), "flushing", doctor.Warn)
}

func TestCertificates(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for days, state := range map[int]doctor.State{-1: doctor.Fail, 5: doctor.Warn, 300: doctor.OK} {
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a"}, NotBefore: time.Now().AddDate(0, 0, -9), NotAfter: time.Now().AddDate(0, 0, days)}
		der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
		require.NoError(t, err)
		file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.pem", days))
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
		is(t, doctor.Examine(t.Context(), doctor.Config{Certificates: []string{file}}), "certificate "+file, state)
	}
	none := filepath.Join(t.TempDir(), "none.pem")
	require.NoError(t, os.WriteFile(none, []byte("no certificate"), 0o600))
	is(t, doctor.Examine(t.Context(), doctor.Config{Certificates: []string{none}}), "certificate "+none, doctor.Fail)
}

func TestWitnesses(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer up.Close()
	is(t, doctor.Examine(t.Context(), doctor.Config{Witnesses: []string{up.URL}}), "witness "+up.URL, doctor.OK)
	is(t, doctor.Examine(t.Context(), doctor.Config{Witnesses: []string{up.URL + "/lost"}}), "witness "+up.URL+"/lost", doctor.Fail)
}

func TestWriteSaysHowToMend(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, doctor.Write(&out, []doctor.Finding{{Check: "fsync", State: doctor.OK, Detail: "on"}, {Check: "disk", State: doctor.Warn, Detail: "full\x1b[2J", Mend: "make room"}}))
	assert.Equal(t, "ok    fsync: on\nwarn  disk: full[2J\n      make room\n", out.String())
	assert.NotContains(t, out.String(), "\x1b")
}
