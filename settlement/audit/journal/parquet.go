package journal

import (
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/snappy"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// groupRows is how many postings a row group has: what is in memory at once, some 20 MB. The file's footer, which stays
// until the end, has a few kilobytes for each group.
const groupRows = 1 << 18

// record is a posting as Parquet. What repeats is in dictionaries, what grows is kept as differences.
type record struct {
	Posting       int64     `parquet:"posting,delta"`
	Batch         int64     `parquet:"batch,delta"`
	LogIndex      int64     `parquet:"log_index,delta"`
	At            time.Time `parquet:"at,delta,timestamp(microsecond)"`
	Kind          string    `parquet:"kind,dict"`
	Transfer      *string   `parquet:"transfer,optional"` // null where a posting has none
	DebitAccount  int64     `parquet:"debit_account,dict"`
	DebitOwner    string    `parquet:"debit_owner,dict"`
	DebitKind     string    `parquet:"debit_kind,dict"`
	CreditAccount int64     `parquet:"credit_account,dict"`
	CreditOwner   string    `parquet:"credit_owner,dict"`
	CreditKind    string    `parquet:"credit_kind,dict"`
	Currency      string    `parquet:"currency,dict"`
	Decimals      int32     `parquet:"decimals,dict"` // of the currency: amount_minor divided by ten to it is the amount
	AmountMinor   int64     `parquet:"amount_minor"`
}

// Parquet writes postings as a Parquet file: the columns of CSV, with amounts as minor units and as nothing else.
// Times are microseconds, UTC; what is finer is cut off.
type Parquet struct {
	w     *parquet.GenericWriter[record]
	books *directory
	rows  []record
}

var _ Consumer = (*Parquet)(nil)

// NewParquet makes postings as Parquet from the log's first batch on.
func NewParquet(out io.Writer) *Parquet {
	return &Parquet{books: newDirectory(), w: parquet.NewGenericWriter[record](out,
		parquet.MaxRowsPerRowGroup(groupRows), parquet.Compression(&snappy.Codec{}), parquet.CreatedBy("ayni", "1", "journal"))}
}

// Batch writes a batch's postings. Errors are *AccountError, *PostingError and the writer's.
func (q *Parquet) Batch(b *ledger.Batch) error {
	if _, err := q.books.learn(b); err != nil {
		return err
	}
	q.rows = q.rows[:0]
	at := b.DecidedAt.UTC().Truncate(time.Microsecond)
	for _, p := range b.Postings {
		debit, credit, err := q.books.sides(b.ID, p)
		if err != nil {
			return err
		}
		r := record{
			Posting: p.ID, Batch: b.ID, LogIndex: b.LogIndex, At: at, Kind: Name(string(p.Kind)),
			DebitAccount: debit.ID, DebitOwner: debit.Owner, DebitKind: Name(string(debit.Kind)),
			CreditAccount: credit.ID, CreditOwner: credit.Owner, CreditKind: Name(string(credit.Kind)),
			Currency: p.Currency.String(), Decimals: int32(p.Currency.MinorUnits()), AmountMinor: p.AmountMinor, //nolint:gosec // at most six
		}
		if name := transferName(p); name != "" {
			r.Transfer = &name
		}
		q.rows = append(q.rows, r)
	}
	if _, err := q.w.Write(q.rows); err != nil {
		return fmt.Errorf("journal: batch %d as Parquet: %w", b.ID, err)
	}
	return nil
}

// Close writes the last row group and the footer.
func (q *Parquet) Close() error {
	if err := q.w.Close(); err != nil {
		return fmt.Errorf("journal: Parquet: %w", err)
	}
	return nil
}
