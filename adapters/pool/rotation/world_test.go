package rotation

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

var (
	kes   = fx.MustCurrency("KES")
	php   = fx.MustCurrency("PHP")
	hours = fx.MustCurrency("hours.chama-nairobi.2")
	start = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
)

// ledger is what movements make of everybody's money, apart from the group's own state.
type ledger struct {
	pot, reserve Funds         // the reserve also below zero of what it began with
	seats        map[int]Funds // paid in less paid out
}

// world is a group with everything around it. It holds each outcome against what must be true.
type world struct {
	t       require.TestingT
	g       *Group
	books   ledger
	reserve Funds             // what the reserve has
	secrets map[string]secret // by commitment
	forgave bool              // a decision or a death made a gift
	last    Outcome
}

type secret struct {
	text  string
	minor int64
}

// begin makes a group that stands.
func begin(t require.TestingT, terms Terms, seats []Seat, reserve Funds) *world {
	if helper, ok := t.(testing.TB); ok {
		helper.Helper()
	}
	g, out, err := New(terms, seats, start)
	require.NoError(t, err)
	w := &world{
		t: t, g: g, reserve: maps.Clone(reserve), secrets: map[string]secret{},
		books: ledger{pot: Funds{}, reserve: Funds{}, seats: map[int]Funds{}},
	}
	w.book(out)
	return w
}

// do gives the group an input, on a copy first: the same answer comes of the same state, and a refusal changes nothing.
func (w *world) do(input func(*Group) (Outcome, error)) error {
	copied, before := w.g.Clone(), w.state(w.g)
	var read Group
	require.NoError(w.t, json.Unmarshal([]byte(before), &read))
	out, err := input(w.g)
	again, errAgain := input(&read)
	require.Equal(w.t, out, again)
	require.Equal(w.t, err, errAgain)
	require.Equal(w.t, w.state(w.g), w.state(&read), "JSON is the whole state")
	require.Equal(w.t, before, w.state(copied), "a clone shares nothing")
	if err != nil {
		var refusal *Error
		require.ErrorAs(w.t, err, &refusal)
		require.Equal(w.t, before, w.state(w.g), "a refusal changes nothing")
		require.Empty(w.t, out)
		return err
	}
	w.last = out
	w.book(out)
	w.hold()
	return nil
}

// state is all there is of a group.
func (w *world) state(g *Group) string {
	text, err := json.Marshal(g)
	require.NoError(w.t, err)
	return string(text)
}

// book books an outcome.
func (w *world) book(out Outcome) {
	for _, m := range out.Movements {
		require.Positive(w.t, m.Minor)
		require.NotEqual(w.t, m.From, m.To)
		w.post(m, m.From, -m.Minor)
		w.post(m, m.To, m.Minor)
	}
}

func (w *world) post(m Movement, at Place, minor int64) {
	switch at {
	case Pot:
		w.books.pot[m.Unit] += minor
	case Reserve:
		w.books.reserve[m.Unit] += minor
		w.reserve[m.Unit] += minor
		require.GreaterOrEqual(w.t, w.reserve[m.Unit], int64(0), "the reserve pays what it has")
	case Purse:
		if w.books.seats[m.Seat] == nil {
			w.books.seats[m.Seat] = Funds{}
		}
		w.books.seats[m.Seat][m.Unit] -= minor
	}
}

// hold checks everything that is true at any time.
func (w *world) hold() {
	g := w.g
	for _, unit := range []fx.Currency{kes, php, hours} {
		require.Equal(w.t, w.books.pot[unit], g.Held(unit), "what came in and has not gone out is held, of %s", unit)
		lent := int64(0)
		for i := range g.Rounds {
			for n, p := range g.Rounds[i].Parts {
				if g.Seats[n].Unit == unit {
					lent += p.CoveredMinor + p.GivenMinor
				}
			}
			w.holdRound(&g.Rounds[i], unit)
		}
		require.Equal(w.t, -w.books.reserve[unit], lent, "what the reserve is short of is said of parts, of %s", unit)
	}
	rounds := map[int]bool{}
	for n, s := range g.Seats {
		require.GreaterOrEqual(w.t, s.AheadMinor, int64(0))
		require.False(w.t, s.Round != 0 && rounds[s.Round], "a round is one seat's")
		rounds[s.Round] = true
		require.True(w.t, s.Round == 0 || g.Rounds[s.Round-1].Receiver == n+1)
		if g.Phase == Ended {
			require.True(w.t, s.Vacant || s.Round != 0, "seat %d had its turn", n+1)
			require.Zero(w.t, s.AheadMinor)
		}
	}
	require.ElementsMatch(w.t, w.each(), g.Order)
}

func (w *world) each() []int {
	var all []int
	for n := range w.g.Seats {
		all = append(all, n+1)
	}
	return all
}

func (w *world) holdRound(r *Round, unit fx.Currency) {
	due, claimed := int64(0), int64(0)
	for n, p := range r.Parts {
		require.GreaterOrEqual(w.t, min(p.DueMinor, p.PaidMinor, p.CoveredMinor, p.GivenMinor, p.awaited()), int64(0))
		if w.g.Seats[n].Unit == unit {
			due += p.DueMinor
		}
	}
	for _, c := range r.Claims {
		require.GreaterOrEqual(w.t, c.Minor, c.PaidMinor)
		if c.Unit == unit {
			claimed += c.Minor
		}
	}
	held := w.g.held(r, unit)
	require.GreaterOrEqual(w.t, held, int64(0))
	if r.Receiver != 0 {
		require.Equal(w.t, due, claimed, "all that is due is somebody's")
	}
	if r.State == Paid {
		require.Zero(w.t, held, "what is there of a paid round is paid out")
	}
}

func (w *world) must(input func(*Group) (Outcome, error)) { require.NoError(w.t, w.do(input)) }

func (w *world) tick(now time.Time) {
	reserve := maps.Clone(w.reserve)
	w.must(func(g *Group) (Outcome, error) { return g.Tick(now, reserve) })
	require.NotPanics(w.t, func() { w.g.Next() })
}

// commit commits a seat to a secret and a bid, which need not be allowed.
func (w *world) commit(n int, minor int64) {
	s, round, err := w.g.sealed()
	if err != nil {
		return
	}
	text := fmt.Sprintf("%064x", n*1000+s.Attempt)
	commitment := Commitment(w.g.Terms.ID, round, s.Attempt, n, minor, text)
	w.secrets[commitment] = secret{text, minor}
	_ = w.do(func(g *Group) (Outcome, error) { return g.Commit(n, commitment, g.Now) })
}

// reveal reveals what a seat committed to, if it did and may.
func (w *world) reveal(n int) {
	s, _, err := w.g.sealed()
	if err != nil || s.entry(n) == nil {
		return
	}
	known := w.secrets[s.entry(n).Commitment]
	_ = w.do(func(g *Group) (Outcome, error) { return g.Reveal(n, known.text, known.minor, g.Now) })
}

// fault is what an error names, "" of none.
func fault(t *testing.T, err error) Fault {
	t.Helper()
	if err == nil {
		return ""
	}
	var refusal *Error
	require.ErrorAs(t, err, &refusal)
	require.NotEmpty(t, refusal.Error())
	return refusal.Fault
}

// seats are n seats of members m1, m2, … that pay KES 1,000.00.
func seats(n int) []Seat {
	all := make([]Seat, n)
	for i := range all {
		all[i] = Seat{Member: fmt.Sprintf("m%d", i+1), Unit: kes, ContributionMinor: 100_000}
	}
	return all
}

// fixed are terms with monthly rounds.
func fixed() Terms {
	return Terms{
		ID: "g1", Method: Fixed, Start: start, RoundDays: 30, DueDays: 5, GraceDays: 2, RemindDays: 3, Reminders: 2,
		GiveBack: AtReplacement,
	}
}

// about are the notices of the last outcome that are about something.
func (w *world) about(what Telling) []Notice {
	return slices.DeleteFunc(slices.Clone(w.last.Notices), func(n Notice) bool { return n.About != what })
}

func (w *world) after(days int) time.Time { return start.AddDate(0, 0, days) }

func number(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func hex64(n int) string { return strings.Repeat("0", 63-len(fmt.Sprint(n))) + "a" + fmt.Sprint(n) }
