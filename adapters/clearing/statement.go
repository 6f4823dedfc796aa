package clearing

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// notProvided is what stands for an EndToEndId where the payer gave none (ISO 20022 usage).
const notProvided = "NOTPROVIDED"

// charges are the sub-families of bank transaction codes (BkTxCd) that are the bank's own charges.
var charges = map[string]bool{"CHRG": true, "COMM": true, "FEES": true, "COME": true}

// ReadStatement reads an account statement (camt.053): a line for each payment of each booked entry. alias, which may be
// nil, says by what other name a payment that came in may have been ordered. Where an entry has a day and no time, it is
// midnight in zone. Errors of the format are *adapters.StatementError, with the entry's number; an error of line ends it.
func ReadStatement(r io.Reader, c fx.Currency, zone *time.Location, alias func(iso20022.PaymentID) string, line func(adapters.StatementLine) error) error {
	message, err := io.ReadAll(io.LimitReader(r, iso20022.MaxStatementBytes+1))
	if err != nil {
		return fmt.Errorf("clearing: statement: %w", err)
	}
	statements, err := iso20022.ParseStatements(message)
	if err != nil {
		return &adapters.StatementError{Line: 1, Fault: err.Error()}
	}
	var entries []iso20022.StatementEntry
	for _, s := range statements {
		entries = append(entries, s.Entries...)
	}
	for i, entry := range entries {
		if entry.Status != iso20022.EntryBooked {
			continue
		}
		lines, err := linesOf(entry, c, zone, alias)
		if err != nil {
			return &adapters.StatementError{Line: i + 1, Fault: err.Error()}
		}
		for _, l := range lines {
			if err := line(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// linesOf makes a line of each payment of an entry: of one without details, or with one, its whole amount.
func linesOf(entry iso20022.StatementEntry, c fx.Currency, zone *time.Location, alias func(iso20022.PaymentID) string) ([]adapters.StatementLine, error) {
	at, err := bookedAt(entry, zone)
	switch {
	case err != nil:
		return nil, err
	case entry.Amount.Currency != c:
		return nil, fmt.Errorf("%s, not %s", entry.Amount.Currency, c)
	case entry.Amount.Minor == 0:
		return nil, nil
	}
	whole := adapters.StatementLine{
		At: at, Ref: cmp.Or(entry.ServicerRef, entry.Ref), Amount: entry.Amount, Direction: adapters.In,
		Code: cmp.Or(entry.Code.SubFamily, entry.Code.Own), Text: entry.Information, Fee: charges[entry.Code.SubFamily],
	}
	if entry.Amount.Minor < 0 {
		whole.Direction, whole.Amount.Minor = adapters.Out, -entry.Amount.Minor
	}
	if len(entry.Details) == 0 {
		return []adapters.StatementLine{whole}, nil
	}
	lines := make([]adapters.StatementLine, 0, len(entry.Details))
	rest := whole.Amount.Minor
	for _, detail := range entry.Details {
		l := detailed(whole, detail, alias)
		if len(entry.Details) > 1 {
			l.Amount.Minor = max(detail.Amount.Minor, -detail.Amount.Minor)
			if rest -= l.Amount.Minor; l.Amount.Minor == 0 || detail.Amount.Currency != c || rest < 0 {
				return nil, errors.New("the amounts of its details are missing or more than its own")
			}
		}
		lines = append(lines, l)
	}
	if len(entry.Details) > 1 && rest != 0 {
		return nil, errors.New("the amounts of its details are less than its own")
	}
	return lines, nil
}

// detailed is the line of one payment of an entry.
func detailed(whole adapters.StatementLine, detail iso20022.EntryDetail, alias func(iso20022.PaymentID) string) adapters.StatementLine {
	l := whole
	l.Ref, l.Text = cmp.Or(detail.ServicerRef, whole.Ref), cmp.Or(detail.Remittance, whole.Text)
	l.Order, l.Alias = detail.ID.EndToEndID, detail.ID.TxID
	if l.Order == "" || l.Order == notProvided {
		l.Order, l.Alias = detail.ID.TxID, ""
	}
	l.Party = detail.CreditorAccount.ID
	if l.Direction == adapters.In {
		l.Party = detail.DebtorAccount.ID
		if alias != nil {
			l.Alias = alias(detail.ID)
		}
	}
	return l
}

// bookedAt is when an entry was booked: a day alone begins in zone.
func bookedAt(entry iso20022.StatementEntry, zone *time.Location) (time.Time, error) {
	at, day := entry.BookedAt.UTC(), string(entry.ValueDate)
	switch {
	case entry.BookedAt.IsZero() && day == "":
		return at, errors.New("it was booked on no day")
	case !entry.BookedAt.IsZero() && !at.Equal(at.Truncate(24*time.Hour)):
		return at, nil
	case !entry.BookedAt.IsZero():
		day = at.Format(time.DateOnly)
	}
	return time.ParseInLocation(time.DateOnly, day, zone)
}
