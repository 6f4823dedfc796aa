package backup_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
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
	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// patience bounds waiting for something that must happen.
const patience = 90 * time.Second

var (
	kes   = fx.MustCurrency("KES")
	names = []string{"alpha", "beta"}
)

// town is a switch in a data folder, with two adapters in folders of their own, and what a disaster leaves alone: the
// keys of all of them, and the rails.
type town struct {
	t          *testing.T
	data, away string // the switch's folder, and the adapters'
	secrets    secrets
	keys       map[string]*messaging.Signer
	log        note.Signer
	public     note.Verifier
	logKey     string
	rails      map[string]*rail

	servers *dev.Servers
	books   *store.Ledger
	persons *persons.Store
	hub     *messaging.Hub
	runners map[string]*adapters.Runner
	notices chan engine.Summary
	halted  chan error
	stop    func()
}

// secrets are what a town signs with.
type secrets struct {
	Seeds          map[string]string
	Log, LogPublic string
}

func newTown(t *testing.T) *town {
	t.Helper()
	own := secrets{Seeds: map[string]string{}}
	for _, name := range append([]string{"switch"}, names...) {
		seed, err := messaging.NewSeed()
		require.NoError(t, err)
		own.Seeds[name] = string(seed)
	}
	var err error
	own.Log, own.LogPublic, err = note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	return townOf(t, own)
}

func townOf(t *testing.T, own secrets) *town {
	t.Helper()
	w := &town{t: t, data: pgtest.Folder(t), away: t.TempDir(), secrets: own, keys: map[string]*messaging.Signer{}, rails: map[string]*rail{}, logKey: own.LogPublic}
	var err error
	for name, seed := range own.Seeds {
		w.keys[name], err = messaging.NewSigner([]byte(seed))
		require.NoError(t, err)
	}
	for _, name := range names {
		w.rails[name] = &rail{paid: map[string]map[string]string{}, collected: map[string]fx.Money{}}
	}
	w.log, err = note.NewSigner(own.Log)
	require.NoError(t, err)
	w.public, err = note.NewVerifier(own.LogPublic)
	require.NoError(t, err)
	return w
}

// up starts the switch on its folder.
func (w *town) up() {
	ctx, cancel := context.WithCancelCause(context.Background())
	log := slog.New(slog.DiscardHandler)
	var err error
	w.servers, err = dev.Start(ctx, dev.Config{Dir: w.data, Participants: names, Logger: log})
	require.NoError(w.t, err)
	require.NoError(w.t, store.Migrate(ctx, w.servers.DatabaseURL()))
	w.books, err = store.Open(ctx, w.servers.DatabaseURL())
	require.NoError(w.t, err)
	keyFile := filepath.Join(w.data, "persons.keys")
	if w.persons, err = persons.Open(keyFile); errors.Is(err, fs.ErrNotExist) {
		w.persons, err = persons.Create(keyFile)
	}
	require.NoError(w.t, err)
	w.hub, err = messaging.ConnectHub(ctx, messaging.HubConfig{Endpoint: w.servers.HubEndpoint(), Signer: w.keys["switch"], Log: log})
	require.NoError(w.t, err)
	w.notices, w.halted, w.runners = make(chan engine.Summary, 10_000), make(chan error, 1), map[string]*adapters.Runner{}
	e := engine.New(engine.Config{
		Ledger: w.books, Hub: w.hub, Signer: w.log, Holder: "test", Clock: time.Now, Log: log, Persons: w.persons,
		Notice: func(_ context.Context, s engine.Summary) { w.notices <- s },
	})
	var group errgroup.Group
	group.Go(func() error { w.halted <- e.Run(ctx); return nil })
	var clients []*messaging.Client
	for _, name := range names {
		dir := filepath.Join(w.away, name)
		salter, err := adapters.Salter(dir, name)
		require.NoError(w.t, err)
		client, err := messaging.ConnectClient(ctx, messaging.ClientConfig{
			Endpoint: w.servers.ParticipantEndpoint(name), Participant: name, Signer: w.keys[name], Salter: salter, SwitchKey: w.hub.PublicKey(), Log: log,
		})
		require.NoError(w.t, err)
		clients = append(clients, client)
		runner, err := adapters.NewRunner(adapters.RunnerConfig{
			Participant: name, Dir: dir, Switch: client, Logger: log, Republish: 300 * time.Millisecond,
			Rail: func(adapters.Sink) (adapters.Rail, error) { return w.rails[name], nil },
		})
		require.NoError(w.t, err)
		w.runners[name] = runner
		group.Go(func() error { return runner.Run(ctx) })
	}
	w.stop = func() {
		cancel(errDown)
		assert.NoError(w.t, group.Wait())
		for _, c := range clients {
			c.Close()
		}
		w.hub.Close()
		w.books.Close()
		assert.NoError(w.t, w.servers.Close(context.Background()))
	}
}

var errDown = errors.New("stopped by the test")

// found brings in the two participants, with money of the first.
func (w *town) found() {
	for _, name := range names {
		w.ask(settlement.CommandAddParticipant, settlement.AddParticipant{
			Name: name, Country: "KE", Currency: kes, Role: settlement.RoleOperator, SigningKey: w.keys[name].PublicKey(),
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 10_000_000,
		})
	}
	w.ask(settlement.CommandFund, settlement.Fund{Participant: "alpha", Currency: kes, AmountMinor: 1_000_000_00, Evidence: "CAMT-1"})
}

// ask has a command carried out. The same again is done once, also by a ledger that was put back.
func (w *town) ask(kind settlement.CommandKind, body any) {
	text, err := json.Marshal(body)
	require.NoError(w.t, err)
	id, err := w.books.Ask(w.t.Context(), fmt.Sprintf("%s %s", kind, text), kind, text)
	require.NoError(w.t, err)
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	fault, err := w.books.AwaitCommand(ctx, id)
	require.NoError(w.t, err)
	require.Empty(w.t, fault)
}

// send has customers of alpha pay people at beta, each under a reference of its own.
func (w *town) send(from, to int) {
	var orders []adapters.OrderRequest
	for n := from; n < to; n++ {
		orders = append(orders, adapters.OrderRequest{
			Ref: fmt.Sprintf("ref%05d", n), To: "beta", Fixed: fx.FixedSource, Amount: messaging.NewAmount(fx.Money{Minor: int64(100 + n), Currency: kes}),
			Payer:    messaging.Party{Name: "Wanjiku Kamau", Account: fmt.Sprintf("2547%08d", n)},
			Creditor: messaging.Party{Name: "Otieno Ouma", Account: account(n)},
		})
	}
	deadline := time.After(patience)
	for {
		answers, err := w.runners["alpha"].PlaceOrders(w.t.Context(), orders)
		if err == nil && answers[0].Fault == "" {
			break
		}
		select {
		case <-deadline:
			require.FailNow(w.t, "no price", "%v %+v", err, answers)
		case <-time.After(20 * time.Millisecond): // until the switch has told the adapter who takes part
		}
	}
	for n := from; n < to; n++ {
		w.rails["alpha"].collect(fmt.Sprintf("ref%05d", n), fx.Money{Minor: int64(100 + n), Currency: kes})
	}
}

func account(n int) string { return fmt.Sprintf("2541%08d", n) }

// settled waits until so many transfers are paid, as the switch knows it.
func (w *town) settled(paid int64) {
	w.t.Helper()
	deadline := time.After(patience)
	for {
		states, err := w.books.States(w.t.Context())
		require.NoError(w.t, err)
		if states[messaging.StatePaid] == paid {
			return
		}
		select {
		case <-w.notices:
		case err := <-w.halted:
			require.FailNow(w.t, "the engine halted", "%v", err)
		case <-deadline:
			require.Equal(w.t, paid, states[messaging.StatePaid], "%v", states)
		}
	}
}

// sound holds the ledger against its invariants, and every decision against its inputs.
func (w *town) sound() {
	w.t.Helper()
	books, err := store.OpenPersonal(w.t.Context(), w.servers.DatabaseURL())
	require.NoError(w.t, err)
	defer books.Close()
	_, err = engine.Replay(w.t.Context(), books)
	require.NoError(w.t, err)
	findings, err := books.Check(w.t.Context(), w.public)
	require.NoError(w.t, err)
	for _, f := range findings {
		require.True(w.t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}

// rail keeps its own truth: who was paid, by which operations. What it has done once it says again.
type rail struct {
	mu        sync.Mutex
	paid      map[string]map[string]string // operation and receipt, by account
	collected map[string]fx.Money
	hold      bool // it takes payouts, and says nothing yet
}

func (r *rail) collect(ref string, amount fx.Money) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collected[ref] = amount
}

// times is how often money went to an account.
func (r *rail) times(account string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.paid[account])
}

func (r *rail) Capabilities() adapters.Capabilities {
	quick := 50 * time.Millisecond
	return adapters.Capabilities{
		Rail: "test", Currency: kes, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 10_000_000, ConfirmAboveMinor: 10_000_000,
		Timers: adapters.Timers{SubmitTimeout: time.Second, FirstQuery: quick, QueryEvery: quick, QueryEveryMax: time.Second, CollectionEvery: quick},
	}
}

func (r *rail) Submit(_ context.Context, op adapters.Operation) adapters.Evidence {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := op.Beneficiary.Account
	if r.paid[at] == nil {
		r.paid[at] = map[string]string{}
	}
	r.paid[at][op.ID] = "R" + op.ID
	return r.evidence(op, adapters.FromResponse)
}

func (r *rail) Query(_ context.Context, op adapters.Operation) adapters.Evidence {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.evidence(op, adapters.FromQuery)
}

func (r *rail) evidence(op adapters.Operation, origin adapters.Origin) adapters.Evidence {
	ref, ok := r.paid[op.Beneficiary.Account][op.ID]
	switch {
	case !ok:
		return adapters.Evidence{State: adapters.Unknown, Origin: origin, RetrySafe: true}
	case r.hold:
		return adapters.Evidence{State: adapters.Accepted, Origin: origin, RailID: op.ID}
	default:
		return adapters.Evidence{State: adapters.Settled, Origin: origin, RailRef: ref, Amount: &op.Amount}
	}
}

func (r *rail) Collection(_ context.Context, o adapters.Order) (adapters.Collection, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	amount, ok := r.collected[o.Ref]
	return adapters.Collection{OrderRef: o.Ref, RailRef: "C" + o.Ref, Amount: amount, Origin: adapters.FromQuery}, ok, nil
}

func (r *rail) Handler() http.Handler { return http.NotFoundHandler() }
