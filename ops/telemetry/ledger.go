package telemetry

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Books is what the metrics need of the ledger; *store.Ledger is one.
type Books interface {
	Gauges(ctx context.Context) (ledger.Gauges, error)
	Rails(ctx context.Context) ([]ledger.RailStanding, error)
	Connections() ledger.Connections
}

// Broker is what they need of the message system; *messaging.Hub is one.
type Broker interface {
	Lag(ctx context.Context, participant string) (messaging.Lag, error)
}

// Scrapes ask the ledger and the broker at most once in keepReading, and no longer than askWithin.
const (
	keepReading = 5 * time.Second
	askWithin   = 3 * time.Second
)

// reading is what one look at the ledger and the broker brought.
type reading struct {
	gauges ledger.Gauges
	rails  []ledger.RailStanding
	lags   map[string]messaging.Lag
	broker error // why lags are missing
}

// Ledger shows how ledger and streams stand, when it is asked.
type Ledger struct {
	books  Books
	broker Broker // nil where nobody asks it
	cached *cached[reading]

	up, epoch, leader, leaseAge, batchAge, outbox, outboxAge, log       *prometheus.Desc
	requests, requestsAge, unwitnessed, unwitnessedAge, splits          *prometheus.Desc
	windows, windowAge, prefunded, credit, owed, lag, unread, rail      *prometheus.Desc
	connections, connectionsMax, connectionWaits, connectionWaitSeconds *prometheus.Desc
}

// NewLedger registers what looks at a ledger, and at a broker unless that is nil.
func NewLedger(r prometheus.Registerer, books Books, broker Broker) (*Ledger, error) {
	l := &Ledger{
		books: books, broker: broker,
		up:             describe("source_up", "Whether what metrics are read from could be read: ledger, broker.", "source"),
		epoch:          describe("lease_epoch", "Fencing number of whoever leads, or led last."),
		leader:         describe("lease_info", "1, for who leads, or led last.", "holder"),
		leaseAge:       describe("lease_age_seconds", "Since the leader said that it is alive."),
		batchAge:       describe("batch_age_seconds", "Since the newest batch was written."),
		outbox:         describe("outbox_messages", "Committed messages that are not at the broker yet."),
		outboxAge:      describe("outbox_age_seconds", "Age of the oldest of them."),
		log:            describe("log_entries", "Entries of the settlement log that its newest checkpoint covers."),
		requests:       describe("requests_waiting", "Requests that wait for a second person."),
		requestsAge:    describe("requests_waiting_age_seconds", "Age of the oldest of them."),
		unwitnessed:    describe("instructions_unwitnessed", "Settlement instructions that wait for witnesses of the log."),
		unwitnessedAge: describe("instructions_unwitnessed_age_seconds", "Age of the oldest of them."),
		splits:         describe("split_views", "Words of witnesses that know another log than this ledger's, one a witness and day."),
		windows:        describe("windows", "Settlement windows that are not settled, by group and state.", "group", "state"),
		windowAge:      describe("window_age_seconds", "How long the oldest of them is in its state.", "group", "state"),
		prefunded:      describe("liquidity_prefunded_units", "Prefunding in major units of the currency.", "participant", "currency"),
		credit:         describe("liquidity_credit_units", "Credit line in major units of the currency.", "participant", "currency"),
		owed:           describe("liquidity_used_units", "What the position owes, in major units of the currency.", "participant", "currency"),
		lag:            describe("stream_lag_messages", "Messages of a participant that no batch has taken up.", "participant"),
		unread:         describe("stream_unread_messages", "Messages to a participant that it has not acknowledged.", "participant"),
		rail:           describe("rail_up", "Whether a participant's rail is up, by what it last said; those that said nothing are not listed.", "participant"),
		connections:    describe("database_connections", "Connections of the pool by state: acquired, idle.", "state"),
		connectionsMax: describe("database_connections_max", "Most connections of the pool."),
		connectionWaits: describe("database_connection_waits_total",
			"Times that somebody waited for a connection."),
		connectionWaitSeconds: describe("database_connection_wait_seconds_total", "How long all of them waited."),
	}
	l.cached = &cached[reading]{ask: l.read, keep: keepReading, within: askWithin}
	return l, r.Register(l)
}

func (l *Ledger) read(ctx context.Context) (reading, error) {
	var got reading
	var err error
	if got.gauges, err = l.books.Gauges(ctx); err != nil {
		return got, err
	}
	if got.rails, err = l.books.Rails(ctx); err != nil {
		return got, err
	}
	if l.broker != nil {
		got.lags, got.broker = l.lagging(ctx, slices.Sorted(maps.Keys(got.gauges.Read)))
	}
	return got, nil
}

// lagging asks the broker about participants, one after the other, and goes on where it does not know one.
func (l *Ledger) lagging(ctx context.Context, participants []string) (map[string]messaging.Lag, error) {
	var failed error
	lags := make(map[string]messaging.Lag, len(participants))
	for _, name := range participants {
		lag, err := l.broker.Lag(ctx, name)
		switch {
		case err == nil:
			lags[name] = lag
		case ctx.Err() != nil:
			return lags, errors.Join(failed, err)
		default:
			failed = errors.Join(failed, err)
		}
	}
	return lags, failed
}

// Describe implements prometheus.Collector.
func (l *Ledger) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		l.up, l.epoch, l.leader, l.leaseAge, l.batchAge, l.outbox, l.outboxAge, l.log, l.requests, l.requestsAge, l.unwitnessed, l.unwitnessedAge,
		l.splits, l.windows, l.windowAge, l.prefunded, l.credit, l.owed, l.lag, l.unread, l.rail, l.connections, l.connectionsMax,
		l.connectionWaits, l.connectionWaitSeconds,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector. Where the ledger does not answer, what is read from it is left out, and
// source_up says so.
func (l *Ledger) Collect(metrics chan<- prometheus.Metric) {
	to := out(metrics)
	c := l.books.Connections()
	to.gauge(l.connections, float64(c.Acquired), "acquired")
	to.gauge(l.connections, float64(c.Idle), "idle")
	to.gauge(l.connectionsMax, float64(c.Max))
	to.counter(l.connectionWaits, float64(c.Waited))
	to.counter(l.connectionWaitSeconds, c.WaitedFor.Seconds())
	got, err := l.cached.get(context.Background())
	to.gauge(l.up, truth(err == nil), "ledger")
	if err != nil {
		return
	}
	l.standing(to, &got.gauges)
	for _, rail := range got.rails {
		to.gauge(l.rail, truth(rail.State == messaging.RailUp), rail.Participant)
	}
	if l.broker == nil {
		return
	}
	to.gauge(l.up, truth(got.broker == nil), "broker")
	for name, lag := range got.lags {
		// The broker was asked after the ledger: what was taken up meanwhile is no lag.
		to.gauge(l.lag, float64(max(lag.Last, got.gauges.Read[name])-got.gauges.Read[name]), name)
		to.gauge(l.unread, float64(lag.Unread), name)
	}
}

func (l *Ledger) standing(to out, g *ledger.Gauges) {
	to.gauge(l.epoch, float64(g.Epoch))
	to.gauge(l.leader, 1, g.Holder)
	to.gauge(l.leaseAge, g.LeaseAge.Seconds())
	to.gauge(l.batchAge, g.BatchAge.Seconds())
	to.gauge(l.outbox, float64(g.Outbox))
	to.gauge(l.outboxAge, g.OutboxAge.Seconds())
	to.gauge(l.log, float64(g.LogEntries))
	to.gauge(l.requests, float64(g.Requests))
	to.gauge(l.requestsAge, g.RequestsAge.Seconds())
	to.gauge(l.unwitnessed, float64(g.Unwitnessed))
	to.gauge(l.unwitnessedAge, g.UnwitnessedAge.Seconds())
	to.gauge(l.splits, float64(g.SplitViews))
	for _, w := range g.Windows {
		to.gauge(l.windows, float64(w.Count), w.Group, string(w.State))
		to.gauge(l.windowAge, w.Oldest.Seconds(), w.Group, string(w.State))
	}
	for _, q := range g.Liquidity {
		code := q.Currency.String()
		to.gauge(l.prefunded, units(q.PrefundMinor, q.Currency), q.Participant, code)
		to.gauge(l.credit, units(q.CreditMinor, q.Currency), q.Participant, code)
		to.gauge(l.owed, units(q.NetOwed, q.Currency), q.Participant, code)
	}
}

// units are major units, for a picture: not exact above 2^53 minor units.
func units(minor int64, c fx.Currency) float64 {
	return float64(minor) / math.Pow10(c.MinorUnits())
}
