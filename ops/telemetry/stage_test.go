package telemetry

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/trace"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

var kes = fx.MustCurrency("KES")

const patience = time.Minute

// stage is a switch on a real PostgreSQL and a real JetStream, with two participants behind adapters of their own.
type stage struct {
	t       *testing.T
	books   *store.Ledger
	hub     *messaging.Hub
	runners map[string]*adapters.Runner
	notices chan engine.Summary
	log     *slog.Logger
	said    *safeBuffer
	stop    func() // engine and adapters
}

// safeBuffer is what was logged, from many goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// plainRail pays at once what it is told to, in words that no log may repeat.
type plainRail struct {
	sink adapters.Sink
	name string
}

const refusedAccount = "254799999999" // that no rail pays to

func (r *plainRail) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{
		Rail: "plain", Currency: kes, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1_000_000_00, ConfirmAboveMinor: 1 << 40,
		Timers: adapters.Timers{
			SubmitTimeout: 5 * time.Second, FirstQuery: 20 * time.Millisecond, QueryEvery: 20 * time.Millisecond,
			QueryEveryMax: 100 * time.Millisecond, CollectionEvery: 20 * time.Millisecond,
		},
	}
}

func (r *plainRail) Submit(_ context.Context, op adapters.Operation) adapters.Evidence {
	if op.Beneficiary.Account == refusedAccount {
		return adapters.Evidence{
			State: adapters.Failed, Code: "NO_ACCOUNT", Reason: "AC01",
			Text: fmt.Sprintf("no account %s of %s", op.Beneficiary.Account, op.Beneficiary.Name),
		}
	}
	return adapters.Evidence{State: adapters.Settled, RailRef: "R" + op.ID, Amount: &op.Amount, Account: op.Beneficiary.Account}
}

func (r *plainRail) Query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	return r.Submit(ctx, op)
}

// Collection finds every payment, and a second one that nobody ordered.
func (r *plainRail) Collection(ctx context.Context, o adapters.Order) (adapters.Collection, bool, error) {
	stray := adapters.Collection{OrderRef: "stray" + o.Ref, RailRef: "S" + o.Ref, Amount: o.Source, Payer: o.Payer.Account, Origin: adapters.FromCallback}
	if err := r.sink.Collected(ctx, stray); err != nil {
		return adapters.Collection{}, false, fmt.Errorf("payment of %s, %q: %w", o.Payer.Account, o.Payer.Name, err)
	}
	return adapters.Collection{OrderRef: o.Ref, RailRef: "C" + o.Ref, Amount: o.Source, Payer: o.Payer.Account}, true, nil
}

func (*plainRail) Handler() http.Handler { return http.NotFoundHandler() }

// newStage starts everything. tracer may be nil.
func newStage(t *testing.T, tracer trace.Tracer, called func(adapters.Call)) *stage {
	t.Helper()
	s := &stage{t: t, runners: map[string]*adapters.Runner{}, notices: make(chan engine.Summary, 10_000), said: &safeBuffer{}}
	s.log = NewLogger(s.said, slog.LevelDebug)
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	var err error
	s.books, err = store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(s.books.Close)
	names := []string{"mpesa-ke", "bank-ke"}
	server, err := messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: t.TempDir(), Participants: names, Log: s.log})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	require.NoError(t, server.Provision(t.Context()))
	switchKey := newSigner(t)
	s.hub, err = messaging.ConnectHub(t.Context(), messaging.HubConfig{Endpoint: server.HubEndpoint(), Signer: switchKey, Log: s.log})
	require.NoError(t, err)
	t.Cleanup(s.hub.Close)
	secret, _, err := note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)

	ctx, cancel := context.WithCancelCause(context.Background())
	group, ctx := errgroup.WithContext(ctx)
	over := errors.New("the test is over")
	s.stop = sync.OnceFunc(func() {
		cancel(over)
		if err := group.Wait(); !errors.Is(err, over) {
			assert.NoError(t, err)
		}
	})
	t.Cleanup(s.stop)
	e := engine.New(engine.Config{
		Ledger: s.books, Hub: s.hub, Signer: signer, Holder: "test", Clock: time.Now, Log: s.log, Tracer: tracer,
		Notice: func(_ context.Context, n engine.Summary) { s.notices <- n },
	})
	group.Go(func() error { return e.Run(ctx) })
	for _, name := range names {
		key := newSigner(t)
		client, err := messaging.ConnectClient(t.Context(), messaging.ClientConfig{
			Endpoint: server.ParticipantEndpoint(name), Participant: name, Signer: key, SwitchKey: switchKey.PublicKey(),
			Salter: messaging.NewSalter([messaging.SaltSecretSize]byte{1}), Log: s.log,
		})
		require.NoError(t, err)
		t.Cleanup(client.Close)
		s.runners[name], err = adapters.NewRunner(adapters.RunnerConfig{
			Participant: name, Dir: t.TempDir(), Switch: client, Logger: s.log, Tracer: tracer, Called: called,
			Rail: func(sink adapters.Sink) (adapters.Rail, error) { return &plainRail{sink: sink, name: name}, nil },
		})
		require.NoError(t, err)
		group.Go(func() error { return s.runners[name].Run(ctx) })
		s.ask(settlement.CommandAddParticipant, settlement.AddParticipant{
			Name: name, Country: "KE", Currency: kes, SigningKey: key.PublicKey(), Role: settlement.RoleOperator,
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 10_000_000,
		})
		s.ask(settlement.CommandFund, settlement.Fund{Participant: name, Currency: kes, AmountMinor: 1_000_000_00, Evidence: "CAMT-" + name})
	}
	return s
}

func newSigner(t *testing.T) *messaging.Signer {
	t.Helper()
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	return signer
}

func (s *stage) ask(kind settlement.CommandKind, body any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(s.t, err)
	id, err := s.books.Ask(s.t.Context(), string(kind)+string(text), kind, text)
	require.NoError(s.t, err)
	fault, err := s.books.AwaitCommand(s.t.Context(), id)
	require.NoError(s.t, err)
	require.Empty(s.t, fault)
}

// order places an order of 100.00 at mpesa-ke once its adapter knows who takes part.
func (s *stage) order(ref string, payer, creditor messaging.Party) {
	s.t.Helper()
	request := adapters.OrderRequest{
		Ref: ref, Payer: payer, To: "bank-ke", Creditor: creditor, Fixed: fx.FixedSource,
		Amount: messaging.NewAmount(fx.Money{Minor: 100_00, Currency: kes}),
	}
	require.Eventually(s.t, func() bool {
		answers, err := s.runners["mpesa-ke"].PlaceOrders(s.t.Context(), []adapters.OrderRequest{request})
		if errors.Is(err, adapters.ErrNotTold) || errors.Is(err, adapters.ErrNotRunning) || err == nil && answers[0].Fault == messaging.FaultUnknownCorridor {
			return false
		}
		require.NoError(s.t, err)
		require.Empty(s.t, answers[0].Fault, answers[0].Detail)
		return true
	}, patience, 10*time.Millisecond)
}

// await waits until the debtor's adapter knows of an order that it is in a state.
func (s *stage) await(ref string, want messaging.State) {
	s.t.Helper()
	var last adapters.OrderStatus
	require.Eventually(s.t, func() bool {
		var err error
		last, _, err = s.runners["mpesa-ke"].Order(ref)
		require.NoError(s.t, err)
		return last.State == adapters.OrderState(want)
	}, patience, 10*time.Millisecond, "%s stays %+v", ref, &last)
}
