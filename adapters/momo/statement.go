package momo

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// The rail's API shows single transfers only. What moved on an account is a file of the operator's partner portal, whose
// columns differ between countries.

// StatementConfig says how an account's statement reads.
type StatementConfig struct {
	Account string  `yaml:"account"` // our MSISDN, as From and To have it
	Columns Columns `yaml:"columns"` // default: StandardColumns
}

// Columns are the names that the head of a statement gives its columns. Fee and Currency need not be there.
type Columns struct {
	ID         string `yaml:"id"`          // financialTransactionId
	ExternalID string `yaml:"external_id"` // externalId
	At         string `yaml:"at"`
	Status     string `yaml:"status"`
	Type       string `yaml:"type"`
	From       string `yaml:"from"` // FRI:number/MSISDN, or the number
	To         string `yaml:"to"`
	Amount     string `yaml:"amount"` // with or without commas between thousands, and a minus where it went out
	Fee        string `yaml:"fee"`
	Currency   string `yaml:"currency"`
}

// StandardColumns are those of the portal in English.
var StandardColumns = Columns{
	ID: "Id", ExternalID: "External id", At: "Date", Status: "Status", Type: "Type", From: "From", To: "To", Amount: "Amount",
	Fee: "Fee", Currency: "Currency",
}

// moved tells, of each status that a row can have, whether money moved.
var moved = map[string]bool{
	"successful": true, "completed": true,
	"failed": false, "pending": false, "created": false, "rejected": false, "expired": false, "cancelled": false, "timeout": false,
}

// layouts are how portals write times, each in its own zone.
var layouts = []string{time.DateTime, "02/01/2006 15:04:05", "02/01/2006 15:04", "2006-01-02T15:04:05"}

// statementSettings are what the settings say about statements.
type statementSettings struct {
	adapters.StatementPlace `yaml:",inline"`
	Statement               StatementConfig `yaml:"statement"`
}

func readStatementSettings(from adapters.Settings) (s statementSettings, zone *time.Location, err error) {
	s.Statement.Columns = StandardColumns
	if err := from.Part(&s); err != nil {
		return s, nil, err
	}
	zone, err = s.Location(time.UTC)
	return s, zone, err
}

// readStatement reads a portal's file. Errors of the format are *adapters.StatementError; an error of line ends it.
func readStatement(r io.Reader, c fx.Currency, own StatementConfig, zone *time.Location, line func(adapters.StatementLine) error) error {
	if own.Account == "" {
		return &adapters.SettingsError{Field: "statement.account", Fault: "is missing: it tells what came from what went"}
	}
	n := own.Columns
	table := adapters.StatementTable{Columns: []string{n.ID, n.ExternalID, n.At, n.Status, n.Type, n.From, n.To, n.Amount}}
	if slices.Contains(table.Columns, "") {
		return &adapters.SettingsError{Field: "statement.columns", Fault: "has no name for one that must be there"}
	}
	return table.Read(r, func(row adapters.StatementRow) ([]adapters.StatementLine, error) {
		return readRow(row, c, own, zone)
	}, line)
}

// readRow reads one row: nothing where no money moved, and the fee beside what it is for.
func readRow(row adapters.StatementRow, c fx.Currency, own StatementConfig, zone *time.Location) ([]adapters.StatementLine, error) {
	n := own.Columns
	counts, known := moved[strings.ToLower(row.Get(n.Status))]
	switch {
	case !known:
		return nil, fmt.Errorf("status %.40q", row.Get(n.Status))
	case !counts:
		return nil, nil
	case row.Get(n.ID) == "" || len(row.Get(n.ID)) > messaging.MaxReferenceLength:
		return nil, fmt.Errorf("no %q of 1 to %d bytes", n.ID, messaging.MaxReferenceLength)
	}
	if code := row.Get(n.Currency); code != "" && code != c.String() {
		return nil, fmt.Errorf("currency %.40q, not %s", code, c)
	}
	l := adapters.StatementLine{
		Ref: row.Get(n.ID), Order: row.Get(n.ExternalID), Code: row.Get(n.Type),
	}
	var err error
	if l.At, err = moment(row.Get(n.At), zone); err != nil {
		return nil, err
	}
	if l.Amount, err = statementAmount(row.Get(n.Amount), c); err != nil {
		return nil, err
	}
	from, to := number(row.Get(n.From)), number(row.Get(n.To))
	switch out, in := from == own.Account, to == own.Account; {
	case out && !in:
		l.Direction, l.Party = adapters.Out, to
	case in && !out && l.Amount.Minor > 0:
		l.Direction, l.Party = adapters.In, from
	default:
		return nil, errors.New("neither from our account nor to it")
	}
	l.Amount.Minor = max(l.Amount.Minor, -l.Amount.Minor)
	return withFee(l, row.Get(n.Fee), c)
}

// withFee adds what the rail charged for a movement.
func withFee(l adapters.StatementLine, text string, c fx.Currency) ([]adapters.StatementLine, error) {
	if text == "" {
		return []adapters.StatementLine{l}, nil
	}
	charged, err := adapters.ParseStatementAmount(text, c)
	switch {
	case err != nil:
		return nil, fmt.Errorf("fee %.40q", text)
	case charged.Minor == 0:
		return []adapters.StatementLine{l}, nil
	}
	charged.Minor = max(charged.Minor, -charged.Minor)
	return []adapters.StatementLine{l, {At: l.At, Ref: l.Ref, Amount: charged, Direction: adapters.Out, Fee: true, Code: l.Code}}, nil
}

func moment(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is no time", text)
}

// number is an account's, without what a portal writes around it: FRI:256770000001/MSISDN.
func number(text string) string {
	text = strings.TrimPrefix(text, "FRI:")
	text, _, _ = strings.Cut(text, "/")
	return strings.TrimPrefix(strings.TrimSpace(text), "+")
}

func statementAmount(text string, c fx.Currency) (fx.Money, error) {
	amount, err := adapters.ParseStatementAmount(text, c)
	if err != nil || amount.Minor == 0 {
		return fx.Money{}, fmt.Errorf("%.40q is no amount of %s", text, c)
	}
	return amount, nil
}
