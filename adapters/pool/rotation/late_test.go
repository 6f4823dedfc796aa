package rotation

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// payAll has every seat but some pay what is awaited of it.
func (w *world) payAll(but ...int) {
	for n := range w.g.Seats {
		late := false
		for _, b := range but {
			late = late || b == n+1
		}
		if minor := w.g.Owes(n + 1).AwaitedMinor; minor > 0 && !late {
			w.must(func(g *Group) (Outcome, error) { return g.Pay(n+1, minor, g.Now) })
		}
	}
}

// moved are the last outcome's movements of a kind.
func (w *world) moved(kind Kind) []Movement {
	var all []Movement
	for _, m := range w.last.Movements {
		if m.Kind == kind {
			all = append(all, m)
		}
	}
	return all
}

func TestLatenessGoesStepByStep(t *testing.T) {
	w := begin(t, fixed(), seats(3), Funds{kes: 150_000})
	w.tick(w.after(0))
	require.Len(t, w.about(Collect), 3)
	w.payAll(2)
	for _, step := range []struct {
		day  int
		want []Telling
	}{
		{5, nil}, // due
		{6, nil}, // grace
		{7, []Telling{Remind}},
		{9, nil},
		{10, []Telling{Remind}},
		{13, []Telling{RoundPaid}}, // covered; the notice before it is Mediate
		{16, []Telling{Proposable}},
		{19, nil}, // never more by itself
		{29, nil},
	} {
		w.tick(w.after(step.day))
		var got []Telling
		for _, n := range w.last.Notices {
			if n.About != Mediate {
				got = append(got, n.About)
			}
		}
		assert.Equal(t, step.want, got, "day %d", step.day)
		assert.Equal(t, step.day == 13, len(w.about(Mediate)) == 1, "day %d", step.day)
	}
	assert.Equal(t, Debt{ReserveMinor: 100_000}, w.g.Owes(2))
	assert.Equal(t, int64(50_000), w.reserve[kes])

	w.must(func(g *Group) (Outcome, error) { return g.Pay(2, 150_000, g.Now) })
	assert.Equal(t, []Movement{
		{Repay, Purse, Reserve, 2, "m2", 1, kes, 100_000},
		{Contribute, Purse, Pot, 2, "m2", 0, kes, 50_000},
	}, w.last.Movements, "a late payment repays the reserve first")
	assert.Equal(t, int64(50_000), w.g.Seats[1].AheadMinor)
	w.windUp()
	w.even()
}

func TestAReserveThatIsShortIsSaidOnceAndCoversLater(t *testing.T) {
	terms := fixed()
	terms.Reminders = 0
	w := begin(t, terms, seats(3), Funds{kes: 99_999})
	w.tick(w.after(0))
	w.payAll(3)
	w.tick(w.after(7))
	require.Len(t, w.about(Short), 1)
	assert.Equal(t, int64(100_000), w.about(Short)[0].Minor)
	w.tick(w.after(8))
	require.Empty(t, w.last)
	w.reserve[kes] = 100_000
	w.tick(w.after(9))
	require.Len(t, w.moved(Cover), 1)
	assert.Equal(t, Paid, w.g.Rounds[0].State)
}

// What the reserve covered is withheld from what the same seat gets.
func TestAPotRepaysTheReserveFirst(t *testing.T) {
	terms := fixed()
	terms.Reminders = 0
	w := begin(t, terms, seats(3), Funds{kes: 100_000})
	w.tick(w.after(0))
	w.payAll(2)
	w.tick(w.after(7))
	w.tick(w.after(30))
	w.payAll(2)
	assert.Equal(t, []Movement{
		{Contribute, Purse, Pot, 3, "m3", 2, kes, 100_000},
		{Repay, Pot, Reserve, 2, "m2", 1, kes, 100_000},
		{PayPot, Pot, Purse, 2, "m2", 2, kes, 100_000}, // of two parts: its own is set off
	}, w.last.Movements)
	assert.Equal(t, []Notice{{About: Withheld, Round: 2, Seat: 2, Member: "m2", Unit: kes, Minor: 100_000}}, w.about(Withheld))
	w.windUp()
	w.even()
}

func TestAPotThatIsPaidShortIsMadeUpLater(t *testing.T) {
	w := begin(t, fixed(), seats(3), nil)
	w.tick(w.after(0))
	short := func() Fault { return fault(t, w.do(func(g *Group) (Outcome, error) { return g.PayShort(g.Now) })) }
	assert.Equal(t, FaultEarly, short())
	w.payAll(3)
	w.must(func(g *Group) (Outcome, error) { return g.Pay(3, 30_000, g.Now) })
	w.tick(w.after(5))
	require.Empty(t, short())
	assert.Equal(t, int64(230_000), w.moved(PayPot)[0].Minor)
	assert.Equal(t, int64(70_000), w.about(PaidShort)[0].Minor)
	assert.Equal(t, FaultState, short())
	w.must(func(g *Group) (Outcome, error) { return g.Pay(3, 50_000, g.Now) })
	assert.Equal(t, []Movement{
		{Contribute, Purse, Pot, 3, "m3", 1, kes, 50_000},
		{PayPot, Pot, Purse, 1, "m1", 1, kes, 50_000},
	}, w.last.Movements)
	w.windUp()
	w.even()
}

func TestForgivenIsOwedNoMore(t *testing.T) {
	terms := fixed()
	terms.Reminders = 0
	w := begin(t, terms, seats(3), Funds{kes: 100_000})
	forgive := func() Fault { return fault(t, w.do(func(g *Group) (Outcome, error) { return g.Forgive(3, g.Now) })) }
	w.tick(w.after(0))
	w.payAll(2, 3)
	assert.Equal(t, FaultAmount, forgive(), "nothing is past due")
	w.tick(w.after(7)) // seat 2 is covered, and nothing is left for seat 3
	require.Equal(t, Collecting, w.g.Rounds[0].State)
	require.Empty(t, forgive())
	assert.Equal(t, int64(200_000), w.moved(PayPot)[0].Minor)
	w.tick(w.after(30))
	w.tick(w.after(60))
	w.windUp()
	assert.Equal(t, Funds{kes: 0}, w.books.seats[3], "it did not pay seat 1, and seat 1 did not pay it")
}
