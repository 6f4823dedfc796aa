package telemetry

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// NewRegistry makes a registry that has the process and Go's runtime.
func NewRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// scrapes are how many may be answered at a time, and how long one may take.
const (
	scrapes       = 2
	scrapeTimeout = 10 * time.Second
)

// Handler serves a registry. A collector that fails leaves out what is its own.
func Handler(r prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: scrapes, Timeout: scrapeTimeout, EnableOpenMetrics: true,
	})
}

// Paths are where a Page answers.
func Paths() []string { return []string{"GET /metrics", "GET /healthz", "GET /readyz"} }

// Page is a registry and some checks on one address, for a program whose address is its operator's alone.
func Page(r prometheus.Gatherer, checks ...Check) http.Handler {
	health, mux := NewHealth(checks...), http.NewServeMux()
	mux.Handle("GET /metrics", Handler(r))
	mux.HandleFunc("GET /healthz", health.Alive)
	mux.HandleFunc("GET /readyz", health.Ready)
	return mux
}

// name is what all metrics of ours begin with.
const namespace = "ayni"

// describe describes a metric of ours.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
}

// out is what a collector answers a scrape with.
type out chan<- prometheus.Metric

func (o out) gauge(d *prometheus.Desc, value float64, labels ...string) {
	o <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func (o out) counter(d *prometheus.Desc, value float64, labels ...string) {
	o <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}

// truth is a gauge's 1 or 0.
func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
