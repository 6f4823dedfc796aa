package upi

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Columns are the names that the head of a settlement file gives its columns. PSPs lay them out as they
// like; what is said is the same. Currency, Party, Code and Type need not be there.
type Columns struct {
	At        string `yaml:"at"`        // SettlementTime in Indian time, or RFC 3339
	RRN       string `yaml:"rrn"`       // 12 digits
	Reference string `yaml:"reference"` // Txn refId of a customer's payment, merchantRequestId of ours
	Direction string `yaml:"direction"` // SettledIn or SettledOut
	Amount    string `yaml:"amount"`    // two decimals, without separators
	Currency  string `yaml:"currency"`
	Party     string `yaml:"party"` // the customer's VPA
	Code      string `yaml:"code"`  // of the response; what was declined is not in the statement
	Type      string `yaml:"type"`  // settledFee for the PSP's own charge
}

// StandardColumns are those of the sandbox's file.
var StandardColumns = Columns{
	At: "Transaction Date", RRN: "RRN", Reference: "Reference ID", Direction: "Cr/Dr", Amount: "Amount", Currency: "Currency",
	Party: "Customer VPA", Code: "Response Code", Type: "Transaction Type",
}

// What a settlement file says.
const (
	SettledIn      = "CR"
	SettledOut     = "DR"
	SettlementTime = time.DateTime
	settledFee     = "FEE"
)

// IndianTime is the zone of settlement files: UTC+5:30 all year.
var IndianTime = time.FixedZone("IST", 5*3600+1800)

// Limits on settlement files.
const (
	maxSettlementLine  = 8 << 10
	maxSettlementLines = 5_000_000
)

// readSettlement hands over the lines of a settlement file, in its order. Errors of the format are
// *adapters.StatementError.
func readSettlement(r io.Reader, columns Columns, currency fx.Currency, line func(adapters.StatementLine) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxSettlementLine)
	var file settlement
	number := 0
	for lines.Scan() {
		if number++; number > maxSettlementLines {
			return &adapters.StatementError{Line: number, Fault: fmt.Sprintf("more than %d lines", maxSettlementLines)}
		}
		row, err := fields(lines.Text())
		switch {
		case err != nil:
			return &adapters.StatementError{Line: number, Fault: err.Error()}
		case row == nil:
			continue
		case file.at == nil:
			if file, err = openSettlement(row, columns, currency); err != nil {
				return &adapters.StatementError{Line: number, Fault: err.Error()}
			}
			continue
		}
		l, counts, err := file.read(row)
		if err != nil {
			return &adapters.StatementError{Line: number, Fault: err.Error()}
		}
		if counts {
			if err := line(l); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return &adapters.StatementError{Line: number + 1, Fault: fmt.Sprintf("longer than %d bytes", maxSettlementLine)}
	} else if err != nil {
		return fmt.Errorf("upi: settlement file: %w", err)
	}
	if file.at == nil {
		return &adapters.StatementError{Line: 1, Fault: "no head"}
	}
	return nil
}

// fields splits one line; nil for an empty one. A value cannot hold a line end.
func fields(line string) ([]string, error) {
	line = strings.TrimPrefix(strings.TrimSuffix(line, "\r"), "\uFEFF")
	if strings.TrimSpace(line) == "" {
		return nil, nil
	}
	row, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		return nil, errors.New("no comma-separated values")
	}
	for i := range row {
		row[i] = strings.TrimSpace(row[i])
	}
	return row, nil
}

// settlement is a file whose head has been read: each column by its place, a row's length.
type settlement struct {
	at       map[string]int
	width    int
	columns  Columns
	currency fx.Currency
}

func openSettlement(head []string, columns Columns, currency fx.Currency) (settlement, error) {
	s := settlement{at: map[string]int{}, width: len(head), columns: columns, currency: currency}
	for i, name := range head {
		if _, twice := s.at[name]; twice && name != "" {
			return settlement{}, fmt.Errorf("column %q twice", clip(name, 64))
		}
		s.at[name] = i
	}
	for _, name := range []string{columns.At, columns.RRN, columns.Reference, columns.Direction, columns.Amount} {
		if _, ok := s.at[name]; !ok || name == "" {
			return settlement{}, fmt.Errorf("no column %q", clip(name, 64))
		}
	}
	return s, nil
}

// value is what a row says in a column, "" where the file has none of that name.
func (s settlement) value(row []string, column string) string {
	if i, ok := s.at[column]; ok && column != "" {
		return row[i]
	}
	return ""
}

// read makes a line of a row. counts is false of what was declined.
func (s settlement) read(row []string) (l adapters.StatementLine, counts bool, err error) {
	if len(row) != s.width {
		return l, false, fmt.Errorf("%d values, not %d", len(row), s.width)
	}
	l = adapters.StatementLine{
		Ref: s.value(row, s.columns.RRN), Order: clip(s.value(row, s.columns.Reference), messaging.MaxReferenceLength),
		Party: clip(s.value(row, s.columns.Party), messaging.MaxAccountLength),
		Code:  clip(s.value(row, s.columns.Code), messaging.MaxRailCodeLength),
		Text:  clip(s.value(row, s.columns.Type), messaging.MaxRailTextLength),
		Fee:   strings.EqualFold(s.value(row, s.columns.Type), settledFee),
	}
	if _, declined := declines[l.Code]; declined {
		return l, false, nil
	}
	switch s.value(row, s.columns.Direction) {
	case SettledIn:
		l.Direction = adapters.In
	case SettledOut:
		l.Direction = adapters.Out
	default:
		return l, false, fmt.Errorf("neither %s nor %s", SettledIn, SettledOut)
	}
	if l.Code != "" && l.Code != CodeSuccess && l.Code != CodeDeemed {
		return l, false, fmt.Errorf("response code %q", l.Code)
	}
	if !referenceForm.MatchString(l.Ref) {
		return l, false, errors.New("no RRN of 12 digits")
	}
	code := s.value(row, s.columns.Currency)
	if code == "" {
		code = s.currency.String()
	}
	amount, err := parseAmount(s.value(row, s.columns.Amount), code, s.currency)
	if err != nil {
		return l, false, err
	}
	l.Amount = amount
	l.At, err = settledAt(s.value(row, s.columns.At))
	return l, err == nil, err
}

func settledAt(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation(SettlementTime, text, IndianTime)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time", clip(text, 64))
	}
	return t, nil
}
