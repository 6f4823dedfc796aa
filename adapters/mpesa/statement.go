package mpesa

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

// Limits on a statement.
const (
	maxStatementLine  = 64 << 10
	maxStatementLines = 5_000_000
	maxPreamble       = 64 // lines above the header
)

// Columns of the organisation's statement, as the operator's portal writes it. The first five must be there.
const (
	columnReceipt   = "receipt no"
	columnCompleted = "completion time"
	columnStatus    = "transaction status"
	columnPaidIn    = "paid in"
	columnWithdrawn = "withdrawn"
	columnDetails   = "details"
	columnReason    = "reason type"
	columnParty     = "other party info"
	columnAccount   = "a/c no"
)

var requiredColumns = []string{columnReceipt, columnCompleted, columnStatus, columnPaidIn, columnWithdrawn}

// moved tells, of each status that a statement's row can have, whether money moved.
var moved = map[string]bool{
	"completed": true,
	"cancelled": false, "declined": false, "expired": false, "failed": false, "pending": false,
}

// statementAmount is an amount with or without commas between thousands.
var statementAmount = regexp.MustCompile(`^-?([0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,5})(\.[0-9]{1,4})?$`)

// readStatement reads an organisation's statement (CSV): lines about the account, a header, a row for each movement,
// of which those count that are completed. What was withdrawn is written with a minus by some portals and without by
// others. Times are in zone. Errors of the format are *adapters.StatementError; an error of line ends it.
func readStatement(r io.Reader, c fx.Currency, zone *time.Location, line func(adapters.StatementLine) error) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 4096), maxStatementLine)
	columns, number := map[string]int(nil), 0
	fault := func(format string, args ...any) error {
		return &adapters.StatementError{Line: number, Fault: fmt.Sprintf(format, args...)}
	}
	for scanner.Scan() {
		if number++; number > maxStatementLines {
			return fault("more than %d lines", maxStatementLines)
		}
		text := strings.TrimPrefix(scanner.Text(), "\ufeff")
		if strings.Trim(text, ", \t\r") == "" {
			continue
		}
		fields, err := csv.NewReader(strings.NewReader(text)).Read()
		switch {
		case err != nil && columns == nil: // what is above the header need not be CSV
		case err != nil:
			return fault("%v", errors.Unwrap(err))
		case columns == nil:
			if columns, err = readHeader(fields); err != nil {
				return fault("%v", err)
			}
		default:
			said, counts, err := readRow(fields, columns, c, zone)
			if err != nil {
				return fault("%v", err)
			}
			if !counts {
				continue
			}
			if err := line(said); err != nil {
				return err
			}
		}
		if columns == nil && number >= maxPreamble {
			return fault("no header with a %q within %d lines", columnReceipt, maxPreamble)
		}
	}
	if err := scanner.Err(); err != nil {
		number++
		return fault("%v", err)
	}
	if columns == nil {
		return fault("no header with a %q", columnReceipt)
	}
	return nil
}

// readHeader finds the columns by name; nil where this is no header.
func readHeader(fields []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range fields {
		name = strings.TrimRight(strings.ToLower(strings.TrimSpace(name)), ".")
		if _, twice := columns[name]; twice && name != "" {
			if _, header := columns[columnReceipt]; header {
				return nil, fmt.Errorf("column %q twice", shorten(name, 40))
			}
		}
		columns[name] = i
	}
	if _, ok := columns[columnReceipt]; !ok {
		return nil, nil
	}
	for _, name := range requiredColumns {
		if _, ok := columns[name]; !ok {
			return nil, fmt.Errorf("no column %q", name)
		}
	}
	return columns, nil
}

// readRow reads one row. counts is false where no money moved.
func readRow(fields []string, columns map[string]int, c fx.Currency, zone *time.Location) (said adapters.StatementLine, counts bool, err error) {
	field := func(name string) string {
		if i, ok := columns[name]; ok && i < len(fields) {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	counts, known := moved[strings.ToLower(field(columnStatus))]
	switch {
	case !known:
		return said, false, fmt.Errorf("status %q", shorten(field(columnStatus), 40))
	case !counts:
		return said, false, nil
	case !receiptForm.MatchString(field(columnReceipt)):
		return said, false, errors.New("the receipt is not 1 to 35 letters and digits")
	}
	said = adapters.StatementLine{
		Ref: field(columnReceipt), Order: shortenText(field(columnAccount)), Party: shortenText(field(columnParty)),
		Code: shortenText(field(columnReason)), Text: shortenText(field(columnDetails)),
	}
	if said.At, err = parseMoment(field(columnCompleted), zone); err != nil {
		return said, false, fmt.Errorf("completion time %q", shorten(field(columnCompleted), 40))
	}
	in, err := statementMoney(field(columnPaidIn), c)
	if err != nil {
		return said, false, fmt.Errorf("paid in: %w", err)
	}
	out, err := statementMoney(field(columnWithdrawn), c)
	switch {
	case err != nil:
		return said, false, fmt.Errorf("withdrawn: %w", err)
	case in.Minor < 0 || (in.Minor == 0) == (out.Minor == 0):
		return said, false, errors.New("not one amount, paid in or withdrawn")
	case in.Minor > 0:
		said.Direction, said.Amount = adapters.In, in
	default:
		said.Direction, said.Amount = adapters.Out, fx.Money{Minor: max(out.Minor, -out.Minor), Currency: c}
	}
	said.Fee = strings.Contains(strings.ToLower(said.Code+" "+said.Text), "charge")
	return said, true, nil
}

// statementMoney reads an amount; nothing is zero.
func statementMoney(text string, c fx.Currency) (fx.Money, error) {
	if text == "" {
		return fx.Money{Currency: c}, nil
	}
	if !statementAmount.MatchString(text) {
		return fx.Money{}, fmt.Errorf("%q is no amount", shorten(text, 40))
	}
	return parseAmount(strings.ReplaceAll(text, ",", ""), c)
}
