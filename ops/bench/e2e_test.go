package bench

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/messaging"
)

// began is when the markets of tests open.
var began = time.Date(2026, 4, 13, 6, 0, 0, 123456789, time.UTC)

// Whatever goes out comes back: after a run every position and every pool is where it was, and what is away on the
// way there is never more than was said. Each payment is one that its quote gives.
func TestWhatGoesOutComesHome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		participants := rapid.IntRange(leastMembers, 60).Draw(t, "participants")
		payments := 2 * rapid.IntRange(1, 400).Draw(t, "pairs")
		m, err := newMarket(participants, rapid.IntRange(2, 100).Draw(t, "away"), rapid.Uint64().Draw(t, "seed"), began)
		require.NoError(t, err)
		traffic := m.traffic(payments, rapid.Uint64().Draw(t, "traffic"))
		positions, pools := make([]int64, participants), make([]int64, len(m.currencies))
		count := 0
		for {
			p, ok, err := traffic.next()
			require.NoError(t, err)
			if !ok {
				break
			}
			count++
			require.LessOrEqual(t, len(traffic.away), traffic.most)
			require.NotEqual(t, p.from, p.to)
			require.Positive(t, p.source)
			require.Positive(t, p.destination)
			positions[p.from] -= p.source
			positions[p.to] += p.destination
			from, to := m.members[p.from].currency, m.members[p.to].currency
			if from == to {
				require.Equal(t, p.source, p.destination)
				continue
			}
			pools[from] += p.source
			pools[to] -= p.destination
			intent := m.intentOf(p, 1, began)
			source, err := intent.Source.Money()
			require.NoError(t, err)
			destination, err := intent.Destination.Money()
			require.NoError(t, err)
			fixed := source
			if p.back {
				fixed = destination
			}
			conversion, err := m.quotes[from][to].Convert(intent.Fixed, fixed)
			require.NoError(t, err)
			require.Equal(t, source, conversion.Source)
			require.Equal(t, destination, conversion.Destination)
		}
		require.Equal(t, payments, count)
		require.Equal(t, make([]int64, participants), positions)
		require.Equal(t, make([]int64, len(m.currencies)), pools)
	})
}

// Ids sort as they were minted, are ones that messaging takes, and tell their count.
func TestIntentIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Int64Range(0, 1<<35-1).Draw(t, "first")
		second := rapid.Int64Range(0, 1<<35-1).Draw(t, "second")
		later := time.Duration(rapid.Int64Range(1, 1<<40).Draw(t, "ms")) * time.Millisecond
		a, b := intentID(began, first), intentID(began.Add(later), second)
		require.Less(t, a, b)
		require.True(t, messaging.ValidID(a))
		count, ok := countOf(a)
		require.True(t, ok)
		require.Equal(t, first, count)
	})
	for _, id := range []string{"", "o1", "x" + intentID(began, 1)[1:], intentID(began, 1)[:16] + "u"} {
		_, ok := countOf(id)
		assert.False(t, ok, id)
	}
}

func TestE2E(t *testing.T) {
	var said []string
	r, err := E2E(t.Context(), E2EOptions{
		Transfers: 1999, Participants: 4, Seed: 1, Latency: 150 * time.Millisecond, Alone: 20,
		Log: slog.New(slog.DiscardHandler), Progress: func(what string) { said = append(said, what) },
	})
	require.NoError(t, err)
	for _, truth := range r.Truth {
		assert.True(t, truth.OK, "%s: %s", truth.Name, truth.Detail)
	}
	assert.True(t, r.OK())
	assert.True(t, slices.ContainsFunc(r.Truth, func(t Truth) bool { return t.Name == "ledger.zero_sum" }))
	assert.NotEmpty(t, said)
	assert.Equal(t, 2000, r.Transfers, "every payment comes home")
	assert.Equal(t, 2000, r.ClearTransfers)
	assert.Positive(t, r.ClearedPerS)
	assert.Positive(t, r.PaidPerS)
	assert.Positive(t, r.Batches)
	assert.EqualValues(t, 2000, r.Copy.Rows["transfer"])
	assert.EqualValues(t, 2000, r.Copy.Rows["intent"])
	assert.GreaterOrEqual(t, r.Copy.Rows["posting"], int64(2000))
	assert.Zero(t, r.Copy.Rows["outcome"], "nothing was paid yet")
	assert.Positive(t, r.CopyTransfersPerS)
	assert.InDelta(t, r.ClearedPerS/r.CopyTransfersPerS, r.RatioToCopy, 1e-9)
	for _, load := range []string{"25", "50", "75", "alone"} {
		l := r.LatencyMS[load]
		assert.Positive(t, l.P50, load)
		assert.LessOrEqual(t, l.P50, l.P99, load)
		assert.LessOrEqual(t, l.P999, l.Max, load)
		assert.LessOrEqual(t, l.StoredP50, l.Max, load)
	}
	assert.Equal(t, 20, r.LatencyMS["alone"].Transfers, "alone nobody waits for liquidity")
	assert.Len(t, r.LatencyPayingMS, 3)
	assert.Positive(t, r.BytesWrittenPerTransfer)
	assert.Positive(t, r.CPUSPer1000)
	assert.InDelta(t, 700, r.Self.IntentBytes, 100)
	assert.Len(t, r.Targets, 8)
	assert.Contains(t, r.Table(), "checks of the run's own truth hold")
}

func TestE2ERefusesWhatItCannotMeasure(t *testing.T) {
	for name, o := range map[string]E2EOptions{
		"nothing":           {Participants: 4, Latency: time.Second, Alone: 2},
		"nobody":            {Transfers: 100, Participants: 1, Latency: time.Second, Alone: 2},
		"no time":           {Transfers: 100, Participants: 4, Alone: 2},
		"more than streams": {Transfers: 50_000_000, Participants: 10, Latency: time.Second, Alone: 2},
		"a folder in use":   {Transfers: 100, Participants: 4, Latency: time.Second, Alone: 2, Dir: "."},
	} {
		_, err := E2E(t.Context(), o)
		require.Error(t, err, name)
	}
}

// A run that took what it should not have is not met by being fast.
func TestUntrueRunsMeetNoTarget(t *testing.T) {
	r := &E2EReport{ClearedPerS: 1e6, LatencyMS: map[string]Latency{}}
	r.find("all_came_home", false, "3 positions are not where they began")
	r.judge()
	assert.False(t, r.Targets[0].Passed)
	assert.Contains(t, r.Table(), "BROKEN  all_came_home: 3 positions are not where they began")
}

func TestQuantilesAndRates(t *testing.T) {
	took := []time.Duration{4 * time.Millisecond, time.Millisecond, 3 * time.Millisecond, 2 * time.Millisecond}
	l := newLatency(10, took, nil, nil)
	assert.Equal(t, Latency{OfferedPerS: 10, Transfers: 4, P50: 2, P99: 4, P999: 4, Max: 4}, l)

	s := stretch{began: began, transfers: 100, from: mark{cleared: 50}}
	for i := range 10 { // ten batches of ten, one a second
		s.marks = append(s.marks, mark{batch: int64(7 + i), at: began.Add(time.Duration(i+1) * time.Second), cleared: 60 + 10*int64(i)})
	}
	assert.InDelta(t, 10, s.rate(countCleared), 1e-9)
	assert.InDelta(t, 10, s.between(countCleared, 0, .1), 1e-9)
	assert.InDelta(t, 10, s.between(countCleared, .1, .9), 1e-9)
	batches, cleared := s.middle(35)
	assert.Equal(t, 40, cleared)
	assert.Equal(t, []int64{10, 11, 12, 13}, batches)
	batches, cleared = s.middle(1000)
	assert.Equal(t, 100, cleared)
	assert.Len(t, batches, 10)
	count, each := s.batches()
	assert.Equal(t, 10, count)
	assert.InDelta(t, 10, each, 1e-9)
}
