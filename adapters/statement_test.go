package adapters

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

var table = StatementTable{Columns: []string{"Id", "Amount"}, End: "<END>"}

func refs(t StatementTable, text string) (got []string, err error) {
	err = t.Read(strings.NewReader(text), func(row StatementRow) ([]StatementLine, error) {
		if row.Get("id") == "bad" {
			return nil, errors.New("bad")
		}
		return []StatementLine{{Ref: row.Get("id") + "/" + row.Get("AMOUNT.") + "/" + row.Get("nothing")}}, nil
	}, func(l StatementLine) error {
		got = append(got, l.Ref)
		return nil
	})
	return got, err
}

func TestTables(t *testing.T) {
	got, err := refs(table, "\ufeffAccount,7\r\nunclosed \"quote\r\n,,\r\nID.,x,x,\" amount \"\r\n1,a,b,\"1,5\"\n\n2\n<END>\n,,\n")
	require.NoError(t, err)
	assert.Equal(t, []string{"1/1,5/", "2//"}, got)
	for text, want := range map[string]StatementError{
		"":                          {0, `no head with a "Id"`},
		"a\nb\n":                    {2, `no head with a "Id"`},
		"Id\n":                      {1, `no column "Amount"`},
		"Id,Amount,Amount\n":        {1, `column "Amount" twice`},
		"Id,Amount\n1,2\n":          {2, "it is not whole: no <END>"},
		"Id,Amount\n<END>\n1,2\n":   {3, "something behind <END>"},
		"Id,Amount\n1,2\nbad\n":     {3, "bad"},
		"Id,Amount\n\"1,2\n<END>\n": {2, `extraneous or missing " in quoted-field`},
	} {
		_, err := refs(table, text)
		var fault *StatementError
		require.ErrorAs(t, err, &fault, text)
		assert.Equal(t, want, *fault, text)
	}
}

func TestStatementAmounts(t *testing.T) {
	kes, ugx := fx.MustCurrency("KES"), fx.MustCurrency("UGX")
	for text, want := range map[string]int64{"1": 100, "-1,234.50": -123450, "1.5000": 150, "1000000": 100_000_000} {
		got, err := ParseStatementAmount(text, kes)
		require.NoError(t, err, text)
		assert.Equal(t, want, got.Minor, text)
	}
	for _, text := range []string{"", "1e3", "1,00", "1.005", "+1", " 1", "1,", "--1", "9999999999999999"} {
		_, err := ParseStatementAmount(text, kes)
		require.Error(t, err, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(-99_999_999_999_999, 99_999_999_999_999).Draw(t, "minor")
		for _, c := range []fx.Currency{kes, ugx} {
			got, err := ParseStatementAmount(fx.Money{Minor: minor, Currency: c}.Text(), c)
			require.NoError(t, err)
			require.Equal(t, minor, got.Minor)
		}
	})
}

func TestStatementPlaces(t *testing.T) {
	var place StatementPlace
	read := func(text string) error {
		place = StatementPlace{}
		s, err := ParseSettings([]byte(text))
		require.NoError(t, err)
		return s.Part(&place)
	}
	require.NoError(t, read("currency: KES\napi_key: env:NOBODY_HAS_SET_THIS\nzone: Asia/Manila\n"))
	zone, err := place.Location(time.UTC)
	require.NoError(t, err)
	assert.Equal(t, "Asia/Manila", zone.String())
	require.NoError(t, read("currency: KES\n"))
	zone, err = place.Location(time.UTC)
	require.NoError(t, err)
	assert.Equal(t, time.UTC, zone)
	var wrong *SettingsError
	require.ErrorAs(t, read("currency: [KES]\n"), &wrong)
	for _, text := range []string{"zone: UTC\n", "currency: KES\nzone: Nowhere/Land\n"} {
		require.NoError(t, read(text))
		_, err = place.Location(time.UTC)
		require.ErrorAs(t, err, &wrong, text)
	}
}

func FuzzTable(f *testing.F) {
	f.Add("Id,Amount\n1,2\n<END>")
	f.Add("x\n\"Id\",Amount.\n\n<END>\n")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := refs(table, text); err != nil {
			var fault *StatementError
			require.ErrorAs(t, err, &fault)
		}
	})
}
