package witness

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheGateOpensOnceWitnessed(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 20, "")
	p, err := ParsePolicy(fmt.Sprintf("log %s\nwitness a %s\nwitness b %s\ngroup g all a b\nquorum g\n", h.vkey, cosigner(t, 1).Key(), cosigner(t, 2).Key()))
	require.NoError(t, err)
	now := time.Unix(1_700_000_000, 0)
	rapid.Check(t, func(t *rapid.T) {
		gate, covered := NewGate(p), int64(0)
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			size := rapid.Int64Range(0, 20).Draw(t, "size")
			by := rapid.SampledFrom([][]int{{}, {1}, {2, 1}, {1, 2}, {1, 1}}).Draw(t, "by")
			signed := cosign(t, h.at(t, size), now, by...)
			err := gate.Observe(signed, now)
			if len(by) == 2 && by[0] != by[1] {
				require.NoError(t, err)
				covered = max(covered, size)
			} else {
				require.Error(t, err)
			}
			index := rapid.Int64Range(-1, 21).Draw(t, "index")
			var waiting *WaitingError
			if err := gate.Covers(index); index >= 0 && index < covered {
				require.NoError(t, err)
			} else {
				require.ErrorAs(t, err, &waiting)
				require.Equal(t, &WaitingError{Index: index, Size: covered}, waiting)
			}
		}
		kept, newest := gate.Newest()
		require.Equal(t, covered, newest.Size)
		if kept != "" { // a restart
			again := NewGate(p)
			require.NoError(t, again.Observe(kept, now))
			require.Equal(t, gate, again)
		}
	})
	gate := NewGate(p)
	require.NoError(t, gate.Observe(cosign(t, h.at(t, 7), now, 1, 2), now))
	var fork *SplitViewError
	other := h.fork(t, 5).grow(t, 2, "other")
	require.ErrorAs(t, gate.Observe(cosign(t, other.at(t, 7), now, 1, 2), now), &fork)
}
