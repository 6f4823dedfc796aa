package board

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// drawInput makes needs and offers of few members, categories and units, so that many pairs are legal and some
// are not.
func drawInput(t *rapid.T, most int, quantity int64) Input {
	in := Input{Received: map[string]int{}, Now: noon, Rules: Rules{FairnessPermille: rapid.IntRange(0, 1000).Draw(t, "fairness")}}
	member := rapid.Map(rapid.IntRange(1, 5), func(n int) string { return fmt.Sprintf("m%d", n) })
	for n := range rapid.IntRange(0, most).Draw(t, "postings") {
		in.Postings = append(in.Postings, Posting{
			ID:       fmt.Sprintf("p%d", n),
			Pool:     rapid.SampledFrom([]string{"", "", "", "lagos"}).Draw(t, "pool"),
			Member:   member.Draw(t, "member"),
			Kind:     rapid.SampledFrom([]Kind{Need, Offer}).Draw(t, "kind"),
			Category: rapid.SampledFrom([]Category{"food", "meals", "care"}).Draw(t, "category"),
			Urgency:  rapid.IntRange(1, MaxUrgency).Draw(t, "urgency"),
			Place:    rapid.SampledFrom([]Place{{}, {Cell: "kzf0tv", Shown: Members}, {Cell: "kzf0", Area: "Kibera", Shown: Public}, {Cell: "w", Shown: Nobody}}).Draw(t, "place"),
			Quantity: rapid.Int64Range(1, quantity).Draw(t, "quantity"),
			Unit:     rapid.SampledFrom([]Unit{Meal, Meal, "KES"}).Draw(t, "unit"),
			At:       noon.Add(-time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours")) * time.Hour),
			Until:    noon.Add(time.Duration(rapid.IntRange(-1, 48).Draw(t, "until")) * time.Hour),
		})
		if p := &in.Postings[n]; !p.Until.After(p.At) {
			p.At = p.Until.Add(-time.Hour)
		}
	}
	for n := range 5 {
		in.Received[fmt.Sprintf("m%d", n+1)] = rapid.IntRange(0, 3).Draw(t, "received")
	}
	for range rapid.IntRange(0, 2).Draw(t, "blocks") {
		in.Blocks = append(in.Blocks, Block{member.Draw(t, "member"), member.Draw(t, "other")})
	}
	return in
}

// suggest runs Suggest and holds its answer against everything that must be true of any answer.
func suggest(t require.TestingT, in Input) Suggestions {
	s, err := Suggest(in)
	require.NoError(t, err)
	require.True(t, s.Whole)
	postings, used := map[string]Posting{}, map[string]int64{}
	for _, p := range in.Postings {
		postings[p.ID] = p
	}
	for _, pair := range s.Pairs {
		need, offer := postings[pair.Need], postings[pair.Offer]
		require.Positive(t, pair.Quantity)
		require.True(t, in.may(need, offer), "%s with %s", pair.Need, pair.Offer)
		used[pair.Need] += pair.Quantity
		used[pair.Offer] += pair.Quantity
		require.Equal(t, pair.Weight, weight(pair.Terms))
		shares := int64(0)
		for _, term := range pair.Terms {
			require.Equal(t, term.Weight, term.Points*term.Share)
			require.True(t, term.Points >= 0 && term.Points <= best, "%v", term)
			shares += term.Share
		}
		require.EqualValues(t, 1_000_000, shares)
		if r := pair.RunnerUp; r != nil {
			require.True(t, in.may(need, postings[r.Offer]))
			require.Equal(t, r.Weight, weight(in.terms(need, postings[r.Offer])))
			require.Equal(t, r.Why == Lighter, r.Weight <= pair.Weight)
			require.Equal(t, r.Why == Elsewhere, len(r.Needs) > 0)
		}
	}
	for id, quantity := range used {
		require.LessOrEqual(t, quantity, postings[id].Quantity)
	}
	left := map[string]int64{}
	for _, w := range s.Waiting {
		left[w.Need] = w.Quantity
		require.NotEqual(t, NotLooked, w.Why)
		require.Equal(t, w.Why == Elsewhere, len(w.Needs) > 0)
		if w.Why == NoOffer {
			require.Zero(t, used[w.Need])
		}
	}
	for _, p := range in.Postings {
		if p.Kind == Need && in.Now.Before(p.Until) {
			require.Equal(t, p.Quantity, used[p.ID]+left[p.ID])
		}
	}
	return s
}

// may tells whether a pair may be suggested, as the rules say it.
func (in Input) may(need, offer Posting) bool {
	return need.Kind == Need && offer.Kind == Offer && need.Member != offer.Member && need.Pool == offer.Pool &&
		need.Unit == offer.Unit && fit(need.Category, offer.Category) > 0 &&
		in.Now.Before(need.Until) && in.Now.Before(offer.Until) &&
		!slices.Contains(in.Blocks, Block{need.Member, offer.Member}) && !slices.Contains(in.Blocks, Block{offer.Member, need.Member})
}

// reached is the weight of suggestions in all.
func (s Suggestions) reached() int64 {
	total := int64(0)
	for _, p := range s.Pairs {
		total += p.Weight * p.Quantity
	}
	return total
}

// most is the greatest weight that pairs from number i on can reach, by trying every way.
func (in Input) most(pairs [][2]Posting, left map[string]int64, i int) int64 {
	if i == len(pairs) {
		return 0
	}
	need, offer := pairs[i][0], pairs[i][1]
	each, top := weight(in.terms(need, offer)), int64(0)
	for quantity := range min(left[need.ID], left[offer.ID]) + 1 {
		left[need.ID] -= quantity
		left[offer.ID] -= quantity
		top = max(top, each*quantity+in.most(pairs, left, i+1))
		left[need.ID] += quantity
		left[offer.ID] += quantity
	}
	return top
}

func TestSuggestionsAreTheOptimum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, 8, 3)
		var pairs [][2]Posting
		left := map[string]int64{}
		for _, need := range in.Postings {
			left[need.ID] = need.Quantity
			for _, offer := range in.Postings {
				if in.may(need, offer) {
					pairs = append(pairs, [2]Posting{need, offer})
				}
			}
		}
		if len(pairs) > 9 {
			t.Skip("too many ways to try")
		}
		require.Equal(t, in.most(pairs, left, 0), suggest(t, in).reached())
	})
}

// On instances too large to try every way, prices prove the optimum: no pair is worth more than the two together,
// what is matched is worth just that, and what is left over or free is worth nothing.
func TestPricesProveTheOptimum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, 60, 20)
		s, err := newSheet(in)
		require.NoError(t, err)
		f := newFlow(s)
		f.run(budget)
		require.Equal(t, len(f.needs), f.looked)
		f.prove(t)
		suggest(t, in)
	})
}

func (f *flow) prove(t require.TestingT) {
	for need := range f.looked {
		require.GreaterOrEqual(t, f.gain[need], int64(0))
		require.True(t, f.over[need] == 0 || f.gain[need] == 0)
		for _, e := range f.edges[need] {
			worth := f.gain[need] + f.price[e.offer]
			require.GreaterOrEqual(t, worth, e.weight)
			require.True(t, f.given(int32(need), e.offer) == 0 || worth == e.weight)
		}
	}
	for offer := range f.offers {
		require.GreaterOrEqual(t, f.price[offer], int64(0))
		require.GreaterOrEqual(t, f.free[offer], int64(0))
		require.True(t, f.free[offer] == 0 || f.price[offer] == 0)
	}
}

func TestSuggestionsDoNotDependOnTheOrderOfInput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, 30, 5)
		want := suggest(t, in)
		in.Postings = rapid.Permutation(in.Postings).Draw(t, "permutation")
		in.Blocks = rapid.Permutation(in.Blocks).Draw(t, "blocks")
		require.Equal(t, want, suggest(t, in))
	})
}

// Who received less has no less suggested, whatever else is wanted.
func TestFairnessIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, 30, 5)
		member := rapid.SampledFrom([]string{"m1", "m2", "m3"}).Draw(t, "member")
		before := in.given(member, suggest(t, in))
		in.Received[member] -= rapid.IntRange(0, in.Received[member]).Draw(t, "less")
		require.GreaterOrEqual(t, in.given(member, suggest(t, in)), before)
	})
}

// given is what is suggested for a member's needs in all.
func (in Input) given(member string, s Suggestions) int64 {
	total := int64(0)
	for _, pair := range s.Pairs {
		if slices.ContainsFunc(in.Postings, func(p Posting) bool { return p.ID == pair.Need && p.Member == member }) {
			total += pair.Quantity
		}
	}
	return total
}

// Where the budget runs out, what was looked at is the optimum for the needs so far.
func TestABudgetThatRunsOut(t *testing.T) {
	in := large(3, 100)
	in.Postings = in.Postings[:600]
	for _, looks := range []int64{0, 1_000, 10_000} {
		s, err := newSheet(in)
		require.NoError(t, err)
		f := newFlow(s)
		f.run(looks)
		require.Less(t, f.looked, len(f.needs))
		f.prove(t)
		got := f.explain()
		require.False(t, got.Whole)
		require.Equal(t, NotLooked, got.Waiting[len(got.Waiting)-1].Why)
	}
}

// Between ways of the same weight the one that meets more is taken.
func TestATieMeetsMore(t *testing.T) {
	f := newFlow(&sheet{
		needs:  []Posting{{ID: "first", Quantity: 1}, {ID: "second", Quantity: 1}},
		offers: []Posting{{ID: "wanted", Quantity: 1}, {ID: "other", Quantity: 1}},
		edges:  [][]edge{{{offer: 0, weight: 900}, {offer: 1, weight: 400}}, {{offer: 0, weight: 500}}},
	})
	f.run(budget)
	f.prove(t)
	require.EqualValues(t, 1, f.given(0, 1))
	require.EqualValues(t, 1, f.given(1, 0))
}
