package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

var (
	movementKinds = []ledger.MovementKind{ledger.MovedCollection, ledger.MovedPayout, ledger.MovedRefund}
	ofLines       = []Kind{MissingInLog, AmountDiffers, DirectionDiffers, TwiceAtRail, OtherDay} // and UnknownOpen with a line
)

// muddle is a log, and statements that say the same but for what rails and people do to them.
func muddle(t *rapid.T) (lines []adapters.StatementLine, log []ledger.RailMovement) {
	for n := range rapid.IntRange(0, 12).Draw(t, "movements") {
		m, l := moved(rapid.SampledFrom(movementKinds).Draw(t, "kind"), n, noon.Add(time.Duration(rapid.IntRange(-40, 40).Draw(t, "hours"))*time.Hour))
		l.At = l.At.Add(time.Duration(rapid.IntRange(-20, 20).Draw(t, "later")) * time.Hour)
		switch rapid.IntRange(0, 12).Draw(t, "fate") {
		case 0:
			l.Amount.Minor++
		case 1:
			l.Direction = map[adapters.Direction]adapters.Direction{adapters.In: adapters.Out, adapters.Out: adapters.In}[l.Direction]
		case 2:
			m.Unknown = true
		case 3:
			m.PostedMinor--
		case 4:
			m.Intent = "bulk-7"
		case 5:
			m.RailRef, l.Order = "R1", "" // a receipt that another has, too
		case 6:
			l.Order, l.Alias = "typed by a customer", l.Order
		}
		if rapid.IntRange(0, 5).Draw(t, "in the log") > 0 {
			log = append(log, m)
		}
		for range rapid.SampledFrom([]int{0, 1, 1, 1, 1, 2, 3}).Draw(t, "times") {
			lines = append(lines, l)
			if rapid.Bool().Draw(t, "under another receipt") {
				l.Ref += "-again"
			}
			l.Amount.Minor += int64(rapid.IntRange(0, 1).Draw(t, "more"))
		}
	}
	return lines, log
}

// Whatever the order, the report is the same, and each line of the day is in it once: matched, or in one difference; and
// so is each movement of the day.
func TestNothingIsLostAndOrderSaysNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines, log := muddle(t)
		r := put(lines, log)
		require.Equal(t, r, put(rapid.Permutation(lines).Draw(t, "lines"), rapid.Permutation(log).Draw(t, "log")))

		today := 0
		for _, l := range lines {
			if fx.Date(l.At.In(nairobi).Format(time.DateOnly)) == day {
				today++
			}
		}
		differ, ids := 0, map[string]bool{}
		for _, d := range r.Differences {
			ids[d.ID] = true
			if slices.Contains(ofLines, Kind(d.Kind)) || d.Kind == string(UnknownOpen) && d.RailDirection != "" {
				differ++
			}
		}
		require.Equal(t, today, r.Lines)
		require.Equal(t, r.Lines, r.Matched+differ, "%+v", r.Differences)
		require.Len(t, ids, len(r.Differences), "two differences by one name")
		require.Len(t, r.Settled, r.Count(OtherDay))
	})
}

// days is what is open over some days that are reconciled one after the other, each when it is over.
type days struct {
	open  map[string]ledger.Difference
	lines []adapters.StatementLine
	log   []ledger.RailMovement
}

// reconcile does what Run does, at the end of the n-th day.
func (d *days) reconcile(n int) *Report {
	begins := time.Date(2026, 4, 13+n, 0, 0, 0, 0, nairobi)
	s := Sides{Participant: "mpesa-ke", Day: fx.Date(begins.Format(time.DateOnly)), Zone: nairobi, Open: slices.Collect(maps.Values(d.open))}
	for _, l := range d.lines {
		if !l.At.Before(begins) && l.At.Before(begins.AddDate(0, 0, 1)) {
			s.Lines = append(s.Lines, l)
		}
	}
	for _, m := range d.log {
		known := slices.ContainsFunc(s.Open, func(o ledger.Difference) bool {
			return o.Transfer == m.Transfer.String() && o.Movement == string(m.Kind)
		})
		if m.At.Before(begins.AddDate(0, 0, 1)) && (known || !m.At.Before(begins.AddDate(0, 0, -1))) {
			s.Log = append(s.Log, m)
		}
	}
	r := Match(s)
	for _, found := range r.Differences {
		d.open[found.ID] = found
	}
	for _, id := range r.Settled {
		delete(d.open, id)
	}
	return r
}

// What one side has days before the other is found by itself, whichever day that is; what only one side has stays open.
func TestOpenDifferencesAreCarried(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := days{open: map[string]ledger.Difference{}}
		const last = 5
		stray := rapid.IntRange(0, 3).Draw(t, "strays")
		at := func(label string) time.Time {
			return noon.Add(time.Duration(rapid.IntRange(0, 24*(last-1)).Draw(t, label)) * time.Hour)
		}
		for n := range rapid.IntRange(0, 10).Draw(t, "movements") {
			m, l := moved(rapid.SampledFrom(movementKinds).Draw(t, "kind"), n, at("in the log"))
			l.At = at("at the rail")
			d.lines, d.log = append(d.lines, l), append(d.log, m)
		}
		for n := range stray {
			d.lines = append(d.lines, adapters.StatementLine{
				At: at("stray"), Ref: fmt.Sprintf("STRAY%d", n), Amount: fx.Money{Minor: 1, Currency: kes}, Direction: adapters.Out,
			})
		}
		for n := range last {
			d.reconcile(n)
		}
		require.Len(t, d.open, stray, "%+v", d.open)
		for _, left := range d.open {
			require.Equal(t, string(MissingInLog), left.Kind)
			require.Contains(t, left.RailRef, "STRAY")
		}
	})
}

// A day that is reconciled again with more of its statements settles what was missing, and finds nothing twice.
func TestADayAgain(t *testing.T) {
	d := days{open: map[string]ledger.Difference{}}
	for n := range 4 {
		m, l := moved(ledger.MovedPayout, n, noon)
		d.lines, d.log = append(d.lines, l), append(d.log, m)
	}
	all := d.lines
	d.lines = all[:1]
	require.Equal(t, 3, d.reconcile(0).Count(MissingAtRail))
	d.lines = all
	d.log[0].Unknown = true // said later, about one that agreed before
	r := d.reconcile(0)
	require.Equal(t, 3, r.Matched)
	require.Len(t, d.open, 1)
	require.Len(t, r.Settled, 3)
	d.log[0].Unknown = false
	require.Len(t, d.reconcile(0).Settled, 1)
	require.Empty(t, d.open)
	require.Empty(t, d.reconcile(0).Settled)
}
