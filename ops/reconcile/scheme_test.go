package reconcile_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/operate"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// scheme is a real switch with its participants' clients.
type scheme struct {
	books   *store.Ledger
	url     string
	log     note.Verifier
	clients map[string]*messaging.Client

	ctx    context.Context //nolint:containedctx // a test's processes end with it
	cancel context.CancelFunc
	ended  chan error
	runs   int
}

// openScheme starts a switch, and takes in participants that pay and are paid Kenyan shillings.
func openScheme(t *testing.T, names ...string) *scheme {
	t.Helper()
	s := &scheme{url: pgtest.New(t), clients: map[string]*messaging.Client{}, ended: make(chan error, 64)}
	require.NoError(t, store.Migrate(t.Context(), s.url))
	var err error
	s.books, err = store.Open(t.Context(), s.url)
	require.NoError(t, err)
	t.Cleanup(s.books.Close)
	server, err := messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: t.TempDir(), Participants: names})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	require.NoError(t, server.Provision(t.Context()))
	switchKey := newSigner(t)
	hub, err := messaging.ConnectHub(t.Context(), messaging.HubConfig{Endpoint: server.HubEndpoint(), Signer: switchKey})
	require.NoError(t, err)
	t.Cleanup(hub.Close)
	secret, public, err := note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	s.log, err = note.NewVerifier(public)
	require.NoError(t, err)

	s.ctx, s.cancel = context.WithCancel(t.Context())
	s.run(engine.New(engine.Config{
		Ledger: s.books, Hub: hub, Signer: signer, Holder: "test", Clock: time.Now, Log: slog.New(slog.DiscardHandler),
	}).Run)
	for _, name := range names {
		key := newSigner(t)
		ask(t, s.url, settlement.CommandAddParticipant, settlement.AddParticipant{
			Name: name, Country: "KE", Currency: kes, Role: settlement.RoleOperator, SigningKey: key.PublicKey(),
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 10_000_00,
		})
		ask(t, s.url, settlement.CommandFund, settlement.Fund{Participant: name, Currency: kes, AmountMinor: 1_000_000_00})
		s.clients[name], err = messaging.ConnectClient(t.Context(), messaging.ClientConfig{
			Endpoint: server.ParticipantEndpoint(name), Participant: name, Signer: key, Salter: messaging.NewSalter([messaging.SaltSecretSize]byte{1}), SwitchKey: switchKey.PublicKey(),
		})
		require.NoError(t, err)
		t.Cleanup(s.clients[name].Close)
	}
	return s
}

// run has something run until stop.
func (s *scheme) run(what func(context.Context) error) {
	s.runs++
	go func() { s.ended <- what(s.ctx) }()
}

// stop ends what runs, and waits for it.
func (s *scheme) stop(t *testing.T) {
	t.Helper()
	s.cancel()
	for range s.runs {
		if err := <-s.ended; err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
	}
}

// await waits until transfers are in these states, and so many payouts unknown.
func (s *scheme) await(t *testing.T, want map[messaging.State]int64, unknown int64) {
	t.Helper()
	require.Eventually(t, func() bool {
		states, err := s.books.States(t.Context())
		if err != nil {
			return false
		}
		for state, n := range want {
			if states[state] != n {
				return false
			}
		}
		seen, resolved, err := s.books.Unknowns(t.Context())
		return err == nil && seen-resolved == unknown
	}, patience, 10*time.Millisecond)
}

func newSigner(t *testing.T) *messaging.Signer {
	t.Helper()
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	return signer
}

func ask(t *testing.T, url string, kind settlement.CommandKind, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	require.NoError(t, operate.Ask(t.Context(), io.Discard, url, operate.Request{By: "Asha", Kind: kind, Body: text}))
}
