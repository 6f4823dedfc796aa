package demo

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Report is what a day came to. Amounts are minor units of their currency.
type Report struct {
	Transfers      int64                     `json:"transfers"` // accepted by the switch, whatever became of them
	ByState        map[messaging.State]int64 `json:"by_state"`
	Refusals       map[messaging.Fault]int64 `json:"refusals"`
	PerCurrency    []CurrencyReport          `json:"per_currency"`
	FXMatchedPct   float64                   `json:"fx_matched_pct"` // of cross-currency value, what met inside the pool
	FXTotalUSD     float64                   `json:"fx_total_usd"`
	Clearing       ClearingReport            `json:"clearing"`
	ThroughputPerS float64                   `json:"throughput_per_s"`
	Seconds        float64                   `json:"seconds"` // from the first customer to the last final state, this process
	Latency        LatencyReport             `json:"latency_ms"`
	Rails          []ledger.RailOutcome      `json:"rails"`
	Unknowns       UnknownReport             `json:"unknowns"`
	Exceptions     map[string]int            `json:"exceptions"`
	Pools          PoolsReport               `json:"pools"`
	Invariants     []ledger.Finding          `json:"invariants"`
	Batches        int64                     `json:"batches"`
	Windows        []ledger.Window           `json:"windows"`
	Resumed        bool                      `json:"resumed"` // an earlier process did a part of it
	Seed           uint64                    `json:"seed"`
	RailTimers     string                    `json:"rail_timers"`
}

// CurrencyReport is one currency's day: what those who owed would have needed without netting and with it.
type CurrencyReport struct {
	Currency   string  `json:"currency"`
	GrossMinor int64   `json:"gross_minor"`
	NetMinor   int64   `json:"net_minor"`
	SavedPct   float64 `json:"saved_pct"`
	PaidMinor  int64   `json:"paid_minor"`
}

// ClearingReport is how good the choices of the batches were that had something to choose. What they reached
// is value, counted up to 32 times where it was urgent or had waited long, in hundredths of the numeraire.
type ClearingReport struct {
	Batches        int64                  `json:"batches"`
	Tiers          map[netting.Tier]int64 `json:"tiers"` // batches by how their choice was found
	Iterations     int64                  `json:"iterations"`
	Alarms         int64                  `json:"alarms"`       // batches in which a choice was thrown away
	IdleBatches    int64                  `json:"idle_batches"` // in which nothing cleared
	Numeraire      string                 `json:"numeraire"`    // of the sums
	BatchesSummed  int64                  `json:"batches_summed"`
	Reached        int64                  `json:"reached"`
	Bound          int64                  `json:"bound"` // no choice could have reached more
	FIFO           int64                  `json:"fifo"`  // what first-in-first-out would have reached at the same liquidity
	ReachedOfBound float64                `json:"reached_of_bound"`
	FIFOOfBound    float64                `json:"fifo_of_bound"`
	// The same without idle batches, which bound what waits again and again.
	IdleBound          int64   `json:"idle_bound"`
	BusyReachedOfBound float64 `json:"busy_reached_of_bound"`
	BusyFIFOOfBound    float64 `json:"busy_fifo_of_bound"`
	WorstBatch         int64   `json:"worst_batch"` // of those that cleared something
	WorstRatio         float64 `json:"worst_ratio"` // what it reached of its bound
}

// LatencyReport is how long transfers took from the broker's acceptance, in milliseconds.
type LatencyReport struct {
	ClearedP50 int64 `json:"cleared_p50"`
	ClearedP99 int64 `json:"cleared_p99"`
	PaidP50    int64 `json:"paid_p50"`
	PaidP99    int64 `json:"paid_p99"`
}

// UnknownReport is what became of payouts and refunds whose outcome was unknown for a while.
type UnknownReport struct {
	Seen       int            `json:"seen"`
	Open       int            `json:"open"`
	ResolvedBy map[string]int `json:"resolved_by"`
}

// OK tells whether every invariant held.
func (r *Report) OK() bool {
	for _, f := range r.Invariants {
		if !f.OK {
			return false
		}
	}
	return len(r.Invariants) > 0
}

// minEndedPct is the share of valid transfers that must be paid or returned.
const minEndedPct = 97

// report reads everything back from ledger, sandboxes, adapters and pool.
func (p *play) report(ctx context.Context, took time.Duration) (*Report, error) {
	r := &Report{
		Seed: p.day.seed, Seconds: took.Seconds(), Resumed: p.stage.before.batch > 0,
		Unknowns: UnknownReport{ResolvedBy: map[string]int{}}, Exceptions: map[string]int{},
	}
	if done := p.ended.Load() - p.stage.before.ended; took > 0 {
		r.ThroughputPerS = float64(done) / took.Seconds()
	}
	books := p.stage.books
	var err error
	var latency ledger.Latency
	reads := []func() error{
		func() error { r.ByState, err = books.States(ctx); return err },
		func() error { r.Refusals, err = books.Refusals(ctx); return err },
		func() error { r.Rails, err = books.RailOutcomes(ctx); return err },
		func() error { r.Windows, err = books.Windows(ctx); return err },
		func() error { r.Batches, err = books.LastBatch(ctx); return err },
		func() error { latency, err = books.Latencies(ctx, p.stage.before.batch); return err },
		func() error { return p.money(ctx, r) },
		func() error { return p.clearing(ctx, r) },
		func() error { return p.community(ctx, r) },
		func() error { return p.invariants(ctx, r) },
	}
	for _, read := range reads {
		if err := read(); err != nil {
			return nil, err
		}
	}
	r.Latency = LatencyReport(latency)
	return r, nil
}

// money sums the currencies: for each what was owed and what was left to bring, and over all, in
// dollars, what of the cross-currency value met inside the pool.
func (p *play) money(ctx context.Context, r *Report) error {
	for state, count := range r.ByState {
		if state != messaging.StateRejected {
			r.Transfers += count
		}
	}
	flows, err := p.stage.books.Flows(ctx)
	if err != nil {
		return err
	}
	through, matched := new(big.Rat), new(big.Rat)
	for _, f := range flows {
		r.PerCurrency = append(r.PerCurrency, CurrencyReport{
			Currency: f.Currency.String(), GrossMinor: f.GrossMinor, NetMinor: f.NetMinor,
			SavedPct: percent(f.GrossMinor-f.NetMinor, f.GrossMinor), PaidMinor: f.PayoutMinor,
		})
		through.Add(through, p.day.dollars(big.NewInt(f.PoolIn), f.Currency))
		matched.Add(matched, p.day.dollars(big.NewInt(min(f.PoolIn, f.PoolOut)), f.Currency))
	}
	r.FXTotalUSD, _ = through.Float64()
	if through.Sign() > 0 {
		r.FXMatchedPct, _ = new(big.Rat).Mul(new(big.Rat).Quo(matched, through), big.NewRat(100, 1)).Float64()
	}
	return nil
}

// clearing sums what the batches chose. Values in two numeraires do not add up: the one of most batches
// is shown, which in a day with one set of rates is the only one.
func (p *play) clearing(ctx context.Context, r *Report) error {
	c, err := p.stage.books.Clearings(ctx)
	if err != nil {
		return err
	}
	r.Clearing = ClearingReport{
		Batches: c.Batches, Tiers: c.Tiers, Iterations: c.Iterations, Alarms: c.Alarms, IdleBatches: c.Idle,
		WorstBatch: c.Worst.ID, WorstRatio: percent(c.Worst.Reached, c.Worst.Bound) / 100,
	}
	if len(c.Sums) > 0 {
		sum := c.Sums[0]
		r.Clearing.Numeraire, r.Clearing.BatchesSummed = sum.Numeraire, sum.Batches
		r.Clearing.Reached, r.Clearing.Bound, r.Clearing.FIFO = sum.Reached, sum.Bound, sum.FIFO
		r.Clearing.IdleBound = sum.IdleBound
		busy := sum.Bound - sum.IdleBound
		r.Clearing.BusyReachedOfBound, r.Clearing.BusyFIFOOfBound = percent(sum.Reached, busy)/100, percent(sum.FIFO, busy)/100
		r.Clearing.ReachedOfBound, r.Clearing.FIFOOfBound = percent(sum.Reached, sum.Bound)/100, percent(sum.FIFO, sum.Bound)/100
	}
	return nil
}

func percent(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// invariants holds the whole day against what must be true, each with its figure.
func (p *play) invariants(ctx context.Context, r *Report) error {
	findings, err := p.stage.books.Check(ctx, p.stage.public)
	if err != nil {
		return err
	}
	r.Invariants = findings
	add := func(name string, ok bool, format string, args ...any) {
		r.Invariants = append(r.Invariants, ledger.Finding{Name: name, OK: ok, Detail: fmt.Sprintf(format, args...)})
	}
	batches, err := engine.Replay(ctx, p.stage.books)
	var diverged *engine.DivergedError
	switch {
	case errors.As(err, &diverged):
		add("deterministic", false, "%v", diverged)
	case err != nil:
		return err
	default:
		add("deterministic", int64(batches) == r.Batches, "%d of %d batches decided again from their inputs, to the byte", batches, r.Batches)
	}

	valid := p.valid()
	done := r.ByState[messaging.StatePaid] + r.ByState[messaging.StateReturned]
	add("valid_transfers_end_well", done*100 >= valid*minEndedPct, "%d of %d valid transfers paid or returned", done, valid)
	want := p.expected()
	refused, dead := r.ByState[messaging.StateRejected], int64(0)
	for _, count := range r.Refusals {
		dead += count
	}
	dead -= refused
	add("bad_input_refused", refused == want.refused && dead == want.deadLetters,
		"%d intents refused and %d messages buried, each with its reason, of %d and %d sent", refused, dead, want.refused, want.deadLetters)

	for _, a := range p.stage.actors {
		if a.runner == nil {
			continue
		}
		s := a.runner.Stats()
		r.Unknowns.Open += s.UnknownNow
		for by, n := range s.UnknownResolved {
			r.Unknowns.ResolvedBy[by] += n
			r.Unknowns.Seen += n
		}
		for kind, n := range s.Exceptions {
			r.Exceptions[string(kind)] += n
		}
	}
	r.Unknowns.Seen += r.Unknowns.Open
	seen, resolved, err := p.stage.books.Unknowns(ctx)
	if err != nil {
		return err
	}
	add("unknowns_resolved", r.Unknowns.Open == 0 && seen == resolved,
		"%d payouts and refunds were unknown for a while; %d still are; the switch heard of %d, all ended: %v", r.Unknowns.Seen,
		r.Unknowns.Open, seen, seen == resolved)
	if err := p.reconcile(ctx, add); err != nil {
		return err
	}
	if err := p.statements(ctx, add); err != nil {
		return err
	}
	r.Invariants = append(r.Invariants, r.Pools.invariants()...)
	settled := 0
	for _, w := range r.Windows {
		if w.State == settlement.WindowSettled {
			settled++
		}
	}
	add("window_settled", settled > 0 && settled == len(r.Windows)-1, "%d closed windows settled in all currencies at once; one is open", settled)
	return nil
}

// reconcile holds every rail's own books against the ledger: what customers paid in less what they got
// back is what the paid transfers sent, and what the rail paid out is what they received.
func (p *play) reconcile(ctx context.Context, add func(name string, ok bool, format string, args ...any)) error {
	paid, err := p.stage.books.PaidByParticipant(ctx)
	if err != nil {
		return err
	}
	agree, rails := true, 0
	detail := ""
	for _, row := range paid {
		a := p.stage.actors[row.Participant]
		if a == nil || a.sandbox == nil {
			continue
		}
		totals, err := a.sandbox.Totals()
		if err != nil {
			return err
		}
		settled := func(kind string) int64 { return totals[kind][sandbox.Settled].Minor }
		kept := settled(sandbox.KindCollection) - settled(sandbox.KindRefund)
		out := settled(sandbox.KindPayout)
		rails++
		if kept != row.SentMinor || out != row.PayoutMinor {
			agree = false
			detail = fmt.Sprintf("; %s: rail kept %d and paid %d, ledger has %d and %d", row.Participant, kept, out, row.SentMinor, row.PayoutMinor)
		}
	}
	add("rails_agree", agree, "%d rails' own ledgers agree with ours to the minor unit%s", rails, detail)
	return nil
}

// timersName says which timers a demo's rails keep.
func timersName(t adapters.Timers) string {
	if t == (adapters.Timers{}) {
		return "production"
	}
	return "shortened for the demo"
}
