package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	network "net" // the package has a net of its own
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ayni-switch/ayni/ops/site"
)

// APIOptions say how the API is read, and of what.
type APIOptions struct {
	RPS          int    // reads offered a second
	Seconds      int    // of measuring
	Load         int    // transfers published a second meanwhile
	History      int    // transfers that are paid before; made even
	Participants int    //
	Seed         uint64 // the same seed is the same traffic and the same order of reads
	Dir          string // an empty folder for the servers' data; "" for a temporary one
	Log          *slog.Logger
	Progress     func(string) // told what begins; may be nil
}

// warmUp is how long clearing and reading go on before anything is measured: connections open, statements are prepared.
const warmUp = 3 * time.Second

// past is at which rate the history is played, a second, where the machine keeps up. A switch that does clears tens to
// hundreds in a batch, and not ten thousand as in a rush; and a page of postings is at least a batch's.
const past = 8000

// afterwards is how long clearing goes on behind the last read.
const afterwards = 2 * time.Second

// API measures reads while clearing runs: embedded JetStream that flushes every message, a PostgreSQL of its own with
// fsync and synchronous_commit on, the engine, participants that publish at a steady rate and pay at once, and the site
// with its guard on a port of the loopback, all on this machine at the same time. Reads come as from many independent
// clients: at random moments that were drawn before, whether or not those before were answered. Latency counts from that
// moment until the answer was read whole, so an answer that is late makes those behind it late as well.
func API(ctx context.Context, o APIOptions) (*APIReport, error) {
	o.History += o.History % 2
	if o.RPS < 1 || o.Seconds < 1 || o.Load < 2 || o.History < 8 {
		return nil, fmt.Errorf("bench: %d reads a second for %d s beside %d transfers a second, after %d, measure nothing", o.RPS, o.Seconds, o.Load, o.History)
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	m, err := newMarket(o.Participants, max(2, min(mostAway, o.History/8)), o.Seed, time.Now())
	if err != nil {
		return nil, err
	}
	b := &apiBench{APIOptions: o, report: &APIReport{
		Cores: runtime.NumCPU(), Participants: o.Participants, Seed: o.Seed, History: o.History, Seconds: o.Seconds, OfferedPerS: o.RPS, LoadPerS: o.Load,
	}}
	if err := m.holds(o.History + b.meanwhile()); err != nil {
		return nil, err
	}
	o.Progress(fmt.Sprintf("servers, and %d participants", o.Participants))
	if b.stage, err = openStage(ctx, o.Dir, m, o.Log); err != nil {
		return nil, err
	}
	measured := b.measure(ctx)
	if err := errors.Join(measured, b.stage.close(ctx)); err != nil {
		return nil, err
	}
	b.report.judge()
	return b.report, nil
}

// apiBench is a measurement under way.
type apiBench struct {
	APIOptions
	*stage
	report *APIReport
}

// meanwhile is how many transfers are published while reads go on: an even number.
func (b *apiBench) meanwhile() int {
	seconds := time.Duration(b.Seconds)*time.Second + warmUp + afterwards
	return int(float64(b.Load)*seconds.Seconds()) &^ 1
}

func (b *apiBench) measure(ctx context.Context) error {
	if err := b.publishRates(); err != nil {
		return err
	}
	b.Progress(fmt.Sprintf("a history of %d transfers", b.History))
	if _, err := b.play(ctx, b.History, false, false, b.paced(b.market.traffic(b.History, b.Seed), past, uncleared, unpaid)); err != nil {
		return err
	}
	// A ledger of that age has been analysed; autovacuum would do it within a minute.
	if _, err := b.admin.Exec(ctx, "VACUUM ANALYZE"); err != nil {
		return fmt.Errorf("bench: analyse: %w", err)
	}
	served, origin, err := b.openSite(ctx, b.Log)
	if err != nil {
		return err
	}
	doors, err := b.openDoors(ctx, served, origin)
	if err != nil {
		return err
	}
	known, err := b.known(ctx)
	if err != nil {
		return err
	}
	readers := newReaders(origin, doors, known)
	defer readers.close()
	return b.beside(ctx, func(ctx context.Context) error { return b.read(ctx, readers) })
}

// beside does something while transfers are published at their rate, and waits until all of them are paid.
func (b *apiBench) beside(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cleared := make(chan error, 1)
	traffic := b.market.traffic(b.meanwhile(), b.Seed+1<<32)
	go func() {
		_, err := b.play(ctx, traffic.left, false, false, b.steadily(traffic, float64(b.Load)))
		if err != nil {
			cancel(err)
		}
		cleared <- err
	}()
	err := do(ctx)
	if err != nil {
		cancel(err)
	}
	if err := errors.Join(err, <-cleared); err != nil {
		return err
	}
	return b.counted(ctx, &b.report.findings)
}

// read warms up, and measures.
func (b *apiBench) read(ctx context.Context, readers *readers) error {
	b.Progress(fmt.Sprintf("%d reads a second beside %d transfers a second, for %d s", b.RPS, b.Load, b.Seconds))
	if _, err := readers.offer(ctx, draw(int(warmUp.Seconds()*float64(b.RPS)), b.RPS, b.Seed)); err != nil {
		return err
	}
	due := draw(b.Seconds*b.RPS, b.RPS, b.Seed+1)
	before, err := b.spent(ctx)
	if err != nil {
		return err
	}
	_, from := b.meter.sums()
	began := time.Now()
	var all []answered
	samples, err := profileOf(func() (err error) {
		all, err = readers.offer(ctx, due)
		return err
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	_, until := b.meter.sums()
	after, err := b.spent(ctx)
	if err != nil {
		return err
	}
	b.report.measured(all, took, from, until)
	b.report.spent(before, after, took, samples)
	return nil
}

// partSite and partReaders are the API, and who reads it.
const (
	partSite    = "site"
	partReaders = "readers"
)

// openSite serves the whole site on a free port of the loopback.
func (s *stage) openSite(ctx context.Context, log *slog.Logger) (served *site.Site, origin string, err error) {
	on, err := new(network.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("bench: %w", err)
	}
	origin = "http://" + on.Addr().String()
	served, err = site.Open(ctx, site.Config{
		Origin: origin, Name: "bench", DatabaseURL: s.servers.DatabaseURL(), LogKey: s.logKey, Version: "bench", Migrate: true, Hub: s.hub,
		WebhookKey: []byte(rand.Text()), Metrics: prometheus.NewRegistry(), Log: log,
	})
	if err != nil {
		return nil, "", errors.Join(err, on.Close())
	}
	s.run(partSite, func(ctx context.Context) error {
		defer served.Close()
		return served.Run(ctx, on)
	})
	return served, origin, nil
}
