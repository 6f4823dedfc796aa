package journal

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// columns are those of postings as CSV; another one would come last. Amounts are there twice: as minor units, and as a
// decimal of as many decimals as the currency has. Times are UTC, and transfer is empty where a posting has none.
var columns = []string{
	"posting", "batch", "log_index", "at", "kind", "transfer", "debit_account", "debit_owner", "debit_kind",
	"credit_account", "credit_owner", "credit_kind", "currency", "decimals", "amount_minor", "amount",
}

// CSV writes a line for each posting, as RFC 4180 has it. No text in it begins with what a spreadsheet takes for a formula
// (Name).
type CSV struct {
	w     *csv.Writer
	books *directory
	line  []string
	begun bool
}

var _ Consumer = (*CSV)(nil)

// NewCSV makes postings as CSV from the log's first batch on.
func NewCSV(out io.Writer) *CSV {
	c := &CSV{w: csv.NewWriter(out), books: newDirectory()}
	c.w.UseCRLF = true
	return c
}

// Batch writes a batch's postings. Errors are *AccountError, *PostingError and the writer's.
func (c *CSV) Batch(b *ledger.Batch) error {
	if err := c.head(); err != nil {
		return err
	}
	if _, err := c.books.learn(b); err != nil {
		return err
	}
	batch, index, at := number(b.ID), number(b.LogIndex), moment(b.DecidedAt)
	for _, p := range b.Postings {
		debit, credit, err := c.books.sides(b.ID, p)
		if err != nil {
			return err
		}
		c.line = append(c.line[:0], number(p.ID), batch, index, at, Name(string(p.Kind)), transferName(p),
			number(debit.ID), debit.Owner, Name(string(debit.Kind)), number(credit.ID), credit.Owner, Name(string(credit.Kind)),
			p.Currency.String(), strconv.Itoa(p.Currency.MinorUnits()), number(p.AmountMinor),
			fx.Money{Minor: p.AmountMinor, Currency: p.Currency}.Text())
		if err := c.w.Write(c.line); err != nil {
			return err
		}
	}
	return nil
}

// Close writes what is left.
func (c *CSV) Close() error {
	if err := c.head(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

func (c *CSV) head() error {
	if c.begun {
		return nil
	}
	c.begun = true
	return c.w.Write(columns)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// transferName is the id of a posting's transfer, "" where it has none.
func transferName(p ledger.Posting) string {
	if p.Transfer == 0 {
		return ""
	}
	return p.Transfer.String()
}
