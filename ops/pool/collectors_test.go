package pool_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	node "github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

const (
	collector = "mpesa-ke"
	patience  = 60 * time.Second
)

// played is a switch between one adapter and a pool's rail: what is collected there is paid here.
type played struct {
	pool *pooltest.Commune
	tell chan messaging.Incoming
}

func (s played) PublishIntents(ctx context.Context, intents []messaging.Intent) error {
	status := &messaging.StatusMessage{Version: messaging.Version, Participant: collector}
	rail, err := s.pool.Rail(s.pool.Till)
	if err != nil {
		return err
	}
	for _, i := range intents {
		amount, err := i.Destination.Money()
		if err != nil {
			return err
		}
		paid := rail.Submit(ctx, adapters.Operation{
			ID: "T" + i.ID, Kind: messaging.KindPayout, Amount: amount, Beneficiary: i.Creditor, Originator: i.Debtor, Reference: i.Reference,
		})
		if paid.State == adapters.Settled {
			status.Changes = append(status.Changes, messaging.Change{Intent: i.ID, Transfer: "T" + i.ID, State: messaging.StatePaid})
		}
	}
	s.tell <- messaging.Incoming{Status: status}
	return nil
}

func (played) PublishOutcomes(context.Context, []messaging.Outcome) error { return nil }
func (played) PublishRecalls(context.Context, []messaging.Recall) error   { return nil }
func (played) PublishHealth(context.Context, messaging.RailHealth) error  { return nil }

func (s played) ReceiveBatch(ctx context.Context, _ int, handler func(context.Context, []messaging.Incoming) error) error {
	for {
		select {
		case m := <-s.tell:
			if err := handler(ctx, []messaging.Incoming{m}); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// mpesa runs an M-Pesa operator and the adapter joined to it, which the switch tells that it may pay to the pool. It
// returns the operator and where the adapter takes orders.
func mpesa(t *testing.T, link played, to string) (sandbox.Server, string) {
	t.Helper()
	plug, found := rails.Find("mpesa")
	require.True(t, found)
	var operator, callbacks, own atomic.Pointer[http.Handler]
	serve := func(at *atomic.Pointer[http.Handler]) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*at.Load()).ServeHTTP(w, r) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	dir, callbackURL := t.TempDir(), serve(&callbacks)
	server, text, err := plug.Sandbox(adapters.SandboxOptions{
		Config: sandbox.Config{LedgerPath: filepath.Join(dir, "ledger.db"), Currency: decidetest.KES, Seed: 1, SettleDelay: time.Millisecond, Workers: 4},
		Dir:    dir, URL: serve(&operator), CallbackURL: callbackURL + "/rail",
		Timers: adapters.Timers{
			SubmitTimeout: 2 * time.Second, FirstQuery: 200 * time.Millisecond, QueryEvery: 200 * time.Millisecond,
			QueryEveryMax: time.Second, CollectionEvery: time.Second,
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	var handler http.Handler = server
	operator.Store(&handler)
	settings, err := adapters.ParseSettings(text)
	require.NoError(t, err)
	runner, err := adapters.NewRunner(adapters.RunnerConfig{
		Participant: collector, Dir: filepath.Join(dir, "adapter"), Switch: link,
		Rail: func(sink adapters.Sink) (adapters.Rail, error) { return plug.New(settings, sink) },
	})
	require.NoError(t, err)
	called, taken := runner.CallbackHandler(), runner.Handler()
	callbacks.Store(&called)
	own.Store(&taken)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	link.tell <- messaging.Incoming{Status: &messaging.StatusMessage{
		Version: messaging.Version, Participant: collector,
		Peers: []messaging.Peer{{Participant: to, Country: "KE", Currency: "KES", PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1_000_000_00}},
	}}
	return server, serve(&own)
}

// A member says once that it may be asked; its phone asks when dues are due, and what it pays is its dues.
func TestDuesAreCollectedOverMPesa(t *testing.T) {
	c := pooltest.Found(t, pgtest.New(t), decidetest.Rules(), 3)
	operator, url := mpesa(t, played{pool: c, tell: make(chan messaging.Incoming, 8)}, c.Config.Name)
	c.Stop()
	c.Config.Collectors = pool.Collectors{collector: url}
	c.Start()
	blob, payer := c.Close(messaging.Party{Name: "Wanjiku", Account: "254712345678"})
	c.Done("m3", "collect_me", decide.Collecting{
		Participant: collector, Payer: payer, Each: decide.Amount{Minor: 1_000_00, Unit: decidetest.KES},
		Until: c.Clock().Add(100 * 24 * time.Hour).UTC().Truncate(time.Second),
	}, blob)
	c.Pass(31 * 24 * time.Hour)
	require.Eventually(t, func() bool { return c.Balance("fund/main") > 0 }, patience, 20*time.Millisecond)
	assert.EqualValues(t, 500_00, c.Balance("fund/main"))
	c.View(func(s *decide.State) {
		assert.Zero(t, s.Behind(s.Member("m3"), s.Charter().Dues[0], c.Clock()))
	})
	totals, err := operator.Totals()
	require.NoError(t, err)
	assert.Equal(t, sandbox.Total{Count: 1, Minor: 500_00}, totals[sandbox.KindCollection][sandbox.Settled])
}

func TestWhatAnAdapterRefuses(t *testing.T) {
	c := pooltest.Found(t, pgtest.New(t), decidetest.Rules(), 3)
	_, url := mpesa(t, played{pool: c, tell: make(chan messaging.Incoming, 8)}, c.Config.Name)
	all := pool.Collectors{collector: url, "nobody": "http://127.0.0.1:1"}
	order := adapters.OrderRequest{
		Ref: "C1", Payer: messaging.Party{Name: "Wanjiku", Account: "shop17"}, To: c.Config.Name, Creditor: c.Config.Account,
		Fixed: fx.FixedDestination, Amount: messaging.NewAmount(fx.Money{Minor: 500_00, Currency: decidetest.KES}),
	}
	var refused *node.NotAskedError
	require.Eventually(t, func() bool { return errors.As(all.Ask(t.Context(), collector, order), &refused) }, patience, 20*time.Millisecond)
	assert.Contains(t, refused.Why, "MSISDN")
	pending, err := all.Pending(t.Context(), collector, "C1")
	require.NoError(t, err)
	assert.True(t, pending, "it is placed, and can be paid by hand")
	pending, err = all.Pending(t.Context(), collector, "C2")
	require.NoError(t, err)
	assert.False(t, pending)
	order.Ref, order.To = "C3", "elsewhere"
	require.ErrorAs(t, all.Ask(t.Context(), collector, order), &refused)
	require.ErrorAs(t, all.Ask(t.Context(), "another", order), &refused)

	err = all.Ask(t.Context(), "nobody", order)
	require.Error(t, err)
	require.NotErrorAs(t, err, &refused, "it is away")
	_, err = all.Pending(t.Context(), "nobody", "C1")
	require.Error(t, err)
}
