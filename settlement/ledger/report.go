package ledger

import (
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// Flow is what one currency moved through the accounts that may owe, in minor units.
type Flow struct {
	Currency    fx.Currency
	GrossMinor  int64 // what all owed, each obligation by itself
	NetMinor    int64 // what those who owed after netting had to bring
	PoolIn      int64 // what cross-currency transfers brought into the pool
	PoolOut     int64 // and took out of it
	PayoutMinor int64 // paid out to people
}

// Latency is how long transfers took, in milliseconds, from the broker's time of the intent to the
// writing of the batch that moved them. The flush of that batch's commit comes on top.
type Latency struct {
	ClearedP50, ClearedP99, PaidP50, PaidP99 int64
}

// RailOutcome counts what rails said, by participant, kind, last word and how it was learned.
type RailOutcome struct {
	Participant string         `json:"participant"`
	Kind        messaging.Kind `json:"kind"`
	State       string         `json:"state"`
	ResolvedBy  string         `json:"resolved_by"`
	Count       int64          `json:"count"`
}

// Paid is what one participant's customers sent and received in transfers that were paid, in minor
// units of its currency: what its rail must have moved too.
type Paid struct {
	Participant            string
	SentMinor, PayoutMinor int64
}

// PastLeg is a leg of a bundle, and what became of it.
type PastLeg struct {
	Debtor, Creditor    string
	Source, Destination fx.Money
	State               messaging.State
	Cleared             int64 // the batch that cleared it, 0 before
}

// Window is a settlement window and where it is in its life.
type Window struct {
	ID    settlement.WindowID    `json:"window"`
	State settlement.WindowState `json:"state"`
	Group string                 `json:"group"`
}
