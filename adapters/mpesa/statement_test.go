package mpesa

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

const statementHead = "Receipt No.,Completion Time,Initiation Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Balance Confirmed,Reason Type,Other Party Info,Linked Transaction ID,A/C No.\n"

func statementLines(text string) ([]adapters.StatementLine, error) {
	var lines []adapters.StatementLine
	err := readStatement(strings.NewReader(text), kes, eastAfrica, func(l adapters.StatementLine) error {
		lines = append(lines, l)
		return nil
	})
	return lines, err
}

func TestStatement(t *testing.T) {
	lines, err := statementLines("\ufeffOrganization Name:,Ayni Test\r\nTime Period:,\"1, 2 March\"\r\nShort \"Code:,600999\r\n,,,\r\n" + statementHead +
		"SC1AAAAAA1,01-03-2026 09:15:30,01-03-2026 09:15:29,Pay Bill from 2547****567 Acc. ORDER1,Completed,\"12,500.50\",,\"1,012,500.50\",true,Pay Bill Online,2547****567 - AMINA,,ORDER1\r\n" +
		"SC1AAAAAA2,2026-03-01 09:16:00,2026-03-01 09:16:00,Business Payment to Customer,Completed,,-1500.00,998000.50,true,Business Payment,2547****149 - W,,\n" +
		"SC1AAAAAA2,2026-03-01 09:16:00,2026-03-01 09:16:00,Business Payment Charge,completed,0.00,15.00,997985.50,true,Business Payment Charge,,,\n" +
		"SC1AAAAAA3,2026-03-01 09:17:00,,Pay Bill,Failed,oops,,,,,,,\n\n" +
		"SC1AAAAAA4,2026-03-01 23:59:59,,Reversal,Completed,,\"-12,500.50\"\n")
	require.NoError(t, err)
	at := func(hour, minute, second int) time.Time {
		return time.Date(2026, 3, 1, hour, minute, second, 0, eastAfrica)
	}
	assert.Equal(t, []adapters.StatementLine{
		{At: at(9, 15, 30), Ref: "SC1AAAAAA1", Order: "ORDER1", Amount: *money("12500.50", kes), Direction: adapters.In, Party: "2547****567 - AMINA", Code: "Pay Bill Online", Text: "Pay Bill from 2547****567 Acc. ORDER1"},
		{At: at(9, 16, 0), Ref: "SC1AAAAAA2", Amount: *money("1500", kes), Direction: adapters.Out, Party: "2547****149 - W", Code: "Business Payment", Text: "Business Payment to Customer"},
		{At: at(9, 16, 0), Ref: "SC1AAAAAA2", Amount: *money("15", kes), Direction: adapters.Out, Fee: true, Code: "Business Payment Charge", Text: "Business Payment Charge"},
		{At: at(23, 59, 59), Ref: "SC1AAAAAA4", Amount: *money("12500.50", kes), Direction: adapters.Out, Text: "Reversal"},
	}, lines)
}

func TestStatementsRefused(t *testing.T) {
	const good = "R1,2026-03-01 09:16:00,,x,Completed,10.00,,,,,,,\n"
	for name, c := range map[string]struct {
		text  string
		line  int
		fault string
	}{
		"nothing":             {"", 0, "no head"},
		"no header":           {"a,b\nc,d\n", 2, "no head"},
		"a long preamble":     {strings.Repeat("x,y\n", 100) + statementHead, 64, "within 64 lines"},
		"a column missing":    {strings.Replace(statementHead, "Withdrawn", "Gone", 1), 1, `no column "withdrawn"`},
		"a column twice":      {strings.Replace(statementHead, "Details", "Paid In", 1), 1, `column "paid in" twice`},
		"an unknown status":   {statementHead + strings.Replace(good, "Completed", "Perhaps", 1), 2, `status "Perhaps"`},
		"no status":           {statementHead + "R1\n", 2, `status ""`},
		"no receipt":          {statementHead + good + strings.Replace(good, "R1", "", 1), 3, "receipt"},
		"no time":             {statementHead + strings.Replace(good, "2026-03-01", "2026-13-01", 1), 2, "completion time"},
		"no amount":           {statementHead + strings.Replace(good, "10.00", "", 1), 2, "not one amount"},
		"two amounts":         {statementHead + strings.Replace(good, "10.00,", "10.00,5.00", 1), 2, "not one amount"},
		"paid in, negative":   {statementHead + strings.Replace(good, "10.00", "-10.00", 1), 2, "not one amount"},
		"letters":             {statementHead + strings.Replace(good, "10.00", "1e3", 1), 2, "paid in"},
		"commas amiss":        {statementHead + strings.Replace(good, "10.00", `"1,00"`, 1), 2, "paid in"},
		"too many decimals":   {statementHead + strings.Replace(good, "10.00", "10.005", 1), 2, "paid in"},
		"an open quote":       {statementHead + `R1,"x` + "\n", 2, "quote"},
		"a line without end":  {statementHead + strings.Repeat("x", 1<<16), 2, "too long"},
		"more than there are": {statementHead + strings.Replace(good, "10.00", "999999999999999.00", 1) + strings.Replace(good, "10.00", "9999999999999999.00", 1), 3, "paid in"},
	} {
		_, err := statementLines(c.text)
		var fault *adapters.StatementError
		require.ErrorAs(t, err, &fault, name)
		assert.Equal(t, c.line, fault.Line, name)
		assert.Contains(t, fault.Fault, c.fault, name)
	}
	stop := errors.New("stop")
	err := readStatement(strings.NewReader(statementHead+good), kes, eastAfrica, func(adapters.StatementLine) error { return stop })
	require.ErrorIs(t, err, stop)
}

func TestStatementAmounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(1, 99_999_999_999_999).Draw(t, "minor")
		text := fx.Money{Minor: minor, Currency: kes}.Text()
		if rapid.Bool().Draw(t, "commas") {
			whole, fraction, _ := strings.Cut(text, ".")
			for at := len(whole) - 3; at > 0; at -= 3 {
				whole = whole[:at] + "," + whole[at:]
			}
			text = whole + "." + fraction
		}
		got, err := statementMoney(text, kes)
		require.NoError(t, err)
		assert.Equal(t, minor, got.Minor)
	})
}

func FuzzStatement(f *testing.F) {
	f.Add(statementHead + "R1,2026-03-01 09:16:00,,x,Completed,10.00,,,,,,,\n")
	f.Add(statementHead + "R1,01-03-2026 09:16:00,,x,Completed,,\"-1,010.00\",,,,,,A\n")
	f.Add("x\n\n" + statementHead + "R1,,,,Failed\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := statementLines(text)
		if err != nil {
			var fault *adapters.StatementError
			require.ErrorAs(t, err, &fault)
		}
		for _, l := range lines {
			require.Positive(t, l.Amount.Minor)
			require.False(t, l.At.IsZero())
			require.Regexp(t, receiptForm, l.Ref)
		}
	})
}

func TestMoments(t *testing.T) {
	want := time.Date(2026, 3, 1, 9, 5, 7, 0, eastAfrica)
	for _, text := range []string{"20260301090507", "01.03.2026 09:05:07", "2026-03-01 09:05:07", "01-03-2026 09:05:07", "2026-03-01T06:05:07Z"} {
		at, err := parseMoment(text, eastAfrica)
		require.NoError(t, err, text)
		assert.True(t, want.Equal(at), text)
	}
	for _, text := range []string{"", "0", "2026030109050", "20261301090507", "31.02.2026 00:00:00", "yesterday"} {
		_, err := parseMoment(text, eastAfrica)
		require.Error(t, err, text)
	}
}
