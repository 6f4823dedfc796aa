package credit

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

var hours = fx.MustCurrency("hours.chama-nairobi.2")

// amount draws amounts of any size: mostly small ones, and the largest.
var amount = rapid.OneOf(rapid.Int64Range(0, 1000), rapid.Int64Range(0, math.MaxInt64), rapid.Just(int64(math.MaxInt64)))

var drawRule = rapid.Custom(func(t *rapid.T) Rule {
	return Rule{
		Unit: hours, BaseMinor: amount.Draw(t, "base"), PerVouchMinor: amount.Draw(t, "per vouch"), PerYearMinor: amount.Draw(t, "per year"),
		TurnoverPermille: rapid.IntRange(0, 1000).Draw(t, "of turnover"), MaxOweMinor: amount.Draw(t, "max owe"), MaxHoldMinor: amount.Draw(t, "max hold"),
	}
})

var drawStanding = rapid.Custom(func(t *rapid.T) Standing {
	count := rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(-5, math.MaxInt))
	return Standing{
		Vouches: count.Draw(t, "vouches"), Years: count.Draw(t, "years"),
		TurnoverMinor: amount.Draw(t, "turnover"), Reduced: rapid.IntRange(-10, 1100).Draw(t, "reduced"),
	}
})

// Limits are what arithmetic without bounds makes of the same words.
func TestLimitsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, s := drawRule.Draw(t, "rule"), drawStanding.Draw(t, "standing")
		require.NoError(t, r.Check())
		n := func(i int64) *big.Int { return big.NewInt(max(i, 0)) }
		of := func(a, b *big.Int) *big.Int { return new(big.Int).Mul(a, b) }
		owe := new(big.Int).Set(n(r.BaseMinor))
		owe.Add(owe, of(n(r.PerVouchMinor), n(int64(s.Vouches))))
		owe.Add(owe, of(n(r.PerYearMinor), n(int64(s.Years))))
		turnover := of(n(s.TurnoverMinor), n(int64(r.TurnoverPermille)))
		owe.Add(owe, turnover.Quo(turnover, n(1000)))
		if owe.Cmp(n(r.MaxOweMinor)) > 0 {
			owe = n(r.MaxOweMinor)
		}
		owe = of(owe, n(int64(1000-min(max(s.Reduced, 0), 1000))))
		owe.Quo(owe, n(1000))
		limits := r.Limits(s)
		require.Equal(t, owe.String(), big.NewInt(limits.OweMinor).String())
		if r.MaxHoldMinor == 0 {
			require.EqualValues(t, math.MaxInt64, limits.HoldMinor)
		} else {
			require.Equal(t, r.MaxHoldMinor, limits.HoldMinor)
		}
	})
}

func TestLimitsDoNotOverflow(t *testing.T) {
	for name, c := range map[string]struct {
		Rule
		Standing
	}{
		"a product of 2^64": {Rule{PerVouchMinor: 1 << 62}, Standing{Vouches: 4}},
		"a product of 2^63": {Rule{PerYearMinor: 1 << 62}, Standing{Years: 2}},
		"a sum":             {Rule{BaseMinor: math.MaxInt64, PerVouchMinor: math.MaxInt64, PerYearMinor: 1}, Standing{Vouches: math.MaxInt, Years: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			c.MaxOweMinor = math.MaxInt64
			assert.EqualValues(t, math.MaxInt64, c.Limits(c.Standing).OweMinor)
		})
	}
}

func TestRulesThatMakeNoSense(t *testing.T) {
	for field, with := range map[string]func(*Rule){
		"unit":           func(r *Rule) { r.Unit = fx.Currency{} },
		"base":           func(r *Rule) { r.BaseMinor = -1 },
		"per_vouch":      func(r *Rule) { r.PerVouchMinor = -1 },
		"per_year":       func(r *Rule) { r.PerYearMinor = -1 },
		"turnover":       func(r *Rule) { r.TurnoverPermille = 1001 },
		"max_owe":        func(r *Rule) { r.MaxOweMinor = -1 },
		"max_hold":       func(r *Rule) { r.MaxHoldMinor = -1 },
		"demurrage":      func(r *Rule) { r.DemurragePermille = 1001 },
		"demurrage_days": func(r *Rule) { r.DemurragePermille = 1 },
	} {
		t.Run(field, func(t *testing.T) {
			r := Rule{Unit: hours, BaseMinor: 1, MaxOweMinor: 1}
			require.NoError(t, r.Check())
			with(&r)
			requireRefusal(t, RefusalError{FaultRule, field}, r.Check())
		})
	}
}

func TestPayingKeepsToLimits(t *testing.T) {
	limits := Limits{OweMinor: 100, HoldMinor: 50}
	for name, c := range map[string]struct {
		payer, payee, minor int64
		want                error
	}{
		"all that may be owed":     {0, -50, 100, nil},
		"more than may be owed":    {-1, -50, 100, &RefusalError{FaultOwe, "amina"}},
		"more than may be held":    {0, 0, 51, &RefusalError{FaultHold, "baraka"}},
		"past both":                {-100, 50, 1, &RefusalError{FaultOwe, "amina"}},
		"back from owing":          {60, -900, 60, nil},
		"back from holding":        {900, -900, 100, nil},
		"nothing":                  {0, 0, 0, &RefusalError{FaultAmount, "amina"}},
		"a negative amount":        {0, 0, math.MinInt64, &RefusalError{FaultAmount, "amina"}},
		"more than can be counted": {math.MinInt64 + 1, 0, 2, &RefusalError{FaultOverflow, "amina"}},
		"more than can be held":    {0, math.MaxInt64, 1, &RefusalError{FaultOverflow, "baraka"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := Pay(Account{"amina", c.payer, limits}, Account{"baraka", c.payee, limits}, c.minor)
			if c.want == nil {
				require.NoError(t, err)
			} else {
				require.Equal(t, c.want, err)
			}
		})
	}
	requireRefusal(t, RefusalError{FaultSelf, "amina"}, Pay(Account{Member: "amina"}, Account{Member: "amina"}, 1))
	require.NoError(t, Check(-100, 1, limits))
	requireRefusal(t, RefusalError{FaultOwe, "balance"}, Check(-100, -1, limits))
	requireRefusal(t, RefusalError{FaultOwe, "balance"}, Check(0, -1, Limits{}))
	requireRefusal(t, RefusalError{FaultHold, "balance"}, Check(0, 1, Limits{}))
}

// Whatever is paid, however limits move and whatever demurrage takes, all balances sum to zero, and nobody passes a limit
// by an act: who is past one was brought there by a limit that fell, and only comes back.
func TestMutualCreditIsZeroSumWithinLimits(t *testing.T) {
	const fund = 4
	rapid.Check(t, func(t *rapid.T) {
		var balance, residue [fund + 1]int64
		limits := [fund]Limits{}
		r := Rule{Unit: hours, DemurragePermille: rapid.IntRange(1, 1000).Draw(t, "demurrage"), DemurrageDays: 30}
		for range rapid.IntRange(1, 80).Draw(t, "acts") {
			member := rapid.IntRange(0, fund-1).Draw(t, "member")
			switch rapid.IntRange(0, 5).Draw(t, "act") {
			case 0:
				limits[member] = Limits{rapid.Int64Range(0, 500).Draw(t, "owe"), rapid.Int64Range(0, 500).Draw(t, "hold")}
			case 1:
				var holdings []Holding
				for m := range fund {
					holdings = append(holdings, Holding{string(rune('a' + m)), balance[m], residue[m]})
				}
				charges, total, err := r.Demurrage(holdings)
				require.NoError(t, err)
				for _, c := range charges {
					m := int(c.Member[0] - 'a')
					require.True(t, balance[m] > 0 && c.Minor >= 0 && c.Minor <= balance[m])
					balance[m] -= c.Minor
					residue[m] = c.Residue
				}
				balance[fund] += total
			default:
				other, minor := rapid.IntRange(0, fund-1).Draw(t, "other"), rapid.Int64Range(1, 400).Draw(t, "minor")
				if member == other || Pay(Account{"a", balance[member], limits[member]}, Account{"b", balance[other], limits[other]}, minor) != nil {
					continue
				}
				balance[member] -= minor
				balance[other] += minor
				require.GreaterOrEqual(t, balance[member], -limits[member].OweMinor)
				require.LessOrEqual(t, balance[other], limits[other].HoldMinor)
			}
			sum := int64(0)
			for _, b := range balance {
				sum += b
			}
			require.Zero(t, sum)
		}
	})
}

func TestFullYears(t *testing.T) {
	day := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return at
	}
	for _, c := range []struct {
		since, now string
		want       int
	}{
		{"2024-03-10T12:00:00Z", "2024-03-10T12:00:00Z", 0},
		{"2024-03-10T12:00:00Z", "2025-03-10T11:59:59Z", 0},
		{"2024-03-10T12:00:00Z", "2025-03-10T12:00:00Z", 1},
		{"2024-02-29T00:00:00Z", "2025-02-28T23:59:59Z", 0},
		{"2024-02-29T00:00:00Z", "2025-03-01T00:00:00Z", 1},
		{"2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z", 4},
		{"2024-01-01T01:00:00+03:00", "2024-12-31T22:00:00Z", 1},
		{"2026-03-10T12:00:00Z", "2024-03-10T12:00:00Z", 0},
	} {
		assert.Equal(t, c.want, FullYears(day(c.since), day(c.now)), "%s to %s", c.since, c.now)
	}
}

func requireRefusal(t *testing.T, want RefusalError, err error) {
	t.Helper()
	var refusal *RefusalError
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, want, *refusal)
}
