package rotation

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// chit are the terms of a chit fund.
func chit(sealed bool) Terms {
	terms := fixed()
	terms.Method, terms.CommitDays, terms.Floor, terms.Ceiling = Auction, 3, 50, 400
	if terms.Sealed = sealed; sealed {
		terms.RevealDays = 1
	}
	return terms
}

func (w *world) bid(t *testing.T, n int, minor int64) Fault {
	t.Helper()
	return fault(t, w.do(func(g *Group) (Outcome, error) { return g.Bid(n, minor, g.Now) }))
}

func TestOpenBidsRise(t *testing.T) {
	w := begin(t, chit(false), seats(4), nil)
	w.tick(w.after(0))
	assert.Equal(t, w.after(3), w.about(Commits)[0].Until)
	for _, c := range []struct {
		seat  int
		minor int64
		want  Fault
	}{
		{1, 19_999, FaultAmount}, // below 5 % of 4,000.00
		{1, 20_000, ""},
		{2, 20_000, FaultAmount}, // not above
		{2, 160_001, FaultAmount},
		{2, 9_223_372_036_854_775_807, FaultAmount},
		{2, 50_000, ""},
		{2, 60_001, ""},
		{7, 70_000, FaultSeat},
	} {
		assert.Equal(t, c.want, w.bid(t, c.seat, c.minor), "%d by seat %d", c.minor, c.seat)
	}
	w.tick(w.after(3))
	assert.Equal(t, 2, w.about(Turn)[0].Seat)
	assert.Equal(t, FaultState, w.bid(t, 3, 90_000))
	w.payAll()
	assert.Equal(t, []Movement{
		{Contribute, Purse, Pot, 4, "m4", 1, kes, 100_000},
		{Dividend, Pot, Purse, 3, "m3", 1, kes, 20_001}, // what does not divide goes to the next behind the winner
		{Dividend, Pot, Purse, 4, "m4", 1, kes, 20_000},
		{Dividend, Pot, Purse, 1, "m1", 1, kes, 20_000},
		{PayPot, Pot, Purse, 2, "m2", 1, kes, 339_999},
	}, w.last.Movements)
	w.tick(w.after(30))
	assert.Equal(t, FaultSeat, w.bid(t, 2, 90_000), "it had its turn")
	w.tick(w.after(33))
	assert.Equal(t, 1, w.about(Turn)[0].Seat, "nobody bid: the first in order, and nothing is left to others")
	assert.Zero(t, w.g.Rounds[1].Discount)
	w.windUp()
	w.even()
}

func TestSealedBidsAreOpenedTogether(t *testing.T) {
	w := begin(t, chit(true), seats(4), nil)
	w.tick(w.after(0))
	assert.Equal(t, FaultMethod, w.bid(t, 1, 50_000))
	w.commit(1, 30_000)
	w.commit(2, 90_000)
	w.commit(4, 500_000) // above the ceiling: it cannot be revealed
	w.reveal(1)
	require.Empty(t, w.g.Rounds[0].Bids.Entries[0].Secret, "seat 3 may still commit")
	w.tick(w.after(3))
	require.Len(t, w.about(Reveals), 1)
	w.reveal(4)
	assert.Empty(t, w.g.Rounds[0].Bids.entry(4).Secret)
	w.reveal(1)
	w.reveal(2)
	assert.Equal(t, Open, w.g.Rounds[0].State)
	w.tick(w.after(4))
	assert.Equal(t, 2, w.g.Rounds[0].Receiver)
	assert.Equal(t, int64(90_000), w.g.Rounds[0].Discount)
	w.windUp()
	w.even()
}

// Of equal bids one is drawn by the secrets of all, and over many groups each wins about as often.
func TestEqualBidsAreDrawn(t *testing.T) {
	won := map[int]int{}
	random := number(1)
	for range 300 {
		w := begin(t, chit(true), seats(3), nil)
		w.tick(w.after(0))
		for n := 1; n <= 3; n++ {
			text := hex64(random.IntN(1_000_000))
			commitment := Commitment("g1", 1, 1, n, 50_000, text)
			w.secrets[commitment] = secret{text, 50_000}
			w.must(func(g *Group) (Outcome, error) { return g.Commit(n, commitment, g.Now) })
		}
		for n := 1; n <= 3; n++ {
			w.reveal(n)
		}
		won[w.g.Rounds[0].Receiver]++
	}
	for n := 1; n <= 3; n++ {
		assert.InDelta(t, 100, won[n], 50)
	}
}

// When the winner leaves before it is paid, the next bid counts.
func TestTheNextBidCountsWhenTheWinnerLeaves(t *testing.T) {
	w := begin(t, chit(false), seats(4), nil)
	w.tick(w.after(0))
	require.Empty(t, w.bid(t, 3, 40_000))
	require.Empty(t, w.bid(t, 2, 60_000))
	w.tick(w.after(3))
	w.leave(2, Left)
	assert.Equal(t, 3, w.g.Rounds[0].Receiver)
	assert.Equal(t, int64(40_000), w.g.Rounds[0].Discount)
	w.windUp()
}
