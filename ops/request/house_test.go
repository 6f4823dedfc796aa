package request_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/participant"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const patience = 30 * time.Second

// house is a switch on real servers.
type house struct {
	t      *testing.T
	data   string
	url    string
	books  *store.Ledger
	broker *messaging.Server
	hub    *messaging.Hub
	rails  map[string]string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, data: t.TempDir(), url: pgtest.New(t), rails: map[string]string{}}
	require.NoError(t, store.Migrate(t.Context(), h.url))
	var err error
	h.books, err = store.Open(t.Context(), h.url)
	require.NoError(t, err)
	t.Cleanup(h.books.Close)
	h.broker, err = messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: filepath.Join(h.data, "nats")})
	require.NoError(t, err)
	t.Cleanup(h.broker.Close)
	require.NoError(t, h.broker.Provision(t.Context()))
	h.hub, err = messaging.ConnectHub(t.Context(), messaging.HubConfig{Endpoint: h.broker.HubEndpoint(), Signer: newSigner(t)})
	require.NoError(t, err)
	t.Cleanup(h.hub.Close)
	secret, _, err := note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	h.runs(func(ctx context.Context) error {
		return engine.New(engine.Config{
			Ledger: h.books, Hub: h.hub, Signer: signer, Holder: "test", Clock: time.Now, Log: slog.New(slog.DiscardHandler),
		}).Run(ctx)
	})
	return h
}

func newSigner(t *testing.T) *messaging.Signer {
	t.Helper()
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	return signer
}

var errStopped = errors.New("stopped by the test")

// runs has something run until the test ends, or stop is called.
func (h *house) runs(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancelCause(h.t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel(errStopped)
		if err := <-done; !errors.Is(err, errStopped) {
			require.ErrorIs(h.t, err, context.Canceled)
		}
	}
	h.t.Cleanup(stop)
	return stop
}

func (h *house) server() *request.Server {
	rails, err := rail.NewDirectory(h.rails)
	require.NoError(h.t, err)
	return &request.Server{Books: h.books, Broker: h.broker, Rails: rails, Log: slog.New(slog.DiscardHandler)}
}

func (h *house) asked(maker string, plan request.Plan, err error) int64 {
	h.t.Helper()
	require.NoError(h.t, err)
	id, err := request.Ask(h.t.Context(), h.books, maker, plan.Because(because))
	require.NoError(h.t, err)
	return id
}

// done has two people want a plan, and returns what came of it.
func (h *house) done(plan request.Plan, err error) ledger.Request {
	h.t.Helper()
	id := h.asked("Asha", plan, err)
	require.NoError(h.t, request.Decide(h.t.Context(), h.books, id, "Ben", true, "agreed"))
	return h.awaited(id)
}

func (h *house) awaited(id int64) ledger.Request {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	r, err := request.Await(ctx, h.books, id)
	require.NoError(h.t, err)
	return r
}

// admit takes a participant in, with a credit line of its own currency.
func (h *house) admit(a settlement.AddParticipant) {
	h.t.Helper()
	const line = 1_000_00
	a.Role, a.PayoutIncrementMinor, a.PayoutMinMinor, a.PayoutMaxMinor = settlement.RoleOperator, 1, 1, 1_000_000
	require.Empty(h.t, h.done(participant.AddPlan(a, participant.Caps{LineMinor: line, UnsecuredMinor: line}, true)).Fault)
}
