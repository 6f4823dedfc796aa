// Package journal hands the books of a settlement log to other programs, and says what its accounts are at a moment.
//
//	batches ──▶ Text, Days   a plain-text journal that hledger and ledger check
//	        ├─▶ CSV          postings for spreadsheets
//	        ├─▶ Parquet      postings for databases
//	        └─▶ State        balances, positions, liquidity and windows; Diff and Compare say what differs
//
// Whoever replays a log hands over its batches in order. Every consumer learns accounts and the names of their owners
// from the batches and remembers those; it never remembers postings. Only postings and nouns are read: nothing here
// judges a batch (settlement/audit/accountant does).
package journal

import (
	"errors"
	"iter"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Consumer takes the batches of a log, in order, from the log's first. After an error it is of no more use, but for
// Close.
type Consumer interface {
	Batch(b *ledger.Batch) error
	Close() error // writes what is left; the writers underneath stay open
}

// Batches are those of a log, in order. After an error there are no more.
type Batches = iter.Seq2[*ledger.Batch, error]

// All hands batches to each of several consumers, and closes them all.
type All []Consumer

var _ Consumer = All{}

// Batch stops at the first consumer that errs.
func (a All) Batch(b *ledger.Batch) error {
	for _, c := range a {
		if err := c.Batch(b); err != nil {
			return err
		}
	}
	return nil
}

// Close closes each of them, whatever the others say.
func (a All) Close() error {
	var all error
	for _, c := range a {
		all = errors.Join(all, c.Close())
	}
	return all
}
