package mpesa

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
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

var statementTable = adapters.StatementTable{
	Columns: []string{columnReceipt, columnCompleted, columnStatus, columnPaidIn, columnWithdrawn},
}

// moved tells, of each status that a statement's row can have, whether money moved.
var moved = map[string]bool{
	"completed": true,
	"cancelled": false, "declined": false, "expired": false, "failed": false, "pending": false,
}

// statementPlace is what the settings say about statements.
func statementPlace(from adapters.Settings) (fx.Currency, *time.Location, error) {
	var place adapters.StatementPlace
	if err := from.Part(&place); err != nil {
		return fx.Currency{}, nil, err
	}
	zone, err := place.Location(eastAfrica)
	return place.Currency, zone, err
}

// readStatement reads an organisation's statement (CSV): lines about the account, a head, a row for each movement,
// of which those count that are completed. What was withdrawn is written with a minus by some portals and without by
// others. Times are in zone. Errors of the format are *adapters.StatementError; an error of line ends it.
func readStatement(r io.Reader, c fx.Currency, zone *time.Location, line func(adapters.StatementLine) error) error {
	return statementTable.Read(r, func(row adapters.StatementRow) ([]adapters.StatementLine, error) {
		said, counts, err := readRow(row, c, zone)
		if err != nil || !counts {
			return nil, err
		}
		return []adapters.StatementLine{said}, nil
	}, line)
}

// readRow reads one row. counts is false where no money moved.
func readRow(row adapters.StatementRow, c fx.Currency, zone *time.Location) (said adapters.StatementLine, counts bool, err error) {
	field := row.Get
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
	return adapters.ParseStatementAmount(text, c)
}
