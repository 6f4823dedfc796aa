package credit

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

var shillings = fx.MustCurrency("KES")

func drawClaims(t *rapid.T) []Claim {
	var claims []Claim
	member := rapid.SampledFrom([]string{"amina", "baraka", "chipo", "dalila", "emeka"})
	for n := range rapid.IntRange(0, 30).Draw(t, "claims") {
		c := Claim{
			ID: fmt.Sprint("c", n), Debtor: member.Draw(t, "debtor"), Creditor: member.Draw(t, "creditor"),
			Unit: rapid.SampledFrom([]fx.Currency{shillings, hours}).Draw(t, "unit"), Minor: rapid.Int64Range(1, 100).Draw(t, "minor"),
		}
		if c.Debtor != c.Creditor {
			claims = append(claims, c)
		}
	}
	return claims
}

func drawLines(t *rapid.T) []Line {
	var lines []Line
	for _, member := range []string{"amina", "baraka", "chipo", "fatuma"} {
		for _, unit := range []fx.Currency{shillings, hours} {
			if rapid.Bool().Draw(t, "line") {
				lines = append(lines, Line{member, unit, rapid.Int64Range(0, 80).Draw(t, "owe"), rapid.Int64Range(0, 80).Draw(t, "hold")})
			}
		}
	}
	return lines
}

// setOff runs SetOff and holds its answer against everything that must be true of any answer. It tells what was
// discharged per unit.
func setOff(t require.TestingT, claims []Claim, lines []Line) map[fx.Currency]int64 {
	all, err := SetOff(claims, lines)
	require.NoError(t, err)
	totals := map[fx.Currency]int64{}
	for i, d := range all {
		require.True(t, i == 0 || all[i-1].Unit.String() < d.Unit.String())
		totals[d.Unit] = d.TotalMinor
		checkDischarge(t, d, claims, lines)
	}
	for _, c := range claims {
		require.Contains(t, totals, c.Unit)
	}
	return totals
}

func checkDischarge(t require.TestingT, d Discharge, claims []Claim, lines []Line) {
	parts, total, gross := map[string]int64{}, int64(0), int64(0)
	for _, p := range d.Parts {
		require.Positive(t, p.Minor)
		require.GreaterOrEqual(t, p.LeftMinor, int64(0), "a claim never turns into a debt")
		require.NotContains(t, parts, p.Claim)
		parts[p.Claim] = p.Minor
		total += p.Minor
	}
	require.Equal(t, d.TotalMinor, total)

	effects := map[string]Effect{}
	of := map[string]Claim{}
	for _, c := range claims {
		if c.Unit != d.Unit {
			require.NotContains(t, parts, c.ID)
			continue
		}
		of[c.ID] = c
		gross += c.Minor
		left := c.Minor - parts[c.ID]
		debtor, creditor := effects[c.Debtor], effects[c.Creditor]
		debtor.OwesBefore, debtor.OwesAfter = debtor.OwesBefore+c.Minor, debtor.OwesAfter+left
		creditor.IsOwedBefore, creditor.IsOwedAfter = creditor.IsOwedBefore+c.Minor, creditor.IsOwedAfter+left
		effects[c.Debtor], effects[c.Creditor] = debtor, creditor
	}
	require.Equal(t, d.GrossMinor, gross)

	require.Len(t, d.Effects, len(effects))
	sum := int64(0)
	for i, e := range d.Effects {
		require.True(t, i == 0 || d.Effects[i-1].Member < e.Member)
		want := effects[e.Member]
		want.Member, want.BalanceMinor = e.Member, e.BalanceMinor
		require.Equal(t, want, e)
		require.Equal(t, e.IsOwedBefore-e.OwesBefore, e.IsOwedAfter-e.OwesAfter+e.BalanceMinor, "%s's net position", e.Member)
		line := Line{}
		for _, l := range lines {
			if l.Member == e.Member && l.Unit == d.Unit {
				line = l
			}
		}
		require.True(t, e.BalanceMinor >= -line.OweMinor && e.BalanceMinor <= line.HoldMinor, "%+v of %+v", e, line)
		sum += e.BalanceMinor
	}
	require.Zero(t, sum)

	rings := map[string]int64{}
	for _, r := range d.Rings {
		require.Positive(t, r.Minor)
		require.NotEmpty(t, r.Claims)
		for i, id := range r.Claims {
			rings[id] += r.Minor
			if next := (i + 1) % len(r.Claims); next != 0 {
				require.Equal(t, of[id].Creditor, of[r.Claims[next]].Debtor)
			} else {
				require.Equal(t, r.Credit, of[id].Creditor != of[r.Claims[0]].Debtor)
			}
		}
	}
	require.Equal(t, parts, rings)
}

// Set-off never creates debt, keeps everybody's net position, keeps to lines, and is wholly explained by rings.
func TestSetOffKeepsNetPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims := drawClaims(t)
		without := setOff(t, claims, nil)
		with := setOff(t, claims, drawLines(t))
		for unit, total := range without {
			require.GreaterOrEqual(t, with[unit], total, "lines only add")
		}
	})
}

// When all that can be discharged was, nothing more can be.
func TestSetOffIsDoneAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims := drawClaims(t)
		all, err := SetOff(claims, nil)
		require.NoError(t, err)
		left := map[string]int64{}
		for _, d := range all {
			for _, p := range d.Parts {
				left[p.Claim] = p.LeftMinor
			}
		}
		var rest []Claim
		for _, c := range claims {
			if minor, reduced := left[c.ID]; reduced {
				c.Minor = minor
			}
			if c.Minor > 0 {
				rest = append(rest, c)
			}
		}
		for _, total := range setOff(t, rest, nil) {
			require.Zero(t, total)
		}
	})
}

func TestSetOffIsExplained(t *testing.T) {
	claims := []Claim{
		{"flour", "amina", "baraka", shillings, 500}, {"repair", "baraka", "chipo", shillings, 300},
		{"fare", "chipo", "amina", shillings, 400}, {"hair", "amina", "chipo", hours, 150}, {"rent", "chipo", "dalila", hours, 100},
	}
	all, err := SetOff(claims, []Line{{"amina", hours, 120, 0}, {"dalila", hours, 0, 90}})
	require.NoError(t, err)
	assert.Equal(t, []Discharge{
		{
			Unit: shillings, GrossMinor: 1200, TotalMinor: 900,
			Parts: []Part{{"flour", 300, 200}, {"repair", 300, 0}, {"fare", 300, 100}},
			Effects: []Effect{
				{Member: "amina", OwesBefore: 500, OwesAfter: 200, IsOwedBefore: 400, IsOwedAfter: 100},
				{Member: "baraka", OwesBefore: 300, OwesAfter: 0, IsOwedBefore: 500, IsOwedAfter: 200},
				{Member: "chipo", OwesBefore: 400, OwesAfter: 100, IsOwedBefore: 300, IsOwedAfter: 0},
			},
			Rings: []Ring{{Claims: []string{"flour", "repair", "fare"}, Minor: 300}},
		},
		{
			Unit: hours, GrossMinor: 250, TotalMinor: 180,
			Parts: []Part{{"hair", 90, 60}, {"rent", 90, 10}},
			Effects: []Effect{
				{Member: "amina", OwesBefore: 150, OwesAfter: 60, BalanceMinor: -90},
				{Member: "chipo", OwesBefore: 100, OwesAfter: 10, IsOwedBefore: 150, IsOwedAfter: 60},
				{Member: "dalila", IsOwedBefore: 100, IsOwedAfter: 10, BalanceMinor: 90},
			},
			Rings: []Ring{{Claims: []string{"hair", "rent"}, Minor: 90, Credit: true}},
		},
	}, all)
}

func TestSetOffsThatAreRefused(t *testing.T) {
	good, line := Claim{"a", "amina", "baraka", hours, 1}, Line{"amina", hours, 1, 1}
	for name, c := range map[string]struct {
		want   RefusalError
		claims []Claim
		lines  []Line
	}{
		"no id":           {RefusalError{FaultClaim, ""}, []Claim{{"", "amina", "baraka", hours, 1}}, nil},
		"twice":           {RefusalError{FaultClaim, "a"}, []Claim{good, good}, nil},
		"no debtor":       {RefusalError{FaultClaim, "b"}, []Claim{good, {"b", "", "baraka", hours, 1}}, nil},
		"no creditor":     {RefusalError{FaultClaim, "b"}, []Claim{good, {"b", "amina", "", hours, 1}}, nil},
		"no unit":         {RefusalError{FaultClaim, "b"}, []Claim{good, {"b", "amina", "baraka", fx.Currency{}, 1}}, nil},
		"no amount":       {RefusalError{FaultClaim, "b"}, []Claim{good, {"b", "amina", "baraka", hours, 0}}, nil},
		"on oneself":      {RefusalError{FaultSelf, "b"}, []Claim{good, {"b", "amina", "amina", hours, 1}}, nil},
		"overflow":        {RefusalError{FaultOverflow, "b"}, []Claim{good, {"b", "amina", "baraka", hours, math.MaxInt64}}, nil},
		"too large":       {RefusalError{FaultOverflow, hours.String()}, []Claim{good, {"b", "amina", "baraka", hours, math.MaxInt64 - 1}}, nil},
		"too many":        {RefusalError{FaultMany, "claims"}, make([]Claim, MaxClaims+1), nil},
		"line twice":      {RefusalError{FaultLine, "amina"}, nil, []Line{line, line}},
		"line of nobody":  {RefusalError{FaultLine, ""}, nil, []Line{{"", hours, 1, 1}}},
		"line of no unit": {RefusalError{FaultLine, "amina"}, nil, []Line{{"amina", fx.Currency{}, 1, 1}}},
		"negative line":   {RefusalError{FaultLine, "amina"}, nil, []Line{{"amina", hours, -1, 1}}},
		"negative hold":   {RefusalError{FaultLine, "amina"}, nil, []Line{{"amina", hours, 1, -1}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := SetOff(c.claims, c.lines)
			requireRefusal(t, c.want, err)
		})
	}
	all, err := SetOff(nil, nil)
	require.NoError(t, err)
	assert.Empty(t, all)
}
