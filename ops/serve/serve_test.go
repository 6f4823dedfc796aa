package serve_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/serve"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const patience = 2 * time.Minute

// kept writes a secret into a file, and says where it is.
func kept(t *testing.T, dir, name, secret string) settings.Secret {
	t.Helper()
	file := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(file, []byte(secret), 0o600))
	return settings.Secret("file:" + file)
}

// configured is how a switch on real servers of others is configured.
func configured(t *testing.T) *settings.Serve {
	t.Helper()
	dir := t.TempDir()
	broker, err := messaging.StartServer(t.Context(), messaging.ServerConfig{
		Dir: filepath.Join(dir, "nats"), Participants: []string{"alpha-ke", "beta-ke", "gamma-ke"},
	})
	require.NoError(t, err)
	t.Cleanup(broker.Close)
	require.NoError(t, broker.Provision(t.Context()))
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	secret, _, err := note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	keys := filepath.Join(dir, "persons.keys")
	_, err = persons.Create(keys)
	require.NoError(t, err)
	s := settings.DefaultServe()
	s.DatabaseURL, s.NATSURL = settings.Address(pgtest.New(t)), settings.Address(broker.URL())
	s.NATSCreds, s.Persons = broker.HubEndpoint().Creds, keys
	s.SwitchSeed, s.LogKey = kept(t, dir, "switch.seed", string(seed)), kept(t, dir, "log.key", secret)
	s.ScreeningKey = kept(t, dir, "screening.key", "a key")
	s.HTTPAddr = "127.0.0.1:0"
	return &s
}

// running is a switch that runs until it is stopped.
type running struct {
	*serve.Switch
	stop func() error
}

func start(t *testing.T, s *settings.Serve, holder string) running {
	t.Helper()
	mine := *s
	mine.Holder = holder
	w, err := serve.Open(t.Context(), &mine, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stopped := false
	stop := func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		err := <-ended
		w.Close()
		return err
	}
	t.Cleanup(func() { require.NoError(t, stop()) })
	return running{Switch: w, stop: stop}
}

// clears has whoever leads carry a command out.
func clears(t *testing.T, w running, name string) {
	t.Helper()
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	body, err := json.Marshal(map[string]any{
		"name": name, "country": "KE", "currency": "KES", "role": "operator", "signing_key": signer.PublicKey(),
		"payout_increment_minor": 100, "payout_min_minor": 100, "payout_max_minor": 1_000_000,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	id, err := w.Books.Ask(ctx, "add "+name, settlement.CommandAddParticipant, body)
	require.NoError(t, err)
	fault, err := w.Books.AwaitCommand(ctx, id)
	require.NoError(t, err)
	require.Empty(t, fault)
}

func TestOneLeadsAndTheOtherTakesOver(t *testing.T) {
	s := configured(t)
	first := start(t, s, "first")
	clears(t, first, "alpha-ke")
	second := start(t, s, "second")
	clears(t, second, "beta-ke") // asked of the one that stands by, done by the one that leads
	for _, w := range []running{first, second} {
		r, err := http.Get(w.URL() + "/readyz")
		require.NoError(t, err)
		said, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
		assert.Equal(t, http.StatusOK, r.StatusCode, "both answer: %s", said)
		r, err = http.Get(w.URL() + "/v1/transfers")
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
		assert.Equal(t, http.StatusUnauthorized, r.StatusCode, "and nobody is let in")
	}
	require.NoError(t, first.stop(), "to be stopped is no error")
	clears(t, second, "gamma-ke")
}

func TestWhatCannotBeOpenedSaysWhat(t *testing.T) {
	s := configured(t)
	s.HTTPAddr = ""
	for name, c := range map[string]struct {
		change func(*settings.Serve)
		says   string
	}{
		"nothing":     {func(s *settings.Serve) { *s = settings.DefaultServe() }, "switch_seed is missing"},
		"no seed":     {func(s *settings.Serve) { s.SwitchSeed = s.ScreeningKey }, "no signing seed"},
		"no log key":  {func(s *settings.Serve) { s.LogKey = s.ScreeningKey }, "no key of a log"},
		"no persons":  {func(s *settings.Serve) { s.Persons += ".not" }, "keys of persons"},
		"no lists":    {func(s *settings.Serve) { s.ScreeningLists = "not there" }, "screening lists"},
		"no database": {func(s *settings.Serve) { s.DatabaseURL = "postgres://127.0.0.1:1/ayni" }, "migrate"},
		"no pool": {func(s *settings.Serve) {
			s.HTTPAddr, s.Pools = "127.0.0.1:0", map[string]settings.Address{"chama-nairobi": "https://chama.example"}
			s.PoolLogs = map[string]string{"chama-nairobi": "chama-nairobi/log+1+A"}
		}, "has no key of a log"},
		"no broker": {func(s *settings.Serve) { s.NATSURL = "nats://127.0.0.1:1" }, "broker"},
	} {
		mine := *s
		c.change(&mine)
		w, err := serve.Open(t.Context(), &mine, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, c.says, name)
		assert.Nil(t, w, name)
	}
}
