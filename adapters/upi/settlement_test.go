package upi

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

func settled(text string, columns Columns) ([]adapters.StatementLine, error) {
	var lines []adapters.StatementLine
	err := readSettlement(strings.NewReader(text), columns, inr, func(l adapters.StatementLine) error {
		lines = append(lines, l)
		return nil
	})
	return lines, err
}

const settlementHead = "Transaction Date,RRN,Reference ID,Cr/Dr,Amount,Currency,Customer VPA,Response Code,Transaction Type\n"

func TestSettlementFile(t *testing.T) {
	lines, err := settled(string(golden(t, "settlement.csv")), StandardColumns)
	require.NoError(t, err)
	rupees := func(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: inr} }
	assert.Equal(t, []adapters.StatementLine{
		{
			At: time.Date(2026, 4, 5, 9, 0, 0, 0, IndianTime), Ref: "609512345678", Order: "R7kenya2", Amount: rupees(125050),
			Direction: adapters.In, Party: "asha.rao@okbank", Code: "00", Text: "collection",
		},
		{
			At: time.Date(2026, 4, 5, 23, 59, 59, 0, IndianTime), Ref: "609512345679", Order: "T1P", Amount: rupees(5000000),
			Direction: adapters.Out, Party: "12345678901@HDFC0001234.ifsc.npci", Code: "00", Text: "payout, by IMPS",
		},
		{
			At: lines[2].At, Ref: "609512345680", Order: "T2P", Amount: rupees(100),
			Direction: adapters.Out, Party: "ravi@okbank", Code: "RB", Text: "payout",
		},
		{
			At: time.Date(2026, 4, 6, 0, 0, 0, 0, IndianTime), Ref: "609512345681", Amount: rupees(590),
			Direction: adapters.Out, Fee: true, Code: "00", Text: "FEE",
		},
	}, lines)
	assert.True(t, lines[2].At.Equal(time.Date(2026, 4, 5, 18, 29, 59, 0, time.UTC)))
}

// Another PSP's file says the same under other names, and leaves out what it may.
func TestColumnsOfOneself(t *testing.T) {
	lines, err := settled("utr|x,when,ref,side,paise\n609512345678,2026-04-05 09:00:00,R1,CR,1.00\n", Columns{
		At: "when", RRN: "utr|x", Reference: "ref", Direction: "side", Amount: "paise",
	})
	require.NoError(t, err)
	require.Len(t, lines, 1)
	assert.Equal(t, int64(100), lines[0].Amount.Minor)
}

func TestSettlementFileRefused(t *testing.T) {
	row := "2026-04-05 09:00:00,609512345678,R1,CR,1.00,INR,a.b@bank,00,collection\n"
	for name, c := range map[string]struct {
		text, fault string
		line        int
	}{
		"nothing":          {"", "no head", 1},
		"no head":          {row, "no column", 1},
		"column twice":     {"RRN,RRN\n", "twice", 1},
		"a short row":      {settlementHead + row + "2026-04-05 09:00:00,609512345678\n", "2 values", 3},
		"an open quote":    {settlementHead + `"2026`, "comma-separated", 2},
		"a short RRN":      {settlementHead + strings.Replace(row, "609512345678", "60951234567", 1), "RRN", 2},
		"no direction":     {settlementHead + strings.Replace(row, "CR", "XX", 1), "neither", 2},
		"separators":       {settlementHead + strings.Replace(row, "1.00", `"1,000.00"`, 1), "amount", 2},
		"less than 0":      {settlementHead + strings.Replace(row, "1.00", "-1.00", 1), "amount", 2},
		"another currency": {settlementHead + strings.Replace(row, "INR", "USD", 1), "INR", 2},
		"no time":          {settlementHead + strings.Replace(row, "2026-04-05 09:00:00", "05/04/26", 1), "time", 2},
		"an unknown code":  {settlementHead + strings.Replace(row, ",00,", ",77,", 1), "77", 2},
		"a long line":      {settlementHead + row + strings.Repeat("x", maxSettlementLine+1), "longer", 3},
	} {
		_, err := settled(c.text, StandardColumns)
		var fault *adapters.StatementError
		if assert.ErrorAs(t, err, &fault, name) {
			assert.Equal(t, c.line, fault.Line, name)
			assert.Contains(t, fault.Fault, c.fault, name)
		}
	}
	stop := errors.New("enough")
	err := readSettlement(strings.NewReader(settlementHead+row), StandardColumns, inr, func(adapters.StatementLine) error { return stop })
	require.ErrorIs(t, err, stop)
	lines, err := settled(settlementHead+strings.Replace(row, ",00,", ",Z9,", 1), StandardColumns)
	require.NoError(t, err)
	assert.Empty(t, lines, "what was declined moved nothing")
}

// What is written is what is read, whatever stands around it.
func TestSettlementRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(1, 50_000_000).Draw(t, "minor")
		rrn := rapid.StringMatching(`[0-9]{12}`).Draw(t, "rrn")
		reference := rapid.StringMatching(`[A-Za-z0-9]{1,35}`).Draw(t, "reference")
		at := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "at"), 0)
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\n\n", ""}).Draw(t, "end")
		amount := fx.Money{Minor: minor, Currency: inr}
		lines, err := settled(settlementHead+fmt.Sprintf("%s, %s ,%s,CR,%s,INR,a.b@bank,00,x%s",
			at.In(IndianTime).Format(SettlementTime), rrn, reference, amount.Text(), end), StandardColumns)
		require.NoError(t, err)
		require.Len(t, lines, 1)
		require.True(t, lines[0].At.Equal(at))
		require.Equal(t, []any{rrn, reference, amount}, []any{lines[0].Ref, lines[0].Order, lines[0].Amount})
	})
}

func FuzzSettlement(f *testing.F) {
	f.Add(string(golden(f, "settlement.csv")))
	f.Add(settlementHead + "\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := settled(text, StandardColumns)
		var fault *adapters.StatementError
		if err != nil {
			require.ErrorAs(t, err, &fault)
		}
		for _, l := range lines {
			require.Positive(t, l.Amount.Minor)
			require.Regexp(t, `^[0-9]{12}$`, l.Ref)
			require.Contains(t, []adapters.Direction{adapters.In, adapters.Out}, l.Direction)
		}
	})
}
