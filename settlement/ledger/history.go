package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/settlement"
)

// PastBatch is what a batch was decided on, and the entry that the log keeps of it.
type PastBatch struct {
	ID        int64
	DecidedAt time.Time
	Commands  []settlement.Command
	Envelopes []Envelope
	Inputs    []byte           // as the log has them (audit.ReadMessages); nil before ayni-net-3
	Hits      map[Hit]Screened // what screening said
	Entry     []byte
	Closings  map[settlement.WindowID]time.Time // of windows that it opened, those that close by themselves
}
