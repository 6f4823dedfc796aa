// Package whatif clears the history of a log again under other rules, and measures what that would have come to.
//
// What people sent, what operators asked for and every clock stay; what rails said of a transfer waits until the
// transfer has cleared in the other history, and is lost where it never does. So a result says what the same demand
// would have met, not what people would have done: whoever had waited less might have sent more. What follows from
// amounts that are not known in the other history stays as it was: a settlement agent's word on an instruction, where
// windows net to something else, fits no instruction and is refused.
package whatif

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/netting"
)

// Rules are what is otherwise. The zero value changes nothing.
type Rules struct {
	// Tier is how every batch chooses; "" as it did.
	Tier netting.Tier
	// Lines are credit lines, and Prefunds prefunded balances, that hold from when a participant joins, instead of
	// what commands on them said.
	Lines, Prefunds map[Whose]int64 // minor units
}

// Whose is a participant's, in a currency.
type Whose struct {
	Participant string
	Currency    fx.Currency
}

// CapsError says which line of a file of caps does not read.
type CapsError struct {
	Line   int // 0 for the whole file
	Detail string
}

func (e *CapsError) Error() string { return fmt.Sprintf("whatif: caps, line %d: %s", e.Line, e.Detail) }

// The limits on a file of caps.
const (
	maxCapsBytes = 1 << 20
	maxMinor     = 1_000_000_000_000_000
)

// ReadCaps adds the caps of a CSV file: participant, currency, amount_minor, and what the amount is: credit_line,
// where nothing is said, or prefund. The first line may name the columns. Errors are *CapsError.
func (r *Rules) ReadCaps(from io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(from, maxCapsBytes+1))
	if err != nil {
		return fmt.Errorf("whatif: caps: %w", err)
	}
	if len(text) > maxCapsBytes {
		return &CapsError{Detail: fmt.Sprintf("a file of more than %d bytes", maxCapsBytes)}
	}
	rows := csv.NewReader(bytes.NewReader(text))
	rows.FieldsPerRecord, rows.Comment, rows.TrimLeadingSpace = -1, '#', true
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			return &CapsError{Line: wrong.Line, Detail: wrong.Err.Error()}
		}
		if err != nil {
			return fmt.Errorf("whatif: caps: %w", err)
		}
		line, _ := rows.FieldPos(0)
		if line == 1 && row[0] == "participant" {
			continue
		}
		if detail := r.cap(row); detail != "" {
			return &CapsError{Line: line, Detail: detail}
		}
	}
}

// cap adds a row, or says what is wrong with it.
func (r *Rules) cap(row []string) (detail string) {
	const columns = 3 // without what the amount is
	if len(row) != columns && len(row) != columns+1 {
		return fmt.Sprintf("%d columns: participant, currency, amount_minor and, if it is no credit line, what it is", len(row))
	}
	currency, err := fx.ParseCurrency(row[1])
	if err != nil {
		return err.Error()
	}
	minor, err := strconv.ParseInt(row[2], 10, 64)
	if err != nil || minor < 0 || minor > maxMinor {
		return fmt.Sprintf("amount %.40q is no number of minor units up to %d", row[2], int64(maxMinor))
	}
	into := &r.Lines
	switch what := strings.Join(row[columns:], ""); what {
	case "", "credit_line":
	case "prefund":
		into = &r.Prefunds
	default:
		return fmt.Sprintf("%.40q is neither credit_line nor prefund", what)
	}
	if *into == nil {
		*into = map[Whose]int64{}
	}
	whose := Whose{row[0], currency}
	if _, twice := (*into)[whose]; twice {
		return fmt.Sprintf("%s in %s is there twice", whose.Participant, whose.Currency)
	}
	(*into)[whose] = minor
	return ""
}
