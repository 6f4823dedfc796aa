package fx

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// requireFault fails unless err is an *AmountError of that fault with a bounded, printable text.
func requireFault(t require.TestingT, fault AmountFault, err error, about ...any) {
	var amount *AmountError
	require.ErrorAs(t, err, &amount, about...)
	require.Equal(t, fault, amount.Fault, about...)
	require.Less(t, len(err.Error()), 600)
	require.True(t, utf8.ValidString(amount.Amount))
}

// anyMinor draws over the whole range, its ends and the neighbourhood of zero.
func anyMinor() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64(), rapid.Int64Range(-2000, 2000),
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64 - 1, math.MaxInt64}))
}

// exactMajor is the amount as a number of major units, for an oracle.
func exactMajor(m Money) *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(m.Minor), tenTo(m.Currency.MinorUnits()))
}

// tenTo multiplies out what the code under test takes as a power.
func tenTo(n int) *big.Int {
	product := big.NewInt(1)
	for range n {
		product.Mul(product, big.NewInt(10))
	}
	return product
}

func TestMoneyTextRoundTripInEveryCurrency(t *testing.T) {
	for _, code := range isoCodes() {
		c := MustCurrency(code)
		for _, minor := range []int64{0, 1, -1, 9, 10, -99, 100, 12345, math.MaxInt64, math.MinInt64} {
			m := Money{Minor: minor, Currency: c}
			read, err := ParseMoney(m.Text(), c)
			require.NoError(t, err, m)
			require.Equal(t, m, read)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		m := Money{Minor: anyMinor().Draw(t, "minor"), Currency: anyCurrency().Draw(t, "currency")}
		text := m.Text()
		exact, ok := new(big.Rat).SetString(text)
		require.True(t, ok, text)
		require.Zero(t, exact.Cmp(exactMajor(m)), "%s is not %d minor units", text, m.Minor)
		_, fraction, _ := strings.Cut(text, ".")
		require.Len(t, fraction, m.Currency.MinorUnits())
		read, err := ParseMoney(text, m.Currency)
		require.NoError(t, err)
		require.Equal(t, m, read)
	})
}

func TestMoneyText(t *testing.T) {
	for text, m := range map[string]Money{
		"12.50": {1250, MustCurrency("KES")}, "-0.05": {-5, MustCurrency("KES")}, "7": {7, MustCurrency("UGX")},
		"0.001": {1, MustCurrency("KWD")}, "0.000001": {1, MustCurrency("h.chama.6")}, "0.00": {0, MustCurrency("USD")},
		"-92233720368547758.08": {math.MinInt64, MustCurrency("USD")},
	} {
		assert.Equal(t, text, m.Text())
	}
	assert.Equal(t, "12.50 KES", Money{1250, MustCurrency("KES")}.String())
}

func TestParseMoneyAccepts(t *testing.T) {
	for text, want := range map[string]int64{
		"12.5": 1250, "12": 1200, "0012.50": 1250, "-0": 0, "-0.01": -1, "0": 0, strings.Repeat("0", maxAmountText): 0,
		"92233720368547758.07": math.MaxInt64, "-92233720368547758.08": math.MinInt64,
	} {
		m, err := ParseMoney(text, MustCurrency("KES"))
		require.NoError(t, err, text)
		assert.Equal(t, want, m.Minor, text)
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	kes := MustCurrency("KES")
	for fault, texts := range map[AmountFault][]string{
		FaultSyntax: {"", "-", ".", "1.", ".5", "-.5", "--1", "+1", "1e2", "1E2", "0x10", "1_000", "1,000", "1 ", " 1", "1\n", "1.2.3",
			"NaN", "Inf", "1/2", "١٢", "１", "1\x00", "\xff", "−1", strings.Repeat("0", maxAmountText+1), strings.Repeat("9", 10<<20)},
		FaultDecimals: {"1.000", "1.005", "0.0000000000000000000000000000"},
		FaultOverflow: {"92233720368547758.08", "-92233720368547758.09", "92233720368547759", strings.Repeat("9", maxAmountText),
			"184467440737095516.16", "-184467440737095516.17", "184467440737095517"}, // beside 2^64
	} {
		for _, text := range texts {
			_, err := ParseMoney(text, kes)
			requireFault(t, fault, err, "%.40q", text)
		}
	}
	_, err := ParseMoney("1.0", MustCurrency("UGX"))
	requireFault(t, FaultDecimals, err)
	_, err = ParseMoney("1", Currency{})
	requireFault(t, FaultCurrency, err)
}

// Whether a text fits is decided as arbitrary precision decides it.
func TestParseMoneyOverflowAgainstBigInt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCurrency().Draw(t, "currency")
		text := rapid.StringMatching(`-?[0-9]{1,24}`).Draw(t, "whole")
		if c.MinorUnits() > 0 {
			text += rapid.StringMatching(`(\.[0-9]{1,`+string(rune('0'+c.MinorUnits()))+`})?`).Draw(t, "fraction")
		}
		exact, ok := new(big.Rat).SetString(text)
		require.True(t, ok)
		exact.Mul(exact, new(big.Rat).SetInt(tenTo(c.MinorUnits())))
		require.True(t, exact.IsInt())
		m, err := ParseMoney(text, c)
		if !exact.Num().IsInt64() {
			requireFault(t, FaultOverflow, err)
			return
		}
		require.NoError(t, err)
		require.Equal(t, Money{Minor: exact.Num().Int64(), Currency: c}, m)
	})
}

func TestArithmeticAgainstBigInt(t *testing.T) {
	kes := MustCurrency("KES")
	rapid.Check(t, func(t *rapid.T) {
		a, b := Money{anyMinor().Draw(t, "a"), kes}, Money{anyMinor().Draw(t, "b"), kes}
		check := func(exact *big.Int, got Money, err error) {
			if !exact.IsInt64() {
				requireFault(t, FaultOverflow, err)
				require.Zero(t, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, Money{exact.Int64(), kes}, got)
		}
		sum, err := a.Add(b)
		check(new(big.Int).Add(big.NewInt(a.Minor), big.NewInt(b.Minor)), sum, err)
		_, ok := AddMinor(a.Minor, b.Minor)
		require.Equal(t, err == nil, ok)
		difference, err := a.Sub(b)
		check(new(big.Int).Sub(big.NewInt(a.Minor), big.NewInt(b.Minor)), difference, err)
		require.Equal(t, big.NewInt(a.Minor).Cmp(big.NewInt(b.Minor)), a.Cmp(b))
	})
}

func TestTwoCurrenciesDoNotMix(t *testing.T) {
	kes, ugx := Money{math.MinInt64, MustCurrency("KES")}, Money{math.MinInt64, MustCurrency("UGX")}
	_, err := kes.Add(ugx)
	requireFault(t, FaultCurrency, err)
	_, err = kes.Sub(ugx)
	requireFault(t, FaultCurrency, err)
	assert.Panics(t, func() { kes.Cmp(ugx) })
}

// parseMoneyStrconv is ParseMoney by way of one text that strconv reads, as an oracle of every result and error.
func parseMoneyStrconv(text string, c Currency) (Money, error) {
	fail := func(f AmountFault) (Money, error) {
		return Money{}, &AmountError{Fault: f, Amount: clip(text)}
	}
	if c.IsZero() {
		return fail(FaultCurrency)
	}
	sign, digits := "", text
	if strings.HasPrefix(text, "-") {
		sign, digits = text[:1], text[1:]
	}
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if len(text) > maxAmountText || !allDigits(whole) || (hasPoint && !allDigits(fraction)) {
		return fail(FaultSyntax)
	}
	if len(fraction) > c.MinorUnits() {
		return fail(FaultDecimals)
	}
	minor, err := strconv.ParseInt(sign+whole+fraction+strings.Repeat("0", c.MinorUnits()-len(fraction)), 10, 64)
	if err != nil {
		return fail(FaultOverflow)
	}
	return Money{Minor: minor, Currency: c}, nil
}

func TestParseMoneyReadsAsStrconvDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := hostileCurrency().Draw(t, "currency")
		text := rapid.OneOf(
			rapid.StringMatching(`-?0{0,90}[0-9]{0,22}(\.[0-9]{0,7})?`),
			rapid.StringMatching(`-?(9223372036854775|1844674407370955)[0-9]{0,5}(\.[0-9]{1,6})?`),
			rapid.StringMatching(`[-+.0-9eE_ ]{0,8}`),
			rapid.String(),
		).Draw(t, "text")
		want, wantErr := parseMoneyStrconv(text, c)
		got, err := ParseMoney(text, c)
		require.Equal(t, wantErr, err)
		require.Equal(t, want, got)
	})
}

func TestAppendTextGoesBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Money{Minor: anyMinor().Draw(t, "minor"), Currency: anyCurrency().Draw(t, "currency")}
		before := rapid.String().Draw(t, "before")
		require.Equal(t, before+m.Text(), string(m.AppendText([]byte(before))))
		require.Equal(t, m.Text()+" "+m.Currency.String(), m.String())
	})
}

func FuzzParseMoney(f *testing.F) {
	for _, seed := range []string{"12.50", "-0.001", "7", "", ".", "1e9", "92233720368547758.08", "-9223372036854775808", "00", "-0", "\xff", "1_0"} {
		for _, code := range []string{"KES", "UGX", "KWD", "h.chama.6"} {
			f.Add(seed, code)
		}
	}
	f.Fuzz(func(t *testing.T, text, code string) {
		c, err := ParseCurrency(code)
		if err != nil {
			return
		}
		m, err := ParseMoney(text, c)
		want, wantErr := parseMoneyStrconv(text, c)
		require.Equal(t, wantErr, err)
		require.Equal(t, want, m)
		if err != nil {
			var amount *AmountError
			require.ErrorAs(t, err, &amount)
			require.Less(t, len(err.Error()), 600)
			return
		}
		require.LessOrEqual(t, len(text), maxAmountText)
		exact, ok := new(big.Rat).SetString(text)
		require.True(t, ok)
		require.Zero(t, exact.Cmp(exactMajor(m)), "%q read as %s", text, m)
		again, err := ParseMoney(m.Text(), c)
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}
