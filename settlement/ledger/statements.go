package ledger

import (
	"errors"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// SchemeName is what the scheme's own accounts go by where participants have names.
const SchemeName = "scheme"

// Period is whose accounts, in which currency, over which time: from From until before Until, by the batches' clock.
type Period struct {
	Owner       string      // "" for everybody, SchemeName for the scheme
	Currency    fx.Currency // zero for all
	From, Until time.Time
}

// PeriodAccount is an account over a period. Closing is Opening, less Debits, plus Credits: it was checked.
type PeriodAccount struct {
	AccountStatement
	Owner    string
	Currency fx.Currency
}

// Side names an account of an entry.
type Side struct {
	Account int64
	Owner   string
	Kind    AccountKind
}

// StatementEntry is one posting, with what statements say of it.
type StatementEntry struct {
	Posting       int64
	Batch         int64
	At            time.Time // the batch's clock
	Kind          PostingKind
	Debit, Credit Side
	Amount        fx.Money
	Transfer      settlement.TransferID // 0 where none
	Original      settlement.TransferID // that a return sends back; the transfer itself where it is none
	Intent        string                // the debtor's id of the original, "" without a transfer
	Debtor        string                // participants of the original, "" without a transfer
	Creditor      string
	Reference     string // the settlement agent's entry, or the windows that were settled; "" where nothing is known
}

// ErrNoAccount says that nobody of that name has an account in that currency. A retry fails until one does.
var ErrNoAccount = errors.New("ledger: no such account")
