package credit

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func BenchmarkSetOff(b *testing.B) {
	for _, members := range []int{100, 1000} {
		random := rand.New(rand.NewPCG(1, 2))
		var claims []Claim
		for n := range MaxClaims {
			debtor := random.IntN(members)
			claims = append(claims, Claim{
				ID: fmt.Sprint("c", n), Debtor: fmt.Sprint("m", debtor), Creditor: fmt.Sprint("m", (debtor+1+random.IntN(members-1))%members),
				Unit: hours, Minor: 1 + random.Int64N(1_000_000),
			})
		}
		var lines []Line
		for m := range members / 2 {
			lines = append(lines, Line{fmt.Sprint("m", m), hours, random.Int64N(1_000_000), random.Int64N(1_000_000)})
		}
		for name, given := range map[string][]Line{"plain": nil, "lines": lines} {
			b.Run(fmt.Sprint(members, " members ", name), func(b *testing.B) {
				for b.Loop() {
					all, err := SetOff(claims, given)
					require.NoError(b, err)
					b.ReportMetric(float64(len(all[0].Rings)), "rings")
					b.ReportMetric(float64(100*all[0].TotalMinor/all[0].GrossMinor), "percent")
				}
			})
		}
	}
}
