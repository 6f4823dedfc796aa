package fx

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ecbFile = `Date,USD,JPY,CYP,INR,TRL,
2026-04-13,1.1684,186.75,N/A,109.047,N/A,
2026-04-10,1.1711,186.43,N/A,N/A,N/A,
1999-01-04,1.1789,133.73,0.58231,,372274,
`

const imfFile = `Date,Rate,Currency,Frequency,Source,Country code,Country
2023-12-31,139.8,KES,A,IMF,KE,Kenya
2024-12-31,134.822483333333,KES,A,IMF,KE,Kenya
2024-12-31,131.81,USD,A,IMF,HT,Haiti
2024-12-31,1,USD,A,IMF,US,"United States, of America"
2024-12-31,0.9243,EUR,A,IMF,AD,Andorra
2024-12-31,0.9238,EUR,A,IMF,U2,Euro Area
2024-12-31,606.3,XAF,A,IMF,CM,Cameroon
2024-12-31,606.4,XAF,A,IMF,TD,Chad
2024-12-31,2.7,XCD,A,IMF,AG,Antigua
2024-12-31,2.8,XCD,A,IMF,DM,Dominica
2024-12-31,3266.33,ZWG,A,IMF,ZW,Zimbabwe
2022-12-31,7.15,HRD,A,IMF,HR,Croatia
2022-12-31,18,SLE,A,IMF,SL,Sierra Leone
`

func TestReadECB(t *testing.T) {
	table, err := ReadECB(strings.NewReader(ecbFile), "2026-04-12", 3)
	require.NoError(t, err)
	assert.Equal(t, MustCurrency("EUR"), table.Base())
	assert.Equal(t, []Reference{
		{MustCurrency("JPY"), MustRate("186.43"), "ECB", "2026-04-10"},
		{MustCurrency("USD"), MustRate("1.1711"), "ECB", "2026-04-10"},
	}, table.References())
	table, err = ReadECB(strings.NewReader(ecbFile), "1999-01-04", 0)
	require.NoError(t, err)
	assert.Len(t, table.References(), 2, "what is no currency any more is passed over")

	var stale *StaleRatesError
	_, err = ReadECB(strings.NewReader(ecbFile), "2026-04-12", 1)
	require.ErrorAs(t, err, &stale)
	assert.Equal(t, Date("2026-04-10"), stale.Newest)
	_, err = ReadECB(strings.NewReader(ecbFile), "1998-12-31", 1000)
	require.ErrorAs(t, err, &stale)
	assert.Empty(t, stale.Newest)
}

func TestReadIMF(t *testing.T) {
	table, err := ReadIMF(strings.NewReader(imfFile), "2025-06-30", 365)
	require.NoError(t, err)
	assert.Equal(t, MustCurrency("USD"), table.Base())
	source := "IMF: annual average 2024"
	assert.Equal(t, []Reference{
		{MustCurrency("EUR"), MustRate("0.9238"), source, "2024-12-31"},
		{MustCurrency("KES"), MustRate("134.822483333333"), source, "2024-12-31"},
		{MustCurrency("XAF"), MustRate("606.3"), source, "2024-12-31"},
	}, table.References())
	omitted := table.Omitted()
	require.Len(t, omitted, 2)
	assert.Equal(t, Omission{"XCD", "AG says 2.70000000 and DM says 2.80000000"}, omitted[0])
	assert.Equal(t, "ZWG", omitted[1].Currency)

	table, err = ReadIMF(strings.NewReader(imfFile), "2024-12-30", 2*366)
	require.NoError(t, err)
	assert.Len(t, table.References(), 2, "each currency's newest year that is young enough")

	var stale *StaleRatesError
	_, err = ReadIMF(strings.NewReader(imfFile), "2026-01-01", 365)
	require.ErrorAs(t, err, &stale)
	assert.Equal(t, Date("2024-12-31"), stale.Newest)
}

func TestRateFilesRefuse(t *testing.T) {
	row := strings.Split(imfFile, "\n")[1]
	imf := func(row string) string { return strings.Join(imfColumns, ",") + "\n" + row + "\n" }
	for name, c := range map[string]struct {
		read func(io.Reader, Date, int) (RateTable, error)
		file string
		row  int
	}{
		"ECB, empty":           {ReadECB, "", 0},
		"ECB, another header":  {ReadECB, "Day,USD,\n", 1},
		"ECB, a code twice":    {ReadECB, "Date,USD,USD,\n", 1},
		"ECB, no code":         {ReadECB, "Date,,USD\n", 1},
		"ECB, the base":        {ReadECB, "Date,EUR,\n", 1},
		"ECB, no date":         {ReadECB, "Date,USD,\n2024-13-01,1,\n", 2},
		"ECB, no rate":         {ReadECB, "Date,USD,\n2024-12-01,1e5,\n", 2},
		"ECB, zero":            {ReadECB, "Date,USD,\n2024-12-01,0,\n", 2},
		"ECB, a short row":     {ReadECB, "Date,USD,\n2024-12-01,1\n", 2},
		"ECB, a day twice":     {ReadECB, "Date,USD,\n2024-12-01,1,\n2024-12-01,1,\n", 3},
		"ECB, a long cell":     {ReadECB, "Date,USD,\n2024-12-01," + strings.Repeat("1", maxRateCell+1) + ",\n", 2},
		"ECB, many columns":    {ReadECB, "Date" + strings.Repeat(",X", maxRateCells) + "\n", 1},
		"ECB, a stray quote":   {ReadECB, "Date,USD,\n2024-12-01,\"1,\n", 2},
		"IMF, empty":           {ReadIMF, "", 0},
		"IMF, another header":  {ReadIMF, "Date,Rate\n", 1},
		"IMF, no date":         {ReadIMF, imf(strings.Replace(row, "12-31", "02-30", 1)), 2},
		"IMF, no rate":         {ReadIMF, imf(strings.Replace(row, "139.8", "-1", 1)), 2},
		"IMF, no code":         {ReadIMF, imf(strings.Replace(row, "KES", "kes", 1)), 2},
		"IMF, monthly":         {ReadIMF, imf(strings.Replace(row, ",A,", ",M,", 1)), 2},
		"IMF, no country":      {ReadIMF, imf(strings.Replace(row, ",KE,", ",,", 1)), 2},
		"IMF, a country twice": {ReadIMF, imf(row + "\n" + row), 3},
		"IMF, a dear dollar":   {ReadIMF, imf("2023-12-31,2,USD,A,IMF,US,United States"), 2},
	} {
		_, err := c.read(strings.NewReader(c.file), "2024-12-31", 1000)
		var refused *RateFileError
		require.ErrorAs(t, err, &refused, name)
		assert.Equal(t, c.row, refused.Row, name)
	}
	broken := errors.New("the disk is gone")
	_, err := ReadIMF(iotest.ErrReader(broken), "2024-12-31", 1)
	require.ErrorIs(t, err, broken)
}

// zeros is a file that never ends.
type zeros struct{ line string }

func (z zeros) Read(p []byte) (int, error) {
	n := 0
	for len(p)-n >= len(z.line) {
		n += copy(p[n:], z.line)
	}
	if n == 0 {
		n = copy(p, z.line)
	}
	return n, nil
}

func TestRateFilesAreBounded(t *testing.T) {
	header := strings.Join(imfColumns, ",") + "\n"
	for name, endless := range map[string]io.Reader{
		"one line":  zeros{"0000000000"},
		"one quote": io.MultiReader(strings.NewReader(header+`"`), zeros{"0,\n0,\n"}),
		"rows":      io.MultiReader(strings.NewReader(header), zeros{"1999-12-31,1,KES,A,IMF,KE,Kenya\n"}),
	} {
		_, err := ReadIMF(endless, "2024-12-31", 1)
		var refused *RateFileError
		require.ErrorAs(t, err, &refused, name)
	}
}

// shared opens a public file that the project does not keep.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", name)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("no public figures in %s", filepath.Dir(path))
	}
	require.NoError(t, err)
	return text
}

// The files as they were published give the figures of testdata/rates.csv, which was made from them by
// another way.
func TestPublicFilesGiveTheFiguresOfTestdata(t *testing.T) {
	ecb, err := ReadECB(bytes.NewReader(shared(t, "ecb_eurofxref-hist_1999_2026-04-13.csv")), "2024-12-31", 0)
	require.NoError(t, err)
	imf, err := ReadIMF(bytes.NewReader(shared(t, "imf_annual_avg_per_usd_1950_2024.csv")), "2024-12-31", 0)
	require.NoError(t, err)
	merged, err := Merge(MustCurrency("USD"), ecb, imf)
	require.NoError(t, err)
	have := merged.References()
	assert.True(t, len(have) == 127, "%d rates", len(have)) //nolint:testifylint // Len would print them all

	file, err := os.Open("../testdata/rates.csv")
	require.NoError(t, err)
	defer func() { assert.NoError(t, file.Close()) }()
	rows := csv.NewReader(file)
	rows.Comment = '#'
	figures, err := rows.ReadAll()
	require.NoError(t, err)
	for _, figure := range figures[1:] {
		rate, err := merged.PerBase(MustCurrency(figure[0]))
		require.NoError(t, err, figure)
		digits := 8 - (len(strings.SplitN(figure[1], ".", 2)[0]))
		if strings.HasPrefix(figure[1], "0.") {
			digits = 8
		}
		want := MustRate(figure[1])
		assert.Equal(t, want.Text(digits), rate.Text(digits), figure)
	}
	for _, r := range merged.References() {
		assert.True(t, r.Source == "ECB" || r.Source == "IMF: annual average 2024", r)
		assert.Equal(t, Date("2024-12-31"), r.On)
	}
	t.Log("left out:", merged.Omitted())
}

// Every year of the IMF's file and every decade of the ECB's can be read.
func TestPublicFilesOfOtherDays(t *testing.T) {
	imf, ecb := shared(t, "imf_annual_avg_per_usd_1950_2024.csv"), shared(t, "ecb_eurofxref-hist_1999_2026-04-13.csv")
	for _, on := range []Date{"1950-12-31", "1975-12-31", "1999-12-31", "2008-12-31", "2024-01-01", "2026-04-13"} {
		table, err := ReadIMF(bytes.NewReader(imf), on, 500)
		require.NoError(t, err, on)
		assert.NotEmpty(t, table.References())
		t.Logf("IMF %s: %d rates, left out: %v", on, len(table.References()), table.Omitted())
	}
	for _, on := range []Date{"1999-01-10", "2008-12-31", "2026-04-12"} {
		table, err := ReadECB(bytes.NewReader(ecb), on, 3)
		require.NoError(t, err, on)
		assert.Greater(t, len(table.References()), 10)
	}
}

func FuzzReadRates(f *testing.F) {
	for _, seed := range []string{ecbFile, imfFile, "", "Date,USD,\n", "Date,\"\n", "\xff\xfe", "Date,USD,\n2024-12-31,1/3,\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, read := range []func(io.Reader, Date, int) (RateTable, error){ReadECB, ReadIMF} {
			table, err := read(bytes.NewReader(file), "2025-06-30", 400)
			if err != nil {
				var refused *RateFileError
				var stale *StaleRatesError
				require.True(t, errors.As(err, &refused) || errors.As(err, &stale), "%v", err)
				require.Less(t, len(err.Error()), 2000)
				continue
			}
			again, err := read(bytes.NewReader(file), "2025-06-30", 400)
			require.NoError(t, err)
			require.Equal(t, table.References(), again.References())
			for _, r := range table.References() {
				rate, err := table.Cross(r.Currency, table.Base())
				require.NoError(t, err)
				require.True(t, rate.Inverse().Equal(r.PerBase))
			}
		}
	})
}
