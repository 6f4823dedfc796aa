package telemetry

import (
	"context"
	"math"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/engine"
)

// Batches counts what clearing batches did. Its Notice is engine.Config.Notice.
type Batches struct {
	batches, messages, commands, deadLetters, alarms prometheus.Counter
	intents, refusals, transfers, exceptions, holds  *prometheus.CounterVec
	bound, reached, fifo                             *prometheus.CounterVec
	queue                                            prometheus.Gauge
	duration, size                                   prometheus.Histogram
	ages                                             *ages
}

// NewBatches registers what counts batches.
func NewBatches(r prometheus.Registerer) (*Batches, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
	}
	vector := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, []string{label})
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: name, Help: help, Buckets: buckets, NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100,
		})
	}
	b := &Batches{
		batches:     counter("batches_total", "Clearing batches that were committed."),
		messages:    counter("messages_total", "Messages of participants that batches took up."),
		commands:    counter("commands_total", "Commands that batches carried out or refused."),
		deadLetters: counter("dead_letters_total", "Messages, or places in them, that could not be read as anything."),
		alarms:      counter("clearing_alarms_total", "Batches in which netting passed a limit and its choice was thrown away."),
		intents:     vector("intents_total", "Intents by what the switch made of them: accepted, refused.", "result"),
		refusals:    vector("intent_refusals_total", "Refused intents by fault.", "fault"),
		transfers:   vector("transfers_total", "Transfers by the state that they came to: cleared, paid, returned, expired.", "state"),
		exceptions:  vector("exceptions_total", "Cases for a person: outcome (contradicts what is final), unheard (a rail says nothing).", "kind"),
		holds:       vector("holds_total", "What screening did to transfers: held, released.", "event"),
		bound:       vector("clearing_bound_value_total", "Weighted value that no choice could have passed, in major units of the numeraire.", "numeraire"),
		reached:     vector("clearing_reached_value_total", "Weighted value that clearing reached, in major units of the numeraire.", "numeraire"),
		fifo:        vector("clearing_fifo_value_total", "Weighted value that first-in-first-out would have reached, in major units of the numeraire.", "numeraire"),
		queue: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "queue_transfers", Help: "Transfers that wait for liquidity, after the newest batch.",
		}),
		duration: histogram("batch_duration_seconds", "From having a batch's inputs to its commit.", prometheus.ExponentialBuckets(0.001, 2, 14)),
		size:     histogram("batch_intents", "Intents that a batch accepted.", prometheus.ExponentialBuckets(1, 4, 9)),
		ages:     newAges(),
	}
	for _, result := range []string{"accepted", "refused"} {
		b.intents.WithLabelValues(result)
	}
	for _, state := range []messaging.State{messaging.StateCleared, messaging.StatePaid, messaging.StateReturned, messaging.StateExpired} {
		b.transfers.WithLabelValues(string(state))
	}
	for _, kind := range []string{"outcome", "unheard"} {
		b.exceptions.WithLabelValues(kind)
	}
	for _, event := range []string{"held", "released"} {
		b.holds.WithLabelValues(event)
	}
	return b, register(r, b.batches, b.messages, b.commands, b.deadLetters, b.alarms, b.intents, b.refusals, b.transfers, b.exceptions, b.holds,
		b.bound, b.reached, b.fifo, b.queue, b.duration, b.size, b.ages)
}

func register(r prometheus.Registerer, all ...prometheus.Collector) error {
	for _, c := range all {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// Notice counts one batch.
func (b *Batches) Notice(_ context.Context, s engine.Summary) {
	b.batches.Inc()
	b.messages.Add(float64(s.Messages))
	b.commands.Add(float64(s.Commands))
	b.deadLetters.Add(float64(s.DeadLetters))
	b.intents.WithLabelValues("accepted").Add(float64(s.Accepted))
	b.intents.WithLabelValues("refused").Add(float64(s.Refused))
	for fault, n := range s.Refusals {
		b.refusals.WithLabelValues(string(fault)).Add(float64(n))
	}
	b.transfers.WithLabelValues(string(messaging.StateCleared)).Add(float64(s.Cleared))
	b.transfers.WithLabelValues(string(messaging.StatePaid)).Add(float64(s.Paid))
	b.transfers.WithLabelValues(string(messaging.StateReturned)).Add(float64(s.Returned))
	b.transfers.WithLabelValues(string(messaging.StateExpired)).Add(float64(s.Expired))
	b.exceptions.WithLabelValues("outcome").Add(float64(s.Exceptions))
	b.exceptions.WithLabelValues("unheard").Add(float64(s.Unheard))
	b.holds.WithLabelValues("held").Add(float64(s.Held))
	b.holds.WithLabelValues("released").Add(float64(s.Released))
	b.queue.Set(float64(s.Queued))
	b.duration.Observe(s.Took.Seconds())
	b.size.Observe(float64(s.Accepted))
	b.ages.add(s)
	if c := s.Clearing; c.Bound > 0 {
		numeraire, major := c.Numeraire.String(), math.Ldexp(1e-6, c.Coarser)
		b.bound.WithLabelValues(numeraire).Add(float64(c.Bound) * major)
		b.reached.WithLabelValues(numeraire).Add(float64(c.Reached) * major)
		b.fifo.WithLabelValues(numeraire).Add(float64(c.FIFO) * major)
		if len(c.Alarm) > 0 {
			b.alarms.Inc()
		}
	}
}

// ages are a histogram of how old transfers were, which batches have counted already.
type ages struct {
	desc          *prometheus.Desc
	mu            sync.Mutex
	cleared, paid engine.Ages
}

func newAges() *ages {
	return &ages{desc: describe("transfer_age_seconds",
		"How old transfers were when they came to a state, from the batch that accepted them to the one that moved them.", "state")}
}

func (a *ages) add(s engine.Summary) {
	a.mu.Lock()
	defer a.mu.Unlock()
	sum(&a.cleared, &s.UntilCleared)
	sum(&a.paid, &s.UntilPaid)
}

func sum(all, more *engine.Ages) {
	for i, n := range more.Counts {
		all.Counts[i] += n
	}
	all.Sum += more.Sum
}

// Describe implements prometheus.Collector.
func (a *ages) Describe(to chan<- *prometheus.Desc) { to <- a.desc }

// Collect implements prometheus.Collector.
func (a *ages) Collect(to chan<- prometheus.Metric) {
	a.mu.Lock()
	cleared, paid := a.cleared, a.paid
	a.mu.Unlock()
	to <- a.histogram(cleared, messaging.StateCleared)
	to <- a.histogram(paid, messaging.StatePaid)
}

func (a *ages) histogram(of engine.Ages, state messaging.State) prometheus.Metric {
	buckets, count := make(map[float64]uint64, len(engine.AgeBounds)), uint64(0)
	for i, bound := range engine.AgeBounds {
		count += of.Counts[i]
		buckets[bound.Seconds()] = count
	}
	return prometheus.MustNewConstHistogram(a.desc, count+of.Counts[len(engine.AgeBounds)], of.Sum.Seconds(), buckets, string(state))
}
