package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// NetObligation is what a closed window has a participant pay (NetMinor below zero), or be paid, in one currency. What
// the FX pool owes or is owed is the provider's.
type NetObligation struct {
	Window      settlement.WindowID
	Account     int64 // that the window nets
	Participant string
	Net         fx.Money
	ClosedAt    time.Time // the clock of the batch that closed it
	Instruction string    // the id of what the settlement agent was told, "" where it settles from prefunding
	ValueDate   fx.Date   // of the instruction, or else the day (UTC) of the closing
}
