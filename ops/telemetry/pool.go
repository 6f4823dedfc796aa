package telemetry

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// PoolNode is what the metrics need of a pool's node; *pool.Node is one.
type PoolNode interface{ Halted() error }

// PoolBooks is what they need of its store; *store.Store of a pool is one.
type PoolBooks interface {
	Newest(ctx context.Context) (size int64, checkpoint string, err error)
}

// Pool shows how a pool's node stands.
type Pool struct {
	node                   PoolNode
	entries                *cached[int64]
	halted, size, readable *prometheus.Desc
}

// NewPool registers what looks at a pool's node.
func NewPool(r prometheus.Registerer, name string, node PoolNode, books PoolBooks) (*Pool, error) {
	own := func(metric, help string) *prometheus.Desc {
		return prometheus.NewDesc(namespace+"_pool_"+metric, help, nil, prometheus.Labels{"pool": name})
	}
	p := &Pool{
		node:     node,
		halted:   own("halted", "1 where the node takes nothing more and has to be opened again."),
		size:     own("log_entries", "Entries of the pool's log that its newest checkpoint covers."),
		readable: own("store_up", "Whether the pool's store could be read."),
		entries: &cached[int64]{keep: keepReading, within: askWithin, ask: func(ctx context.Context) (int64, error) {
			size, _, err := books.Newest(ctx)
			return size, err
		}},
	}
	return p, r.Register(p)
}

// Describe implements prometheus.Collector.
func (p *Pool) Describe(to chan<- *prometheus.Desc) {
	to <- p.halted
	to <- p.size
	to <- p.readable
}

// Collect implements prometheus.Collector.
func (p *Pool) Collect(metrics chan<- prometheus.Metric) {
	to := out(metrics)
	to.gauge(p.halted, truth(p.node.Halted() != nil))
	size, err := p.entries.get(context.Background())
	to.gauge(p.readable, truth(err == nil))
	if err == nil {
		to.gauge(p.size, float64(size))
	}
}
