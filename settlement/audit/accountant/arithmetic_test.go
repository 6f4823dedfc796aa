package accountant

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/fee"
)

var (
	kes, php, ugx, bhd = fx.MustCurrency("KES"), fx.MustCurrency("PHP"), fx.MustCurrency("UGX"), fx.MustCurrency("BHD")
	hours              = fx.MustCurrency("hours.kibera.6")
	dawn               = time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC)
)

// Two ways to read an amount: both read the same, or neither does. The sign is not for amounts that are paid.
func TestAmountsReadAsTheSwitchReadsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom([]fx.Currency{kes, ugx, bhd, hours}).Draw(t, "currency")
		text := rapid.OneOf(rapid.StringMatching(`[0-9]{0,19}(\.[0-9]{0,7})?`), rapid.StringMatching(`[0-9. +e]{0,6}`),
			rapid.SampledFrom([]string{"9223372036854775807", "9223372036854775808", "92233720368547758.07", "92233720368547758.08", "", ".", "1.", ".1"})).Draw(t, "text")
		want, err := fx.ParseMoney(text, c)
		got, ok := moneyOf(messaging.Amount{Amount: text, Currency: c.String()})
		if ok {
			require.NoError(t, err, text)
			require.Equal(t, want, got, text)
		} else if err == nil { // it gives up a little before int64 does
			require.Greater(t, want.Minor, int64(math.MaxInt64/10-10), text)
		}
	})
}

// Two ways to convert: to the last billionth the same, at rates that machine words hold and at those that they do not.
func TestConversionsAreTheSwitchs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := []fx.Currency{kes, ugx, bhd, hours}
		from := rapid.SampledFrom(all).Draw(t, "from")
		to := rapid.SampledFrom(all).Filter(func(c fx.Currency) bool { return c != from }).Draw(t, "to")
		text := rapid.OneOf(rapid.StringMatching(`[1-9][0-9]{0,4}/[1-9][0-9]{0,4}`), rapid.StringMatching(`0\.0{0,6}[1-9]{1,5}`),
			rapid.StringMatching(`[1-9][0-9]{15,30}/[1-9][0-9]{15,30}`)).Draw(t, "rate")
		q := fx.Quote{ID: "q", From: from, To: to, Rate: fx.MustRate(text), FeeMinor: rapid.SampledFrom([]int64{0, 0, 1, 50}).Draw(t, "fee"), Expires: dawn}
		made, ok := newQuote(q)
		require.True(t, ok)
		minor := rapid.OneOf(rapid.Int64Range(1, 10_000), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "minor")
		want, err := q.Convert(fx.FixedSource, fx.Money{Minor: minor, Currency: from})
		dest, left, ok := made.forward(minor)
		require.Equal(t, err == nil, ok)
		if ok {
			require.Equal(t, []int64{want.Destination.Minor, want.Residual}, []int64{dest, left})
		}
		want, err = q.Convert(fx.FixedDestination, fx.Money{Minor: minor, Currency: to})
		source, left, ok := made.backward(minor)
		require.Equal(t, err == nil, ok)
		if ok {
			require.Equal(t, []int64{want.Source.Minor, want.Residual}, []int64{source, left})
		}
	})
}

// Halves go to the even neighbour, and no amount is nothing.
func TestHalvesGoToEven(t *testing.T) {
	made, ok := newQuote(fx.Quote{From: kes, To: php, Rate: fx.MustRate("1/2")})
	require.True(t, ok)
	for minor, want := range map[int64][2]int64{3: {2, -500_000_000}, 5: {2, 500_000_000}, 7: {4, -500_000_000}, 4: {2, 0}} {
		dest, left, ok := made.forward(minor)
		require.True(t, ok)
		require.Equal(t, want, [2]int64{dest, left}, minor)
		dest, left, ok = exchangeLong(minor, made.above, made.below)
		require.True(t, ok)
		require.Equal(t, want, [2]int64{dest, left}, minor)
	}
	_, _, ok = made.forward(1)
	require.False(t, ok, "half of the least is nothing")
}

// Two ways to find the rule of a transfer and to work out its fees.
func TestFeesAreTheSwitchs(t *testing.T) {
	end := rapid.Custom(func(t *rapid.T) fee.End {
		return fee.End{
			Participant: rapid.SampledFrom([]string{"", "one", "two"}).Draw(t, "participant"), Country: rapid.SampledFrom([]string{"", "KE", "PH"}).Draw(t, "country"),
			Currency: rapid.SampledFrom([]fx.Currency{{}, kes, php}).Draw(t, "currency"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(0, 1000)
		tiers := func(native bool) fx.Tiers {
			first := fx.Tier{PPM: rapid.Int64Range(0, million).Draw(t, "ppm")}
			if !native {
				return fx.Tiers{first}
			}
			first.FlatMinor, first.MinMinor = minor.Draw(t, "flat"), minor.Draw(t, "min")
			if rapid.Bool().Draw(t, "bounded") {
				first.MaxMinor = first.MinMinor + minor.Draw(t, "more")
			}
			return fx.Tiers{first, {FromMinor: rapid.Int64Range(1, 2000).Draw(t, "from"), FlatMinor: minor.Draw(t, "flat"), PPM: 333}}
		}
		s := fee.Schedule{Version: 1, From: dawn, Rules: []fee.Rule{{Name: "all", Switch: tiers(false), Interchange: fee.Interchange{Payer: fee.Debtor, Tiers: tiers(false)}}}}
		seen := map[[2]fee.End]bool{{}: true}
		for range rapid.IntRange(0, 12).Draw(t, "rules") {
			r := fee.Rule{Name: "r" + string(rune('a'+len(s.Rules))), From: end.Draw(t, "from"), To: end.Draw(t, "to")}
			if seen[[2]fee.End{r.From, r.To}] {
				continue
			}
			seen[[2]fee.End{r.From, r.To}] = true
			native := !r.From.Currency.IsZero()
			r.Switch, r.Interchange = tiers(native), fee.Interchange{Payer: fee.Creditor, Tiers: tiers(native)}
			s.Rules = append(s.Rules, r)
		}
		book, err := fee.Book{}.Add(s, dawn)
		require.NoError(t, err)
		amount := rapid.OneOf(rapid.Int64Range(1, 3000), rapid.Int64Range(1, 1_000_000_000_000)).Draw(t, "amount")
		want, err := book.Fees(fee.Corridor{From: fee.End{Participant: "one", Country: "KE", Currency: kes}, To: fee.End{Participant: "two", Country: "PH", Currency: php}},
			fx.Money{Minor: amount, Currency: kes}, dawn)
		require.NoError(t, err)
		a := New()
		a.participants = []participant{{name: "one", country: "KE", currency: kes}, {name: "two", country: "PH", currency: php}}
		rule := (&tariff{Schedule: s, between: map[[2]int32]*fee.Rule{}}).rule(a, 1, 2)
		require.Equal(t, want.Rule, rule.Name)
		toScheme, ok := feeOn(amount, rule.Switch)
		require.True(t, ok)
		between, ok := feeOn(amount, rule.Interchange.Tiers)
		require.True(t, ok)
		require.Equal(t, []int64{want.Components[0].AmountMinor, want.Components[1].AmountMinor}, []int64{toScheme, between})
	})
}

func TestShares(t *testing.T) {
	parts, ok := divide(80_01, []int64{100_00, 50_00})
	require.True(t, ok)
	require.Equal(t, []int64{53_34, 26_67}, parts)
	parts, ok = divide(1, []int64{7, 7, 7})
	require.True(t, ok)
	require.Equal(t, []int64{1, 0, 0}, parts, "of equals the first")
	_, ok = divide(3, []int64{1, 1})
	require.False(t, ok)
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000_000_000_000), 1, 20).Draw(t, "weights")
		var all, sum int64
		for _, w := range weights {
			all += w
		}
		minor := rapid.Int64Range(0, all).Draw(t, "minor")
		parts, ok := divide(minor, weights)
		require.True(t, ok)
		for i, part := range parts {
			require.True(t, part >= 0 && part <= weights[i])
			sum += part
		}
		require.Equal(t, minor, sum)
	})
}
