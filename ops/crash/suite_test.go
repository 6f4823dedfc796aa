//go:build linux

package crash

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/engine"
)

// Whatever dies, whatever is repeated, reordered or nonsense: after each round every accepted order has
// ended exactly once, the rails' books and ours agree, and the log replays.
func TestCrash(t *testing.T) {
	if again(t) {
		return
	}
	seed := *seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-crash-seed=%d", seed)
	began := time.Now()
	s := openStage(t, seed, "")
	t.Logf("open after %s", time.Since(began).Round(time.Millisecond))
	dice := rand.New(rand.NewPCG(seed, 1))
	lethal, harmless := newDeck(dice, s.lethal()), newDeck(dice, s.harmless())
	rounds := max((*kills+killsARound-1)/killsARound, 1)
	for round := 1; round <= rounds || time.Since(began) < *forTime; round++ {
		s.round(t.Context(), round, rounds, dice, lethal, harmless)
	}
	s.finish(t.Context())
	s.summarize(began)
}

// deck deals faults: all of them, in an order of the dice, before any comes again.
type deck struct {
	dice *rand.Rand
	all  []fault
	left []fault
}

func newDeck(dice *rand.Rand, all []fault) *deck { return &deck{dice: dice, all: all} }

func (d *deck) deal() fault {
	if len(d.left) == 0 {
		d.left = slices.Clone(d.all)
		d.dice.Shuffle(len(d.left), func(i, j int) { d.left[i], d.left[j] = d.left[j], d.left[i] })
	}
	next := d.left[0]
	d.left = d.left[1:]
	return next
}

// round kills ten times, with other faults in between, and holds the invariants in the quiet afterwards.
func (s *stage) round(ctx context.Context, round, rounds int, dice *rand.Rand, lethal, harmless *deck) {
	s.t.Helper()
	began, kills, batches := time.Now(), s.kills(), s.heardBatches()
	wanted := kills + killsARound
	share := int64(*transfers) / int64(rounds)
	s.busy.Store(true)
	for s.kills() < wanted {
		done := int64(s.kills() - kills + 1)
		s.allowed.Store(share*int64(round-1) + share*done/killsARound)
		for _, f := range []fault{lethal.deal(), harmless.deal()} {
			wait(ctx, time.Duration(dice.Int64N(int64(gapMax))))
			f.do(ctx, dice)
			s.sound()
		}
	}
	s.allowed.Store(share * int64(round))
	faults := time.Since(began)
	s.quiet(ctx, round)
	waited := time.Since(began) - faults
	s.invariants(ctx)
	s.world.speak()
	s.t.Logf("round %d: %d kills and %d orders in %s, %d batches, quiet after %s, checked in %s", round, s.kills()-kills, s.placed.Load(),
		faults.Round(time.Millisecond), s.heardBatches()-batches, waited.Round(time.Millisecond), (time.Since(began) - faults - waited).Round(time.Millisecond))
}

// finish waits for the last silent payouts and decides every batch again.
func (s *stage) finish(ctx context.Context) {
	s.t.Helper()
	s.quiet(ctx, 0)
	s.invariants(ctx)
	_, silent := s.world.underWay()
	require.Zero(s.t, silent)
	began := time.Now()
	batches, err := engine.Replay(ctx, s.books)
	require.NoError(s.t, err, violation+"the log does not replay")
	s.t.Logf("replayed %d batches in %s", batches, time.Since(began).Round(time.Millisecond))
}

func (s *stage) heardBatches() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.batches
}

func (s *stage) summarize(began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.takeovers)
	takeovers := "none measured"
	if n := len(s.takeovers); n > 0 {
		takeovers = fmt.Sprintf("%d measured, p50 %s, max %s", n, s.takeovers[n/2].Round(time.Millisecond), s.takeovers[n-1].Round(time.Millisecond))
	}
	sum := 0
	for _, what := range slices.Sorted(maps.Keys(s.deaths)) {
		sum += s.deaths[what]
		s.t.Logf("  %3d × %s", s.deaths[what], what)
	}
	for _, what := range slices.Sorted(maps.Keys(s.happened)) {
		s.t.Logf("  %3d × %s", s.happened[what], what)
	}
	s.t.Logf("%d kills, %d transfers, %s; takeovers: %s", sum, s.placed.Load(), time.Since(began).Round(time.Second), takeovers)
}
