package fx

import (
	"encoding/csv"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// isoCodes lists the table's codes in order, so that draws from it are reproducible.
func isoCodes() []string {
	codes := make([]string, 0, len(iso4217))
	for code := range iso4217 {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// anyCurrency draws an ISO 4217 code or a community unit.
func anyCurrency() *rapid.Generator[Currency] {
	return rapid.Custom(func(t *rapid.T) Currency {
		code := rapid.OneOf(
			rapid.SampledFrom(isoCodes()),
			rapid.StringMatching(`[a-z][a-z0-9]{0,15}\.[a-z][a-z0-9-]{1,31}\.[0-6]`),
		).Draw(t, "code")
		c, err := ParseCurrency(code)
		require.NoError(t, err)
		return c
	})
}

// The table in the source and the file that others read say the same.
func TestISO4217AgreesWithTestdata(t *testing.T) {
	file, err := os.Open("../testdata/iso4217.csv")
	require.NoError(t, err)
	defer func() { assert.NoError(t, file.Close()) }()
	reader := csv.NewReader(file)
	reader.Comment = '#'
	reader.FieldsPerRecord = 3
	rows, err := reader.ReadAll()
	require.NoError(t, err)
	if rows[0][0] == "code" {
		rows = rows[1:]
	}
	read, numbers := map[string]uint8{}, map[string]bool{}
	for _, row := range rows {
		units, err := strconv.ParseUint(row[2], 10, 8)
		require.NoError(t, err, row)
		assert.NotContains(t, read, row[0])
		assert.Regexp(t, `^[0-9]{3}$`, row[1], row)
		assert.False(t, numbers[row[1]], "%s names two currencies", row[1])
		read[row[0]], numbers[row[1]] = uint8(units), true
	}
	assert.Equal(t, iso4217, read)
}

func TestISO4217Decimals(t *testing.T) {
	for code, units := range map[string]int{
		"UGX": 0, "RWF": 0, "XOF": 0, "JPY": 0, "KES": 2, "TZS": 2, "INR": 2, "USD": 2, "KWD": 3, "BHD": 3, "CLF": 4,
	} {
		assert.Equal(t, units, MustCurrency(code).MinorUnits(), code)
	}
}

func TestParseCurrency(t *testing.T) {
	for _, code := range []string{"hours.chama-nairobi.2", "h.ab.0", "voucher.x1.6", strings.Repeat("u", 16) + "." + strings.Repeat("c", 32) + ".3"} {
		c, err := ParseCurrency(code)
		require.NoError(t, err, code)
		assert.Equal(t, code, c.String())
		assert.Equal(t, int(code[len(code)-1]-'0'), c.MinorUnits())
		assert.False(t, c.IsZero())
	}
	for _, code := range []string{
		"", "kes", "KES ", "KES\n", "XAU", "XXX", "hours", "hours.chama", "hours.chama.7", "hours.chama.10", "Hours.chama.2",
		"hours.c.2", "hours..2", "hours.chama.2\n", "hours.chama.2.2", "1hours.chama.2", ".chama.2", "höurs.chama.2",
		strings.Repeat("u", 17) + ".chama.2", "hours." + strings.Repeat("c", 33) + ".2", strings.Repeat("é", 1<<16), "\xff\xfe",
	} {
		c, err := ParseCurrency(code)
		var unknown *UnknownCurrencyError
		require.ErrorAs(t, err, &unknown, "%.40q", code)
		assert.True(t, c.IsZero())
		assert.Less(t, len(unknown.Error()), 500)
		assert.True(t, utf8.ValidString(unknown.Code))
		assert.Panics(t, func() { MustCurrency(code) })
	}
}

func TestCurrencyTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCurrency().Draw(t, "currency")
		text, err := c.MarshalText()
		require.NoError(t, err)
		var read Currency
		require.NoError(t, read.UnmarshalText(text))
		require.Equal(t, c, read)
	})
	before := MustCurrency("KES")
	c := before
	var unknown *UnknownCurrencyError
	require.ErrorAs(t, c.UnmarshalText([]byte("nonsense")), &unknown)
	assert.Equal(t, before, c, "a refused text changes nothing")
	require.ErrorAs(t, c.UnmarshalText(nil), &unknown)
}

var communityForm = regexp.MustCompile(`^[a-z][a-z0-9]{0,15}\.[a-z][a-z0-9-]{1,31}\.[0-6]$`)

// A code is in the list or has the form of a community unit, which an expression says as well.
func requireCurrency(t require.TestingT, code string, c Currency, err error) {
	units, iso := iso4217[code]
	if !iso && communityForm.MatchString(code) {
		units = code[len(code)-1] - '0'
	} else if !iso {
		require.Equal(t, &UnknownCurrencyError{Code: clip(code)}, err)
		require.Zero(t, c)
		return
	}
	require.NoError(t, err)
	require.Equal(t, Currency{code: code, minorUnits: units}, c)
}

func TestParseCurrencyAgainstTheForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.OneOf(
			rapid.StringMatching(`[a-z0-9-]{0,18}\.[a-z0-9-]{0,34}\.[0-9.]{0,2}`),
			rapid.StringMatching(`[a-zA-Z0-9.-]{0,8}`),
			rapid.StringMatching(`[A-Z]{3}`),
			rapid.String(),
		).Draw(t, "code")
		c, err := ParseCurrency(code)
		requireCurrency(t, code, c, err)
		var read Currency
		err = read.UnmarshalText([]byte(code))
		requireCurrency(t, code, read, err)
	})
}

func FuzzParseCurrency(f *testing.F) {
	for _, seed := range []string{"KES", "UGX", "", "hours.chama-nairobi.2", "hours.chama.9", "\xff", "kes", "a.b-.0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		c, err := ParseCurrency(code)
		requireCurrency(t, code, c, err)
		if err != nil {
			var unknown *UnknownCurrencyError
			require.ErrorAs(t, err, &unknown)
			require.Less(t, len(err.Error()), 500)
			require.True(t, utf8.ValidString(unknown.Code))
			return
		}
		require.Equal(t, code, c.String())
		require.LessOrEqual(t, len(code), 16+1+32+1+1)
		require.Contains(t, []int{0, 1, 2, 3, 4, 5, 6}, c.MinorUnits())
	})
}
