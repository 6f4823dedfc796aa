package rotation

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

func TestTermsThatMakeNoGroup(t *testing.T) {
	auction := func(terms *Terms, _ *[]Seat) { *terms = chit(true) }
	drawing := func(terms *Terms, _ *[]Seat) { terms.Method, terms.CommitDays, terms.RevealDays = Drawing, 1, 1 }
	for name, spoil := range map[string]func(*Terms, *[]Seat){
		"no id":               func(terms *Terms, _ *[]Seat) { terms.ID = "" },
		"an id with a space":  func(terms *Terms, _ *[]Seat) { terms.ID = "g 1" },
		"a long id":           func(terms *Terms, _ *[]Seat) { terms.ID = strings.Repeat("g", 49) },
		"one seat":            func(_ *Terms, all *[]Seat) { *all = seats(1) },
		"too many seats":      func(_ *Terms, all *[]Seat) { *all = seats(MaxSeats + 1) },
		"no start":            func(terms *Terms, _ *[]Seat) { terms.Start = time.Time{} },
		"no round":            func(terms *Terms, _ *[]Seat) { terms.RoundDays = 0 },
		"a long round":        func(terms *Terms, _ *[]Seat) { terms.RoundDays = MaxRoundDays + 1 },
		"due after the round": func(terms *Terms, _ *[]Seat) { terms.DueDays = 31 },
		"negative grace":      func(terms *Terms, _ *[]Seat) { terms.GraceDays = -1 },
		"reminders at once":   func(terms *Terms, _ *[]Seat) { terms.RemindDays = 0 },
		"many reminders":      func(terms *Terms, _ *[]Seat) { terms.Reminders = MaxReminders + 1 },
		"no rule to give":     func(terms *Terms, _ *[]Seat) { terms.GiveBack = "" },
		"no method":           func(terms *Terms, _ *[]Seat) { terms.Method = "" },
		"a seat twice":        func(terms *Terms, _ *[]Seat) { terms.Order = []int{1, 2, 2, 4} },
		"a short order":       func(terms *Terms, _ *[]Seat) { terms.Order = []int{1, 2} },
		"an empty order":      func(terms *Terms, _ *[]Seat) { terms.Order = []int{} },
		"a seat beyond":       func(terms *Terms, _ *[]Seat) { terms.Order = []int{1, 2, 3, 5} },
		"order of a drawing":  func(terms *Terms, all *[]Seat) { drawing(terms, all); terms.Order = []int{1, 2, 3, 4} },
		"no time to commit":   func(terms *Terms, all *[]Seat) { drawing(terms, all); terms.CommitDays = 0 },
		"no time to reveal":   func(terms *Terms, all *[]Seat) { drawing(terms, all); terms.RevealDays = 0 },
		"time to commit":      func(terms *Terms, _ *[]Seat) { terms.CommitDays = 1 },
		"sealed":              func(terms *Terms, _ *[]Seat) { terms.Sealed = true },
		"a floor":             func(terms *Terms, _ *[]Seat) { terms.Floor = 1 },
		"no ceiling":          func(terms *Terms, all *[]Seat) { auction(terms, all); terms.Floor, terms.Ceiling = 0, 0 },
		"floor over ceiling":  func(terms *Terms, all *[]Seat) { auction(terms, all); terms.Floor = 401 },
		"more than the pot":   func(terms *Terms, all *[]Seat) { auction(terms, all); terms.Ceiling = 1001 },
		"an atomic auction":   func(terms *Terms, all *[]Seat) { auction(terms, all); terms.Atomic = true },
		"bids in two units": func(terms *Terms, all *[]Seat) {
			auction(terms, all)
			(*all)[0].Unit = php
		},
		"no member":         func(_ *Terms, all *[]Seat) { (*all)[1].Member = "" },
		"a member's name":   func(_ *Terms, all *[]Seat) { (*all)[1].Member = "Wanjiku K." },
		"no unit":           func(_ *Terms, all *[]Seat) { (*all)[1].Unit = fx.Currency{} },
		"nothing to pay":    func(_ *Terms, all *[]Seat) { (*all)[1].ContributionMinor = 0 },
		"too much to pay":   func(_ *Terms, all *[]Seat) { (*all)[1].ContributionMinor = MaxContributionMinor + 1 },
		"two contributions": func(_ *Terms, all *[]Seat) { (*all)[1].ContributionMinor++ },
		"another pool":      func(_ *Terms, all *[]Seat) { (*all)[1].Pool = "stokvel" },
		"a pool's title": func(terms *Terms, all *[]Seat) {
			terms.Atomic = true
			(*all)[1].Pool = "The Stokvel"
		},
		"too large a bundle": func(terms *Terms, all *[]Seat) {
			terms.Atomic = true
			*all = seats(MaxBundle)
			for i := range *all {
				(*all)[i].Pool = "p" + (*all)[i].Member
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			terms, all := fixed(), seats(4)
			spoil(&terms, &all)
			_, _, err := New(terms, all, start)
			assert.Equal(t, FaultTerms, fault(t, err))
		})
	}
}

// What a caller says of a seat's life counts for nothing.
func TestAGroupBeginsAtItsBeginning(t *testing.T) {
	all := seats(2)
	all[0].Round, all[0].AheadMinor, all[1].Vacant, all[1].Standing = 3, 5, true, Died
	terms := fixed()
	terms.Start, terms.Order = start.AddDate(-1, 0, 0), []int{2, 1}
	g, out, err := New(terms, all, start)
	require.NoError(t, err)
	assert.Empty(t, out)
	assert.Equal(t, []int{2, 1}, g.Upcoming())
	assert.Equal(t, start, g.Terms.Start, "a start that is past is now")
	terms.Order[0] = 7
	assert.Equal(t, []int{2, 1}, g.Upcoming(), "the caller's slices are its own")
}

// Inputs that are not possible at the time, by kind of group and how far it is.
func TestRefusals(t *testing.T) {
	need := fixed()
	need.Method = Need
	drawn := fixed()
	drawn.Method, drawn.CommitDays, drawn.RevealDays = Drawing, 3, 2
	begun := func(terms Terms) *world {
		w := begin(t, terms, seats(4), nil)
		w.tick(w.after(0))
		return w
	}
	ended := begun(fixed())
	ended.windUp()
	commit := func(text string) func(*Group) (Outcome, error) {
		return func(g *Group) (Outcome, error) { return g.Commit(1, text, g.Now) }
	}
	pay := func(n int, minor int64) func(*Group) (Outcome, error) {
		return func(g *Group) (Outcome, error) { return g.Pay(n, minor, g.Now) }
	}
	leave := func(n int, why Standing) func(*Group) (Outcome, error) {
		return func(g *Group) (Outcome, error) { return g.Leave(n, why, g.Now) }
	}
	replace := func(n int, member, pool string) func(*Group) (Outcome, error) {
		return func(g *Group) (Outcome, error) { return g.Replace(n, member, pool, 0, g.Now) }
	}
	choose := func(n int) func(*Group) (Outcome, error) {
		return func(g *Group) (Outcome, error) { return g.Choose(n, g.Now) }
	}
	swap := func(g *Group) (Outcome, error) { return g.AskSwap(1, 2, g.Now) }
	bid := func(g *Group) (Outcome, error) { return g.Bid(1, 30_000, g.Now) }
	left := begun(fixed())
	left.leave(2, Left)
	committed := begin(t, drawn, seats(4), nil)
	committed.commit(1, 0)
	reveal := func(n int, text string) func(*Group) (Outcome, error) {
		return func(g *Group) (Outcome, error) { return g.Reveal(n, text, 0, g.Now) }
	}
	late := begin(t, drawn, seats(4), nil)
	late.commit(1, 0)
	late.commit(2, 0)
	late.tick(late.after(3))
	late.reveal(2)
	for _, c := range []struct {
		name  string
		w     *world
		want  Fault
		input func(*Group) (Outcome, error)
	}{
		{"pay as no seat", begun(fixed()), FaultSeat, pay(5, 1)},
		{"pay nothing", begun(fixed()), FaultAmount, pay(1, 0)},
		{"pay for more than all rounds", begun(fixed()), FaultAmount, pay(1, 400_001)},
		{"pay for a seat that was left", left, FaultAmount, pay(2, 1)},
		{"pay after the end", ended, FaultAmount, pay(1, 1)},
		{"leave after the end", ended, FaultState, leave(1, Left)},
		{"leave as no seat", begun(fixed()), FaultSeat, leave(0, Left)},
		{"leave actively", begun(fixed()), FaultSeat, leave(1, Active)},
		{"leave twice", left, FaultSeat, leave(2, Excluded)},
		{"replace who stays", left, FaultSeat, replace(1, "m9", "")},
		{"replace as no seat", left, FaultSeat, replace(5, "m9", "")},
		{"replace by nobody", left, FaultSeat, replace(2, "", "")},
		{"replace by another pool's", left, FaultSeat, replace(2, "m9", "stokvel")},
		{"replace after the end", ended, FaultState, replace(1, "m9", "")},
		{"forgive no seat", begun(fixed()), FaultSeat, func(g *Group) (Outcome, error) { return g.Forgive(9, g.Now) }},
		{"choose in a fixed order", begun(fixed()), FaultMethod, choose(1)},
		{"choose before a round is open", begin(t, need, seats(4), nil), FaultState, choose(1)},
		{"choose no seat", begun(need), FaultSeat, choose(5)},
		{"bid in a fixed order", begun(fixed()), FaultMethod, bid},
		{"bid before a round is open", begin(t, chit(false), seats(4), nil), FaultState, bid},
		{"commit to a bid before a round is open", begin(t, chit(true), seats(4), nil), FaultState, commit(hex64(1))},
		{"commit in a fixed order", begun(fixed()), FaultMethod, commit(hex64(1))},
		{"commit twice", committed, FaultTwice, commit(hex64(1))},
		{"commit without form", begin(t, drawn, seats(4), nil), FaultSecret, commit("A" + hex64(1)[1:])},
		{"commit to little", begin(t, drawn, seats(4), nil), FaultSecret, commit("00")},
		{"reveal early", committed, FaultEarly, reveal(1, hex64(1))},
		{"reveal what was not committed", committed, FaultSeat, reveal(2, hex64(1))},
		{"reveal something else", late, FaultSecret, reveal(1, hex64(1))},
		{"reveal twice", late, FaultTwice, reveal(2, hex64(1))},
		{"swap by need", begun(need), FaultMethod, swap},
		{"swap what is not drawn", committed, FaultState, swap},
		{"settle what is no bundle", begun(fixed()), FaultState, func(g *Group) (Outcome, error) { return g.Settled(1, 0, g.Now) }},
		{"fail after the end", ended, FaultState, func(g *Group) (Outcome, error) { return g.Failed(4, 0, g.Now) }},
	} {
		assert.Equal(t, c.want, fault(t, c.w.do(c.input)), c.name)
	}
}

// No input is taken from before the last.
func TestTheClockDoesNotGoBack(t *testing.T) {
	g, _, err := New(fixed(), seats(2), start)
	require.NoError(t, err)
	before := start.Add(-time.Second)
	for name, input := range map[string]func() (Outcome, error){
		"tick": func() (Outcome, error) { return g.Tick(before, nil) }, "pay": func() (Outcome, error) { return g.Pay(1, 1, before) },
		"commit": func() (Outcome, error) { return g.Commit(1, hex64(1), before) }, "reveal": func() (Outcome, error) { return g.Reveal(1, hex64(1), 0, before) },
		"bid": func() (Outcome, error) { return g.Bid(1, 1, before) }, "choose": func() (Outcome, error) { return g.Choose(1, before) },
		"ask": func() (Outcome, error) { return g.AskSwap(1, 2, before) }, "agree": func() (Outcome, error) { return g.AgreeSwap(1, 2, before) },
		"leave": func() (Outcome, error) { return g.Leave(1, Left, before) }, "replace": func() (Outcome, error) { return g.Replace(1, "m9", "", 0, before) },
		"short": func() (Outcome, error) { return g.PayShort(before) }, "forgive": func() (Outcome, error) { return g.Forgive(1, before) },
		"settled": func() (Outcome, error) { return g.Settled(1, 1, before) }, "failed": func() (Outcome, error) { return g.Failed(1, 1, before) },
	} {
		_, err := input()
		assert.Equal(t, FaultClock, fault(t, err), name)
	}
}

// A commitment after its time is late also before the clock has told the group.
func TestLateIsLate(t *testing.T) {
	w := drawing(t)
	w.commit(1, 0)
	w.g.Now = w.after(3)
	assert.Equal(t, FaultLate, fault(t, w.do(func(g *Group) (Outcome, error) { return g.Commit(2, hex64(2), g.Now) })))
	w.g.Now = w.after(5)
	assert.Equal(t, FaultLate, fault(t, w.do(func(g *Group) (Outcome, error) { return g.Reveal(1, hex64(1), 0, g.Now) })))
	open := begin(t, chit(false), seats(3), nil)
	open.tick(open.after(0))
	open.g.Now = open.after(3)
	assert.Equal(t, FaultLate, open.bid(t, 1, 30_000))
}

// The largest group with the largest contributions goes through, and no sum overflows.
func TestTheLargestGroup(t *testing.T) {
	all := seats(MaxSeats)
	for i := range all {
		all[i].ContributionMinor = MaxContributionMinor
	}
	g, _, err := New(fixed(), all, start)
	require.NoError(t, err)
	for n := range MaxSeats { // everybody pays for all rounds at once
		_, err := g.Pay(n+1, g.Payable(n+1), start)
		require.NoError(t, err)
	}
	assert.Equal(t, int64(MaxSeats)*MaxSeats*MaxContributionMinor, g.Held(kes))
	for g.Phase != Ended {
		_, err := g.Tick(g.opening(), nil)
		require.NoError(t, err)
	}
	assert.Len(t, g.Rounds, MaxSeats)
	assert.Zero(t, g.Held(kes))
}
