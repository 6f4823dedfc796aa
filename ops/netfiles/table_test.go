package netfiles

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// all reads every row of a text, its header first.
func all(text string, maxRows int) (rows [][]string, err error) {
	t, err := newTable("file", strings.NewReader(text), maxRows)
	if err != nil {
		return nil, err
	}
	header := make([]string, len(t.columns))
	for name, i := range t.columns {
		header[i] = name
	}
	rows = append(rows, header)
	return rows, t.each(func() error {
		row := make([]string, len(t.fields))
		for i, field := range t.fields {
			row[i] = string(field)
		}
		rows = append(rows, row)
		return nil
	})
}

// What another writer writes is read as it was.
func TestTableReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 5).Draw(t, "columns")
		field := rapid.StringMatching(`[a,"é ]{0,6}`)
		rows := [][]string{rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z,"]{1,4}`), columns, columns, rapid.ID).Draw(t, "names")}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			row := rapid.SliceOfN(field, columns, columns).Draw(t, "row")
			if columns == 1 && row[0] == "" {
				row[0] = "-" // alone it is an empty line
			}
			rows = append(rows, row)
		}
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		w.UseCRLF = rapid.Bool().Draw(t, "CR LF")
		require.NoError(t, w.WriteAll(rows))
		read, err := all(text.String(), 5)
		require.NoError(t, err)
		require.Equal(t, rows, read)
	})
}

func TestTableRefusesMoreRowsThanAreTaken(t *testing.T) {
	_, err := all("a\n1\n2\n", 2)
	require.NoError(t, err)
	_, err = all("a\n1\n2\n3\n", 2)
	requireFileError(t, err, "file", 4)
}

// broken is a disk that fails.
type broken struct{ text io.Reader }

var errDisk = errors.New("disk")

func (b broken) Read(p []byte) (int, error) {
	n, err := b.text.Read(p)
	if errors.Is(err, io.EOF) {
		err = errDisk
	}
	return n, err
}

func TestTableTellsAReadErrorFromTheEnd(t *testing.T) {
	table, err := newTable("file", broken{strings.NewReader("a\n1\n2")}, 9)
	require.NoError(t, err)
	require.ErrorIs(t, table.each(func() error { return nil }), errDisk)
}

// Whatever is accepted, the standard reader reads the same.
func FuzzTable(f *testing.F) {
	for _, seed := range []string{
		"", "a", "a,b\n1,2\n", "\ufeffa\r\n1\r\n", "a\n\n1\n", "a,b\n\"1,\"\"\",2\n", "a\n\"1", "a\n\"1\"2", "a,a\n", "a\n\x00", "a,b\n1\n", "a\n\xff\n", "\n", "\"", "a\n1\r",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := all(text, 1000)
		if err != nil {
			var wrong *FileError
			require.ErrorAs(t, err, &wrong)
			require.Less(t, len(err.Error()), 1000)
			return
		}
		reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		want, err := reader.ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, len(want))
		for i := range want {
			if len(want[i]) == 1 { // the standard reader takes a last CR without LF as part of the field
				want[i][0] = strings.TrimSuffix(want[i][0], "\r")
			}
			require.Equal(t, want[i], rows[i])
		}
	})
}

// Whatever the files hold, a selection answers, or names file and row.
func FuzzSelect(f *testing.F) {
	f.Add(oneCurrency+"1,a,b,KES,3,1\n", twoCaps, "currency,minor_units,units_per_usd\nKES,2,129\n", "currency,cap\nKES,1\n")
	f.Add(twoCurrencies+"1,a,KES,3,b,KES,3\n", twoCaps, "", "")
	f.Add(twoCurrencies+"1,a,KES,3,a,UGX,9\n", capsHeader+"a,KES,9223372036854775807\na,UGX,0\n", "currency,minor_units,units_per_usd\nKES,18,1/3\nUGX,0,99999999999999999999\n", "")
	f.Fuzz(func(t *testing.T, intents, caps, rates, pools string) {
		dir := t.TempDir()
		s := SelectFiles{Intents: file(t, dir, "intents", intents), Caps: file(t, dir, "caps", caps), JSON: true}
		if rates != "" {
			s.Rates = file(t, dir, "rates", rates)
		}
		if pools != "" {
			s.Pools = file(t, dir, "pools", pools)
		}
		var stdout bytes.Buffer
		if err := Select(&stdout, s); err != nil {
			requireNamed(t, err)
			return
		}
		readJSON(t, stdout.Bytes())
	})
}

func FuzzExchange(f *testing.F) {
	f.Add(twoCurrencies+"1,a,KES,5,b,UGX,2\n", someRates)
	f.Add(oneCurrency+"1,a,b,KES,5,1\n", someRates)
	f.Fuzz(func(t *testing.T, intents, rates string) {
		dir := t.TempDir()
		var stdout bytes.Buffer
		if err := Exchange(&stdout, ExchangeFiles{Intents: file(t, dir, "intents", intents), Rates: file(t, dir, "rates", rates), JSON: true}); err != nil {
			requireNamed(t, err)
			return
		}
		readJSON(t, stdout.Bytes())
	})
}

func FuzzSetOff(f *testing.F) {
	f.Add("debtor,creditor,amount\na,b,3\nb,a,2\n", "participant,limit\na,2\n")
	f.Add("debtor,creditor,currency,amount\na,b,KES,3\nb,a,UGX,2\n", "")
	f.Fuzz(func(t *testing.T, obligations, credit string) {
		dir := t.TempDir()
		s := SetOffFiles{Obligations: file(t, dir, "obligations", obligations), JSON: true}
		if credit != "" {
			s.Credit = file(t, dir, "credit", credit)
		}
		var stdout bytes.Buffer
		if err := SetOff(&stdout, s); err != nil {
			requireNamed(t, err)
			return
		}
		readJSON(t, stdout.Bytes())
	})
}

func requireNamed(t *testing.T, err error) {
	t.Helper()
	var wrong *FileError
	require.ErrorAs(t, err, &wrong)
	require.NotContains(t, err.Error(), "\n")
	require.Less(t, len(wrong.Fault), 1000)
}

// Ids are ordered as a plain sort of strings or numbers orders them.
func TestIDsByAge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOf(rapid.StringMatching(rapid.SampledFrom([]string{`[1-9][0-9]{0,24}`, `[ab0]{1,12}`}).Draw(t, "kind"))).Draw(t, "ids")
		numeric := !slices.ContainsFunc(ids, func(id string) bool { return strings.ContainsAny(id, "ab") })
		var list idList
		for _, id := range ids {
			list.add([]byte(id))
		}
		sorted := make([]string, len(ids))
		for to, from := range list.byAge() {
			sorted[to] = string(list.at(from))
		}
		slices.SortStableFunc(ids, func(a, b string) int {
			if numeric {
				pad := func(s string) string { return fmt.Sprintf("%030s", s) }
				return strings.Compare(pad(a)+a, pad(b)+b)
			}
			return strings.Compare(a, b)
		})
		require.Equal(t, ids, sorted)
	})
}

// BenchmarkReadIntents reads a million rows in mixed order: seconds and bytes per row.
func BenchmarkReadIntents(b *testing.B) {
	const rows, accounts = 1_000_000, 200
	dir := b.TempDir()
	var text bytes.Buffer
	text.WriteString(oneCurrency)
	for i := range rows {
		id := (i*7919 + 1) % rows
		fmt.Fprintf(&text, "%d,P%04d,P%04d,KES,%d,1\n", id, i%accounts, (i+1+i%7)%accounts, 1000+i%100_000)
	}
	path := file(b, dir, "intents", text.String())
	known := newAccounts()
	for i := range accounts {
		_, _ = known.add(fmt.Appendf(nil, "P%04d", i), []byte("KES"))
	}
	b.ReportAllocs()
	for b.Loop() {
		in, err := readIntents(filepath.Clean(path), func(participant, currency []byte) (int32, string) {
			number, _ := known.find(participant, currency)
			return number, ""
		})
		require.NoError(b, err)
		require.Len(b, in.obligations, rows)
	}
}
