package gsma

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/messaging"
)

// A statement is the account's transactions (/accounts/…/transactions), for they name what we gave to find them by; the
// API's own statement entries (/accounts/…/statemententries) do not, and read as well where every line names its receipt.

// stateReversed is of a transaction that was completed and taken back by another, which has a line of its own.
const stateReversed = "reversed"

// idle are the states in which no money has moved.
var idle = []string{statePending, stateFailed, "cancelled", "declined", "rejected", "expired"}

// statementSettings are what the settings say about statements.
type statementSettings struct {
	adapters.StatementPlace `yaml:",inline"`
	Account                 Identifier `yaml:"account"`
	PartyKey                string     `yaml:"party_key"`
	PayoutType              string     `yaml:"payout_type"`
	Completed               string     `yaml:"completed"`
}

func readStatementSettings(from adapters.Settings) (s statementSettings, zone *time.Location, err error) {
	if err := from.Part(&s); err != nil {
		return s, nil, err
	}
	s.PartyKey, s.PayoutType = cmp.Or(s.PartyKey, keyMSISDN), cmp.Or(s.PayoutType, TypeDisbursement)
	s.Completed = cmp.Or(s.Completed, stateCompleted)
	zone, err = s.Location(time.UTC)
	return s, zone, err
}

// readStatement reads the pages of a statement, each a JSON array, one after the other. Errors of the format are
// *adapters.StatementError, with the transaction's number; an error of line ends it.
func readStatement(r io.Reader, from adapters.Settings, line func(adapters.StatementLine) error) error {
	own, _, err := readStatementSettings(from)
	if err != nil {
		return err
	}
	number, some := 0, false
	fault := func(err error) error {
		return &adapters.StatementError{Line: max(number, 1), Fault: strings.TrimPrefix(err.Error(), "gsma: decode: ")}
	}
	pages := jsontext.NewDecoder(r)
	for ; pages.PeekKind() == '['; some = true {
		if _, err := pages.ReadToken(); err != nil {
			return fault(err)
		}
		for pages.PeekKind() != ']' {
			number++
			row, err := pages.ReadValue()
			if err != nil {
				return fault(err)
			}
			l, counts, err := own.readRow(row)
			if err != nil {
				return fault(err)
			}
			if !counts {
				continue
			}
			if err := line(l); err != nil {
				return err
			}
		}
		if _, err := pages.ReadToken(); err != nil {
			return fault(err)
		}
	}
	if _, err := pages.ReadToken(); !errors.Is(err, io.EOF) || !some {
		return fault(errors.New("no array of transactions"))
	}
	return nil
}

// readRow reads one transaction. counts is false where no money moved.
func (s statementSettings) readRow(row []byte) (l adapters.StatementLine, counts bool, err error) {
	value, err := strictjson.Parse(row, strictjson.Limits{Bytes: maxCallbackBytes, Depth: maxDepth})
	if err != nil {
		return l, false, err
	}
	t, err := readTransaction(value)
	if err != nil {
		return l, false, err
	}
	created, display := "", ""
	if err := value.Fields(map[string]*string{"creationDate": &created, "displayType": &display}); err != nil {
		return l, false, err
	}
	switch {
	case slices.Contains(idle, t.status):
		return l, false, nil
	case t.status != s.Completed && t.status != stateReversed:
		return l, false, fmt.Errorf("transactionStatus %.40q", t.status)
	case t.reference == "":
		return l, false, errors.New("no transactionReference")
	}
	l = adapters.StatementLine{Ref: t.reference, Order: t.ours, Code: shorten(cmp.Or(t.kind, display), messaging.MaxRailCodeLength)}
	if l.Amount, err = readAmount(t.amount, t.currency, s.Currency); err != nil {
		return l, false, err
	}
	if l.At, err = time.Parse(time.RFC3339, created); err != nil {
		return l, false, fmt.Errorf("creationDate %.40q", created)
	}
	l.Direction, l.Party, err = s.direction(t)
	return l, err == nil, err
}

// direction tells what came from what went, by our account, or by the type where the parties name it otherwise.
func (s statementSettings) direction(t transaction) (adapters.Direction, string, error) {
	from, to := s.isOurs(t.debit), s.isOurs(t.credit)
	switch {
	case from && to:
		return "", "", errors.New("from our account to itself")
	case from, !to && (t.kind == s.PayoutType || t.kind == typeReversal):
		return adapters.Out, account(t.credit, s.PartyKey), nil
	case to, t.kind == typePayment:
		return adapters.In, account(t.debit, s.PartyKey), nil
	}
	return "", "", errors.New("neither from our account nor to it")
}

// isOurs tells whether a party is our account.
func (s statementSettings) isOurs(party []Identifier) bool {
	return s.Account.Value != "" && slices.ContainsFunc(party, func(id Identifier) bool {
		return id.Key == s.Account.Key && strings.TrimPrefix(id.Value, "+") == strings.TrimPrefix(s.Account.Value, "+")
	})
}

// fetchStatement asks for the account's transactions from a moment until another, and writes the answers, a page each.
func (r *Rail) fetchStatement(ctx context.Context, from, until time.Time, w io.Writer) error {
	for page, offset := 0, 0; page < maxPages; page++ {
		query := url.Values{
			"fromDateTime": {from.UTC().Format(dateForm)}, "toDateTime": {until.UTC().Format(dateForm)},
			"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)},
		}
		got, err := r.client.get(ctx, r.accountPath("transactions")+"?"+query.Encode())
		switch {
		case err != nil:
			return fmt.Errorf("gsma: statement: %w", err)
		case got.status != http.StatusOK:
			return fmt.Errorf("gsma: statement: %w", newFailure(got))
		}
		rows, err := parse(got.body)
		if err == nil && !rows.IsArray() {
			err = &DecodeError{Fault: "transactions are no array"}
		}
		if err != nil {
			return fmt.Errorf("gsma: statement: %w", err)
		}
		if _, err := w.Write(append(got.body, '\n')); err != nil {
			return fmt.Errorf("gsma: statement: %w", err)
		}
		if len(rows.Items()) == 0 {
			return nil
		}
		offset += len(rows.Items())
	}
	return fmt.Errorf("gsma: statement: more than %d pages of transactions since %s", maxPages, from.Format(time.RFC3339))
}
