package adapters

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits on a statement of comma-separated values.
const (
	maxTableLine  = 64 << 10
	maxTableLines = 5_000_000
	maxPreamble   = 64 // lines above the head
)

// StatementTable is a statement of comma-separated values: lines about the account, a head of names, then a row a line.
// Names count without their case, the spaces around them and a dot behind them; a value holds no line end.
type StatementTable struct {
	Columns []string // that the head must have, each once; the first tells it from the lines above
	End     string   // a line that ends the table, without which it is not whole; "" where nothing does
}

// StatementRow is a row, by its head's names.
type StatementRow struct {
	columns map[string]int
	fields  []string
}

// Get is a row's value without the spaces around it, "" where the table has no such column or the row is shorter.
func (r StatementRow) Get(column string) string {
	if i, ok := r.columns[foldColumn(column)]; ok && i < len(r.fields) {
		return strings.TrimSpace(r.fields[i])
	}
	return ""
}

func foldColumn(name string) string {
	return strings.TrimRight(strings.ToLower(strings.TrimSpace(name)), ".")
}

// Read hands over what read makes of each row: no line, one, or one and the fee for it. Errors of the format, and
// read's, are *StatementError; an error of line ends it.
func (t StatementTable) Read(r io.Reader, read func(StatementRow) ([]StatementLine, error), line func(StatementLine) error) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 4096), maxTableLine)
	var columns map[string]int
	number, ended := 0, false
	fault := func(format string, args ...any) error {
		return &StatementError{Line: number, Fault: fmt.Sprintf(format, args...)}
	}
	for scanner.Scan() {
		if number++; number > maxTableLines {
			return fault("more than %d lines", maxTableLines)
		}
		fields, err := splitRow(scanner.Text())
		switch {
		case fields == nil && err == nil: // an empty line
		case ended:
			return fault("something behind %s", t.End)
		case t.End != "" && len(fields) > 0 && fields[0] == t.End:
			ended = true
		case columns == nil:
			if columns, err = t.head(fields); err != nil { // what is above the head need not be CSV
				return fault("%v", err)
			}
			if columns == nil && number >= maxPreamble {
				return fault("no head with a %q within %d lines", t.Columns[0], maxPreamble)
			}
		case err != nil:
			return fault("%v", err)
		default:
			said, err := read(StatementRow{columns, fields})
			if err != nil {
				return fault("%v", err)
			}
			for _, l := range said {
				if err := line(l); err != nil {
					return err
				}
			}
		}
	}
	switch err := scanner.Err(); {
	case err != nil:
		number++
		return fault("%v", err)
	case columns == nil:
		return fault("no head with a %q", t.Columns[0])
	case t.End != "" && !ended:
		return fault("it is not whole: no %s", t.End)
	}
	return nil
}

// splitRow splits a line; nil for an empty one.
func splitRow(text string) ([]string, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.Trim(text, ", \t\r") == "" {
		return nil, nil
	}
	fields, err := csv.NewReader(strings.NewReader(text)).Read()
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, parse.Err
	}
	return fields, err
}

// head finds the columns by name; nil where this is no head. Names that nobody asks for may be there twice.
func (t StatementTable) head(fields []string) (map[string]int, error) {
	columns, count := map[string]int{}, map[string]int{}
	for i, name := range fields {
		name = foldColumn(name)
		if count[name]++; count[name] == 1 {
			columns[name] = i
		}
	}
	if count[foldColumn(t.Columns[0])] == 0 {
		return nil, nil //nolint:nilnil // a line above the head is no error
	}
	for _, name := range t.Columns {
		switch count[foldColumn(name)] {
		case 0:
			return nil, fmt.Errorf("no column %q", name)
		case 1:
		default:
			return nil, fmt.Errorf("column %q twice", name)
		}
	}
	return columns, nil
}
