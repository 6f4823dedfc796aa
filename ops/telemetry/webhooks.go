package telemetry

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ayni-switch/ayni/ops/webhook/store"
)

// Hooks is what the metrics need of webhooks; *store.Store of ops/webhook is one.
type Hooks interface {
	Gauges(ctx context.Context) (store.Gauges, error)
}

// Webhooks shows how those stand who are told by HTTP, when it is asked.
type Webhooks struct {
	cached *cached[store.Gauges]

	endpoints, waiting, age *prometheus.Desc
}

// NewWebhooks registers what looks at webhooks.
func NewWebhooks(r prometheus.Registerer, hooks Hooks) (*Webhooks, error) {
	w := &Webhooks{
		endpoints: describe("webhook_endpoints", "Endpoints of webhooks by state: active, failing, paused.", "state"),
		waiting:   describe("webhook_deliveries_waiting", "Deliveries that no endpoint has taken yet; of one, at most 1,000 are counted."),
		age:       describe("webhook_deliveries_waiting_age_seconds", "Age of the oldest event among them, but for paused endpoints."),
	}
	w.cached = &cached[store.Gauges]{ask: hooks.Gauges, keep: keepReading, within: askWithin}
	return w, r.Register(w)
}

// Describe implements prometheus.Collector.
func (w *Webhooks) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{w.endpoints, w.waiting, w.age} {
		to <- d
	}
}

// Collect implements prometheus.Collector. Where the database does not answer, nothing is said: source_up does.
func (w *Webhooks) Collect(metrics chan<- prometheus.Metric) {
	got, err := w.cached.get(context.Background())
	if err != nil {
		return
	}
	to := out(metrics)
	for _, state := range []string{"active", "failing", "paused"} {
		to.gauge(w.endpoints, float64(got.Endpoints[state]), state)
	}
	to.gauge(w.waiting, float64(got.Waiting))
	to.gauge(w.age, got.Oldest.Seconds())
}
