package adapters

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/failpoint"
	"github.com/ayni-switch/ayni/messaging/trace"
)

// RunnerConfig is one adapter. Zero durations and counts take the defaults named here.
type RunnerConfig struct {
	Participant string
	Dir         string // of the store; one process at a time
	Switch      Switch
	Rail        func(Sink) (Rail, error)
	Workers     int           // rail calls of each kind (submit, query, collection) at a time: 16
	OrderTTL    time.Duration // how long an order waits for the customer's payment, where its quote holds so long: 15 minutes
	IntentTTL   time.Duration // from the order to the deadline of its intent: 24 hours
	Republish   time.Duration // after this without an answer an intent is published again, then ever slower: 30 s
	BreakerOpen time.Duration // how long an open breaker keeps calls away: 5 s
	Logger      *slog.Logger  // nil for none
	Tracer      trace.Tracer  // nil for none
	Called      func(Call)    // told of each call to the rail, from many goroutines; nil for nobody

	failpoint func(name string) // tests kill the process here
}

const (
	defaultWorkers     = 16
	defaultOrderTTL    = 15 * time.Minute
	defaultIntentTTL   = 24 * time.Hour
	defaultRepublish   = 30 * time.Second
	defaultBreakerOpen = 5 * time.Second
	maxRepublish       = 10 * time.Minute
	switchRetry        = time.Second // between attempts to reach the switch
	receiveLimit       = 64          // messages of the switch in one commit
)

// ErrNotRunning says that the Runner has not started or has stopped. Asking again later is safe.
var ErrNotRunning = errors.New("adapters: runner is not running")

// ErrNotTold says that the switch has not yet said who takes part, as on the first start of an adapter. Asking again
// later is safe; an order that was refused instead would stay refused where its money is on the way.
var ErrNotTold = errors.New("adapters: the switch has not yet said who takes part")

// Runner owns one adapter's state: it is the only writer of its store, and the Sink of its rail.
//
// Every change is made in memory under mu and put on its way to the disk in the same breath; whatever
// the world sees of it (an acknowledgement, a call to the rail, a message) happens after the disk has it.
type Runner struct {
	cfg       RunnerConfig
	log       *slog.Logger
	rail      Rail
	caps      Capabilities
	store     *store
	lanes     lanes
	schedule  *schedule
	publisher *publisher

	life    sync.RWMutex // held for reading by every call from outside
	running bool

	mu         sync.Mutex
	board      board
	orders     map[string]*liveOrder     // by reference: those that may still change
	operations map[string]*liveOperation // by id: likewise
	exceptions map[string]ExceptionKind  // by Exception.key
	intents    map[string]string         // operations by the intent that they pay: likewise
	receipts   map[string]string         // order references by rail receipt: those not on the disk yet
	tally      tally
	health     messaging.RailHealth // as it was looked at last
}

// liveOrder is an order in memory.
type liveOrder struct {
	order
	polls    int  // Collection calls since the last news
	late     int  // Collection calls answered after the time to pay was over
	messages int  // times its intent was published by this process
	busy     bool // a worker is calling the rail
	again    bool // it fell due meanwhile
	asking   bool // a worker asks the rail about a hint
	dirty    int  // writes under way: until they are done the disk is behind
}

// liveOperation is an operation in memory.
type liveOperation struct {
	operation
	doubt   bool          // an earlier Submit may have reached the rail
	queries int           // since the last news
	retries int           // Submits that reached nobody
	busy    bool          // a worker is calling the rail
	again   bool          // it fell due meanwhile
	submit  chan struct{} // closed when the Submit under way has been weighed; nil without one
	dirty   int           // writes under way: until they are done the disk is behind
	follows trace.Context // not kept: what a restart cuts off is not traced
}

// NewRunner opens the store, makes the rail and takes up what an earlier process left. Run must follow,
// also to close it again.
func NewRunner(cfg RunnerConfig) (*Runner, error) {
	if !messaging.ValidParticipant(cfg.Participant) || cfg.Dir == "" || cfg.Switch == nil || cfg.Rail == nil {
		return nil, errors.New("adapters: a runner needs participant, dir, switch and rail")
	}
	cfg.Workers = orDefault(cfg.Workers, defaultWorkers)
	cfg.OrderTTL = orDefault(cfg.OrderTTL, defaultOrderTTL)
	cfg.IntentTTL = orDefault(cfg.IntentTTL, defaultIntentTTL)
	cfg.Republish = orDefault(cfg.Republish, defaultRepublish)
	cfg.BreakerOpen = orDefault(cfg.BreakerOpen, defaultBreakerOpen)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.failpoint == nil {
		cfg.failpoint = failpoint.Hit
	}
	r := &Runner{
		cfg: cfg, log: cfg.Logger.With("participant", cfg.Participant),
		schedule: newSchedule(), board: newBoard(),
		orders: map[string]*liveOrder{}, operations: map[string]*liveOperation{},
		exceptions: map[string]ExceptionKind{}, receipts: map[string]string{}, intents: map[string]string{}, tally: newTally(),
		health: messaging.RailHealth{State: messaging.RailUp, Since: time.Now().UTC()},
	}
	r.publisher = &publisher{
		to: cfg.Switch, wake: make(chan struct{}, 1), tracer: cfg.Tracer, intentsFollow: r.intentsFollow, outcomesFollow: r.outcomesFollow,
		intentsOut: r.intentsOut, outcomesOut: r.outcomesOut, refused: r.unpublishable,
		trouble: func(err error) { r.log.Warn("publishing will be tried again", "error", err) },
	}
	rail, err := cfg.Rail(r)
	if err != nil {
		return nil, fmt.Errorf("adapters: rail of %s: %w", cfg.Participant, err)
	}
	r.rail, r.caps = rail, rail.Capabilities()
	if err := r.caps.Timers.check(); err != nil {
		return nil, fmt.Errorf("adapters: rail %s of %s: %w", r.caps.Rail, cfg.Participant, err)
	}
	r.lanes = newLanes(r.caps, cfg)
	if r.store, err = openStore(cfg.Dir, cfg.Participant); err != nil {
		return nil, err
	}
	if err := r.recover(); err != nil {
		return nil, errors.Join(err, r.store.db.Close())
	}
	return r, nil
}

func orDefault[T int | time.Duration](value, standard T) T {
	if value <= 0 {
		return standard
	}
	return value
}

// recover reads the store and puts everything unfinished back on its way.
func (r *Runner) recover() error {
	now := time.Now()
	return errors.Join(
		each(r.store, bucketQuotes, func(_ string, q *fx.Quote) error {
			r.board.quotes[pair{q.From, q.To}] = *q
			return nil
		}),
		each(r.store, bucketPeers, func(name string, p *messaging.Peer) error {
			r.board.peers[name] = *p
			return nil
		}),
		each(r.store, bucketFees, func(name string, t *tariff) error {
			r.board.fees[name] = *t
			return nil
		}),
		each(r.store, bucketExceptions, func(key string, e *Exception) error {
			r.exceptions[key] = e.Kind
			r.tally.exceptions[e.Kind]++
			return nil
		}),
		each(r.store, bucketOrders, func(ref string, o *order) error {
			r.tally.order(o, +1)
			if len(o.Hints) > 0 {
				r.schedule.by(task{taskHints, ref}, now)
			}
			switch {
			case len(o.Hints) == 0 && (o.final() || o.State == OrderLapsed):
				return nil
			case o.State == OrderOpen:
				r.schedule.by(task{bucketOrders, ref}, now) // its callback may have come while nobody listened
			case o.State == OrderCollected:
				r.publisher.addIntents(*o.Intent)
			}
			r.orders[ref] = &liveOrder{order: *o}
			return nil
		}),
		each(r.store, bucketOperations, func(id string, o *operation) error {
			r.tally.operation(o, +1)
			if o.closed() {
				return nil
			}
			// Whether a Submit was under way when the process died, nobody knows.
			r.operations[id] = &liveOperation{operation: *o, doubt: true}
			switch {
			case o.State.final():
				r.publisher.addOutcomes(told{id, *o.Outcome})
			case o.State == Instructed:
				r.schedule.by(task{bucketOperations, id}, time.Time{})
			default:
				r.schedule.by(task{bucketOperations, id}, now)
			}
			return nil
		}),
	)
}

// Run works until ctx ends, then lets calls under way finish (for two seconds at most), writes
// what they brought, and closes the store. It returns ctx's end as nil, and the store's failure as an
// error: then memory and disk differ, and only a new Runner on the same folder helps. Run once.
func (r *Runner) Run(ctx context.Context) error {
	stopStore := make(chan struct{})
	var committer errgroup.Group
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	committer.Go(func() error {
		defer cancel() // without a store nothing may go on
		return r.store.run(stopStore)
	})
	r.life.Lock()
	r.running = true
	r.life.Unlock()
	r.cfg.failpoint("running")

	calls, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	work := make(chan task)
	var group sync.WaitGroup
	group.Go(func() { r.schedule.run(ctx, work) })
	group.Go(func() { r.publisher.run(ctx) })
	group.Go(func() { r.receive(ctx) })
	group.Go(func() { r.watch(ctx) })
	group.Go(func() { r.tellHealth(ctx) })
	group.Go(func() { r.sort(ctx, work) })
	for _, lane := range r.lanes.all() {
		group.Go(func() { lane.run(ctx, func(t task) { r.attend(calls, t, lane) }) })
	}

	<-ctx.Done()
	grace := time.AfterFunc(drainTimeout, abandon)
	group.Wait()
	grace.Stop()
	r.life.Lock() // waits for the calls from outside
	r.running = false
	r.life.Unlock()
	close(stopStore)
	return committer.Wait()
}

// drainTimeout is how long calls to the rail may go on after the end was announced.
const drainTimeout = 2 * time.Second

// enter admits a call from outside, which must call leave.
func (r *Runner) enter() error {
	r.life.RLock()
	if !r.running {
		r.life.RUnlock()
		return ErrNotRunning
	}
	return nil
}

func (r *Runner) leave() { r.life.RUnlock() }
