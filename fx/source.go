package fx

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// Limits of a public file of rates. The ECB's whole history is 2 MB in 7,000 rows, the IMF's less than 1 MB
// in 14,000.
const (
	maxRateFileBytes = 16 << 20
	maxRateFileRows  = 200_000
	maxRateCells     = 200 // in a row
	maxRateCell      = 200 // bytes
)

// RateFileError says which row of a public file cannot be read, and why. Row counts from 1, the header;
// 0 is the file. A retry with the same file fails again, unless Err is the reader's own.
type RateFileError struct {
	File  string // "ECB" or "IMF"
	Row   int
	Fault string
	Err   error // the cause, nil where Fault is all
}

func (e *RateFileError) Error() string {
	text := fmt.Sprintf("fx: %s file: row %d: %s", e.File, e.Row, e.Fault)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *RateFileError) Unwrap() error { return e.Err }

// StaleRatesError says that a file has nothing for a day or the days before it that the caller would
// take. Newest is the newest day up to it that the file has, "" where there is none.
type StaleRatesError struct {
	File       string
	On, Newest Date
	MaxAgeDays int
}

func (e *StaleRatesError) Error() string {
	if e.Newest == "" {
		return fmt.Sprintf("fx: %s file: no rates of %s or before", e.File, e.On)
	}
	return fmt.Sprintf("fx: %s file: the newest rates up to %s are of %s; at most %d days are asked for", e.File, e.On, e.Newest, e.MaxAgeDays)
}

// rateFile reads a file of comma-separated values, row by row and within limits.
type rateFile struct {
	name string
	rows *csv.Reader
	row  int
}

func newRateFile(name string, r io.Reader) *rateFile {
	rows := csv.NewReader(&boundedReader{from: r, left: maxRateFileBytes})
	rows.ReuseRecord = true
	return &rateFile{name: name, rows: rows}
}

// next returns the next row, valid until the one after, and io.EOF past the last. Errors are *RateFileError.
func (f *rateFile) next() ([]string, error) {
	cells, err := f.rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, &RateFileError{File: f.name, Row: parse.StartLine, Fault: "cannot be read", Err: err}
	}
	if err != nil {
		return nil, &RateFileError{File: f.name, Row: f.row + 1, Fault: "cannot be read", Err: err}
	}
	f.row, _ = f.rows.FieldPos(0) // not the count: the reader passes over empty lines
	if f.row > maxRateFileRows {
		return nil, f.fault("more than %d rows", maxRateFileRows)
	}
	if len(cells) > maxRateCells {
		return nil, f.fault("%d cells; the limit is %d", len(cells), maxRateCells)
	}
	for i, cell := range cells {
		if len(cell) > maxRateCell {
			return nil, f.fault("cell %d has %d bytes; the limit is %d", i+1, len(cell), maxRateCell)
		}
	}
	return cells, nil
}

func (f *rateFile) fault(format string, args ...any) error {
	return &RateFileError{File: f.name, Row: f.row, Fault: fmt.Sprintf(format, args...)}
}

// date reads a row's date.
func (f *rateFile) date(text string) (Date, error) {
	d, err := ParseDate(text)
	if err != nil {
		return "", f.fault("%q is no date YYYY-MM-DD", clip(text))
	}
	return d, nil
}

// rate reads a row's rate.
func (f *rateFile) rate(text string) (Rate, error) {
	r, err := ParseRate(text)
	if err != nil {
		return Rate{}, &RateFileError{File: f.name, Row: f.row, Fault: "no rate", Err: err}
	}
	return r, nil
}

var errTooManyBytes = fmt.Errorf("more than %d bytes", maxRateFileBytes)

// boundedReader fails past its limit, where io.LimitedReader would pretend that the file ends there.
type boundedReader struct {
	from io.Reader
	left int
}

func (r *boundedReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		if n, err := io.ReadFull(r.from, make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, errTooManyBytes
	}
	n, err := r.from.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}
