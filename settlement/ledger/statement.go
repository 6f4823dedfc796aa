package ledger

import (
	"errors"
	"time"

	"github.com/ayni-switch/ayni/settlement"
)

// Span is a row of batches, both ends included. One that follows on another begins after its last.
type Span struct{ First, Last int64 }

// ErrNoWindow says that no such window has closed. A retry fails until it has.
var ErrNoWindow = errors.New("ledger: no such window has closed")

// AccountStatement is one account over a span of batches. Closing is Opening, less Debits, plus Credits; the
// closing balance of a span is the opening balance of the one that follows on it.
type AccountStatement struct {
	Account                               int64
	Kind                                  AccountKind
	OpeningMinor, DebitMinor, CreditMinor int64
	ClosingMinor                          int64
	Postings                              int64
}

// StatementLine is one posting as its account sees it: a debit below zero.
type StatementLine struct {
	Posting      int64
	Account      int64
	Of           AccountKind // what the account is
	Batch        int64
	At           time.Time // the batch's clock
	Kind         PostingKind
	Transfer     settlement.TransferID // 0 where none
	AmountMinor  int64
	BalanceMinor int64 // after it
}
