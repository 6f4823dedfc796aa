package netfiles

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"unicode/utf8"
)

// Limits of what a file may hold.
const (
	maxLine = 1 << 16 // bytes
	maxName = 128     // bytes of an id, a participant or a currency
)

// FileError tells which file is wrong, where and why. A retry with the same file fails again.
type FileError struct {
	File  string
	Row   int // line of the file, from 1; 0 where the file as a whole is wrong
	Fault string
}

func (e *FileError) Error() string {
	if e.Row == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Fault)
	}
	return fmt.Sprintf("%s: row %d: %s", e.File, e.Row, e.Fault)
}

// table reads a CSV file row by row, without a copy of anything. What it hands out holds until the next row.
type table struct {
	file    string
	in      *bufio.Reader
	row     int // of the fields
	maxRow  int
	columns map[string]int
	fields  [][]byte
}

// readTable opens a file, reads its first row as the names of its columns, and hands it to read. At most
// maxRows rows may follow.
func readTable(file string, maxRows int, read func(*table) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	t, err := newTable(file, f, maxRows)
	if err != nil {
		return err
	}
	return read(t)
}

func newTable(file string, in io.Reader, maxRows int) (*table, error) {
	t := &table{file: file, in: bufio.NewReaderSize(in, maxLine), maxRow: maxRows + 1}
	if mark, err := t.in.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = t.in.Discard(len(mark)) // they were just seen
	}
	switch more, err := t.next(); {
	case err != nil:
		return nil, err
	case !more:
		return nil, &FileError{File: file, Fault: "is empty"}
	}
	t.columns = make(map[string]int, len(t.fields))
	for i, name := range t.fields {
		if _, twice := t.columns[string(name)]; twice {
			return nil, t.fault("column %s is there twice", quote(name))
		}
		t.columns[string(name)] = i
	}
	return t, nil
}

// fault is what is wrong with the present row.
func (t *table) fault(format string, about ...any) error {
	return &FileError{File: t.file, Row: t.row, Fault: fmt.Sprintf(format, about...)}
}

// quote writes what a file holds into an error: printable and short.
func quote(field []byte) string {
	const most = 40
	if len(field) > most {
		return fmt.Sprintf("%q...", field[:most])
	}
	return fmt.Sprintf("%q", field)
}

// column finds a column, -1 where there is none.
func (t *table) column(name string) int {
	if i, ok := t.columns[name]; ok {
		return i
	}
	return -1
}

// require finds columns that must be there.
func (t *table) require(names ...string) ([]int, error) {
	found, missing := make([]int, len(names)), []string(nil)
	for i, name := range names {
		if found[i] = t.column(name); found[i] < 0 {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return nil, &FileError{File: t.file, Row: 1, Fault: "has no column " + strings.Join(missing, ", ")}
	}
	return found, nil
}

// each calls read for every row.
func (t *table) each(read func() error) error {
	for {
		more, err := t.next()
		if err != nil || !more {
			return err
		}
		if err := read(); err != nil {
			return err
		}
	}
}

// next reads a row. Empty lines may stand at the end only.
func (t *table) next() (more bool, err error) {
	for empty := 0; ; {
		t.row++
		line, err := t.in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return false, t.fault("is longer than %d bytes", maxLine)
		case err != nil && !errors.Is(err, io.EOF):
			return false, fmt.Errorf("%s: row %d: %w", t.file, t.row, err)
		case err != nil && len(line) == 0:
			return false, nil
		}
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			empty = max(empty, t.row)
			continue
		}
		if empty > 0 {
			t.row = empty
			return false, t.fault("is empty")
		}
		if t.row > t.maxRow {
			return false, t.fault("one more than the %d rows that are taken", t.maxRow-1)
		}
		return true, t.split(line)
	}
}

// split cuts a line into fields.
func (t *table) split(line []byte) error {
	t.fields = t.fields[:0]
	begin, quoted, all := 0, false, byte(0)
	for i, c := range line {
		switch {
		case c == ',':
			t.fields = append(t.fields, line[begin:i])
			begin = i + 1
		case c < ' ':
			return t.fault("holds a control character")
		case c == '"':
			quoted = true
		}
		all |= c
	}
	t.fields = append(t.fields, line[begin:])
	if all >= utf8.RuneSelf && !utf8.Valid(line) {
		return t.fault("is not UTF-8")
	}
	if quoted {
		if err := t.splitQuoted(line); err != nil {
			return err
		}
	}
	if t.columns != nil && len(t.fields) != len(t.columns) {
		return t.fault("has %d fields where the first row has %d", len(t.fields), len(t.columns))
	}
	return nil
}

// splitQuoted cuts a line with quoted fields, as RFC 4180 has them: quotes around the whole field, doubled
// inside.
func (t *table) splitQuoted(line []byte) error {
	t.fields = t.fields[:0]
	for {
		var field, rest []byte
		if len(line) > 0 && line[0] == '"' {
			field, rest = unquote(line)
		} else {
			end := bytes.IndexByte(line, ',')
			if end < 0 {
				end = len(line)
			}
			field, rest = line[:end], line[end:]
			if bytes.IndexByte(field, '"') >= 0 {
				field = nil
			}
		}
		if field == nil || len(rest) > 0 && rest[0] != ',' {
			return t.fault("is not quoted as CSV is")
		}
		t.fields = append(t.fields, field)
		if len(rest) == 0 {
			return nil
		}
		line = rest[1:]
	}
}

// unquote reads a quoted field into its own place; nil if its end is missing.
func unquote(line []byte) (field, rest []byte) {
	field = line[:0]
	for i := 1; i < len(line); i++ {
		if line[i] == '"' {
			if i+1 == len(line) || line[i+1] != '"' {
				return field, line[i+1:]
			}
			i++
		}
		field = append(field, line[i])
	}
	return nil, nil
}

// name reads an id, a participant or a currency.
func (t *table) name(column int) ([]byte, error) {
	field := t.fields[column]
	if len(field) == 0 || len(field) > maxName {
		return nil, t.fault("%s has %d bytes, not 1 to %d", t.columnName(column), len(field), maxName)
	}
	return field, nil
}

// number reads an unsigned integer in decimal digits, from least to most.
func (t *table) number(column int, least, most int64) (int64, error) {
	field := t.fields[column]
	n, ok := parseDigits(field)
	if !ok || n > math.MaxInt64 || int64(n) < least || int64(n) > most {
		if most == math.MaxInt64 {
			return 0, t.fault("%s %s is not an integer of at least %d within 64 bits", t.columnName(column), quote(field), least)
		}
		return 0, t.fault("%s %s is not an integer from %d to %d", t.columnName(column), quote(field), least, most)
	}
	return int64(n), nil
}

func (t *table) columnName(column int) string {
	for name, i := range t.columns {
		if i == column {
			return name
		}
	}
	return "?"
}

// parseDigits reads decimal digits; false where there are none, others, or more than fit.
func parseDigits(field []byte) (n uint64, ok bool) {
	for _, c := range field {
		digit := uint64(c - '0')
		if digit > 9 || n > (math.MaxUint64-digit)/10 {
			return 0, false
		}
		n = 10*n + digit
	}
	return n, len(field) > 0
}
