package rotation

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// play lets whole rounds pass in which everybody pays.
func (w *world) play(rounds int) {
	for range rounds {
		w.tick(latest(w.g.Now, w.g.opening()))
		w.payAll()
	}
}

func (w *world) leave(n int, why Standing) {
	w.must(func(g *Group) (Outcome, error) { return g.Leave(n, why, g.Now) })
}

func TestWhoLeavesBeforeItsTurnGetsBackWhatItPaidAtTheEnd(t *testing.T) {
	w := begin(t, fixed(), seats(4), nil)
	w.play(2)
	w.leave(3, Left)
	assert.Equal(t, int64(200_000), w.about(Vacated)[0].Minor)
	assert.Equal(t, []int{4, 3}, w.g.Upcoming())
	w.play(1)
	require.Equal(t, 4, w.g.Rounds[2].Receiver)
	w.tick(w.g.opening())
	assert.Len(t, w.about(Collect), 2, "those pay whom it paid")
	w.payAll()
	assert.Equal(t, []Movement{{GiveBack, Pot, Purse, 3, "m3", 4, kes, 200_000}}, w.moved(GiveBack))
	assert.Equal(t, Ended, w.g.Phase)
	w.even()
}

func TestAReplacementBuysTheSeat(t *testing.T) {
	for _, when := range []Return{AtReplacement, AtEnd} {
		terms := fixed()
		terms.GiveBack = when
		w := begin(t, terms, seats(4), nil)
		w.play(2)
		w.leave(3, Excluded)
		replace := func(minor int64) Fault {
			return fault(t, w.do(func(g *Group) (Outcome, error) { return g.Replace(3, "m9", "", minor, g.Now) }))
		}
		assert.Equal(t, FaultAmount, replace(199_999))
		require.Empty(t, replace(200_000))
		assert.Equal(t, FaultSeat, replace(0), "it is taken")
		assert.Equal(t, []int{3}, w.g.SeatsOf("m9"))
		assert.Equal(t, when == AtReplacement, len(w.moved(GiveBack)) == 1)
		w.play(2)
		assert.Equal(t, Ended, w.g.Phase)
		if when == AtEnd {
			assert.Equal(t, []Movement{{GiveBack, Pot, Purse, 3, "m3", 0, kes, 200_000}}, w.moved(GiveBack))
		}
		w.even()
	}
}

func TestWhoLeavesAfterItsTurnOwesOn(t *testing.T) {
	w := begin(t, fixed(), seats(3), nil)
	w.play(1)
	w.leave(1, Left)
	assert.Len(t, w.about(OwesOn), 1)
	w.tick(w.g.opening())
	assert.Equal(t, int64(100_000), w.g.Owes(1).AwaitedMinor)
	assert.Equal(t, FaultSeat, fault(t, w.do(func(g *Group) (Outcome, error) { return g.Leave(1, Left, g.Now) })))
	w.windUp()
	w.even()
}

// The dead are asked for nothing: the reserve gives on the day, without reminders.
func TestTheDeadOweNothing(t *testing.T) {
	w := begin(t, fixed(), seats(3), Funds{kes: 1_000_000})
	w.play(1)
	w.leave(1, Died)
	w.tick(w.g.opening())
	assert.Len(t, w.about(Collect), 2)
	w.payAll(1)
	w.tick(w.g.Rounds[1].Due)
	assert.Equal(t, []Movement{{Gift, Reserve, Pot, 1, "m1", 2, kes, 100_000}}, w.moved(Gift))
	assert.Empty(t, w.about(Mediate))
	assert.Zero(t, w.g.Owes(1))
}

func TestWhatADeadMemberOwedTheReserveIsGiven(t *testing.T) {
	terms := fixed()
	terms.Reminders = 0
	w := begin(t, terms, seats(3), Funds{kes: 100_000})
	w.play(1)
	w.tick(w.g.opening())
	w.payAll(1)
	w.tick(w.after(37))
	require.Equal(t, Debt{ReserveMinor: 100_000}, w.g.Owes(1))
	w.leave(1, Died)
	assert.Zero(t, w.g.Owes(1))
}

// A round goes to the next when its receiver leaves before it is paid; what is there of it stays.
func TestAReceiverThatLeavesHandsItsTurnOn(t *testing.T) {
	w := begin(t, fixed(), seats(3), nil)
	w.tick(w.after(0))
	w.payAll(1, 2)
	w.must(func(g *Group) (Outcome, error) { return g.Pay(1, 40_000, g.Now) })
	w.leave(1, Left)
	assert.Equal(t, 2, w.about(Turn)[0].Seat)
	w.payAll()
	assert.Equal(t, int64(140_000), w.moved(PayPot)[0].Minor, "seat 2 sets its own part off")
	w.windUp()
	w.even()
	assert.Equal(t, 1, w.g.Rounds[2].Receiver)
}

// Seat 3 never paid anybody, so when it leaves nobody is to pay for it, nor is anybody left to receive its round.
func TestARoundWithoutReceiverIsGivenBack(t *testing.T) {
	w := begin(t, fixed(), seats(3), nil)
	for _, day := range []int{0, 30} {
		w.tick(w.after(day))
		w.payAll(3)
		w.tick(w.after(day + 5))
		w.must(func(g *Group) (Outcome, error) { return g.PayShort(g.Now) })
	}
	w.tick(w.after(60))
	w.payAll(2, 3)
	w.leave(3, Excluded)
	assert.Len(t, w.about(RoundVoided), 1)
	assert.Equal(t, []Movement{{GiveBack, Pot, Purse, 1, "m1", 0, kes, 100_000}}, w.last.Movements)
	assert.Equal(t, Ended, w.g.Phase)
	w.even()
}

func TestSwap(t *testing.T) {
	w := begin(t, fixed(), seats(4), nil)
	ask := func(n, with int) Fault {
		return fault(t, w.do(func(g *Group) (Outcome, error) { return g.AskSwap(n, with, g.Now) }))
	}
	agree := func(n, asker int) Fault {
		return fault(t, w.do(func(g *Group) (Outcome, error) { return g.AgreeSwap(n, asker, g.Now) }))
	}
	w.play(1)
	assert.Equal(t, FaultSeat, ask(1, 2), "seat 1 had its turn")
	assert.Equal(t, FaultSeat, ask(2, 2))
	require.Empty(t, ask(2, 4))
	assert.Equal(t, FaultAsked, agree(3, 2))
	assert.Equal(t, FaultAsked, agree(2, 4), "only seat 4 can agree")
	require.Empty(t, agree(4, 2))
	assert.Equal(t, FaultAsked, agree(4, 2), "once")
	assert.Equal(t, []int{4, 3, 2}, w.g.Upcoming())
	require.Empty(t, ask(2, 3))
	w.leave(3, Left)
	assert.Zero(t, w.g.Seats[1].SwapWith, "nobody is left who could agree")
	w.windUp()
	w.even()
}
