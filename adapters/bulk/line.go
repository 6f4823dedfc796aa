package bulk

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Header is the first line of every file.
const Header = "id,creditor_participant,debtor_name,debtor_account,debtor_address," +
	"creditor_name,creditor_account,creditor_address,amount,currency,reference,purpose,priority"

// LongHeader is the first line of a file whose lines say where people live, which the travel rule wants to know above its
// threshold.
const LongHeader = Header + ",debtor_town,debtor_country,creditor_town,creditor_country"

var (
	columns     = strings.Count(Header, ",") + 1
	longColumns = strings.Count(LongHeader, ",") + 1
)

// The faults that only a file has.
const (
	FaultCSV         messaging.Fault = "malformed_csv" // fields or quotes are not as they should be
	FaultDuplicateID messaging.Fault = "duplicate_id"  // another line has this id and is paid or may be
)

// reason is the ISO 20022 status reason code of a fault.
func reason(f messaging.Fault) string {
	switch f {
	case FaultCSV:
		return messaging.FaultSyntax.Reason()
	case FaultDuplicateID:
		return messaging.FaultDuplicate.Reason()
	default:
		return f.Reason()
	}
}

func refuse(fault messaging.Fault, format string, args ...any) *messaging.FaultError {
	return &messaging.FaultError{Fault: fault, Detail: fmt.Sprintf(format, args...)}
}

// Line is one payment of a file.
type Line struct {
	ID                  string
	CreditorParticipant string
	Debtor, Creditor    messaging.Party
	Amount              messaging.Amount
	Reference, Purpose  string
	Priority            messaging.Priority
}

// ParseLine reads one line, without its line feed. A fault means this line alone; the line's ID is then
// what it claims to be where that has the form of one, and "" otherwise.
func ParseLine(raw []byte) (Line, fx.Money, *messaging.FaultError) {
	if len(raw) > MaxLineBytes {
		return Line{}, fx.Money{}, refuse(messaging.FaultOversized, "longer than %d bytes", MaxLineBytes)
	}
	if !utf8.Valid(raw) {
		return Line{}, fx.Money{}, refuse(messaging.FaultEncoding, "not UTF-8")
	}
	fields, fault := split(raw)
	if len(fields) == 0 || !messaging.ValidID(fields[0]) {
		if fault == nil {
			fault = refuse(messaging.FaultSchema, "id: %.40q has not the form of one", fields[0])
		}
		return Line{}, fx.Money{}, fault
	}
	if fault != nil {
		return Line{ID: fields[0]}, fx.Money{}, fault
	}
	l := Line{
		ID: fields[0], CreditorParticipant: fields[1],
		Debtor:    messaging.Party{Name: fields[2], Account: fields[3], Address: fields[4]},
		Creditor:  messaging.Party{Name: fields[5], Account: fields[6], Address: fields[7]},
		Amount:    messaging.Amount{Amount: fields[8], Currency: fields[9]},
		Reference: fields[10], Purpose: fields[11], Priority: messaging.Priority(fields[12]),
	}
	if len(fields) == longColumns {
		l.Debtor.Town, l.Debtor.Country = fields[columns], fields[columns+1]
		l.Creditor.Town, l.Creditor.Country = fields[columns+2], fields[columns+3]
	}
	amount, fault := l.check()
	return l, amount, fault
}

// check tells what is wrong with the line by itself.
func (l Line) check() (fx.Money, *messaging.FaultError) {
	for _, end := range []struct {
		name  string
		party messaging.Party
	}{{"debtor", l.Debtor}, {"creditor", l.Creditor}} {
		if end.party.Name == "" || end.party.Account == "" {
			return fx.Money{}, refuse(messaging.FaultTravelRule, "%s needs name and account", end.name)
		}
	}
	intent := l.intent()
	intent.ID, intent.Source, intent.Destination, intent.Deadline = l.ID, l.Amount, l.Amount, time.Unix(0, 0)
	if fault := intent.CheckStructure(); fault != nil {
		return fx.Money{}, fault
	}
	amount, err := l.Amount.Money()
	switch {
	case err != nil:
		return fx.Money{}, refuse(messaging.AmountFault(err), "%v", err)
	case amount.Minor <= 0:
		return fx.Money{}, refuse(messaging.FaultAmount, "%s is not positive", amount)
	case amount.Minor > maxLineMinor:
		return fx.Money{}, refuse(messaging.FaultAmountLimit, "%s is over the limit", amount)
	}
	return amount, nil
}

// intent is what the line says to the switch by itself.
func (l Line) intent() messaging.Intent {
	return messaging.Intent{
		CreditorParticipant: l.CreditorParticipant, Debtor: l.Debtor, Creditor: l.Creditor,
		Priority: l.Priority, Purpose: l.Purpose, Reference: l.Reference,
	}
}

// split takes the fields out of a line. With a fault it returns those before it.
func split(raw []byte) ([]string, *messaging.FaultError) {
	fields := make([]string, 0, longColumns)
	for more := true; more; {
		if len(fields) == longColumns {
			return fields, refuse(FaultCSV, "more than %d fields", longColumns)
		}
		var field []byte
		var fault *messaging.FaultError
		if len(raw) > 0 && raw[0] == '"' {
			field, raw, more, fault = quoted(raw[1:])
		} else {
			field, raw, more = bytes.Cut(raw, []byte{','})
			if bytes.IndexByte(field, '"') >= 0 {
				fault = refuse(FaultCSV, "field %d: a quote in a field that is not quoted", len(fields)+1)
			}
		}
		if fault != nil {
			return fields, fault
		}
		fields = append(fields, string(field))
	}
	if len(fields) != columns && len(fields) != longColumns {
		return fields, refuse(FaultCSV, "%d fields, not %d or %d", len(fields), columns, longColumns)
	}
	return fields, nil
}

// quoted takes a field whose first quote has been read.
func quoted(raw []byte) (field, rest []byte, more bool, fault *messaging.FaultError) {
	for {
		end := bytes.IndexByte(raw, '"')
		if end < 0 {
			return nil, nil, false, refuse(FaultCSV, "a quote is not closed")
		}
		field, raw = append(field, raw[:end]...), raw[end+1:]
		switch {
		case len(raw) == 0:
			return field, nil, false, nil
		case raw[0] == ',':
			return field, raw[1:], true, nil
		case raw[0] != '"':
			return nil, nil, false, refuse(FaultCSV, "something stands behind a closing quote")
		}
		field, raw = append(field, '"'), raw[1:]
	}
}
