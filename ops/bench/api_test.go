package bench

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAPI(t *testing.T) {
	r, err := API(t.Context(), APIOptions{
		RPS: 40, Seconds: 3, Load: 100, History: 1999, Participants: 4, Seed: 1, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	require.NoError(t, err)
	for _, truth := range r.Truth {
		assert.True(t, truth.OK, "%s: %s", truth.Name, truth.Detail)
	}
	assert.Equal(t, 2000, r.History, "every payment comes home")
	assert.Equal(t, 120, r.Reads.Count)
	assert.LessOrEqual(t, r.Reads.P50, r.Reads.P99)
	assert.LessOrEqual(t, r.Reads.P999, r.Reads.Max)
	assert.Positive(t, r.AchievedPerS)
	assert.Positive(t, r.Batches)
	assert.Greater(t, len(r.Routes), 15)
	assert.Greater(t, r.Routes["transfer"].Bytes, int64(200), "there is something in it")
	assert.Positive(t, r.CoresUsed)
	assert.Len(t, r.Targets, 3)
	assert.Contains(t, r.Table(), "offered 40 reads/s")
}

func TestAPIRefusesWhatItCannotMeasure(t *testing.T) {
	for name, o := range map[string]APIOptions{
		"no reads":   {Seconds: 1, Load: 10, History: 100, Participants: 4},
		"no time":    {RPS: 1, Load: 10, History: 100, Participants: 4},
		"no load":    {RPS: 1, Seconds: 1, History: 100, Participants: 4},
		"no history": {RPS: 1, Seconds: 1, Load: 10, Participants: 4},
		"nobody":     {RPS: 1, Seconds: 1, Load: 10, History: 100},
		"too much":   {RPS: 1, Seconds: 1_000_000, Load: 1_000_000, History: 100, Participants: 4},
	} {
		_, err := API(t.Context(), o)
		require.Error(t, err, name)
	}
}

// The same seed is the same reads at the same moments, as many as the rate says, and all kinds in their parts.
func TestReadsAreDrawnBefore(t *testing.T) {
	weights := 0
	for _, a := range mix() {
		weights += a.weight
	}
	require.Equal(t, 100, weights)
	const count, rate = 50_000, 500
	all, again := draw(count, rate, 7), draw(count, rate, 7)
	kinds := map[string]int{}
	for i, a := range all {
		require.Equal(t, a.after, again[i].after)
		require.Equal(t, a.seed, again[i].seed)
		require.Equal(t, a.what.name, again[i].what.name)
		require.True(t, i == 0 || a.after >= all[i-1].after)
		kinds[a.what.name]++
	}
	require.NotEqual(t, all[1].after, draw(count, rate, 8)[1].after)
	require.InDelta(t, count/rate, all[count-1].after.Seconds(), 3)
	for _, a := range mix() {
		require.InDelta(t, float64(a.weight)/100, float64(kinds[a.name])/count, .005, a.name)
	}
}

// What was not answered is no fast answer.
func TestReadsThatFailMeetNoTarget(t *testing.T) {
	r := &APIReport{OfferedPerS: 2, LoadPerS: 100}
	r.measured([]answered{{name: "log", took: time.Millisecond, bytes: 10}, {name: "log", took: 3 * time.Millisecond, wrong: errors.New("status 500")}},
		time.Second, mark{cleared: 5, batch: 1}, mark{cleared: 105, batch: 3})
	r.judge()
	assert.Equal(t, Reads{Count: 2, Errors: 1, P50: 1, P99: 3, P999: 3, Max: 3, Bytes: 5}, r.Routes["log"])
	assert.InDelta(t, 100, r.ClearedPerS, 1e-9)
	assert.False(t, r.OK())
	for _, g := range r.Targets {
		assert.False(t, g.Passed, g.Name)
	}
	assert.Contains(t, r.Table(), "BROKEN  all_answered: 1 of 2 reads failed: status 500")
}
