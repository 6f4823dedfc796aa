package rotation

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawGroup makes terms and seats of every kind.
func drawGroup(t *rapid.T) (Terms, []Seat) {
	terms := Terms{
		ID:        "g1",
		Method:    rapid.SampledFrom([]Method{Fixed, Fixed, Need, Drawing, Auction}).Draw(t, "method"),
		Start:     start.AddDate(0, 0, rapid.IntRange(-3, 10).Draw(t, "start")),
		RoundDays: rapid.IntRange(5, 30).Draw(t, "round days"),
		DueDays:   rapid.IntRange(0, 5).Draw(t, "due days"), GraceDays: rapid.IntRange(0, 3).Draw(t, "grace"),
		RemindDays: rapid.IntRange(1, 3).Draw(t, "remind days"), Reminders: rapid.IntRange(0, 2).Draw(t, "reminders"),
		GiveBack: rapid.SampledFrom([]Return{AtReplacement, AtEnd}).Draw(t, "give back"),
	}
	units := rapid.IntRange(1, 3).Draw(t, "units")
	if terms.Method == Drawing {
		terms.CommitDays, terms.RevealDays = 2, 2
	}
	if terms.Method == Auction {
		terms.CommitDays, terms.Floor, terms.Ceiling, units = 2, 10, rapid.SampledFrom([]int{300, 1000}).Draw(t, "ceiling"), 1
		if terms.Sealed = rapid.Bool().Draw(t, "sealed"); terms.Sealed {
			terms.RevealDays = 2
		}
	}
	terms.Atomic = terms.Method != Auction && rapid.IntRange(0, 3).Draw(t, "atomic") == 0
	all := make([]Seat, rapid.IntRange(2, 7).Draw(t, "seats"))
	for i := range all {
		unit := rapid.IntRange(0, units-1).Draw(t, "unit")
		all[i] = Seat{
			Member: fmt.Sprintf("m%d", rapid.IntRange(1, len(all)).Draw(t, "member")),
			Unit:   []Seat{{Unit: kes}, {Unit: php}, {Unit: hours}}[unit].Unit, ContributionMinor: []int64{100_001, 43_000, 7}[unit],
		}
	}
	return terms, all
}

// act does something that may or may not be allowed.
func (w *world) act(t *rapid.T) {
	n := rapid.IntRange(0, len(w.g.Seats)+1).Draw(t, "seat")
	other := rapid.IntRange(1, len(w.g.Seats)).Draw(t, "other")
	now, attempt := w.g.Now, w.attempt()
	switch rapid.SampledFrom([]string{
		"tick", "tick", "tick", "tick", "tick", "pay", "pay", "pay", "pay", "pay all", "pay all", "commit", "commit", "reveal", "reveal", "bid", "bid",
		"choose", "choose", "swap", "leave", "replace", "short", "forgive", "settled", "failed", "back",
	}).Draw(t, "act") {
	case "tick":
		now = now.Add(time.Duration(rapid.IntRange(0, 8*24).Draw(t, "hours")) * time.Hour)
		if next, ok := w.g.Next(); ok && rapid.Bool().Draw(t, "to the next") {
			now = latest(now, next)
		}
		w.tick(now)
	case "pay":
		minor := rapid.SampledFrom([]int64{-1, 0, 3, 40_000, 100_001, 250_000, w.g.Payable(n)}).Draw(t, "minor")
		_ = w.do(func(g *Group) (Outcome, error) { return g.Pay(n, minor, now) })
	case "pay all":
		for i := range w.g.Seats {
			_ = w.do(func(g *Group) (Outcome, error) { return g.Pay(i+1, g.Owes(i+1).AwaitedMinor, now) })
		}
	case "commit":
		w.commit(n, rapid.Int64Range(-1, 120_000).Draw(t, "bid"))
	case "reveal":
		w.reveal(n)
	case "bid":
		minor := rapid.Int64Range(-1, 200_000).Draw(t, "bid")
		_ = w.do(func(g *Group) (Outcome, error) { return g.Bid(n, minor, now) })
	case "choose":
		_ = w.do(func(g *Group) (Outcome, error) { return g.Choose(n, now) })
	case "swap":
		by := rapid.IntRange(other-1, other).Draw(t, "by")
		_ = w.do(func(g *Group) (Outcome, error) { return g.AskSwap(n, other, now) })
		_ = w.do(func(g *Group) (Outcome, error) { return g.AgreeSwap(by, n, now) })
	case "leave":
		why := rapid.SampledFrom([]Standing{Left, Excluded, Died, Active}).Draw(t, "why")
		if w.do(func(g *Group) (Outcome, error) { return g.Leave(n, why, now) }) == nil && why == Died {
			w.forgave = true
		}
	case "replace":
		_ = w.do(func(g *Group) (Outcome, error) { return g.Replace(n, "m99", "", g.BuyIn(n), now) })
	case "short":
		_ = w.do(func(g *Group) (Outcome, error) { return g.PayShort(now) })
	case "forgive":
		if w.do(func(g *Group) (Outcome, error) { return g.Forgive(n, now) }) == nil {
			w.forgave = true
		}
	case "settled":
		_ = w.do(func(g *Group) (Outcome, error) { return g.Settled(len(g.Rounds), attempt, now) })
	case "failed":
		_ = w.do(func(g *Group) (Outcome, error) { return g.Failed(len(g.Rounds), attempt, now) })
	case "back":
		require.Error(t, w.do(func(g *Group) (Outcome, error) { return g.Tick(now.Add(-time.Second), nil) }))
	}
}

func (w *world) attempt() int {
	if r := w.g.current(); r != nil {
		return r.Attempt
	}
	return 1
}

// Whatever happens in whatever order, money is conserved (hold), refusals change nothing (do), and once everybody does
// what is asked of them the group ends with nothing left and nobody owing (windUp).
func TestConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms, all := drawGroup(t)
		w := begin(t, terms, all, Funds{kes: rapid.Int64Range(0, 500_000).Draw(t, "reserve"), php: 50_000})
		for range rapid.IntRange(0, 60).Draw(t, "acts") {
			w.act(t)
		}
		w.windUp()
		w.even()
	})
}

// even checks who gained and who lost in a group that is over: nobody, but by auctions and gifts.
func (w *world) even() {
	if w.forgave {
		return
	}
	w.fair()
	total := int64(0)
	units := map[string]bool{}
	for n, s := range w.g.Seats {
		units[s.Unit.String()] = true
		for _, minor := range w.books.seats[n+1] {
			total += minor
		}
	}
	if len(units) > 1 {
		return
	}
	require.Zero(w.t, total, "what all paid in, all got")
	if w.g.Terms.Method == Auction {
		return
	}
	for n := range w.g.Seats {
		require.Zero(w.t, w.books.seats[n+1][w.g.Seats[n].Unit], "seat %d got what it paid in", n+1)
	}
}

// fair checks that each paid the other what the other had paid it.
func (w *world) fair() {
	for i, earlier := range w.g.Seats {
		for j, later := range w.g.Seats {
			if earlier.Round == 0 || later.Round <= earlier.Round || earlier.Vacant {
				continue
			}
			got, gave := w.g.Rounds[earlier.Round-1].Parts[j], w.g.Rounds[later.Round-1].Parts[i]
			require.Equal(w.t, got.DueMinor*earlier.ContributionMinor/later.ContributionMinor, gave.DueMinor, "seats %d and %d", i+1, j+1)
		}
	}
}
