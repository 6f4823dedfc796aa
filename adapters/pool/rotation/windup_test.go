package rotation

import (
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

// windUp lets time pass, and everybody do what is asked of them, until the group has ended and nobody owes anything.
func (w *world) windUp() {
	for range 40 * len(w.g.Seats) {
		for n := range w.g.Seats {
			if debt := w.g.Owes(n + 1); debt.AwaitedMinor+debt.ReserveMinor > 0 {
				w.must(func(g *Group) (Outcome, error) { return g.Pay(n+1, debt.AwaitedMinor+debt.ReserveMinor, g.Now) })
			}
		}
		if r := w.g.current(); r != nil && r.State == Settling {
			w.must(func(g *Group) (Outcome, error) { return g.Settled(len(g.Rounds), r.Attempt, g.Now) })
			continue
		} else if r != nil && r.State == Open && w.g.Terms.Method == Need {
			w.must(func(g *Group) (Outcome, error) { return g.Choose(g.Upcoming()[0], g.Now) })
			continue
		}
		next, ok := w.g.Next()
		if !ok {
			break
		}
		if w.g.Phase == Ordering {
			w.revealAll()
		}
		w.tick(latest(next, w.g.Now))
		after, ok := w.g.Next()
		require.True(w.t, !ok || after.After(w.g.Now) || w.g.current() == nil, "the clock has done what it had to")
	}
	require.Equal(w.t, Ended, w.g.Phase)
	for n := range w.g.Seats {
		require.Zero(w.t, w.g.Owes(n+1), "nobody owes anything")
	}
	for _, unit := range []fx.Currency{kes, php, hours} {
		require.Zero(w.t, w.g.Held(unit), "nothing is left of %s", unit)
	}
}

// revealAll has everybody commit and reveal who still can.
func (w *world) revealAll() {
	for _, n := range w.g.Upcoming() {
		if w.g.Draw.entry(n) == nil {
			w.commit(n, 0)
		}
	}
	for _, n := range w.g.Upcoming() {
		w.reveal(n)
	}
}
