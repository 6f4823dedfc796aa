package bench

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/settlement/engine"
)

// mark is where the switch stood after the commit of a batch: sums since the start.
type mark struct {
	batch                            int64
	at                               time.Time // after the commit
	accepted, refused, cleared, paid int64
	queued                           int
	process                          usage
}

// watched is what one part of a run moves and others wait for.
type watched struct {
	mu    sync.Mutex
	moved sync.Cond
}

// wait waits until done, asked under the lock and again after each move, says so.
func (w *watched) wait(ctx context.Context, done func() bool) error {
	defer context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.moved.Broadcast()
	})()
	w.mu.Lock()
	defer w.mu.Unlock()
	for !done() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		w.moved.Wait()
	}
	return nil
}

// meter follows the switch from inside: it is told of each batch after its commit.
type meter struct {
	watched
	published int64
	now       mark
	marks     []mark // of the run
	nextTenth int64  // cleared count at which to look at memory again
	tenth     int64
}

func newMeter() *meter {
	m := &meter{}
	m.moved.L = &m.mu
	return m
}

// notice is the engine's Notice.
func (m *meter) notice(_ context.Context, s engine.Summary) {
	at := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.batch, m.now.at = s.Batch, at
	m.now.accepted += int64(s.Accepted)
	m.now.refused += int64(s.Refused)
	m.now.cleared += int64(s.Cleared)
	m.now.paid += int64(s.Ended)
	m.now.queued = s.Queued
	m.now.process = usage{}
	if m.tenth > 0 && m.now.cleared >= m.nextTenth {
		m.now.process = ownMemory()
		for m.nextTenth <= m.now.cleared {
			m.nextTenth += m.tenth
		}
	}
	m.marks = append(m.marks, m.now)
	m.moved.Broadcast()
}

// begin starts a run of so many transfers and returns where it starts from.
func (m *meter) begin(transfers int) mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks = m.marks[:0]
	m.tenth = max(int64(transfers)/10, 1)
	m.nextTenth = m.now.cleared + m.tenth
	return m.now
}

// publish waits until another n transfers may be published, and counts them. Negative limits are none.
func (m *meter) publish(ctx context.Context, n, uncleared, unpaid int64) error {
	return m.until(ctx, func() bool {
		if uncleared >= 0 && m.published+n-m.now.cleared > uncleared || unpaid >= 0 && m.published+n-m.now.paid > unpaid {
			return false
		}
		m.published += n
		return true
	})
}

// allCleared waits until everything that was published has cleared, allPaid until it is paid.
func (m *meter) allCleared(ctx context.Context) error {
	return m.until(ctx, func() bool { return m.now.cleared+m.now.refused >= m.published })
}

func (m *meter) allPaid(ctx context.Context) error {
	return m.until(ctx, func() bool { return m.now.paid+m.now.refused >= m.published })
}

// until is wait, whose error says how far things came.
func (m *meter) until(ctx context.Context, done func() bool) error {
	if err := m.wait(ctx, done); err != nil {
		published, now := m.sums()
		return fmt.Errorf("bench: published %d, accepted %d, refused %d, cleared %d, paid %d: %w", published,
			now.accepted, now.refused, now.cleared, now.paid, err)
	}
	return nil
}

// sums are the counts since the start.
func (m *meter) sums() (published int64, now mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.published, m.now
}

// stretch is a run as the meter saw it.
type stretch struct {
	began     time.Time
	from      mark
	marks     []mark
	transfers int
}

// ran returns the run since begin.
func (m *meter) ran(began time.Time, from mark, transfers int) stretch {
	m.mu.Lock()
	defer m.mu.Unlock()
	return stretch{began: began, from: from, marks: slices.Clone(m.marks), transfers: transfers}
}

// count reads one of a mark's sums.
type count func(mark) int64

func countCleared(m mark) int64 { return m.cleared }
func countPaid(m mark) int64    { return m.paid }

// reached finds the first mark at which so many of the run were counted.
func (s stretch) reached(of count, n int64) (mark, bool) {
	i, _ := slices.BinarySearchFunc(s.marks, n, func(m mark, n int64) int { return cmp.Compare(of(m)-of(s.from), n) })
	if i == len(s.marks) {
		return mark{}, false
	}
	return s.marks[i], true
}

// rate is a second's count over the whole run: from the first publishing to the commit of the last.
func (s stretch) rate(of count) float64 {
	last, ok := s.reached(of, int64(s.transfers))
	if !ok {
		return 0
	}
	return float64(s.transfers) / last.at.Sub(s.began).Seconds()
}

// between is a second's count between two parts of the run; 0 where they are of one batch.
func (s stretch) between(of count, from, to float64) float64 {
	first, begun := s.from, true
	first.at = s.began
	if from > 0 {
		first, begun = s.reached(of, int64(math.Ceil(from*float64(s.transfers))))
	}
	second, ended := s.reached(of, int64(math.Ceil(to*float64(s.transfers))))
	if !begun || !ended || !second.at.After(first.at) {
		return 0
	}
	return float64(of(second)-of(first)) / second.at.Sub(first.at).Seconds()
}

// batches are the batches that cleared something, and how many transfers each cleared.
func (s stretch) batches() (count int, each float64) {
	last := s.from.cleared
	for _, m := range s.marks {
		if m.cleared > last {
			count++
			last = m.cleared
		}
	}
	if count == 0 {
		return 0, 0
	}
	return count, float64(last-s.from.cleared) / float64(count)
}

// commits tells when each batch of the run was committed.
func (s stretch) commits() map[int64]time.Time {
	at := make(map[int64]time.Time, len(s.marks))
	for _, m := range s.marks {
		at[m.batch] = m.at
	}
	return at
}

// Latency is how long transfers took from the moment that they were to be published to the commit that cleared
// them, in milliseconds. Those that waited because somebody's liquidity was used up are apart: they wait for
// others' money, however fast the switch is.
type Latency struct {
	OfferedPerS float64 `json:"offered_per_s,omitzero"`
	Transfers   int     `json:"transfers"`
	P50         float64 `json:"p50"`
	P99         float64 `json:"p99"`
	P999        float64 `json:"p999"`
	Max         float64 `json:"max"`
	StoredP50   float64 `json:"stored_p50"` // of it, until the broker had acknowledged the envelope
	StoredP99   float64 `json:"stored_p99"`
	Waited      int     `json:"waited_for_liquidity"`
	WaitedP50   float64 `json:"waited_p50,omitzero"`
	WaitedMax   float64 `json:"waited_max,omitzero"`
}

func newLatency(offered float64, took, waited, stored []time.Duration) Latency {
	slices.Sort(stored)
	slices.Sort(took)
	slices.Sort(waited)
	return Latency{
		OfferedPerS: offered, Transfers: len(took), P50: quantile(took, .5), P99: quantile(took, .99),
		P999: quantile(took, .999), Max: quantile(took, 1),
		StoredP50: quantile(stored, .5), StoredP99: quantile(stored, .99), Waited: len(waited), WaitedP50: quantile(waited, .5), WaitedMax: quantile(waited, 1),
	}
}

// quantile is the smallest value that at least that part of all does not pass, in milliseconds; 0 of none.
func quantile(sorted []time.Duration, part float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := int(math.Ceil(part*float64(len(sorted)))) - 1
	return float64(sorted[max(at, 0)].Microseconds()) / 1000
}
