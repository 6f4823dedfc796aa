package rotation

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDrawIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := sha256.Sum256(rapid.SliceOf(rapid.Byte()).Draw(t, "seed"))
		order := Draw(seed, rapid.IntRange(0, MaxSeats).Draw(t, "n"))
		assert.Equal(t, order, Draw(seed, len(order)))
		slices.Sort(order)
		for i, n := range order {
			require.Equal(t, i, n)
		}
	})
}

// Each of the 24 orders of four is expected 1,000 times in 24,000, give or take 31: six times that is never seen.
func TestDrawPrefersNoOrder(t *testing.T) {
	counts := map[string]int{}
	for i := range uint64(24_000) {
		counts[fmt.Sprint(Draw(sha256.Sum256(binary.BigEndian.AppendUint64(nil, i)), 4))]++
	}
	require.Len(t, counts, 24)
	for order, count := range counts {
		assert.InDelta(t, 1000, count, 190, order)
	}
}

// Were nothing passed over, two thirds of what is below this bound would be half as likely again as the rest.
func TestNumbersBelowALargeBoundAreUnbiased(t *testing.T) {
	const bound = 3 << 61
	low := 0
	s := source{seed: sha256.Sum256([]byte("a seed"))}
	for range 9_000 {
		if s.below(bound) < bound/3 {
			low++
		}
	}
	assert.InDelta(t, 3000, low, 270)
}

// The vectors come from a program of a few lines in another language, written from the documentation alone.
func TestDrawingCanBeCheckedByOthers(t *testing.T) {
	s := Sealing{Attempt: 1, Entries: []Sealed{
		{Seat: 1, Secret: hex64(1)}, {Seat: 2}, {Seat: 3, Secret: hex64(3)}, {Seat: 4, Secret: hex64(4)}, {Seat: 6, Secret: hex64(6)},
	}}
	seed := s.Seed("g1", 0)
	assert.Equal(t, "56f714be5638cc699a8ab4edf6dae80cb911c73b12fe9d5d7c9514aa22ec623f", fmt.Sprintf("%x", seed))
	assert.Equal(t, []int{4, 1, 6, 3, 5, 2, 7}, s.DrawOrder("g1", 7))
	assert.Equal(t, []int{1, 6, 3, 11, 9, 7, 10, 8, 0, 2, 4, 5}, Draw(seed, 12))
	assert.Equal(t, "7778e0d7c42b9471afb0dabcf6859b47eb51e9509ae47400996563798d0185a0", Commitment("g1", 2, 1, 3, 5000, hex64(3)))
}

// drawing is a group of five seats, two of them one member's, whose order is being drawn.
func drawing(t *testing.T) *world {
	t.Helper()
	terms := fixed()
	terms.Method, terms.CommitDays, terms.RevealDays = Drawing, 3, 2
	all := seats(5)
	all[4].Member = "m1"
	return begin(t, terms, all, nil)
}

func TestWhoDoesNotRevealIsLast(t *testing.T) {
	w := drawing(t)
	for _, n := range []int{1, 2, 3, 4} {
		w.commit(n, 0)
	}
	assert.Empty(t, w.about(Reveals), "seat 5 may still commit")
	w.tick(w.after(3))
	require.Len(t, w.about(Reveals), 1)
	for _, n := range []int{1, 2, 4} {
		w.reveal(n)
	}
	require.Equal(t, Ordering, w.g.Phase)
	w.tick(w.after(5))
	require.Equal(t, Running, w.g.Phase)
	assert.ElementsMatch(t, []int{3, 5}, w.g.Order[3:])
	assert.Equal(t, w.g.Draw.DrawOrder("g1", 5), w.g.Order)
}

func TestDrawingEndsWithTheLastReveal(t *testing.T) {
	w := drawing(t)
	for n := range 5 {
		w.commit(n+1, 0)
	}
	assert.Len(t, w.about(Reveals), 1)
	for n := range 5 {
		require.Equal(t, Ordering, w.g.Phase)
		w.reveal(n + 1)
	}
	assert.Equal(t, Running, w.g.Phase)
	assert.Len(t, w.about(Ordered), 1)
}

// A member who is the only one to reveal could have chosen the order.
func TestOneMemberAloneDrawsNothing(t *testing.T) {
	w := drawing(t)
	w.commit(1, 0)
	w.commit(5, 0)
	w.tick(w.after(3))
	w.reveal(1)
	w.reveal(5)
	require.Equal(t, Ordering, w.g.Phase)
	assert.Equal(t, 2, w.g.Draw.Attempt)
	assert.Empty(t, w.g.Draw.Entries)
	w.windUp()
}

// A commitment is to one seat, group, round and attempt.
func TestNobodyCanRevealAnothersSecret(t *testing.T) {
	w := drawing(t)
	copied := Commitment("g1", 0, 1, 1, 0, hex64(7))
	for n := range 5 {
		w.must(func(g *Group) (Outcome, error) { return g.Commit(n+1, copied, g.Now) })
	}
	reveal := func(n int) Fault {
		return fault(t, w.do(func(g *Group) (Outcome, error) { return g.Reveal(n, hex64(7), 0, g.Now) }))
	}
	assert.Empty(t, reveal(1))
	assert.Equal(t, FaultSecret, reveal(2))
}
