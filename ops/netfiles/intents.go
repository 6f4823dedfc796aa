package netfiles

import (
	"bytes"
	"errors"
	"math"

	"github.com/ayni-switch/ayni/netting"
)

// intents are a file's rows as obligations, oldest first. Beside obligations they take some twenty bytes
// a row.
type intents struct {
	file        string
	obligations []netting.Obligation
	ids         idList  // in the file's order
	order       []int32 // per obligation: its place in the file, from 0
}

// id is an obligation's id.
func (in *intents) id(i int) []byte { return in.ids.at(in.order[i]) }

// row is an obligation's line in the file.
func (in *intents) row(i int) int { return rowAt(int(in.order[i])) }

// rowAt is the line of the file of what stands at a place: behind the columns' names, counted from 1.
func rowAt(place int) int { return place + 2 }

// intentColumns are the columns of an intent; with one currency both sides have the same.
type intentColumns struct {
	id, debtor, creditor                 int
	debitCurrency, debit, creditCurrency int
	credit, priority, class              int
}

func (t *table) intentColumns() (c intentColumns, err error) {
	names := []string{"id", "debtor", "creditor", "currency", "amount", "currency", "amount"}
	for _, name := range []string{"debit_currency", "debit_amount", "credit_currency", "credit_amount"} {
		if t.column(name) >= 0 {
			names = []string{"id", "debtor", "creditor", "debit_currency", "debit_amount", "credit_currency", "credit_amount"}
		}
	}
	at, err := t.require(names...)
	if err != nil {
		return intentColumns{}, err
	}
	return intentColumns{at[0], at[1], at[2], at[3], at[4], at[5], at[6], t.column("priority"), t.column("class")}, nil
}

// resolve gives the number of a participant's account, or says what is wrong with it.
type resolve func(participant, currency []byte) (number int32, fault string)

// readIntents reads `id,debtor,creditor,currency,amount`, or with two currencies
// `id,debtor,debit_currency,debit_amount,creditor,credit_currency,credit_amount`; `priority` (default 1) and
// `class` (default 0) may follow.
func readIntents(file string, resolve resolve) (*intents, error) {
	in := &intents{file: file}
	err := readTable(file, netting.MaxObligations, func(t *table) error {
		columns, err := t.intentColumns()
		if err != nil {
			return err
		}
		err = t.each(func() error {
			o, err := t.intent(&columns, resolve)
			if err != nil {
				return err
			}
			id, err := t.name(columns.id)
			if err != nil {
				return err
			}
			in.ids.add(id)
			in.obligations = append(in.obligations, o)
			return nil
		})
		if err == nil && len(in.obligations) == 0 {
			return &FileError{File: file, Fault: "has no rows"}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := in.sort(); err != nil {
		return nil, err
	}
	return in, nil
}

// intent reads the present row.
func (t *table) intent(c *intentColumns, resolve resolve) (o netting.Obligation, err error) {
	fail := func(err error) (netting.Obligation, error) { return netting.Obligation{}, err }
	if o.Debtor, err = t.account(c.debtor, c.debitCurrency, resolve); err != nil {
		return fail(err)
	}
	if o.Creditor, err = t.account(c.creditor, c.creditCurrency, resolve); err != nil {
		return fail(err)
	}
	if o.Debtor == o.Creditor {
		return fail(t.fault("%s owes to itself", quote(t.fields[c.debtor])))
	}
	if o.Debit, err = t.number(c.debit, 1, math.MaxInt64); err != nil {
		return fail(err)
	}
	if o.Credit, err = t.number(c.credit, 1, math.MaxInt64); err != nil {
		return fail(err)
	}
	if o.Debit != o.Credit && bytes.Equal(t.fields[c.debitCurrency], t.fields[c.creditCurrency]) {
		return fail(t.fault("debit %d is not credit %d within one currency", o.Debit, o.Credit))
	}
	if o.Weight, err = t.small(c.priority, 1, netting.MaxWeight); err != nil {
		return fail(err)
	}
	if o.Class, err = t.small(c.class, 0, netting.MaxClass); err != nil {
		return fail(err)
	}
	return o, nil
}

// small reads a number that may have no column: then it is the least.
func (t *table) small(column int, least, most int32) (int32, error) {
	if column < 0 {
		return least, nil
	}
	n, err := t.number(column, int64(least), int64(most))
	return int32(n), err //nolint:gosec // G115: at most most
}

// account reads who pays or receives.
func (t *table) account(participantColumn, currencyColumn int, resolve resolve) (int32, error) {
	participant, err := t.name(participantColumn)
	if err != nil {
		return 0, err
	}
	currency, err := t.name(currencyColumn)
	if err != nil {
		return 0, err
	}
	number, fault := resolve(participant, currency)
	if fault != "" {
		return 0, t.fault("%s in %s %s", quote(participant), quote(currency), fault)
	}
	return number, nil
}

// sort puts the obligations in order of age.
func (in *intents) sort() error {
	in.order = in.ids.byAge()
	sorted := make([]netting.Obligation, len(in.obligations))
	for to, from := range in.order {
		sorted[to] = in.obligations[from]
		if to > 0 && bytes.Equal(in.id(to-1), in.id(to)) {
			return &FileError{File: in.file, Row: in.row(to), Fault: "id " + quote(in.id(to)) + " was used before"}
		}
	}
	in.obligations = sorted
	return nil
}

// atRow names the file's row in what netting says of a sum that is too large. Reading leaves no other fault.
func (in *intents) atRow(err error) error {
	if i, is := overflow(err); is {
		return &FileError{File: in.file, Row: in.row(i), Fault: tooMuch}
	}
	return err
}

const tooMuch = "with this amount a sum is more than can be netted"

// overflow tells at which obligation a sum became too large, if that is what the error says.
func overflow(err error) (obligation int, is bool) {
	var input *netting.InputError
	if !errors.As(err, &input) || input.Fault != netting.FaultOverflow {
		return 0, false
	}
	return input.Index, true
}
