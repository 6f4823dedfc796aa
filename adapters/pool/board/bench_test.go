package board

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// large is as many needs and offers as a board holds, of so many categories.
func large(categories int, quantity int64) Input {
	random := rand.New(rand.NewPCG(1, 2))
	in := Input{Received: map[string]int{}, Rules: Rules{FairnessPermille: 300}, Now: noon}
	for n := range 2 * MaxOpen {
		kind, member := Need, fmt.Sprintf("m%d", random.IntN(900))
		if n%2 == 1 {
			kind = Offer
		}
		in.Received[member] = random.IntN(5)
		cell := fmt.Sprintf("kzf%c%c", "0123456789"[random.IntN(10)], "bcdefghjkm"[random.IntN(10)])
		in.Postings = append(in.Postings, Posting{
			ID: fmt.Sprintf("p%d", n), Member: member, Kind: kind, Category: Categories()[random.IntN(categories)],
			Urgency: 1 + random.IntN(MaxUrgency), Place: Place{Cell: cell, Shown: Members},
			Quantity: 1 + random.Int64N(quantity), Unit: Units()[random.IntN(min(categories, 5))],
			At: noon.Add(-time.Duration(random.IntN(40*24)) * time.Hour), Until: noon.Add(48 * time.Hour),
		})
	}
	return in
}

func BenchmarkSuggest(b *testing.B) {
	for _, c := range []struct {
		name       string
		categories int
		quantity   int64
	}{{"sparse", 22, 1}, {"sparse quantities", 22, 1_000_000}, {"dense", 1, 1}, {"dense quantities", 1, 1_000_000}} {
		in := large(c.categories, c.quantity)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				s, err := newSheet(in)
				require.NoError(b, err)
				f := newFlow(s)
				f.run(budget)
				b.ReportMetric(float64(f.looks), "looks")
				b.ReportMetric(float64(f.looked), "needs")
				edges := 0
				for _, e := range f.edges {
					edges += len(e)
				}
				b.ReportMetric(float64(edges), "edges")
				require.NotEmpty(b, f.explain().Pairs)
			}
		})
	}
}
