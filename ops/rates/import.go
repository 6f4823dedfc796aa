package rates

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/show"
)

// Sources are the files that rates come from. A currency's rate is of the first that has it: what was
// agreed, then the ECB's, then the IMF's.
type Sources struct {
	Agreed     string // CSV of rates that the committee or a community agreed on, with the columns agreedColumns
	ECB        string // the European Central Bank's history file
	IMF        string // the International Monetary Fund's annual averages
	Base       string // currency code
	Date       string // YYYY-MM-DD
	MaxAgeDays int    // of a daily rate; an annual average, filed at its year's end, may be a year older
}

var agreedColumns = []string{"currency", "per_base", "source", "on"}

const (
	maxAgreedBytes = 1 << 20
	yearDays       = 366
)

// Table reads and merges the sources. Errors are package fx's, with the file's name.
func (s Sources) Table() (fx.RateTable, error) {
	fail := func(err error) (fx.RateTable, error) { return fx.RateTable{}, fmt.Errorf("rates: %w", err) }
	base, err := fx.ParseCurrency(s.Base)
	if err != nil {
		return fail(err)
	}
	on, err := fx.ParseDate(s.Date)
	if err != nil {
		return fail(err)
	}
	if s.MaxAgeDays < 0 {
		return fail(fmt.Errorf("an age of %d days", s.MaxAgeDays))
	}
	var tables []fx.RateTable
	for _, source := range []struct {
		file string
		read func(io.Reader) (fx.RateTable, error)
	}{
		{s.Agreed, func(r io.Reader) (fx.RateTable, error) { return readAgreed(r, base, on) }},
		{s.ECB, func(r io.Reader) (fx.RateTable, error) { return fx.ReadECB(r, on, s.MaxAgeDays) }},
		{s.IMF, func(r io.Reader) (fx.RateTable, error) { return fx.ReadIMF(r, on, s.MaxAgeDays+yearDays) }},
	} {
		if source.file == "" {
			continue
		}
		table, err := readFile(source.file, source.read)
		if err != nil {
			return fail(err)
		}
		tables = append(tables, table)
	}
	if len(tables) == 0 {
		return fail(errors.New("no file to take rates from"))
	}
	merged, err := fx.Merge(base, tables...)
	if err != nil {
		return fail(err)
	}
	return merged, nil
}

func readFile[T any](name string, read func(io.Reader) (T, error)) (value T, err error) {
	file, err := os.Open(name)
	if err != nil {
		return value, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	if value, err = read(file); err != nil {
		return value, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}

// readAgreed reads rates per unit of the base. None may be of a day after the one that is asked for.
func readAgreed(r io.Reader, base fx.Currency, on fx.Date) (fx.RateTable, error) {
	text, err := readAll(r, maxAgreedBytes)
	if err != nil {
		return fx.RateTable{}, err
	}
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text.Bytes(), []byte("\ufeff"))))
	rows.FieldsPerRecord = len(agreedColumns)
	if header, err := rows.Read(); err != nil || !slices.Equal(header, agreedColumns) {
		return fx.RateTable{}, fmt.Errorf("the columns are not %q", agreedColumns)
	}
	var references []fx.Reference
	for {
		record, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return fx.NewRateTable(base, references)
		}
		if err != nil {
			return fx.RateTable{}, err
		}
		reference := fx.Reference{Source: record[2]}
		var errs [4]error
		reference.Currency, errs[0] = fx.ParseCurrency(record[0])
		reference.PerBase, errs[1] = fx.ParseRate(record[1])
		reference.On, errs[2] = fx.ParseDate(record[3])
		if reference.On > on {
			errs[3] = fmt.Errorf("%s is after %s", reference.On, on)
		}
		if err := errors.Join(errs[:]...); err != nil {
			line, _ := rows.FieldPos(0)
			return fx.RateTable{}, fmt.Errorf("row %d: %w", line, err)
		}
		references = append(references, reference)
	}
}

// imported is the merged table as JSON.
type imported struct {
	Base    string        `json:"base"`
	Date    string        `json:"date"` // asked for
	Rates   []importedRow `json:"rates"`
	Omitted []omittedRow  `json:"omitted"`
}

type importedRow struct {
	Currency string  `json:"currency"`
	PerBase  fx.Rate `json:"per_base"` // exact
	Source   string  `json:"source"`
	On       fx.Date `json:"on"`
}

type omittedRow struct {
	Currency string `json:"currency"`
	Reason   string `json:"reason"`
}

// shownDecimals are enough for people; JSON has the exact rate.
const shownDecimals = 8

// columns of what was imported, for people and spreadsheets.
func columns(base fx.Currency) []show.Column[importedRow] {
	return []show.Column[importedRow]{
		{Name: "currency", Value: func(r importedRow) any { return r.Currency }},
		{Name: "per_base", Title: "per " + base.String(), Value: func(r importedRow) any { return r.PerBase.Text(shownDecimals) }},
		{Name: "on", Title: "of", Value: func(r importedRow) any { return string(r.On) }},
		{Name: "source", Value: func(r importedRow) any { return r.Source }},
	}
}

// Import shows the sources' rates, one a currency, with source and day. What was left out, and why, is in JSON and
// below the table.
func Import(out io.Writer, s Sources, format show.Format) error {
	table, err := s.Table()
	if err != nil {
		return err
	}
	all := imported{Base: table.Base().String(), Date: s.Date}
	for _, r := range table.References() {
		all.Rates = append(all.Rates, importedRow{Currency: r.Currency.String(), PerBase: r.PerBase, Source: r.Source, On: r.On})
	}
	for _, o := range table.Omitted() {
		all.Omitted = append(all.Omitted, omittedRow(o))
	}
	if format == show.JSON {
		return show.Value(out, all)
	}
	if err := format.Write(out, show.Rows("rates", columns(table.Base()), all.Rates)); err != nil || format != show.Table {
		return err
	}
	for _, o := range all.Omitted {
		if _, err := fmt.Fprintf(out, "left out: %s, %s\n", o.Currency, o.Reason); err != nil {
			return err
		}
	}
	return nil
}
