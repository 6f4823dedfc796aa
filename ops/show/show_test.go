package show_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/show"
)

// line is a row of everything that a cell can be.
type line struct {
	name  string
	count int64
	sum   fx.Money
	at    time.Time
	open  bool
	rails []string
}

var columns = []show.Column[line]{
	{Name: "name", Value: func(l line) any { return l.name }},
	{Name: "count", Value: func(l line) any { return l.count }},
	{Name: "sum", Title: "comes to", Money: true, Value: func(l line) any {
		if l.sum.Currency.IsZero() {
			return nil
		}
		return l.sum
	}},
	{Name: "seen_at", Value: func(l line) any { return l.at }},
	{Name: "open", Value: func(l line) any { return l.open }},
	{Name: "rails", Value: func(l line) any { return l.rails }},
}

var lines = []line{
	{"mpesa-ke", 12, fx.Money{Minor: -1_234_50, Currency: fx.MustCurrency("KES")}, time.Date(2026, 4, 13, 9, 30, 0, 5, time.UTC), true, []string{"a", "b"}},
	{"=cmd|' /C calc'!A0", -3, fx.Money{}, time.Time{}, false, nil},
	{"two\nlines, \x1b[31mred", 1_000, fx.Money{Minor: 7, Currency: fx.MustCurrency("JPY")}, time.Time{}, false, nil},
}

func written(t require.TestingT, f show.Format, sheets ...show.Sheet) string {
	var out bytes.Buffer
	require.NoError(t, f.Write(&out, sheets...))
	return out.String()
}

func TestTable(t *testing.T) {
	assert.Equal(t, strings.Join([]string{
		"NAME                COUNT      COMES TO  SEEN AT               OPEN  RAILS",
		"mpesa-ke               12  -1234.50 KES  2026-04-13 09:30:00Z  yes   a,b",
		"=cmd|' /C calc'!A0     -3                                      no",
		"two lines, [31mred   1000         7 JPY                        no",
		"",
	}, "\n"), written(t, show.Table, show.Rows("lines", columns, lines)))
}

func TestJSON(t *testing.T) {
	assert.JSONEq(t, `[
		{"name":"mpesa-ke","count":12,"sum":{"amount":"-1234.50","currency":"KES"},"seen_at":"2026-04-13T09:30:00.000000005Z","open":true,"rails":["a","b"]},
		{"name":"=cmd|' /C calc'!A0","count":-3,"sum":null,"seen_at":null,"open":false,"rails":[]}
	]`, written(t, show.JSON, show.Rows("lines", columns, lines[:2])))
	assert.JSONEq(t, `{"lines":[],"others":[]}`, written(t, show.JSON, show.Rows("lines", columns, nil), show.Rows("others", columns, nil)))
}

func TestCSV(t *testing.T) {
	assert.Equal(t, strings.Join([]string{
		"name,count,sum,sum_currency,seen_at,open,rails",
		`mpesa-ke,12,-1234.50,KES,2026-04-13T09:30:00.000000005Z,true,"a,b"`,
		"'=cmd|' /C calc'!A0,-3,,,,false,",
		"\"two\nlines, \x1b[31mred\",1000,7,JPY,,false,",
		"",
	}, "\n"), written(t, show.CSV, show.Rows("lines", columns, lines)))
	assert.Equal(t, "name,count,sum,sum_currency,seen_at,open,rails\n", written(t, show.CSV, show.Rows("lines", columns, nil)), "the head does not depend on what is there")
}

func TestSeveralSheetsHaveTitles(t *testing.T) {
	two := []show.Sheet{show.Rows("open_requests", columns[:1], lines[:1]), show.Rows("none", columns[:1], nil), show.Rows("rails", columns[:1], lines[:1])}
	assert.Equal(t, "OPEN REQUESTS\nNAME\nmpesa-ke\n\nRAILS\nNAME\nmpesa-ke\n", written(t, show.Table, two...))
	assert.Equal(t, "name\nmpesa-ke\n", written(t, show.CSV, two...), "the first has a head line, so the others have no place")
}

func TestUnknownFormat(t *testing.T) {
	var wrong *show.FormatError
	require.ErrorAs(t, show.Format("xml").Check(), &wrong)
	require.ErrorAs(t, show.Format("xml").Write(&bytes.Buffer{}, show.Sheet{}), &wrong)
	for _, f := range show.Formats() {
		require.NoError(t, show.Format(f).Check())
	}
}

// Whatever somebody calls himself: a screen keeps its lines, a spreadsheet has no formula, a program reads it as it was.
func TestHostileNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.Map(rapid.String(), func(s string) string { return "=" + s })).Draw(t, "name")
		sheet := show.Rows("lines", columns[:2], []line{{name: name, count: 1}})
		screen := written(t, show.Table, sheet)
		require.Equal(t, 2, strings.Count(screen, "\n"))
		require.NotContains(t, screen, "\x1b")
		all, err := csv.NewReader(strings.NewReader(written(t, show.CSV, sheet))).ReadAll()
		require.NoError(t, err)
		require.NotRegexp(t, `^[=+@\t\r\n-]`, all[1][0])
		var back []struct {
			Name string `json:"name"`
		}
		require.NoError(t, json.Unmarshal([]byte(written(t, show.JSON, sheet)), &back))
		require.Equal(t, name, back[0].Name)
	})
}
