package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// AccountFilter says which postings of an account are listed.
type AccountFilter struct {
	Participant string
	Currency    fx.Currency
	Kind        AccountKind // "" for the first that the participant has in the currency
	From, Until time.Time   // by the batches' clock: from From until before Until
	Cursor      string      // where the list goes on; "" at its begin
	Limit       int         // see PageSize
}

// AccountPage is a part of an account's postings, oldest first, with the account over the whole time. Next is "" at the
// end.
type AccountPage struct {
	AccountStatement               // Postings is not counted
	Kinds            []AccountKind // all that the participant has in the currency
	BeforeMinor      int64         // the balance before the first line
	Lines            []AccountLine
	Next             string
}

// AccountLine is a posting as its account sees it, and who is at its other end: of a transfer the other participant.
type AccountLine struct {
	StatementLine
	Other string
}
