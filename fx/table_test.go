package fx

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDate(t *testing.T) {
	for _, text := range []string{"2024-02-29", "1950-12-31", "2026-04-13"} {
		d, err := ParseDate(text)
		require.NoError(t, err)
		assert.Equal(t, Date(text), d)
	}
	for _, text := range []string{"", "2024-2-29", "2023-02-29", "2024-12-31T00:00:00Z", "24-12-31", "2024/12/31", " 2024-12-31", "\xff"} {
		_, err := ParseDate(text)
		assert.Error(t, err, text)
		assert.Panics(t, func() { MustDate(text) })
	}
	assert.Equal(t, 366, MustDate("2025-01-01").DaysSince("2024-01-01"))
	assert.Equal(t, -1, MustDate("2024-02-28").DaysSince("2024-02-29"))
}

func reference(code, rate string) Reference {
	return Reference{Currency: MustCurrency(code), PerBase: MustRate(rate), Source: "a test", On: "2024-12-31"}
}

func mustTable(t require.TestingT, base string, rates ...Reference) RateTable {
	table, err := NewRateTable(MustCurrency(base), rates)
	require.NoError(t, err)
	return table
}

// anyTable draws a table against one of a few currencies, so that two of them overlap.
func anyTable(t *rapid.T, label string) RateTable {
	codes := rapid.Permutation([]string{"USD", "EUR", "KES", "UGX", "KWD", "hours.chama.2"}).Draw(t, label)
	codes = codes[:rapid.IntRange(2, len(codes)).Draw(t, label+" size")]
	var rates []Reference
	for _, code := range codes[1:] {
		r := reference(code, "1")
		r.PerBase, r.Source = anyRate().Draw(t, code), label
		rates = append(rates, r)
	}
	return mustTable(t, codes[0], rates...)
}

func TestRateTableRefuses(t *testing.T) {
	kes := reference("KES", "129")
	unnamed, undated, unrated := kes, kes, kes
	unnamed.Source, undated.On, unrated.PerBase = " the ECB", "", Rate{}
	for name, rates := range map[string][]Reference{
		"two rates": {kes, kes}, "no source": {unnamed}, "no date": {undated}, "no rate": {unrated},
		"no currency": {{PerBase: one, Source: "x", On: "2024-12-31"}}, "a base at 2": {reference("USD", "2")},
		"too many": make([]Reference, maxReferences+1),
	} {
		_, err := NewRateTable(MustCurrency("USD"), rates)
		var refused *TableError
		require.ErrorAs(t, err, &refused, name)
	}
	_, err := NewRateTable(Currency{}, nil)
	var refused *TableError
	require.ErrorAs(t, err, &refused)
	mustTable(t, "USD", reference("USD", "1"))
}

func mustCross(t require.TestingT, table RateTable, from, to Currency) Rate {
	rate, err := table.Cross(from, to)
	require.NoError(t, err)
	return rate
}

// A cross rate is exact: there and back is one, and through a third is the same.
func TestCrossIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := anyTable(t, "table")
		known := append(table.References(), Reference{Currency: table.Base()})
		a, b, c := rapid.SampledFrom(known).Draw(t, "a"), rapid.SampledFrom(known).Draw(t, "b"), rapid.SampledFrom(known).Draw(t, "c")
		ab, err := table.Cross(a.Currency, b.Currency)
		require.NoError(t, err)
		ba, err := table.Cross(b.Currency, a.Currency)
		require.NoError(t, err)
		require.True(t, ab.Inverse().Equal(ba))
		bc, err := table.Cross(b.Currency, c.Currency)
		require.NoError(t, err)
		ac, err := table.Cross(a.Currency, c.Currency)
		require.NoError(t, err)
		through, err := ab.Times(bc)
		require.NoError(t, err)
		require.True(t, ac.Equal(through))

		worth, err := table.PerMinor(a.Currency)
		require.NoError(t, err)
		inBase := exactMinor(Money{1, a.Currency}, table.Base(), MustRate(mustCross(t, table, a.Currency, table.Base()).String()))
		inBase.Quo(inBase, new(big.Rat).SetInt(tenTo(table.Base().MinorUnits())))
		require.Zero(t, inBase.Cmp(worth.ratio))

		_, err = table.Cross(a.Currency, MustCurrency("JPY"))
		var missing *NoReferenceError
		require.ErrorAs(t, err, &missing)
		require.Equal(t, MustCurrency("JPY"), missing.Currency)
		_, err = table.Cross(Currency{}, a.Currency)
		require.ErrorAs(t, err, &missing)
	})
	var none RateTable
	_, err := none.PerBase(Currency{})
	assert.Error(t, err)
	assert.Empty(t, none.References())
}

// The first table that knows a currency gives its rate, with its source; what it says of two currencies
// still holds after the base has changed.
func TestMergePrefersTheFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, second := anyTable(t, "first"), anyTable(t, "second")
		base := rapid.SampledFrom([]Currency{first.Base(), second.Base(), MustCurrency("KES")}).Draw(t, "base")
		merged, err := Merge(base, first, second)
		_, err1 := first.PerBase(base)
		_, err2 := second.PerBase(base)
		if err1 != nil || err2 != nil {
			var missing *NoReferenceError
			require.ErrorAs(t, err, &missing)
			return
		}
		require.NoError(t, err)
		require.Equal(t, base, merged.Base())
		for _, r := range merged.References() {
			from, source := first, "first"
			if _, err := first.PerBase(r.Currency); err != nil {
				from, source = second, "second"
			}
			want, err := from.Cross(base, r.Currency)
			require.NoError(t, err)
			require.True(t, want.Equal(r.PerBase))
			require.Equal(t, source, r.Source)
		}
		for _, table := range []RateTable{first, second} {
			for _, r := range append(table.References(), Reference{Currency: table.Base()}) {
				_, err := merged.PerBase(r.Currency)
				require.NoError(t, err)
			}
		}
	})
}

// The order in which rates come does not matter.
func TestTablesAreDeterministic(t *testing.T) {
	rates := []Reference{reference("KES", "129"), reference("UGX", "3700"), reference("KWD", "0.3"), reference("EUR", "0.9")}
	want := mustTable(t, "USD", rates...).References()
	for range 10 {
		rand.Shuffle(len(rates), func(i, j int) { rates[i], rates[j] = rates[j], rates[i] })
		assert.Equal(t, want, mustTable(t, "USD", rates...).References())
	}
}
