package telemetry

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

// mostCodes bounds how many of a rail's codes have a series of their own: what comes after is "other", because a rail
// may say anything.
const mostCodes = 64

// Adapter counts what an adapter does: Called is adapters.RunnerConfig.Called, and Watch tells it of the Runner.
type Adapter struct {
	participant string
	calls       *prometheus.CounterVec
	took        *prometheus.HistogramVec
	callbacks   *prometheus.CounterVec

	mu    sync.Mutex
	codes map[string]bool
	stats func() adapters.Stats

	orders, collections, intents, operations, unknown, unknownAge, resolved, exceptions *prometheus.Desc
	breaker, waiting, up, outcomes, commits                                             *prometheus.Desc
}

// NewAdapter registers what counts the adapter of a participant.
func NewAdapter(r prometheus.Registerer, participant string) (*Adapter, error) {
	of := prometheus.Labels{"participant": participant}
	own := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(namespace+"_adapter_"+name, help, labels, of)
	}
	options := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: namespace, Subsystem: "adapter", Name: name, Help: help, ConstLabels: of}
	}
	a := &Adapter{
		participant: participant, codes: map[string]bool{},
		calls: prometheus.NewCounterVec(options("calls_total", "Calls to the rail by endpoint, what they brought, and the rail's code."),
			[]string{"endpoint", "state", "code"}),
		callbacks: prometheus.NewCounterVec(options("callbacks_total", "Requests of the rail, by the class of their answer."), []string{"class"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "adapter", Name: "call_duration_seconds", Help: "How long calls to the rail took.", ConstLabels: of,
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 13), NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100,
		}, []string{"endpoint"}),
		orders:      own("orders", "Orders that the adapter keeps."),
		collections: own("collections", "Orders that customers paid for."),
		intents:     own("intents", "Intents by state; unanswered while the switch has said nothing.", "state"),
		operations:  own("operations", "Payouts, refunds and reservations by kind and state.", "kind", "state"),
		unknown:     own("unknown", "Operations whose outcome nobody knows."),
		unknownAge:  own("unknown_age_seconds", "Since the oldest of them was instructed."),
		resolved:    own("unknown_resolved", "Operations that were unknown once and are final, by what ended it.", "by"),
		exceptions:  own("exceptions", "Cases for a person, by kind.", "kind"),
		breaker:     own("breaker_open", "Whether an endpoint's breaker keeps calls away: 1 open, 0.5 trying, 0 closed.", "endpoint"),
		waiting:     own("waiting_tasks", "What is due and waits for its endpoint.", "endpoint"),
		up:          own("rail_up", "Whether payouts and queries get through to the rail."),
		outcomes:    own("outcomes_waiting", "Final outcomes that are not at the broker yet."),
		commits:     own("store_commits_total", "Commits of the store since the process started."),
	}
	return a, register(r, a.calls, a.took, a.callbacks, a)
}

// Watch says whose Stats are shown: a Runner is made with Called, and watched once it is there.
func (a *Adapter) Watch(stats func() adapters.Stats) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stats = stats
}

// Called counts one call to the rail.
func (a *Adapter) Called(c adapters.Call) {
	state := cmp.Or(string(c.State), "nothing")
	if errors.Is(c.Err, context.DeadlineExceeded) {
		state = "timeout"
	}
	a.calls.WithLabelValues(c.Endpoint, state, a.code(c.Code)).Inc()
	a.took.WithLabelValues(c.Endpoint).Observe(c.Took.Seconds())
}

// code is a rail's code as a label.
func (a *Adapter) code(code string) string {
	if code == "" {
		return "none"
	}
	if len(code) > 32 || strings.Trim(code, codeLetters) != "" || mask(code) != code {
		return "other"
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.codes[code] && len(a.codes) == mostCodes {
		return "other"
	}
	a.codes[code] = true
	return code
}

const codeLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

// Callbacks counts what a rail sends to /rail/, and leaves the rest alone.
func (a *Adapter) Callbacks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/rail/") {
			next.ServeHTTP(w, r)
			return
		}
		answered := &status{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(answered, r)
		a.callbacks.WithLabelValues(strconv.Itoa(answered.code/100) + "xx").Inc()
	})
}

// status remembers with what was answered.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController through.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Describe implements prometheus.Collector.
func (a *Adapter) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		a.orders, a.collections, a.intents, a.operations, a.unknown, a.unknownAge, a.resolved, a.exceptions, a.breaker, a.waiting, a.up,
		a.outcomes, a.commits,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (a *Adapter) Collect(metrics chan<- prometheus.Metric) {
	a.mu.Lock()
	stats := a.stats
	a.mu.Unlock()
	if stats == nil {
		return
	}
	s, to := stats(), out(metrics)
	to.gauge(a.orders, float64(s.Orders))
	to.gauge(a.collections, float64(s.Collections))
	for state, n := range s.Intents {
		to.gauge(a.intents, float64(n), string(state))
	}
	for kind, states := range s.Operations {
		for state, n := range states {
			to.gauge(a.operations, float64(n), kind, string(state))
		}
	}
	to.gauge(a.unknown, float64(s.UnknownNow))
	age := time.Duration(0)
	if !s.UnknownSince.IsZero() {
		age = max(time.Since(s.UnknownSince), 0)
	}
	to.gauge(a.unknownAge, age.Seconds())
	for by, n := range s.UnknownResolved {
		to.gauge(a.resolved, float64(n), by)
	}
	for kind, n := range s.Exceptions {
		to.gauge(a.exceptions, float64(n), string(kind))
	}
	for endpoint, state := range s.Breakers {
		to.gauge(a.breaker, map[string]float64{"open": 1, "half-open": 0.5}[state], endpoint)
	}
	for endpoint, n := range s.Waiting {
		to.gauge(a.waiting, float64(n), endpoint)
	}
	to.gauge(a.up, truth(s.Health.State == messaging.RailUp))
	to.gauge(a.outcomes, float64(s.OutcomesWaiting))
	to.counter(a.commits, float64(s.Commits))
}
