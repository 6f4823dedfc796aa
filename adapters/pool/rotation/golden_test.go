package rotation

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// story writes down what happens in a world, day by day. What is the same for several members is one line.
type story struct {
	*world
	text strings.Builder
}

// then lets something happen and tells it.
func (s *story) then(title string, inputs ...func(*Group) (Outcome, error)) {
	var lines []string
	who := map[string][]string{}
	note := func(line, member string) {
		if who[line] == nil {
			lines = append(lines, line)
		}
		who[line] = append(who[line], member)
	}
	for _, input := range inputs {
		s.must(input)
		for _, n := range s.last.Notices {
			note(n.line(), n.Member)
		}
		for _, m := range s.last.Movements {
			note(fmt.Sprintf("  %-11s %11s  %s → %s", m.Kind, text(m.Minor, m.Unit), m.From, m.To), m.Member)
		}
	}
	fmt.Fprintf(&s.text, "%s  %s\n", s.g.Now.Format("2006-01-02"), title)
	for _, line := range lines {
		fmt.Fprintf(&s.text, "    %s: %s\n", line, strings.Join(who[line], " "))
	}
}

// line is a notice without its member.
func (n Notice) line() string {
	line := string(n.About)
	if n.Other != 0 {
		line += fmt.Sprintf(" with seat %d", n.Other)
	}
	if n.Count != 0 {
		line += fmt.Sprintf(" %d", n.Count)
	}
	if n.Minor != 0 {
		line += " " + text(n.Minor, n.Unit)
	}
	if !n.Until.IsZero() {
		line += " until " + n.Until.Format("2006-01-02")
	}
	return line
}

func text(minor int64, unit fx.Currency) string { return fx.Money{Minor: minor, Currency: unit}.Text() }

// day lets the clock reach a day after the start.
func (s *story) day(n int) {
	reserve := Funds{kes: s.reserve[kes]}
	s.then("the clock", func(g *Group) (Outcome, error) { return g.Tick(s.after(n), reserve) })
}

// pays has seats pay what they owe; no seats are all.
func (s *story) pays(ns ...int) {
	if ns == nil {
		ns = s.each()
	}
	var inputs []func(*Group) (Outcome, error)
	for _, n := range ns {
		if debt := s.g.Owes(n); debt.AwaitedMinor+debt.ReserveMinor > 0 {
			minor := debt.AwaitedMinor + debt.ReserveMinor
			inputs = append(inputs, func(g *Group) (Outcome, error) { return g.Pay(n, minor, g.Now) })
		}
	}
	s.then("payments", inputs...)
}

// but are all seats but some.
func (s *story) but(ns ...int) []int {
	var all []int
	for _, n := range s.each() {
		if !strings.Contains(fmt.Sprint(ns)+" ", fmt.Sprintf("%d", n)) {
			all = append(all, n)
		}
	}
	return all
}

// end tells what became of every seat, and holds the whole against its file.
func (s *story) end(t *testing.T, name string) {
	t.Helper()
	fmt.Fprintf(&s.text, "\n%-5s %-7s %5s %12s\n", "seat", "member", "round", "net")
	for i, seat := range s.g.Seats {
		fmt.Fprintf(&s.text, "%-5d %-7s %5d %12s\n", i+1, seat.Member, seat.Round, text(-s.books.seats[i+1][kes], kes))
	}
	fmt.Fprintf(&s.text, "the reserve %s, the pot %s\n", text(s.reserve[kes], kes), text(s.g.Held(kes), kes))
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(s.text.String()), 0o600))
	}
	golden, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(golden), s.text.String())
}

// A year of twelve women in Nairobi, KES 1,000.00 a month each: one is late and covered, two change turns, one leaves
// and is replaced, one leaves for good, one pays half a year ahead.
func TestAYearOfAChama(t *testing.T) {
	terms := fixed()
	terms.ID = "chama-2026"
	s := &story{world: begin(t, terms, seats(12), Funds{kes: 500_000})}
	for round := range 12 {
		s.day(30 * round)
		switch round {
		case 1:
			s.then("seats 3 and 9 change turns",
				func(g *Group) (Outcome, error) { return g.AskSwap(9, 3, g.Now) },
				func(g *Group) (Outcome, error) { return g.AgreeSwap(3, 9, g.Now) })
			s.pays(s.but(5)...)
			for _, day := range []int{37, 40, 43, 46} {
				s.day(day)
			}
			s.then("seat 5 pays late", func(g *Group) (Outcome, error) { return g.Pay(5, 100_000, g.Now) })
			continue
		case 3:
			s.then("seat 12 pays ahead", func(g *Group) (Outcome, error) { return g.Pay(12, 600_000, g.Now) })
		case 4:
			s.then("the holder of seat 7 leaves", func(g *Group) (Outcome, error) { return g.Leave(7, Left, g.Now) })
		case 5:
			s.then("m13 takes seat 7", func(g *Group) (Outcome, error) { return g.Replace(7, "m13", "", g.BuyIn(7), g.Now) })
		case 8:
			s.then("the holder of seat 11 leaves", func(g *Group) (Outcome, error) { return g.Leave(11, Left, g.Now) })
		}
		s.pays()
	}
	require.Equal(t, Ended, s.g.Phase)
	s.even()
	s.end(t, "chama.txt")
}

// A chit fund of five by open bids, KES 1,000.00 a month each: what a winner leaves is shared among the others.
func TestAChitFund(t *testing.T) {
	terms := chit(false)
	terms.ID = "chit-2026"
	s := &story{world: begin(t, terms, seats(5), Funds{kes: 100_000})}
	bid := func(n int, minor int64) func(*Group) (Outcome, error) {
		return func(g *Group) (Outcome, error) { return g.Bid(n, minor, g.Now) }
	}
	for round := range 5 {
		s.day(30 * round)
		switch round {
		case 0:
			s.then("seats 4, 2 and 4 bid 500.00, 800.00 and 1100.01", bid(4, 50_000), bid(2, 80_000), bid(4, 110_001))
		case 1:
			s.then("seats 1 and 5 bid 400.00 and 600.00", bid(1, 40_000), bid(5, 60_000))
		case 2: // nobody bids
			s.pays(s.but(4)...)
			for _, day := range []int{63, 67, 70, 73, 76} {
				s.day(day)
			}
			continue
		case 3:
			s.then("seat 3 bids 250.00", bid(3, 25_000))
		}
		s.pays()
		s.day(30*round + 3)
	}
	require.Equal(t, Ended, s.g.Phase)
	s.even()
	s.end(t, "chitfund.txt")
}
