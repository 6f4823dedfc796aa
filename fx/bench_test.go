package fx

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The sinks keep results from being optimised away.
var (
	sinkConversion Conversion
	sinkMoney      Money
	sinkCurrency   Currency
	sinkText       string
)

func BenchmarkQuoteConvert(b *testing.B) {
	kes, ugx, etb := MustCurrency("KES"), MustCurrency("UGX"), MustCurrency("ETB")
	crossed := MustRate("123456789012345678901/98765432109876543210")
	for _, c := range []struct {
		name   string
		quote  Quote
		fixed  Fixed
		amount Money
	}{
		{"source", quoteOf(kes, ugx, MustRate("28.4517")), FixedSource, Money{1_234_567, kes}},
		{"destination", quoteOf(kes, ugx, MustRate("28.4517")), FixedDestination, Money{351_249, ugx}},
		{"long_rate", quoteOf(kes, etb, crossed), FixedSource, Money{1_234_567, kes}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkConversion, _ = c.quote.Convert(c.fixed, c.amount)
			}
		})
	}
}

func BenchmarkParseMoney(b *testing.B) {
	for _, c := range []struct{ text, code string }{{"12345.67", "KES"}, {"351249", "UGX"}, {"1.234", "KWD"}} {
		currency := MustCurrency(c.code)
		b.Run(c.code, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkMoney, _ = ParseMoney(c.text, currency)
			}
		})
	}
}

func BenchmarkParseCurrency(b *testing.B) {
	for _, code := range []string{"KES", "hours.chama-nairobi.2"} {
		b.Run(code, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkCurrency, _ = ParseCurrency(code)
			}
		})
	}
}

func BenchmarkCurrencyUnmarshalText(b *testing.B) {
	text := []byte("KES")
	b.ReportAllocs()
	for b.Loop() {
		if err := sinkCurrency.UnmarshalText(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMoneyText(b *testing.B) {
	for _, m := range []Money{{1_234_567, MustCurrency("KES")}, {-5, MustCurrency("KWD")}, {351_249, MustCurrency("UGX")}} {
		b.Run(m.Currency.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkText = m.Text()
			}
		})
	}
	b.Run("String", func(b *testing.B) {
		m := Money{1_234_567, MustCurrency("KES")}
		b.ReportAllocs()
		for b.Loop() {
			sinkText = m.String()
		}
	})
}

// What the switch does for each transfer makes no garbage, but for the text itself.
func TestHotPathsDoNotAllocate(t *testing.T) {
	kes, ugx := MustCurrency("KES"), MustCurrency("UGX")
	q := quoteOf(kes, ugx, MustRate("28.4517"))
	q.FeeMinor = 100
	longest := Money{math.MinInt64, MustCurrency(strings.Repeat("u", 16) + "." + strings.Repeat("c", 32) + ".2")}
	code, room := []byte("KES"), make([]byte, 0, 32)
	for name, c := range map[string]struct {
		allocations float64
		run         func()
	}{
		"convert, source fixed":      {0, func() { sinkConversion, _ = q.Convert(FixedSource, Money{1_234_567, kes}) }},
		"convert, destination fixed": {0, func() { sinkConversion, _ = q.Convert(FixedDestination, Money{351_249, ugx}) }},
		"parse money":                {0, func() { sinkMoney, _ = ParseMoney("-12345.6", kes) }},
		"parse long money":           {0, func() { sinkMoney, _ = ParseMoney("000000000000000000000000000000000012345.6", kes) }},
		"parse currency":             {0, func() { sinkCurrency, _ = ParseCurrency("KES") }},
		"parse community unit":       {0, func() { sinkCurrency, _ = ParseCurrency("hours.chama-nairobi.2") }},
		"unmarshal currency":         {0, func() { _ = sinkCurrency.UnmarshalText(code) }},
		"append text":                {0, func() { room = Money{-1_234_567, kes}.AppendText(room[:0]) }},
		"text":                       {1, func() { sinkText = Money{-1_234_567, kes}.Text() }},
		"string":                     {1, func() { sinkText = longest.String() }},
	} {
		assert.InDelta(t, c.allocations, testing.AllocsPerRun(100, c.run), 0, name)
	}
}
