package ledger

import "github.com/ayni-switch/ayni/fx"

// RateCommittee is whose signatures rate sheets need, from a command on.
type RateCommittee struct {
	Command   int64
	Committee fx.Committee
}

// RateSheet is a sheet of reference rates as it was signed (fx.SignedSheet.Text).
type RateSheet struct {
	Command, Serial int64
	Signed          []byte
}
