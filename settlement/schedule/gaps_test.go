package schedule

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

// A moment is in a gap, or the currency is open: the one list and the other answer are of the same hours.
func TestGapsAreWhatIsNotOpen(t *testing.T) {
	p := examplePlan(t)
	rapid.Check(t, func(t *rapid.T) {
		h, ok := p.Hours(fx.MustCurrency(rapid.SampledFrom([]string{"KES", "INR", "USD"}).Draw(t, "currency")))
		require.True(t, ok)
		from := utc(t, "2026-01-01T00:00:00Z").Add(time.Duration(rapid.Int64Range(0, 365*24*3600).Draw(t, "from")) * time.Second)
		until := from.Add(time.Duration(rapid.Int64Range(0, 30*24*3600).Draw(t, "length")) * time.Second)
		gaps, ok := h.Gaps(from, until)
		require.True(t, ok)
		for i, g := range gaps {
			require.True(t, g.From.Before(g.Until))
			require.True(t, i == 0 || gaps[i-1].Until.Before(g.From))
			opening, ok := h.NextOpening(g.From)
			require.True(t, ok)
			require.Equal(t, g.Until, opening)
		}
		if !from.Before(until) {
			require.Empty(t, gaps)
			return
		}
		at := from.Add(time.Duration(rapid.Int64Range(0, int64(until.Sub(from)/time.Second)-1).Draw(t, "at")) * time.Second)
		closed := slices.ContainsFunc(gaps, func(g Gap) bool { return !at.Before(g.From) && at.Before(g.Until) })
		require.Equal(t, h.Open(at), !closed, "%s of %v", at, gaps)
	})
}
