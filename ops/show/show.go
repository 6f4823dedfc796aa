// Package show shows what a command found: as a table to people, as JSON to programs, as CSV to spreadsheets. Columns
// are declared once. Names in JSON and CSV do not change; amounts are strings in major units.
package show

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is how something is shown.
type Format string

// The formats.
const (
	Table Format = "table"
	JSON  Format = "json"
	CSV   Format = "csv"
)

// Formats lists them.
func Formats() []string { return []string{string(Table), string(JSON), string(CSV)} }

// FormatError says that something cannot be shown as asked. The same call fails again.
type FormatError struct{ Format string }

func (e *FormatError) Error() string {
	return fmt.Sprintf("-o %.20q: there are %s", e.Format, strings.Join(Formats(), ", "))
}

// Column is one of a table, over rows of a type.
type Column[T any] struct {
	Name  string      // in JSON and CSV: lower case, words joined by _
	Title string      // on screens; "" is made of the name
	Money bool        // its values are fx.Money or nil; CSV gives them a second column, for the currency
	Wide  bool        // too wide for a screen: in JSON and CSV alone
	Value func(T) any // string, integer, bool, time.Time, time.Duration, fx.Money, []string, a Stringer, or nil
}

// Sheet is a table with its values.
type Sheet struct {
	Name  string // among several: a member of the JSON object, the title on a screen
	Heads []Head
	Rows  [][]any
}

// Head is a column of a sheet.
type Head struct {
	Name, Title string
	Money, Wide bool
}

// Rows makes a sheet of rows.
func Rows[T any](name string, columns []Column[T], rows []T) Sheet {
	s := Sheet{Name: name, Rows: make([][]any, 0, len(rows))}
	for _, c := range columns {
		title := c.Title
		if title == "" {
			title = strings.ReplaceAll(c.Name, "_", " ")
		}
		s.Heads = append(s.Heads, Head{Name: c.Name, Title: strings.ToUpper(title), Money: c.Money, Wide: c.Wide})
	}
	for _, row := range rows {
		cells := make([]any, len(columns))
		for i, c := range columns {
			cells[i] = c.Value(row)
		}
		s.Rows = append(s.Rows, cells)
	}
	return s
}

// Write shows sheets. One is an array in JSON, several are an object of arrays. CSV has one head line, so of several
// it has the first.
func (f Format) Write(out io.Writer, sheets ...Sheet) error {
	switch f {
	case Table:
		return writeTables(out, sheets)
	case JSON:
		return writeJSON(out, sheets)
	case CSV:
		return writeCSV(out, sheets[0])
	default:
		return f.Check()
	}
}

// Check tells whether there is such a format.
func (f Format) Check() error {
	if slices.Contains(Formats(), string(f)) {
		return nil
	}
	return &FormatError{Format: string(f)}
}

// Set takes a format from the command line.
func (f *Format) Set(text string) error {
	*f = Format(text)
	return f.Check()
}

// String is the format's name.
func (f *Format) String() string { return string(*f) }

// Type names what the flag takes.
func (f *Format) Type() string { return "FORMAT" }
