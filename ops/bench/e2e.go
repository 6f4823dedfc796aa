package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// E2EOptions say what to measure, end to end.
type E2EOptions struct {
	Transfers    int           // of the run in which everything is paid; made even
	Participants int           //
	Seed         uint64        // the same seed is the same traffic
	Latency      time.Duration // of each run at a fixed rate
	Alone        int           // transfers one at a time
	Dir          string        // an empty folder for the servers' data; "" for a temporary one
	SkipCheck    bool          // do not hold the whole ledger against its invariants at the end
	Log          *slog.Logger
	Progress     func(string) // told what begins; may be nil
}

const (
	// mostHeld bounds a run in which rails take their time: all its transfers are open at its end. It also shortens
	// the runs at a fixed rate above 30,000 a second.
	mostHeld   = 300_000
	mostOpen   = 80_000  // of one participant's; the switch takes 100,000
	copySample = 200_000 // transfers whose rows are copied again

	// A participant's stream takes no more when it is full.
	streamBytes   = 1 << 30
	bytesOnStream = 850 // of a transfer, on the fuller of a participant's two streams
	fullness      = 0.8
)

// parts of the peak at which latency is measured, in per cent.
var loads = []int{25, 50, 75}

// E2E measures the whole switch: embedded JetStream that flushes every message, a PostgreSQL of its own with fsync
// and synchronous_commit on, the engine, and every participant with its own connection and key, all on this machine
// at the same time. The order of runs:
//
//  1. The peak of published → cleared. Rails take their time: payouts are published and received, and outcomes
//     follow when everything has cleared. So this is the rate at which the switch clears while outcomes do not yet
//     come, as in the first moments of a rush.
//  2. The raw COPY of the rows that run 1 wrote (e2e_copy.go).
//  3. Latency at parts of that peak, under the same conditions, and of transfers one at a time.
//  4. Published → paid: every rail answers at once, everything is on. This is the long run, and the one whose
//     beginning and end, memory, processor time and bytes are told.
//  5. Latency at parts of the rate of run 4, everything on.
//  6. What the ledger and the participants say about it all.
func E2E(ctx context.Context, o E2EOptions) (*E2EReport, error) {
	o.Transfers += o.Transfers % 2
	if o.Transfers < 8 || o.Alone < 2 || o.Latency <= 0 {
		return nil, fmt.Errorf("bench: %d transfers, %d alone and %s at each rate measure nothing", o.Transfers, o.Alone, o.Latency)
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	m, err := newMarket(o.Participants, max(2, min(mostAway, o.Transfers/8)), o.Seed, time.Now())
	if err != nil {
		return nil, err
	}
	if err := m.holds(o.Transfers); err != nil {
		return nil, err
	}
	e := &e2e{E2EOptions: o, market: m, report: &E2EReport{Participants: o.Participants, Seed: o.Seed, LatencyMS: map[string]Latency{}, LatencyPayingMS: map[string]Latency{}}}
	if e.report.Self, err = m.share(); err != nil {
		return nil, err
	}
	o.Progress(fmt.Sprintf("servers, and %d participants", o.Participants))
	if e.stage, err = openStage(ctx, o.Dir, m, o.Log); err != nil {
		return nil, err
	}
	measured := e.measure(ctx)
	if err := errors.Join(measured, e.stage.close(ctx)); err != nil {
		return nil, err
	}
	e.report.judge()
	return e.report, nil
}

// e2e is a measurement under way.
type e2e struct {
	E2EOptions
	*stage
	market *market
	report *E2EReport
	runs   uint64 // so far: each has traffic of its own
}

func (e *e2e) measure(ctx context.Context) error {
	for _, step := range []func(context.Context) error{e.clearing, e.latencies, e.oneByOne, e.paying, e.latenciesPaying, e.truth} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// traffic is the next run's.
func (e *e2e) traffic(transfers int) *traffic {
	e.runs++
	return e.market.traffic(transfers, e.Seed+e.runs<<32)
}

// held is how many transfers a run may have in which outcomes come at the end.
func (e *e2e) held(transfers int) int {
	return min(transfers, mostHeld, int(mostOpen/e.market.shareOfLargest())) &^ 1
}

// clearing is run 1, and the raw COPY of its rows.
func (e *e2e) clearing(ctx context.Context) error {
	n := e.held(e.Transfers)
	e.Progress(fmt.Sprintf("published → cleared: %d transfers at once", n))
	var r run
	err := e.report.Log.profiled(func() (err error) {
		r, err = e.play(ctx, n, true, false, e.atOnce(e.traffic(n), -1))
		return err
	})
	if err != nil {
		return err
	}
	e.report.clearing(r)
	batches, transfers := r.middle(copySample)
	e.Progress(fmt.Sprintf("raw COPY of the rows of %d transfers", transfers))
	if e.report.Copy, err = e.copyAgain(ctx, batches, transfers, 2); err != nil {
		return err
	}
	e.report.Log.among(r.used().postgresCPU*float64(r.transfers)/1000, e.report.Copy.LogShare)
	e.report.CopyTransfersPerS = e.report.Copy.TransfersPerS
	e.report.RatioToCopy = e.report.ClearedPerS / e.report.CopyTransfersPerS
	return nil
}

// middle lists the batches of the run's middle, one after the other, that cleared at least so many transfers
// together, or all of them; and how many they cleared.
func (s stretch) middle(transfers int) (batches []int64, cleared int) {
	last := s.from.cleared
	skip := int64(max(s.transfers-transfers, 0)) / 2
	for _, m := range s.marks {
		if m.cleared-s.from.cleared > skip && cleared < transfers && last-s.from.cleared < int64(s.transfers) {
			batches = append(batches, m.batch)
			cleared += int(m.cleared - last)
		}
		last = m.cleared
	}
	return batches, cleared
}

func (e *e2e) latencies(ctx context.Context) error {
	return e.atLoads(ctx, e.report.ClearedPerS, true, e.report.LatencyMS)
}

func (e *e2e) latenciesPaying(ctx context.Context) error {
	return e.atLoads(ctx, e.report.PaidPerS, false, e.report.LatencyPayingMS)
}

func (e *e2e) atLoads(ctx context.Context, peak float64, hold bool, into map[string]Latency) error {
	for _, load := range loads {
		rate := peak * float64(load) / 100
		n := max(int(rate*e.Latency.Seconds()), 8) &^ 1
		if hold {
			n = e.held(n)
		}
		e.Progress(fmt.Sprintf("latency at %d %%: %d transfers, %.0f a second", load, n, rate))
		r, err := e.play(ctx, n, hold, true, e.steadily(e.traffic(n), rate))
		if err != nil {
			return err
		}
		if into[fmt.Sprint(load)], err = e.latency(ctx, r, rate); err != nil {
			return err
		}
		e.report.RSSPeakBytes = max(e.report.RSSPeakBytes, r.rssPeak)
	}
	return nil
}

func (e *e2e) oneByOne(ctx context.Context) error {
	n := e.Alone &^ 1
	e.Progress(fmt.Sprintf("%d transfers, one at a time", n))
	t := e.traffic(n)
	t.most = 1 // it comes home at once: nobody is left to bring liquidity to one that waits
	r, err := e.play(ctx, n, false, true, e.alone(t))
	if err != nil {
		return err
	}
	e.report.LatencyMS["alone"], err = e.latency(ctx, r, 0)
	return err
}

// paying is run 4.
func (e *e2e) paying(ctx context.Context) error {
	written := int64(e.report.BytesWrittenPerTransfer) * int64(e.Transfers)
	free, err := freeBytes(e.servers.Dir)
	if err != nil {
		return err
	}
	if written > free { // what is written twice, like the WAL, makes up for what outcomes add
		return fmt.Errorf("bench: %d transfers write about %d GB, and %s has %d GB left", e.Transfers, written>>30, e.servers.Dir, free>>30)
	}
	e.Progress(fmt.Sprintf("published → paid: %d transfers", e.Transfers))
	r, err := e.play(ctx, e.Transfers, false, false, e.atOnce(e.traffic(e.Transfers), unpaid))
	if err != nil {
		return err
	}
	e.report.paying(r)
	return nil
}

// truth holds what was counted on both sides against each other and against the ledger.
func (e *e2e) truth(ctx context.Context) error {
	if err := e.counted(ctx, &e.report.findings); err != nil {
		return err
	}
	if e.SkipCheck {
		e.report.Notes = append(e.report.Notes, "the ledger's invariants were not checked, as asked")
		return nil
	}
	e.Progress("the ledger's invariants")
	findings, err := e.books.Check(ctx, e.public)
	if err != nil {
		return err
	}
	for _, f := range findings {
		e.report.find("ledger."+f.Name, f.OK, "%s", f.Detail)
	}
	return nil
}
