package bench

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
)

// E2EReport is what E2E measured.
type E2EReport struct {
	Transfers    int    `json:"transfers"` // of the run in which everything is paid
	Participants int    `json:"participants"`
	Seed         uint64 `json:"seed"`
	Cores        int    `json:"cores"`

	// Run 1: rails answer when everything has cleared.
	ClearTransfers    int     `json:"clear_transfers"`
	ClearedPerS       float64 `json:"cleared_per_s"`        // from the first publishing to the commit of the last
	ClearedPerSSteady float64 `json:"cleared_per_s_steady"` // of the middle four fifths
	ClearQueued       float64 `json:"clear_queued_mean"`    // transfers that waited for liquidity, after a batch
	Batches           int     `json:"batches"`
	TransfersPerBatch float64 `json:"transfers_per_batch"`
	ClearCPUSPer1000  float64 `json:"clear_cpu_s_per_1000"`
	CopyTransfersPerS float64 `json:"copy_transfers_per_s"`
	RatioToCopy       float64 `json:"ratio_to_copy"`
	Copy              anchor  `json:"copy"`

	Log LogShare `json:"log"`

	// Run 4: everything on.
	PaidPerS                float64 `json:"paid_per_s"`
	PaidPerSSteady          float64 `json:"paid_per_s_steady"`
	ClearedPerSPaying       float64 `json:"cleared_per_s_paying"`
	PayBatches              int     `json:"pay_batches"`
	PayTransfersPerBatch    float64 `json:"pay_transfers_per_batch"`
	CPUSPer1000             float64 `json:"cpu_s_per_1000"`
	PostgresCPUSPer1000     float64 `json:"postgres_cpu_s_per_1000"`
	BytesWrittenPerTransfer float64 `json:"bytes_written_per_transfer"` // by this process and PostgreSQL, to the disk
	WALPerTransfer          float64 `json:"wal_bytes_per_transfer"`
	StreamsPerTransfer      float64 `json:"stream_bytes_per_transfer"`
	RateFirstTenth          float64 `json:"rate_first_tenth"` // cleared a second
	RateLastTenth           float64 `json:"rate_last_tenth"`
	RSSPeakBytes            int64   `json:"rss_peak_bytes"` // of this process, in any of the runs
	RSSByTenth              []int64 `json:"rss_by_tenth"`
	HeapByTenth             []int64 `json:"heap_by_tenth"`

	LatencyMS       map[string]Latency `json:"latency_ms"`        // by per cent of cleared_per_s, and "alone"
	LatencyPayingMS map[string]Latency `json:"latency_paying_ms"` // by per cent of paid_per_s, everything on

	Self    SelfShare `json:"self"`
	Targets []Goal    `json:"targets"`
	findings
	Notes []string `json:"notes"`
}

// Goal is a target and how it was met.
type Goal struct {
	Name      string  `json:"name"`
	Value     float64 `json:"value"`
	Pass      float64 `json:"pass"`
	Stretch   float64 `json:"stretch,omitzero"` // 0 where there is none
	AtMost    bool    `json:"at_most"`          // whether less is better
	Passed    bool    `json:"passed"`
	Stretched bool    `json:"stretched"`
}

// newGoal holds a value against its bounds. A value of 0 was not measured, and what is untrue meets nothing.
func newGoal(name string, value, pass, stretch float64, atMost, untrue bool) Goal {
	met := func(bound float64) bool {
		return !untrue && bound != 0 && value > 0 && (atMost && value <= bound || !atMost && value >= bound)
	}
	return Goal{Name: name, Value: value, Pass: pass, Stretch: stretch, AtMost: atMost, Passed: met(pass), Stretched: met(stretch)}
}

// Truth is one thing that must be so.
type Truth struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// findings are a report's own truth.
type findings struct {
	Truth []Truth `json:"truth"`
}

func (f *findings) find(name string, ok bool, format string, args ...any) {
	f.Truth = append(f.Truth, Truth{Name: name, OK: ok, Detail: fmt.Sprintf(format, args...)})
}

// OK tells whether everything was as it must be, whatever the speed.
func (f *findings) OK() bool { return !untrue(f.Truth) }

// untrue tells whether something that must be so is not.
func untrue(all []Truth) bool { return slices.ContainsFunc(all, func(t Truth) bool { return !t.OK }) }

func (r *E2EReport) clearing(s run) {
	r.ClearTransfers, r.ClearedPerS = s.transfers, s.rate(countCleared)
	r.ClearedPerSSteady = s.between(countCleared, .1, .9)
	r.Batches, r.TransfersPerBatch = s.batches()
	used := s.used()
	r.ClearCPUSPer1000 = used.cpu
	r.BytesWrittenPerTransfer = used.written
	r.RSSPeakBytes = max(r.RSSPeakBytes, s.rssPeak)
	queued := 0
	for _, m := range s.marks {
		queued += m.queued
	}
	r.ClearQueued = float64(queued) / float64(max(len(s.marks), 1))
}

func (r *E2EReport) paying(s run) {
	r.Transfers, r.Cores = s.transfers, runtime.NumCPU()
	r.PaidPerS, r.PaidPerSSteady = s.rate(countPaid), s.between(countPaid, .1, .9)
	r.ClearedPerSPaying = s.rate(countCleared)
	r.PayBatches, r.PayTransfersPerBatch = s.batches()
	used := s.used()
	r.CPUSPer1000, r.PostgresCPUSPer1000 = used.cpu, used.postgresCPU
	r.BytesWrittenPerTransfer, r.WALPerTransfer, r.StreamsPerTransfer = used.written, used.wal, used.streams
	r.RateFirstTenth, r.RateLastTenth = s.between(countCleared, 0, .1), s.between(countCleared, .9, 1)
	r.RSSPeakBytes = max(r.RSSPeakBytes, s.rssPeak)
	for _, m := range s.marks {
		if m.process.rss > 0 {
			r.RSSByTenth, r.HeapByTenth = append(r.RSSByTenth, m.process.rss), append(r.HeapByTenth, m.process.heap)
		}
	}
}

// used is what a run used: seconds of 1,000 transfers, bytes of one.
type used struct{ cpu, postgresCPU, written, wal, streams float64 }

func (r run) used() used {
	n := float64(r.transfers)
	own, postgres := r.after.own.since(r.before.own), r.after.postgres.since(r.before.postgres)
	return used{
		cpu:         (own.cpu + postgres.cpu).Seconds() / n * 1000,
		postgresCPU: postgres.cpu.Seconds() / n * 1000,
		written:     float64(own.written+postgres.written) / n,
		wal:         float64(r.after.wal-r.before.wal) / n,
		streams:     float64(r.after.streams-r.before.streams) / n,
	}
}

// judge holds the figures against the targets.
func (r *E2EReport) judge() {
	steady := 0.0
	if r.RateFirstTenth > 0 {
		steady = r.RateLastTenth / r.RateFirstTenth
	}
	if steady == 0 {
		r.Notes = append(r.Notes, "the run had too few batches to tell its last tenth from its first")
	}
	goal := func(name string, value, pass, stretch float64, atMost bool) {
		r.Targets = append(r.Targets, newGoal(name, value, pass, stretch, atMost, !r.OK()))
	}
	goal("published → cleared, transfers/s", r.ClearedPerS, 50_000, 120_000, false)
	goal("published → paid, transfers/s", r.PaidPerS, 25_000, 60_000, false)
	goal("published → cleared, ratio to raw COPY", r.RatioToCopy, .25, .5, false)
	goal("alone, p99 ms", r.LatencyMS["alone"].P99, 10, 5, true)
	goal("at half the peak, p99 ms", r.LatencyMS["50"].P99, 100, 50, true)
	goal("memory without PostgreSQL, MiB", float64(r.RSSPeakBytes)/(1<<20), 1024, 512, true)
	goal("the log's part of the switch's processor time, %", 100*r.Log.Share, 10, 0, true)
	goal(fmt.Sprintf("%d transfers: last tenth's rate over the first's", r.Transfers), steady, .9, 0, false)
}

// Table writes the report for people.
func (r *E2EReport) Table() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%d participants, %d cores, JetStream flushes every message, PostgreSQL fsync and synchronous_commit on", r.Participants, r.Cores)
	line("published → cleared   %9.0f /s   (steady %.0f; %d transfers in %d batches of %.0f; %.0f waited for liquidity at a time)",
		r.ClearedPerS, r.ClearedPerSSteady, r.ClearTransfers, r.Batches, r.TransfersPerBatch, r.ClearQueued)
	line("published → paid      %9.0f /s   (steady %.0f; %d transfers in %d batches of %.0f)",
		r.PaidPerS, r.PaidPerSSteady, r.Transfers, r.PayBatches, r.PayTransfersPerBatch)
	line("%s", r.Copy.line())
	line("ratio to raw COPY     %9.3f", r.RatioToCopy)
	line("%s", r.Log.line())
	for _, name := range sortedNames(r.LatencyMS) {
		line("%s", r.LatencyMS[name].line(name+" %", "of cleared"))
	}
	for _, name := range sortedNames(r.LatencyPayingMS) {
		line("%s", r.LatencyPayingMS[name].line(name+" %", "of paid"))
	}
	line("processor             %9.3f s per 1,000 (PostgreSQL %.3f; participants themselves about %.3f), to clear only %.3f",
		r.CPUSPer1000, r.PostgresCPUSPer1000, r.Self.MakeCPUSPer1000+r.Self.ReceiveCPUSPer1000, r.ClearCPUSPer1000)
	line("written               %9.0f bytes a transfer (WAL %.0f, streams %.0f; an intent has %d)",
		r.BytesWrittenPerTransfer, r.WALPerTransfer, r.StreamsPerTransfer, r.Self.IntentBytes)
	line("memory peak           %9.0f MiB; at each tenth %s", float64(r.RSSPeakBytes)/(1<<20), megabytes(r.RSSByTenth))
	line("first and last tenth  %9.0f /s, %.0f /s", r.RateFirstTenth, r.RateLastTenth)
	for _, g := range r.Targets {
		line("%s", g.line())
	}
	for _, t := range r.Truth {
		if !t.OK {
			line("BROKEN  %s: %s", t.Name, t.Detail)
		}
	}
	if r.OK() {
		line("all %d checks of the run's own truth hold", len(r.Truth))
	}
	for _, n := range r.Notes {
		line("note: %s", n)
	}
	return b.String()
}

func (l Latency) line(load, peak string) string {
	if l.OfferedPerS == 0 {
		load, peak = "alone", ""
	}
	return fmt.Sprintf("latency %-6s %-10s p50 %7.2f  p99 %7.2f  p99.9 %7.2f  max %7.2f ms, at the broker p50 %.2f p99 %.2f (%.0f/s, %d transfers; %d more waited for liquidity)",
		load, peak, l.P50, l.P99, l.P999, l.Max, l.StoredP50, l.StoredP99, l.OfferedPerS, l.Transfers, l.Waited)
}

func (g Goal) line() string {
	verdict, sign := "short", "≥"
	if g.AtMost {
		sign = "≤"
	}
	switch {
	case g.Stretched:
		verdict = "stretch"
	case g.Passed:
		verdict = "pass"
	}
	bounds := fmt.Sprintf("%s %g", sign, g.Pass)
	if g.Stretch != 0 {
		bounds += fmt.Sprintf("; stretch %s %g", sign, g.Stretch)
	}
	return fmt.Sprintf("%-8s %-55s %12.3f (%s)", verdict, g.Name, g.Value, bounds)
}

func megabytes(sizes []int64) string {
	parts := make([]string, len(sizes))
	for i, s := range sizes {
		parts[i] = fmt.Sprint(s >> 20)
	}
	return strings.Join(parts, " ")
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
