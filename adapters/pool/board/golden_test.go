package board

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// text writes suggestions as a person would have them read out.
func (s Suggestions) text() string {
	var b strings.Builder
	for _, p := range s.Pairs {
		fmt.Fprintf(&b, "%s gets %d of %s: %d\n", p.Need, p.Quantity, p.Offer, p.Weight)
		for _, t := range p.Terms {
			fmt.Fprintf(&b, "  %-9s %4d × %6d = %9d\n", t.Name, t.Points, t.Share, t.Weight)
		}
		if r := p.RunnerUp; r != nil {
			fmt.Fprintf(&b, "  not %s: %d, %s %s\n", r.Offer, r.Weight, r.Why, strings.Join(r.Needs, " "))
		}
	}
	for _, w := range s.Waiting {
		fmt.Fprintf(&b, "%s lacks %d: %s %s\n", w.Need, w.Quantity, w.Why, strings.Join(w.Needs, " "))
	}
	return b.String()
}

// A morning on the board of a group in Kibera.
func TestSuggestionsAreExplained(t *testing.T) {
	day := 24 * time.Hour
	put := func(id, member string, kind Kind, c Category, urgency int, cell string, quantity int64, waited time.Duration) Posting {
		p := posting(id, member, kind, quantity)
		p.Category, p.Urgency, p.At = c, urgency, noon.Add(-waited)
		if cell != "" {
			p.Place = Place{Cell: cell, Shown: Members}
		}
		return p
	}
	s, err := Suggest(Input{
		Postings: []Posting{
			put("amina-food", "amina", Need, "meals", 4, "kzf0tv", 6, 0),
			put("baraka-food", "baraka", Need, "meals", 2, "kzf0tv", 4, 12*day),
			put("chipo-food", "chipo", Need, "meals", 2, "kzf0ty", 4, 12*day),
			put("dalila-food", "dalila", Need, "food", 1, "", 3, 40*day),
			put("emeka-care", "emeka", Need, "childcare", 3, "kzf0tv", 2, day),
			put("canteen", "fatuma", Offer, "meals", 1, "kzf0tv", 8, day),
			put("mission", "gitonga", Offer, "meals", 1, "kz9", 5, 3*day),
			put("bakery", "hawa", Offer, "food", 3, "kzf0tt", 2, 0),
		},
		Received: map[string]int{"baraka": 3},
		Blocks:   []Block{{"hawa", "amina"}},
		Rules:    Rules{FairnessPermille: 250},
		Now:      noon,
	})
	require.NoError(t, err)
	const path = "testdata/morning.txt"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(s.text()), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), s.text())
}

// The heavier offer goes to a need that nobody else can meet, and that is said.
func TestARunnerUpThatIsNeededElsewhere(t *testing.T) {
	food := posting("food", "chipo", Offer, 1)
	food.Category = "food"
	hers, his := posting("hers", "amina", Need, 1), posting("his", "baraka", Need, 1)
	hers.Category, his.Category = "food", "food"
	s, err := Suggest(Input{
		Postings: []Posting{hers, his, food, posting("meal", "dalila", Offer, 1)},
		Blocks:   []Block{{"dalila", "baraka"}}, Now: noon,
	})
	require.NoError(t, err)
	require.Len(t, s.Pairs, 2)
	require.Equal(t, "meal", s.Pairs[0].Offer)
	require.Equal(t, &RunnerUp{Offer: "food", Weight: s.Pairs[1].Weight, Why: Elsewhere, Needs: []string{"his"}}, s.Pairs[0].RunnerUp)
	require.Empty(t, s.Waiting)
}
