package rotation

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (w *world) forgive(n int) {
	w.must(func(g *Group) (Outcome, error) { return g.Forgive(n, g.Now) })
}

func (w *world) pay(n int, minor int64) {
	w.must(func(g *Group) (Outcome, error) { return g.Pay(n, minor, g.Now) })
}

func (w *world) payShort() {
	w.must(func(g *Group) (Outcome, error) { return g.PayShort(g.Now) })
}

// What was forgiven before anybody knew whose round it is stays forgiven.
func TestForgivenBeforeTheTurnIsKnown(t *testing.T) {
	terms := fixed()
	terms.Method = Need
	w := begin(t, terms, seats(4), nil)
	w.tick(w.after(0))
	w.tick(w.after(5))
	w.forgive(3)
	w.must(func(g *Group) (Outcome, error) { return g.Choose(1, g.Now) })
	assert.Zero(t, w.g.Owes(3))
	assert.Equal(t, int64(100_000), w.g.Owes(2).LateMinor)
	w.windUp()
}

// The receiver's own part is set off, not missing, when its pot is paid short.
func TestTheReceiverIsNotShortOfItself(t *testing.T) {
	w := begin(t, fixed(), seats(3), nil)
	w.tick(w.after(0))
	w.payAll(1, 3)
	w.tick(w.after(5))
	w.payShort()
	require.Len(t, w.about(PaidShort), 1)
	assert.Equal(t, 3, w.about(PaidShort)[0].Seat)
	assert.Empty(t, w.about(Withheld))
	assert.Zero(t, w.g.Owes(1))
}

// What the reserve covered is given back to it when it turns out not to be due.
func TestACoverThatIsNotDueGoesBack(t *testing.T) {
	terms := fixed()
	terms.Reminders = 0
	w := begin(t, terms, seats(4), Funds{})
	w.tick(w.after(0))
	w.payAll(3)
	w.tick(w.after(5))
	w.payShort()
	w.forgive(3) // seat 1 owes seat 3 nothing
	w.tick(w.after(30))
	w.payAll(1, 3)
	w.reserve[kes] = 100_000
	w.tick(w.after(37))
	require.Len(t, w.moved(Cover), 1)
	require.Equal(t, 1, w.moved(Cover)[0].Seat)
	w.leave(2, Left) // seat 3 is next
	assert.Equal(t, []Movement{{Repay, Pot, Reserve, 1, "m1", 2, kes, 100_000}}, w.moved(Repay))
	assert.Zero(t, w.g.Owes(1))
	w.windUp()
}

// A bid that was allowed is held to the ceiling of what the pot has become.
func TestAPotThatShrinksLowersTheCeiling(t *testing.T) {
	w := begin(t, chit(false), seats(4), nil)
	w.tick(w.after(0))
	require.Empty(t, w.bid(t, 2, 160_000))
	w.leave(4, Left)
	w.tick(w.after(3))
	assert.Equal(t, int64(120_000), w.g.Rounds[0].Discount)
	w.windUp()
}

// Whoever is the last that could bid need not leave anything to the others.
func TestTheLastBidderLeavesNothing(t *testing.T) {
	w := begin(t, chit(true), seats(3), nil)
	w.tick(w.after(0))
	w.payAll()
	w.tick(w.after(3))
	require.Equal(t, 1, w.g.Rounds[0].Receiver)
	w.tick(w.after(30))
	w.commit(2, 50_000)
	w.commit(3, 60_000)
	w.reveal(2)
	w.leave(3, Left)
	require.Equal(t, 2, w.g.Rounds[1].Receiver)
	assert.Zero(t, w.g.Rounds[1].Discount)
}

// A commitment that is not revealed is no bid, not even of nothing.
func TestWhoDoesNotRevealHasNotBid(t *testing.T) {
	w := begin(t, chit(true), seats(3), nil)
	w.tick(w.after(0))
	w.commit(2, 50_000)
	w.commit(3, 60_000)
	w.tick(w.after(3))
	w.tick(w.after(4))
	assert.Equal(t, 1, w.g.Rounds[0].Receiver)
}

// A node that slept goes on one step at a time, with days between them.
func TestALateClockTakesOneStep(t *testing.T) {
	w := begin(t, fixed(), seats(3), nil)
	w.tick(w.after(0))
	w.payAll(2)
	for _, c := range []struct{ day, reminders int }{{100, 1}, {101, 0}, {102, 0}, {103, 1}, {104, 0}} {
		w.tick(w.after(c.day))
		assert.Len(t, w.about(Remind), c.reminders, "day %d", c.day)
	}
	w.pay(2, 100_000)
	w.tick(w.after(105))
	assert.Equal(t, w.after(110), w.g.Rounds[1].Due, "a round that opens late is due late")
}

// However late, a reserve that has money again covers what is missing, and nobody is told a step twice.
func TestTheReserveIsAskedAgain(t *testing.T) {
	terms := fixed()
	terms.Reminders = 0
	w := begin(t, terms, seats(3), Funds{})
	w.tick(w.after(0))
	w.payAll(2)
	for range 10 {
		next, ok := w.g.Next()
		require.True(t, ok)
		w.tick(next)
	}
	assert.Empty(t, w.about(Proposable))
	assert.Len(t, w.about(Short), 1)
	w.reserve[kes] = 100_000
	next, _ := w.g.Next()
	w.tick(next)
	assert.Len(t, w.moved(Cover), 1)
}

// What comes late for a seat is paid to it whole while it owes nothing that is due.
func TestNothingIsWithheldBeforeItIsDue(t *testing.T) {
	w := begin(t, fixed(), seats(3), nil)
	w.tick(w.after(0))
	w.payAll(2)
	w.tick(w.after(5))
	w.payShort()
	w.tick(w.after(30))
	w.pay(2, 100_000)
	assert.Equal(t, int64(100_000), w.moved(PayPot)[0].Minor)
	assert.Equal(t, int64(100_000), w.g.Owes(1).AwaitedMinor)
}

// Who takes over a seat that has had its turn takes its debts, and no more than there are.
func TestWhatWasForgivenIsNotInherited(t *testing.T) {
	terms := fixed()
	terms.DueDays = 0
	w := begin(t, terms, seats(3), nil)
	w.play(1)
	w.tick(w.after(30))
	w.leave(1, Left)
	w.forgive(1)
	w.must(func(g *Group) (Outcome, error) { return g.Replace(1, "m9", "", 0, g.Now) })
	assert.Zero(t, w.g.Owes(1))
	w.tick(w.after(31))
	w.payAll()
	w.tick(w.after(60))
	assert.Equal(t, int64(100_000), w.g.Owes(1).AwaitedMinor)
}

// Who takes a vacant seat before a round is due pays in it, and after it from the next.
func TestAReplacementJoinsARoundThatIsNotDue(t *testing.T) {
	for day, owes := range map[int]int64{31: 100_000, 35: 100_000, 36: 0} {
		w := begin(t, fixed(), seats(3), nil)
		w.play(1)
		w.leave(3, Left)
		w.tick(w.after(30))
		w.tick(w.after(day))
		w.must(func(g *Group) (Outcome, error) { return g.Replace(3, "m9", "", 100_000, g.Now) })
		assert.Equal(t, owes, w.g.Owes(3).AwaitedMinor)
		w.tick(w.after(36))
		assert.Empty(t, w.about(Remind), "grace is not over")
		w.windUp()
		w.even()
	}
}

// Seats that change hands again and again are bounded by what the group has to remember.
func TestReplacementsAreBounded(t *testing.T) {
	terms := fixed()
	terms.GiveBack = AtEnd
	w := begin(t, terms, seats(3), nil)
	w.play(1)
	replace := func() error {
		_, err := w.g.Leave(3, Left, w.g.Now)
		require.NoError(t, err)
		_, err = w.g.Replace(3, "m9", "", 100_000, w.g.Now)
		return err
	}
	for range MaxPending {
		require.NoError(t, replace())
	}
	assert.Equal(t, FaultState, fault(t, replace()))
	assert.Equal(t, int64(MaxPending*100_000), w.g.Held(kes))
}
