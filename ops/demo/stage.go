package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/bulk"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/trace"
	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/ops/serve"
	"github.com/ayni-switch/ayni/ops/telemetry"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/testdata"
)

const (
	requestTimeout = 30 * time.Second // of one HTTP request to an adapter or a sandbox
	callsAtOnce    = 64               // of one adapter to its rail
	maxHeaderBytes = 64 << 10
)

// stage is everything of a demo in one process: the servers, the switch, and every participant with its
// adapter, its rail's sandbox, and the credentials that are its own.
type stage struct {
	servers *dev.Servers
	keys    *keys
	books   *store.Ledger
	public  note.Verifier // of the settlement log
	metrics *prometheus.Registry
	log     *slog.Logger
	tracer  trace.Tracer // nil for none

	before before // what was there before this process

	hub    *messaging.Hub
	doors  map[string]net.Listener // of adapters' own APIs, by participant: known before anybody who asks them begins
	rails  rail.Directory          // the same, for whoever asks
	actors map[string]*actor
	pools  map[string]*pool.Home // the mutual-aid pools
	sites  map[string]*pool.Site // theirs, where the demo stays
	known  []pools.Known         // where those are, for the switch's directory

	group  *errgroup.Group // everything that runs; the first error ends all
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// actor is one participant of the stage.
type actor struct {
	testdata.Participant
	client  *messaging.Client
	runner  *adapters.Runner // nil for those that have no rail
	sandbox sandbox.Server   // nil for those that have none, and for the pool
	orders  string           // URL of the adapter's order API, "" without one
}

// before is what the ledger held when the stage opened.
type before struct {
	batch int64
	ended int64
}

// errClosed ends a stage whose work is done.
var errClosed = errors.New("demo: closed")

// openStage starts everything on what the servers hold. notice is told of every batch.
func openStage(ctx context.Context, servers *dev.Servers, d *day, timers adapters.Timers, cfg Config,
	notice func(context.Context, engine.Summary),
) (*stage, error) {
	s := &stage{servers: servers, log: cfg.Log, tracer: cfg.tracer, actors: map[string]*actor{}, pools: map[string]*pool.Home{}}
	ctx, s.cancel = context.WithCancelCause(ctx)
	s.group, s.ctx = errgroup.WithContext(ctx)
	steps := []func() error{
		func() error { return s.openDoors(d) },
		func() error { return s.openSwitch(notice) },
		func() error { return s.openParticipants(d, timers) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, errors.Join(err, s.close()) //nolint:contextcheck // likewise
		}
	}
	return s, nil
}

// participants names everybody who has an account with the broker.
func participants() ([]string, error) {
	cast, err := testdata.Participants()
	if err != nil {
		return nil, err
	}
	names := []string{moneybag, dormant}
	for _, p := range cast {
		if p.Role != testdata.RoleProvider {
			names = append(names, p.Name)
		}
	}
	return names, nil
}

// openDoors listens for every adapter.
func (s *stage) openDoors(d *day) (err error) {
	s.doors = map[string]net.Listener{}
	addresses := map[string]string{}
	for _, p := range d.cast {
		if p.Role == testdata.RoleProvider {
			continue
		}
		on, err := s.listen()
		if err != nil {
			return err
		}
		s.doors[p.Name], addresses[p.Name] = on, "http://"+on.Addr().String()
	}
	s.rails, err = rail.NewDirectory(addresses)
	return err
}

// openSwitch migrates, connects and starts the engine.
func (s *stage) openSwitch(notice func(context.Context, engine.Summary)) error {
	names, err := participants()
	if err != nil {
		return err
	}
	if s.keys, err = loadKeys(s.servers.Dir, names); err != nil {
		return err
	}
	if s.public, err = note.NewVerifier(s.keys.LogPublic); err != nil {
		return fmt.Errorf("demo: log key: %w", err)
	}
	if err := store.Migrate(s.ctx, s.servers.DatabaseURL()); err != nil {
		return err
	}
	if s.books, err = store.Open(s.ctx, s.servers.DatabaseURL()); err != nil {
		return err
	}
	if s.before.batch, err = s.books.LastBatch(s.ctx); err != nil {
		return err
	}
	states, err := s.books.States(s.ctx)
	if err != nil {
		return err
	}
	s.before.ended = ended(states)
	switchKey, err := messaging.NewSigner([]byte(s.keys.Switch))
	if err != nil {
		return err
	}
	s.hub, err = messaging.ConnectHub(s.ctx, messaging.HubConfig{Endpoint: s.servers.HubEndpoint(), Signer: switchKey, Log: s.log})
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(s.keys.Log)
	if err != nil {
		return fmt.Errorf("demo: log key: %w", err)
	}
	list, err := screeningList()
	if err != nil {
		return err
	}
	keep, err := openPersons(s.servers.Dir)
	if err != nil {
		return err
	}
	s.metrics = telemetry.NewRegistry()
	batches, err := telemetry.NewBatches(s.metrics)
	if err != nil {
		return err
	}
	noticed := func(ctx context.Context, summary engine.Summary) {
		batches.Notice(ctx, summary)
		notice(ctx, summary)
	}
	e := engine.New(engine.Config{
		Ledger: s.books, Hub: s.hub, Signer: signer, Holder: "demo", Clock: time.Now, Log: s.log, Notice: noticed, Tracer: s.tracer,
		Screen: decide.KeyedScreen{Key: []byte(s.keys.derive("screening", ""))}, Screener: list,
		Persons: keep,
	})
	desk := &request.Server{Books: s.books, Rails: s.rails, Log: s.log}
	if broker := s.servers.Broker(); broker != nil {
		desk.Broker = broker
	}
	clearing := serve.Parts{Engine: e, Desk: desk, Log: s.log}
	s.group.Go(func() error { return clearing.Run(s.ctx) })
	s.group.Go(func() error {
		select {
		case <-s.servers.PostgresExited():
			return errors.New("demo: PostgreSQL ended")
		case <-s.ctx.Done():
			return nil
		}
	})
	return nil
}

// openParticipants connects and starts every participant.
func (s *stage) openParticipants(d *day, timers adapters.Timers) error {
	hardware, err := newHardware(s.keys, s.servers.Dir, d.seed, timers)
	if err != nil {
		return err
	}
	for _, folder := range []string{"sandboxes", "adapters", "pools"} {
		if err := os.MkdirAll(filepath.Join(s.servers.Dir, folder), 0o700); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	kenya := d.by["mpesa-ke"]
	for _, name := range []string{moneybag, dormant} {
		p := kenya
		p.Name, p.Rail = name, "none"
		if err := s.connect(p); err != nil {
			return err
		}
	}
	for _, p := range d.cast {
		if p.Role == testdata.RoleProvider {
			continue
		}
		if err := s.connect(p); err != nil {
			return err
		}
		if p.Role == testdata.RolePool {
			err = s.openPool(p)
		} else {
			err = s.openRail(p, hardware)
		}
		if err != nil {
			return fmt.Errorf("demo: %s: %w", p.Name, err)
		}
	}
	if err := s.settleIn(); err != nil {
		return err
	}
	return s.runPools()
}

func (s *stage) connect(p testdata.Participant) error {
	signer, err := s.keys.signer(p.Name)
	if err != nil {
		return err
	}
	salter, err := adapters.Salter(s.adapterDir(p.Name), p.Name)
	if err != nil {
		return err
	}
	client, err := messaging.ConnectClient(s.ctx, messaging.ClientConfig{
		Endpoint: s.servers.ParticipantEndpoint(p.Name), Participant: p.Name, Signer: signer, Salter: salter, SwitchKey: s.hub.PublicKey(), Log: s.log,
	})
	if err != nil {
		return err
	}
	s.actors[p.Name] = &actor{Participant: p, client: client}
	return nil
}

// adapterDir is where a participant's adapter has its store.
func (s *stage) adapterDir(name string) string { return filepath.Join(s.servers.Dir, "adapters", name) }

// openRail starts a participant's sandbox and adapter, each on a port of its own.
func (s *stage) openRail(p testdata.Participant, h hardware) error {
	a := s.actors[p.Name]
	operator, err := s.listen()
	if err != nil {
		return err
	}
	own := s.doors[p.Name]
	fixture, err := h.fit(p, "http://"+operator.Addr().String(), "http://"+own.Addr().String()+"/rail")
	if err != nil {
		return err
	}
	a.sandbox = fixture.sandbox
	s.serve(operator, a.sandbox)
	if err := s.run(a, own, fixture.rail, s.log); err != nil {
		return err
	}
	if fixture.connected != nil {
		return fixture.connected(s.ctx)
	}
	return nil
}

// run starts an actor's runner, with a desk for files beside it, behind its HTTP server.
func (s *stage) run(a *actor, on net.Listener, rail func(adapters.Sink) (adapters.Rail, error), log *slog.Logger) error {
	dir := s.adapterDir(a.Name)
	desk, err := bulk.Open(bulk.Config{Participant: a.Name, Dir: filepath.Join(dir, "bulk"), Switch: a.client, Logger: log})
	if err != nil {
		return err
	}
	a.runner, err = adapters.NewRunner(adapters.RunnerConfig{
		Participant: a.Name, Dir: dir, Switch: desk, Rail: rail, Workers: callsAtOnce, Logger: log, Tracer: s.tracer,
	})
	if err != nil {
		return errors.Join(err, desk.Close())
	}
	a.orders = "http://" + on.Addr().String() + "/orders"
	s.group.Go(func() error {
		if err := desk.Run(s.ctx, a.runner); err != nil {
			return fmt.Errorf("demo: adapter of %s: %w", a.Name, err)
		}
		return nil
	})
	mux := http.NewServeMux()
	mux.Handle("/", a.runner.Handler())
	for _, path := range []string{"/bulk", "/bulk/"} {
		mux.Handle(path, desk.Handler())
	}
	s.serve(on, mux)
	return nil
}

func (s *stage) listen() (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(s.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo: listen: %w", err)
	}
	return l, nil
}

// serve answers HTTP until the stage ends.
func (s *stage) serve(on net.Listener, handler http.Handler) {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: requestTimeout, ReadTimeout: requestTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.group.Go(func() error {
		if err := server.Serve(on); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("demo: serve: %w", err)
		}
		return nil
	})
	s.group.Go(func() error {
		<-s.ctx.Done()
		_ = server.Close() // sandboxes hold requests open on purpose: no one waits for them
		return nil
	})
}

// ask has the engine carry out a command and waits until it has. The key makes asking again, after a
// restart, harmless.
func (s *stage) ask(ctx context.Context, key string, kind settlement.CommandKind, body any) error {
	text, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("demo: command %s: %w", key, err)
	}
	id, err := s.books.Ask(ctx, key, kind, text)
	if err != nil {
		return err
	}
	fault, err := s.books.AwaitCommand(ctx, id)
	if err != nil {
		return err
	}
	if fault != "" {
		return fmt.Errorf("demo: command %s was refused: %s", key, fault)
	}
	return nil
}

// ended counts transfers that have a final state.
func ended(states map[messaging.State]int64) int64 {
	return states[messaging.StatePaid] + states[messaging.StateReturned] + states[messaging.StateExpired]
}

// failed is closed when something on the stage broke; why says what.
func (s *stage) failed() <-chan struct{} { return s.ctx.Done() }

func (s *stage) why() error { return context.Cause(s.ctx) }

// close ends everything and waits for it.
func (s *stage) close() error {
	s.cancel(errClosed)
	err := s.group.Wait()
	for _, a := range s.actors {
		if a.sandbox != nil {
			err = errors.Join(err, a.sandbox.Close())
		}
		a.client.Close()
	}
	for _, home := range s.pools {
		home.Close()
	}
	if s.hub != nil {
		s.hub.Close()
	}
	if s.books != nil {
		s.books.Close()
	}
	return err
}
