package netfiles

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// file writes a file of its own and returns its path.
func file(t require.TestingT, dir, name, text string) string {
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

const (
	oneCurrency   = "id,debtor,creditor,currency,amount,priority\n"
	twoCurrencies = "id,debtor,debit_currency,debit_amount,creditor,credit_currency,credit_amount\n"
	capsHeader    = "participant,currency,cap\n"
	twoCaps       = capsHeader + "a,KES,10\nb,KES,0\n"
)

// requireFileError fails unless err names file and row, on one short line.
func requireFileError(t require.TestingT, err error, file string, row int, about ...any) {
	var wrong *FileError
	require.ErrorAs(t, err, &wrong, about...)
	require.Equal(t, file, filepath.Base(wrong.File), about...)
	require.Equal(t, row, wrong.Row, "%s", err)
	require.NotContains(t, err.Error(), "\n")
	require.Less(t, len(wrong.Fault), 500)
}

func TestSelectRefuses(t *testing.T) {
	most := fmt.Sprint(int64(math.MaxInt64))
	for name, c := range map[string]struct {
		intents, caps string
		file          string
		row           int
	}{
		"unknown debtor":        {oneCurrency + "1,a,b,KES,1,1\n2,c,a,KES,1,1\n", twoCaps, "intents", 3},
		"unknown creditor":      {oneCurrency + "1,a,c,KES,1,1\n", twoCaps, "intents", 2},
		"cap in other currency": {oneCurrency + "1,a,b,UGX,1,1\n", twoCaps, "intents", 2},
		"sum overflows":         {oneCurrency + "9,a,b,KES,1,1\n2,b,a,KES," + most + ",1\n1,a,b,KES," + most + ",1\n", twoCaps, "intents", 3},
		"liquidity overflows":   {oneCurrency + "1,a,b,KES,1,1\n", capsHeader + "a,KES,0\nb,KES," + most + "\n", "intents", 2},
		"self-transfer":         {oneCurrency + "1,a,a,KES,1,1\n", twoCaps, "intents", 2},
		"negative amount":       {oneCurrency + "1,a,b,KES,-1,1\n", twoCaps, "intents", 2},
		"zero":                  {oneCurrency + "1,a,b,KES,0,1\n", twoCaps, "intents", 2},
		"decimal":               {oneCurrency + "1,a,b,KES,1.5,1\n", twoCaps, "intents", 2},
		"exponent":              {oneCurrency + "1,a,b,KES,1e3,1\n", twoCaps, "intents", 2},
		"space":                 {oneCurrency + "1,a,b,KES, 1,1\n", twoCaps, "intents", 2},
		"plus":                  {oneCurrency + "1,a,b,KES,+1,1\n", twoCaps, "intents", 2},
		"above int64":           {oneCurrency + "1,a,b,KES,9223372036854775808,1\n", twoCaps, "intents", 2},
		"above uint64":          {oneCurrency + "1,a,b,KES,18446744073709551617,1\n", twoCaps, "intents", 2},
		"no amount":             {oneCurrency + "1,a,b,KES,,1\n", twoCaps, "intents", 2},
		"no id":                 {oneCurrency + ",a,b,KES,1,1\n", twoCaps, "intents", 2},
		"priority zero":         {oneCurrency + "1,a,b,KES,1,0\n", twoCaps, "intents", 2},
		"priority too high":     {oneCurrency + "1,a,b,KES,1,65537\n", twoCaps, "intents", 2},
		"duplicate id":          {oneCurrency + "7,a,b,KES,1,1\n8,a,b,KES,1,1\n7,a,b,KES,2,1\n", twoCaps, "intents", 4},
		"too few fields":        {oneCurrency + "1,a,b,KES,1\n", twoCaps, "intents", 2},
		"too many fields":       {oneCurrency + "1,a,b,KES,1,1,1\n", twoCaps, "intents", 2},
		"empty file":            {"", twoCaps, "intents", 0},
		"byte order mark only":  {"\ufeff", twoCaps, "intents", 0},
		"header only":           {oneCurrency, twoCaps, "intents", 0},
		"missing column":        {"id,debtor,creditor,currency\n1,a,b,KES\n", twoCaps, "intents", 1},
		"column twice":          {"id,id,debtor,creditor,currency,amount\n", twoCaps, "intents", 1},
		"half of two sides":     {"id,debtor,creditor,currency,amount,debit_amount\n", twoCaps, "intents", 1},
		"empty line":            {oneCurrency + "\n1,a,b,KES,1,1\n", twoCaps, "intents", 2},
		"NUL":                   {oneCurrency + "1,a\x00,b,KES,1,1\n", twoCaps, "intents", 2},
		"lone CR":               {oneCurrency + "1,a\r,b,KES,1,1\n", twoCaps, "intents", 2},
		"not UTF-8":             {oneCurrency + "1,\xff,b,KES,1,1\n", twoCaps, "intents", 2},
		"open quote":            {oneCurrency + "1,\"a,b,KES,1,1\n", twoCaps, "intents", 2},
		"quote inside":          {oneCurrency + "1,a\"a,b,KES,1,1\n", twoCaps, "intents", 2},
		"behind a quote":        {oneCurrency + "1,\"a\"a,b,KES,1,1\n", twoCaps, "intents", 2},
		"field of a megabyte":   {oneCurrency + "1," + strings.Repeat("a", 1<<20) + ",b,KES,1,1\n", twoCaps, "intents", 2},
		"long name":             {oneCurrency + "1," + strings.Repeat("a", maxName+1) + ",b,KES,1,1\n", twoCaps, "intents", 2},
		"unequal sides":         {twoCurrencies + "1,a,KES,1,b,KES,2\n", twoCaps, "intents", 2},
		"negative cap":          {oneCurrency + "1,a,b,KES,1,1\n", capsHeader + "a,KES,-1\n", "caps", 2},
		"malformed cap":         {oneCurrency + "1,a,b,KES,1,1\n", capsHeader + "a,KES,x\n", "caps", 2},
		"duplicate cap":         {oneCurrency + "1,a,b,KES,1,1\n", capsHeader + "a,KES,1\nb,KES,1\na,KES,1\n", "caps", 4},
		"no caps":               {oneCurrency + "1,a,b,KES,1,1\n", capsHeader, "caps", 0},
		"caps without cap":      {oneCurrency + "1,a,b,KES,1,1\n", "participant,currency\na,KES\n", "caps", 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			out := file(t, dir, "out", "before")
			err := Select(&bytes.Buffer{}, SelectFiles{Intents: file(t, dir, "intents", c.intents), Caps: file(t, dir, "caps", c.caps), Out: out})
			requireFileError(t, err, c.file, c.row)
			kept, err := os.ReadFile(out)
			require.NoError(t, err)
			assert.Equal(t, "before", string(kept), "a failure changes no output")
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			assert.Len(t, left, 3, "a file is left behind")
		})
	}
}

// selectText selects over texts instead of files, and returns what is written.
func selectText(t require.TestingT, dir, intents, caps, rates, pools string) string {
	f := SelectFiles{Intents: file(t, dir, "intents", intents), Caps: file(t, dir, "caps", caps), Out: "-"}
	if rates != "" {
		f.Rates = file(t, dir, "rates", rates)
	}
	if pools != "" {
		f.Pools = file(t, dir, "pools", pools)
	}
	var stdout bytes.Buffer
	require.NoError(t, Select(&stdout, f))
	return stdout.String()
}

func TestSelectReads(t *testing.T) {
	for name, c := range map[string]struct{ intents, caps, rates, pools, out string }{
		"plain":             {oneCurrency + "1,a,b,KES,10,1\n", twoCaps, "", "", "id\n1\n"},
		"by number":         {oneCurrency + "10,a,b,KES,1,1\n9,a,b,KES,1,1\n", twoCaps, "", "", "id\n9\n10\n"},
		"by bytes":          {oneCurrency + "x9,a,b,KES,1,1\nx10,a,b,KES,1,1\n", twoCaps, "", "", "id\nx10\nx9\n"},
		"very long numbers": {oneCurrency + "100000000000000000000,a,b,KES,1,1\n99999999999999999999,a,b,KES,1,1\n007,a,b,KES,1,1\n7,a,b,KES,1,1\n", twoCaps, "", "", "id\n007\n7\n99999999999999999999\n100000000000000000000\n"},
		"long bytes":        {oneCurrency + "abcdefghijk,a,b,KES,1,1\nabcdefghij,a,b,KES,1,1\n", twoCaps, "", "", "id\nabcdefghij\nabcdefghijk\n"},
		"mark, CR LF":       {"\ufeff" + strings.ReplaceAll(oneCurrency+"1,a,b,KES,10,1\n", "\n", "\r\n"), "\ufeff" + strings.ReplaceAll(twoCaps, "\n", "\r\n"), "", "", "id\n1\n"},
		"no last line end":  {oneCurrency + "1,a,b,KES,10,1", twoCaps, "", "", "id\n1\n"},
		"empty lines last":  {oneCurrency + "1,a,b,KES,10,1\n\n\r\n", twoCaps, "", "", "id\n1\n"},
		"quotes":            {oneCurrency + "\"x,\"\"1\",\"a\",b,\"KES\",\"10\",1\n", twoCaps, "", "", "id\n\"x,\"\"1\"\n"},
		"other order":       {"amount,more,currency,creditor,debtor,id\n10,?,KES,b,a,1\n", twoCaps, "", "", "id\n1\n"},
		"a class first":     {"id,debtor,creditor,currency,amount,class\n1,a,b,KES,10,1\n2,a,b,KES,3,0\n", twoCaps, "", "", "id\n2\n"},
		"priority":          {oneCurrency + "1,a,b,KES,10,1\n2,a,b,KES,9,2\n", twoCaps, "", "", "id\n2\n"},
		"nothing clears":    {oneCurrency + "1,a,b,KES,11,1\n", twoCaps, "", "", "id\n"},
		"own conversion":    {twoCurrencies + "1,a,KES,10,a,UGX,280\n", capsHeader + "a,KES,10\na,UGX,0\n", "", "currency,cap\nUGX,280\n", "id\n1\n"},
		"pool is empty":     {twoCurrencies + "1,a,KES,10,a,UGX,280\n", capsHeader + "a,KES,10\na,UGX,0\n", "", "", "id\n"},
		"flows meet":        {twoCurrencies + "1,a,KES,10,a,UGX,280\n2,b,UGX,280,b,KES,10\n", capsHeader + "a,KES,10\na,UGX,0\nb,KES,0\nb,UGX,280\n", "", "", "id\n1\n2\n"},
		"rates decide": {
			twoCurrencies + "1,a,KES,10,b,UGX,280\n2,a,USD,1,b,UGX,280\n", capsHeader + "a,KES,10\na,USD,1\nb,UGX,0\n",
			"currency,minor_units,units_per_usd\nKES,2,129.5\nUGX,0,3757.2625\nUSD,2,1\n", "currency,cap\nUGX,300\n", "id\n2\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.out, selectText(t, t.TempDir(), c.intents, c.caps, c.rates, c.pools))
		})
	}
}

func TestSelectRefusesRatesAndPools(t *testing.T) {
	const header = "currency,minor_units,units_per_usd\n"
	for name, c := range map[string]struct {
		rates, pools string
		file         string
		row          int
	}{
		"no rate":            {header + "USD,2,1\n", "", "rates", 0},
		"no rates":           {header, "", "rates", 0},
		"rate twice":         {header + "KES,2,1\nKES,2,1\n", "", "rates", 3},
		"zero":               {header + "KES,2,0\n", "", "rates", 2},
		"negative":           {header + "KES,2,-1\n", "", "rates", 2},
		"exponent":           {header + "KES,2,1e9999999\n", "", "rates", 2},
		"many decimals":      {header + "KES,19,1\n", "", "rates", 2},
		"pool twice":         {"", "currency,cap\nKES,1\nKES,1\n", "pools", 3},
		"negative pool":      {"", "currency,cap\nKES,-1\n", "pools", 2},
		"pool without a cap": {"", "currency\nKES\n", "pools", 1},
	} {
		dir := t.TempDir()
		f := SelectFiles{Intents: file(t, dir, "intents", oneCurrency+"1,a,b,KES,10,1\n"), Caps: file(t, dir, "caps", twoCaps)}
		if c.rates != "" {
			f.Rates = file(t, dir, "rates", c.rates)
		}
		if c.pools != "" {
			f.Pools = file(t, dir, "pools", c.pools)
		}
		requireFileError(t, Select(&bytes.Buffer{}, f), c.file, c.row, name)
	}
}

// Values too fine for their sum make the numeraire coarser, and only sums of minor units that do not fit fail.
func TestSelectCoarsensTheNumeraire(t *testing.T) {
	dir := t.TempDir()
	f := SelectFiles{
		Intents: file(t, dir, "intents", oneCurrency+"1,a,b,USD,4000000000000000000,9\n"),
		Caps:    file(t, dir, "caps", capsHeader+"a,USD,4000000000000000000\nb,USD,0\n"),
		Rates:   file(t, dir, "rates", "currency,minor_units,units_per_usd\nUSD,2,1\n"), JSON: true,
	}
	var stdout bytes.Buffer
	require.NoError(t, Select(&stdout, f))
	answer := readJSON(t, stdout.Bytes())
	assert.Equal(t, "micro-USD x 2^18", answer["numeraire"]) // 9 * 4e18 * 1e4 / 2^18 is the first below 2^61
	assert.Equal(t, "1.000000", answer["ratio"])
}

// Every permutation of the rows of every input gives the same batch, so the same bytes.
func TestSelectDoesNotDependOnTheOrderOfRows(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		intents := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string {
			debtor := rapid.IntRange(0, 4).Draw(t, "debtor")
			creditor := (debtor + rapid.IntRange(1, 4).Draw(t, "creditor")) % 5
			from, to := rapid.SampledFrom([]string{"KES", "UGX"}).Draw(t, "from"), rapid.SampledFrom([]string{"KES", "UGX"}).Draw(t, "to")
			debit := rapid.Int64Range(1, 20).Draw(t, "debit")
			credit := debit
			if from != to {
				credit = rapid.Int64Range(1, 20).Draw(t, "credit")
			}
			return fmt.Sprintf("%s,p%d,%s,%d,p%d,%s,%d\n", rapid.StringMatching(`[0-9]{1,3}|[ab]{1,10}`).Draw(t, "id"), debtor, from, debit, creditor, to, credit)
		}), 1, 20, func(row string) string { return row[:strings.IndexByte(row, ',')] }).Draw(t, "intents")
		var caps []string
		for p := range 5 {
			for _, currency := range []string{"KES", "UGX"} {
				caps = append(caps, fmt.Sprintf("p%d,%s,%d\n", p, currency, rapid.IntRange(0, 30).Draw(t, "cap")))
			}
		}
		pools := []string{"KES,15\n", "UGX,5\n"}
		text := func(header string, rows []string) string { return header + strings.Join(rows, "") }
		read := func(intents, caps, pools []string) (*batch, []string) {
			b, err := readBatch(file(t, dir, "intents", text(twoCurrencies, intents)), file(t, dir, "caps", text(capsHeader, caps)), "", file(t, dir, "pools", text("currency,cap\n", pools)))
			require.NoError(t, err)
			ids := make([]string, len(b.obligations))
			for i := range ids {
				ids[i] = string(b.id(i))
			}
			return b, ids
		}
		once, ids := read(intents, caps, pools)
		again, idsAgain := read(rapid.Permutation(intents).Draw(t, "intents again"), rapid.Permutation(caps).Draw(t, "caps again"), rapid.Permutation(pools).Draw(t, "pools again"))
		require.Equal(t, ids, idsAgain)
		require.Equal(t, once.obligations, again.obligations)
		require.Equal(t, once.book, again.book)
		require.Equal(t, once.accounts.list, again.accounts.list)
	})
}

func TestOutputs(t *testing.T) {
	dir := t.TempDir()
	f := SelectFiles{Intents: file(t, dir, "intents", oneCurrency+"1,a,b,KES,10,1\n"), Caps: file(t, dir, "caps", twoCaps), Out: filepath.Join(dir, "out")}
	var stdout bytes.Buffer
	require.NoError(t, Select(&stdout, f))
	assert.Regexp(t, `^1 of 1 intents clear: 10 of at most 10 minor units \(1\.000000\), tier [ABC]; .*\n$`, stdout.String())
	written, err := os.ReadFile(f.Out)
	require.NoError(t, err)
	assert.Equal(t, "id\n1\n", string(written))

	f.Out, f.JSON = "-", true
	require.ErrorIs(t, Select(&stdout, f), errOneOutput)
	f.Out = os.DevNull
	require.NoError(t, Select(&stdout, f))
	info, err := os.Stat(os.DevNull)
	require.NoError(t, err)
	assert.False(t, info.Mode().IsRegular(), "a device stays a device")
	f.Out = filepath.Join(dir, "no", "such", "folder")
	require.Error(t, Select(&stdout, f))
	f.Out, f.Intents = "", filepath.Join(dir, "nowhere")
	require.ErrorIs(t, Select(&stdout, f), os.ErrNotExist)
	f.Intents = dir
	require.ErrorContains(t, Select(&stdout, f), dir)

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.False(t, slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), ".") }), "a file is left behind")
}

func TestExplain(t *testing.T) {
	dir := t.TempDir()
	f := ExplainFiles{
		Intents:     file(t, dir, "intents", twoCurrencies+"1,a,KES,10,b,UGX,280\n2,a,KES,5,b,KES,5\n3,b,KES,1,a,KES,1\n"),
		Caps:        file(t, dir, "caps", capsHeader+"a,KES,5\nb,KES,0\nb,UGX,0\n"),
		Pools:       file(t, dir, "pools", "currency,cap\nUGX,200\n"),
		Participant: "a",
	}
	var stdout bytes.Buffer
	require.NoError(t, Explain(&stdout, f))
	assert.Contains(t, stdout.String(), "a: 1 of 2 intents that it owes wait\n1: 10 KES\n    a in KES lacks 9\n    FX pool of UGX lacks 80\n")
	f.JSON = true
	stdout.Reset()
	require.NoError(t, Explain(&stdout, f))
	answer := readJSON(t, stdout.Bytes())
	assert.Len(t, answer["waiting"], 1)
	assert.Equal(t, "a", answer["participant"])
	f.Participant = "c"
	requireFileError(t, Explain(&stdout, f), "caps", 0)
}
