package rotation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// spanning is a group over three pools and two units.
func spanning(t *testing.T) *world {
	t.Helper()
	terms := fixed()
	terms.Atomic = true
	all := seats(3)
	all[1].Pool = "stokvel-joburg"
	all[2] = Seat{Member: "m3", Pool: "paluwagan-manila", Unit: php, ContributionMinor: 43_000}
	return begin(t, terms, all, Funds{kes: 100_000})
}

func TestABundleHasEveryPartOrIsNotMade(t *testing.T) {
	w := spanning(t)
	w.tick(w.after(0))
	w.payAll(3)
	w.tick(w.after(5))
	assert.Nil(t, w.last.Settle)
	assert.Equal(t, FaultMethod, fault(t, w.do(func(g *Group) (Outcome, error) { return g.PayShort(g.Now) })))
	w.payAll()
	bundle := &Bundle{Round: 1, Attempt: 1, Legs: []Leg{{1, 1, kes, 100_000}, {2, 1, kes, 100_000}, {3, 1, php, 43_000}}}
	require.Equal(t, bundle, w.last.Settle)
	assert.Empty(t, w.moved(PayPot))
	assert.Equal(t, FaultState, fault(t, w.do(func(g *Group) (Outcome, error) { return g.Leave(1, Left, g.Now) })))
	assert.Equal(t, FaultState, fault(t, w.do(func(g *Group) (Outcome, error) { return g.Settled(1, 2, g.Now) })))

	w.must(func(g *Group) (Outcome, error) { return g.Failed(1, 1, g.Now) })
	assert.Nil(t, w.last.Settle)
	assert.Equal(t, FaultState, fault(t, w.do(func(g *Group) (Outcome, error) { return g.Settled(1, 1, g.Now) })))
	next, _ := w.g.Next()
	assert.Equal(t, w.g.Now.Add(time.Hour), next)
	w.tick(next)
	bundle.Attempt = 2
	require.Equal(t, bundle, w.last.Settle)

	w.must(func(g *Group) (Outcome, error) { return g.Settled(1, 2, g.Now) })
	assert.Equal(t, []Movement{
		{PayPot, Pot, Purse, 1, "m1", 1, kes, 200_000}, {PayPot, Pot, Purse, 1, "m1", 1, php, 43_000},
	}, w.last.Movements)
	w.windUp()
}

// The reserve's leg stands beside those of the seats; nothing is withheld from a bundle.
func TestTheReserveIsALegOfABundle(t *testing.T) {
	w := spanning(t)
	w.tick(w.after(0))
	w.payAll(2)
	for _, day := range []int{7, 10, 13} {
		w.tick(w.after(day))
	}
	require.Equal(t, []Leg{{1, 1, kes, 100_000}, {0, 1, kes, 100_000}, {3, 1, php, 43_000}}, w.last.Settle.Legs)
	w.must(func(g *Group) (Outcome, error) { return g.Settled(1, 1, g.Now) })
	w.tick(w.after(30))
	w.payAll(2)
	w.must(func(g *Group) (Outcome, error) { return g.Settled(2, 1, g.Now) })
	assert.Empty(t, w.about(Withheld))
	assert.Equal(t, int64(100_000), w.g.Owes(2).ReserveMinor)
	w.windUp()
}

// Who leaves a group of several units is given back by each whom it paid what that one pays in a round.
func TestALeaverIsGivenBackInEachUnit(t *testing.T) {
	w := spanning(t)
	w.tick(w.after(0))
	w.payAll()
	w.must(func(g *Group) (Outcome, error) { return g.Settled(1, 1, g.Now) })
	w.leave(3, Left)
	w.windUp()
	assert.Equal(t, 3, w.g.Rounds[2].Receiver)
	assert.Equal(t, Funds{php: 43_000, kes: -100_000}, w.books.seats[3])
}
