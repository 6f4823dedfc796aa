package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// APIReport is what API measured.
type APIReport struct {
	Cores        int    `json:"cores"`
	Participants int    `json:"participants"`
	Seed         uint64 `json:"seed"`
	History      int    `json:"history"` // transfers that were paid before
	Seconds      int    `json:"seconds"`

	OfferedPerS  int              `json:"offered_per_s"`
	AchievedPerS float64          `json:"achieved_per_s"` // from the first moment to the last answer
	Reads        Reads            `json:"reads"`
	Routes       map[string]Reads `json:"routes"`
	FirstError   string           `json:"first_error,omitempty"`

	LoadPerS    int     `json:"load_per_s"` // transfers published meanwhile
	ClearedPerS float64 `json:"cleared_per_s"`
	PaidPerS    float64 `json:"paid_per_s"`
	Batches     int64   `json:"batches"`

	CoresUsed         float64            `json:"cores_used"` // of this process: switch, broker, participants, site, readers
	PostgresCoresUsed float64            `json:"postgres_cores_used"`
	CPUMSPerRead      float64            `json:"cpu_ms_per_read"` // of the site, without PostgreSQL
	CoresByPart       map[string]float64 `json:"cores_by_part"`   // of this process, by the profile

	Targets []Goal `json:"targets"`
	findings
}

// Reads are reads of one kind, or all: milliseconds from when one was to be asked until it was answered.
type Reads struct {
	Count  int     `json:"count"`
	Errors int     `json:"errors"`
	P50    float64 `json:"p50"`
	P99    float64 `json:"p99"`
	P999   float64 `json:"p999"`
	Max    float64 `json:"max"`
	Bytes  int64   `json:"bytes"` // of an answer, as it was sent
}

func readsOf(all []answered) (r Reads) {
	var took []time.Duration
	for _, a := range all {
		took = append(took, a.took)
		r.Bytes += a.bytes
		if a.wrong != nil {
			r.Errors++
		}
	}
	slices.Sort(took)
	r.Count, r.Bytes = len(all), r.Bytes/int64(max(len(all), 1))
	r.P50, r.P99, r.P999, r.Max = quantile(took, .5), quantile(took, .99), quantile(took, .999), quantile(took, 1)
	return r
}

// measured adds what readers and the meter saw.
func (r *APIReport) measured(all []answered, took time.Duration, from, until mark) {
	r.Reads, r.Routes = readsOf(all), map[string]Reads{}
	by := map[string][]answered{}
	for _, a := range all {
		by[a.name] = append(by[a.name], a)
		if a.wrong != nil && r.FirstError == "" {
			r.FirstError = a.wrong.Error()
		}
	}
	for name, some := range by {
		r.Routes[name] = readsOf(some)
	}
	r.AchievedPerS = float64(len(all)) / took.Seconds()
	r.ClearedPerS, r.PaidPerS = float64(until.cleared-from.cleared)/took.Seconds(), float64(until.paid-from.paid)/took.Seconds()
	r.Batches = until.batch - from.batch
	r.find("all_answered", r.Reads.Errors == 0, "%d of %d reads failed: %s", r.Reads.Errors, r.Reads.Count, r.FirstError)
}

// partOthers are goroutines of nobody's: the broker's and the collector's.
const partOthers = "broker and collector"

// spent adds the processor time.
func (r *APIReport) spent(before, after spent, took time.Duration, samples []profileSample) {
	r.CoresUsed = after.own.since(before.own).cpu.Seconds() / took.Seconds()
	r.PostgresCoresUsed = after.postgres.since(before.postgres).cpu.Seconds() / took.Seconds()
	r.CoresByPart = byPart(samples, took)
	r.CPUMSPerRead = 1000 * r.CoresByPart[partSite] * took.Seconds() / float64(max(r.Reads.Count, 1))
}

// byPart says how many cores each part of this process used.
func byPart(samples []profileSample, took time.Duration) map[string]float64 {
	cores := map[string]float64{}
	for _, s := range samples {
		part := s.labels["part"]
		if part == "" {
			part = partOthers
		}
		cores[part] += s.cpu.Seconds() / took.Seconds()
	}
	return cores
}

// judge holds the figures against the targets.
func (r *APIReport) judge() {
	goal := func(name string, value, pass float64, atMost bool) {
		r.Targets = append(r.Targets, newGoal(name, value, pass, 0, atMost, !r.OK()))
	}
	goal("reads, p99 ms", r.Reads.P99, 50, true)
	goal("reads answered, % of those offered", 100*r.AchievedPerS/float64(r.OfferedPerS), 97, false)
	goal("cleared meanwhile, % of what was published", 100*r.ClearedPerS/float64(r.LoadPerS), 97, false)
}

// Table writes the report for people.
func (r *APIReport) Table() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%d participants, %d transfers before, %d cores, JetStream flushes every message, PostgreSQL fsync and synchronous_commit on", r.Participants, r.History, r.Cores)
	line("offered %d reads/s for %d s, answered %.0f/s; meanwhile %d transfers/s published, %.0f cleared, %.0f paid, in %d batches",
		r.OfferedPerS, r.Seconds, r.AchievedPerS, r.LoadPerS, r.ClearedPerS, r.PaidPerS, r.Batches)
	line("%-28s %7s %7s %8s %8s %8s %8s %8s", "ms", "reads", "errors", "p50", "p99", "p99.9", "max", "bytes")
	row := func(name string, s Reads) {
		line("%-28s %7d %7d %8.2f %8.2f %8.2f %8.2f %8d", name, s.Count, s.Errors, s.P50, s.P99, s.P999, s.Max, s.Bytes)
	}
	row("all", r.Reads)
	for _, name := range sortedNames(r.Routes) {
		row(name, r.Routes[name])
	}
	line("cores used: %.2f by this process, %.2f by PostgreSQL; the site took %.2f ms a read", r.CoresUsed, r.PostgresCoresUsed, r.CPUMSPerRead)
	for _, name := range sortedNames(r.CoresByPart) {
		line("  %-22s %5.2f", name, r.CoresByPart[name])
	}
	for _, g := range r.Targets {
		line("%s", g.line())
	}
	for _, t := range r.Truth {
		if !t.OK {
			line("BROKEN  %s: %s", t.Name, t.Detail)
		}
	}
	return b.String()
}
