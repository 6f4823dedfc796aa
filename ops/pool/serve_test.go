package pool_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// freePort is one that nobody listens on now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it is one
}

func seedAndKey(t *testing.T) (seed, public string) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	text, err := pair.Seed()
	require.NoError(t, err)
	public, err = pair.PublicKey()
	require.NoError(t, err)
	return string(text), public
}

// served is a pool that was founded by "init" and runs as "serve" runs it.
type served struct {
	chama
	broker  messaging.ServerConfig // where its switch would be
	metrics string                 // URL of its figures and health
}

func serve(t *testing.T) *served {
	t.Helper()
	dir := t.TempDir()
	s := &served{chama: chama{t: t}, broker: messaging.ServerConfig{Participants: []string{name}, Port: freePort(t)}}
	start := pool.Start{
		Pool: name, Name: "Chama", Currency: "KES", Zone: "Africa/Nairobi", Listen: "127.0.0.1:0", Database: pgtest.New(t),
	}
	var err error
	start.Charter, err = start.Template("chama", "1000")
	require.NoError(t, err)
	for i, role := range []string{"treasurer", "facilitator"} {
		f, err := pool.NewKeyFile(name, "", messaging.Party{Name: role}, "")
		require.NoError(t, err)
		d, err := f.Device("")
		require.NoError(t, err)
		code, err := f.Code(d)
		require.NoError(t, err)
		require.NoError(t, start.Founder(code, role))
		d.Member = fmt.Sprintf("m%d", i+1)
		s.members = append(s.members, d)
	}
	require.NoError(t, start.Found(t.Context(), dir, slog.New(slog.DiscardHandler)))
	require.Error(t, start.Found(t.Context(), dir, slog.New(slog.DiscardHandler)), "a pool is founded once")
	s.broker.Dir = t.TempDir()
	broker := s.connectable() // makes the pool's credentials
	creds := broker.CredsFile(name)
	broker.Close()
	seed, _ := seedAndKey(t)
	_, switchKey := seedAndKey(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "signing.seed"), []byte(seed), 0o600))
	file := filepath.Join(dir, pool.SettingsFile)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	s.metrics = fmt.Sprintf("http://127.0.0.1:%d", freePort(t))
	text = fmt.Appendf(text, "metrics_addr: %s\n", strings.TrimPrefix(s.metrics, "http://"))
	text = fmt.Appendf(text, "switch: {url: \"nats://127.0.0.1:%d\", credentials: %q, key: %s, signing_seed: \"file:%s\"}\n",
		s.broker.Port, creds, switchKey, filepath.Join(dir, "signing.seed"))
	require.NoError(t, os.WriteFile(file, text, 0o600))
	read, err := pool.ReadSettings(dir)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	ended, ready := make(chan error, 1), make(chan string, 1)
	go func() {
		ended <- pool.Serve(ctx, read, slog.New(slog.DiscardHandler), func(at net.Addr, _ *pool.Site) { ready <- "http://" + at.String() })
	}()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })
	select {
	case s.url = <-ready:
	case err := <-ended:
		require.NoError(t, err)
	}
	hash := start.Charter.Hash()
	for i := range s.members {
		answer := s.say(i, "agree", decide.Agreement{Charter: hex.EncodeToString(hash[:])})
		require.Empty(t, answer.Fault, answer.Detail)
	}
	return s
}

// connectable starts the switch's broker, which nobody settles behind.
func (s *served) connectable() *messaging.Server {
	s.t.Helper()
	broker, err := messaging.StartServer(s.t.Context(), s.broker)
	require.NoError(s.t, err)
	require.NoError(s.t, broker.Provision(s.t.Context()))
	return broker
}

func TestThePoolWorksWhileTheSwitchIsAway(t *testing.T) {
	s := serve(t)
	answer := s.say(0, "took_in", decide.Taken{ID: "r1", Member: "m2", For: "welfare", Amount: decide.Amount{Minor: 2000_00, Unit: fx.MustCurrency("KES")}})
	require.Empty(t, answer.Fault, answer.Detail)
	_, err := s.client(0).Get(t.Context(), "overview")
	require.NoError(t, err)

	blob, beneficiary, err := pool.Close(messaging.Party{Name: "Maria", Account: "639170000001"})
	require.NoError(t, err)
	kes, php := fx.MustCurrency("KES"), fx.MustCurrency("PHP")
	subject, err := audit.Canonical(decide.Payout{
		Fund: "welfare", Purpose: "illness", To: "gcash-ph", Beneficiary: beneficiary, Fixed: fx.FixedDestination, Reference: "clinic",
		Amount: decide.Amount{Minor: 100_00, Unit: php}, MaxCost: decide.Amount{Minor: 1000_00, Unit: kes},
	})
	require.NoError(t, err)
	made := s.say(0, "propose", decide.Proposing{Decision: charter.Payout, Subject: subject, Expires: time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)}, blob)
	require.Empty(t, made.Fault, made.Detail)
	_, _, hash, err := s.client(1).Document(t.Context(), made.Made)
	require.NoError(t, err)
	for i := range s.members {
		answer := s.say(i, "vote", decide.Ballot{Proposal: made.Made, Hash: hash, Choice: decide.For})
		require.Empty(t, answer.Fault, answer.Detail)
	}
	shows := func() string {
		text, err := s.client(0).Get(t.Context(), "proposals/"+made.Made)
		require.NoError(t, err)
		return string(text)
	}
	assert.Contains(t, shows(), `"state":"due"`, "it waits for the switch, decided")
	assert.NotContains(t, shows(), `"waits"`, "nobody could be asked")

	broker := s.connectable()
	t.Cleanup(broker.Close)
	require.Eventually(t, func() bool { return strings.Contains(shows(), "has not yet said who takes part") }, time.Minute, 2500*time.Millisecond,
		"the broker is back, and the pool is joined to it again")
}

func TestTheNodesPagesAndLog(t *testing.T) {
	s := serve(t)
	for path, status := range map[string]int{"/": 200, "/api/public": 200, "/log/blobs/": 404, "/log/../pool.yaml": 404, "/nowhere": 404} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
		require.NoError(t, err)
		w, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, w.Body.Close())
		assert.Equal(t, status, w.StatusCode, path)
	}
}

// What watches a node has an address of its own.
func TestTheNodesFiguresAndHealth(t *testing.T) {
	s := serve(t)
	get := func(url string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		w, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(w.Body)
		require.NoError(t, err)
		require.NoError(t, w.Body.Close())
		return w.StatusCode, string(text)
	}
	code, figures := get(s.metrics + "/metrics")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, figures, `ayni_pool_halted{pool="`+name+`"} 0`)
	assert.Regexp(t, `ayni_pool_log_entries\{pool="`+name+`"\} [1-9]`, figures)
	code, ready := get(s.metrics + "/readyz")
	assert.Equal(t, http.StatusOK, code, ready)
	assert.JSONEq(t, `{"status":"ready","checks":{"disk":{"ok":true},"node":{"ok":true},"store":{"ok":true}}}`, ready)
	code, _ = get(s.url + "/metrics")
	assert.Equal(t, http.StatusNotFound, code, "the world sees pages, and no figures")
}

func TestYesterdaysFileMeansTheSame(t *testing.T) {
	t.Setenv("AYNI_TEST_SEED", "SUAJ6NOTTOBESHOWN")
	t.Setenv("AYNI_TEST_DATABASE", "postgres://u:SUAJ6NOTTOBESHOWN@db/pool")
	text, err := os.ReadFile("testdata/pool-1.yaml")
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, pool.SettingsFile), text, 0o600))
	c, values, err := pool.LoadSettings(dir, settings.Sources{Flags: map[string]string{"listen": "127.0.0.1:1"}})
	require.NoError(t, err)
	assert.Equal(t, "postgres://u:SUAJ6NOTTOBESHOWN@db/pool", c.Database.Reveal())
	assert.Equal(t, pool.Peers{"stokvel-joburg": "https://stokvel.example"}, c.Peers)
	assert.Equal(t, pool.Collectors{"mpesa-ke": "http://127.0.0.1:8081"}, c.Collectors)
	assert.Equal(t, "nats://10.0.0.2:4222", c.Switch.URL)
	assert.Equal(t, "https://chama.example", c.Origin)
	assert.Equal(t, "127.0.0.1:1", c.Listen)
	assert.Empty(t, c.MetricsAddr, "it listens nowhere that it did not")
	assert.Equal(t, settings.DefaultTelemetry("warn", "text"), c.Telemetry)
	for _, v := range values {
		assert.NotContains(t, v.Text, "SUAJ6")
	}
}

func TestSettingsAreStrict(t *testing.T) {
	good := "pool: chama-nairobi\ncurrency: KES\nname: Chama\naccount: chama\n"
	_, err := pool.ParseSettings(t.TempDir(), []byte(good))
	require.NoError(t, err)
	for _, bad := range []string{
		"", good + "pol: x\n", good + "pool: twice\n", "pool: Bad Name\ncurrency: KES\nname: C\naccount: c\n",
		"pool: chama-nairobi\ncurrency: Shillings\nname: C\naccount: c\n", good + "listen: here\n", good + "zone: Mars\n",
		good + "origin: https://pool.example/path\n", good + "switch: {url: nats://x}\n", good + "peers: {Bad Name: https://x}\n",
		good + "peers: {other: ftp://x}\n", good + "database: postgres://user:secret@host/db\n",
	} {
		_, err := pool.ParseSettings(t.TempDir(), []byte(bad))
		var wrong *adapters.SettingsError
		require.ErrorAs(t, err, &wrong, bad)
		assert.NotContains(t, err.Error(), "secret@", "what is secret is in no error")
	}
}

func TestKeyFilesOpenByTheirPassphraseAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "amina.key")
	f, err := pool.NewKeyFile(name, "http://127.0.0.1:1", messaging.Party{Name: "Amina"}, "long enough "+strconv.Itoa(os.Getpid()))
	require.NoError(t, err)
	require.NoError(t, f.Write(file))
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	f, err = pool.ReadKeyFile(file)
	require.NoError(t, err)
	require.True(t, f.NeedsPassphrase())
	for _, wrong := range []string{"", "long"} {
		_, err := f.Device(wrong)
		require.Error(t, err)
	}
	_, err = f.Device("long enough " + strconv.Itoa(os.Getpid()))
	require.NoError(t, err)
}

// What is signed by pasting is an act of the pool or a challenge of it, and nothing else.
func FuzzSignPasted(f *testing.F) {
	key, err := pool.NewKeyFile(name, "", messaging.Party{Name: "Amina"}, "")
	require.NoError(f, err)
	d, err := key.Device("")
	require.NoError(f, err)
	act, err := d.Sign("vote", 1, map[string]string{"choice": "for"})
	require.NoError(f, err)
	f.Add(act.Open)
	f.Add([]byte(`{"nonce":"x","origin":"http://127.0.0.1","pool":"chama-nairobi"}`))
	f.Add([]byte(`{"nonce":"x","origin":"http://127.0.0.1","pool":"another"}`))
	f.Add([]byte("ayni.pool.act.v1\n{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if signature, err := d.SignPasted(text); err == nil {
			require.Len(t, signature, 64)
			require.Contains(t, string(text), name)
		}
	})
}

func FuzzParseSettings(f *testing.F) {
	f.Add([]byte("pool: chama-nairobi\ncurrency: KES\nname: Chama\naccount: chama\n"))
	f.Add([]byte("switch: {url: x}\npeers: {a: b}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := pool.ParseSettings(t.TempDir(), text); err == nil {
			require.True(t, messaging.ValidParticipant(c.Pool))
		}
	})
}
