package ledger

import (
	"errors"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
)

// ErrNoTransfer says that there is no such transfer. A retry fails until there is.
var ErrNoTransfer = errors.New("ledger: no such transfer")

// TransferStory is all that the ledger knows of one transfer, from the message that it came in to the entries of the log
// that prove it. There is nothing in it that says who the two people are.
type TransferStory struct {
	FoundTransfer
	Message          uint64   // its place in the debtor's stream
	Place            int32    // and in that message
	Hash             [32]byte // of the intent's bytes
	Quote            string   // "" where no currency was exchanged
	Residual         fx.NanoMinor
	ResidualCurrency fx.Currency
	Bundle           *BundleLeg // nil where it clears by itself
	Window           WindowRef  // that its clearing is in; zero before it cleared

	Charges  []TransferCharge
	States   []TransferState // in order
	Life     []TransferLife  // in order
	Postings []TransferPosting
	Outcomes []TransferOutcome
	Return   *TransferReturn // nil where nothing sends it back
	Waits    *Waiting        // nil where it does not wait to clear
}

// WindowRef names a window and its group.
type WindowRef struct {
	ID    settlement.WindowID
	Group string
}

// TransferCharge is one component of what a transfer costs.
type TransferCharge struct {
	Kind         fee.Kind
	Version      int64 // of the schedule
	Rule         string
	Payer, Payee string // SchemeName for the scheme
	Amount       fx.Money
}

// TransferState is a state that a transfer came into, and where the log has it.
type TransferState struct {
	State     messaging.State
	Reason    string
	Batch     int64
	At        time.Time // the batch's clock
	WrittenAt time.Time
	LogIndex  int64 // of the batch's entry
}

// TransferLife is something that happened to a transfer beside its states.
type TransferLife struct {
	LifeEvent
	Batch    int64
	LogIndex int64
}

// TransferPosting is money that moved for a transfer, or for the return that sends it back.
type TransferPosting struct {
	ID            int64
	Batch         int64
	At            time.Time
	Transfer      settlement.TransferID // or its return
	Kind          PostingKind
	Debit, Credit Side
	Amount        fx.Money
}

// TransferOutcome is something that a rail said of a transfer.
type TransferOutcome struct {
	Batch       int64
	At          time.Time
	Participant string
	Message     uint64 // its place in the participant's stream
	Kind        messaging.Kind
	State       messaging.OutcomeState
	Verdict     Verdict
	RailRef     string
	Reason      string // ISO 20022 status reason code
	RailCode    string
	ResolvedBy  string
}

// TransferReturn is the transfer that sends another one back.
type TransferReturn struct {
	ID       settlement.TransferID
	States   []TransferState
	Outcomes []TransferOutcome
}

// WaitCause says why a transfer has not cleared.
type WaitCause string

// Why transfers wait, the first that is so.
const (
	WaitHeld      WaitCause = "held"      // until two people decide
	WaitClosed    WaitCause = "closed"    // until its currencies open
	WaitReserving WaitCause = "reserving" // for the creditor's rail to set the money aside
	WaitLegs      WaitCause = "legs"      // for the other legs of its bundle
	WaitLiquidity WaitCause = "liquidity" // of the accounts that it lacks
	WaitTurn      WaitCause = "turn"      // the newest batch does not say: it is new, or not among the oldest that wait
)

// Waiting is why a transfer has not cleared, as of the newest batch that had something to choose.
type Waiting struct {
	Cause WaitCause
	Until time.Time // of WaitClosed
	By    string    // of WaitHeld: "screen" or "person"
	Batch int64     // of WaitLiquidity
	Lacks []Lack
}

// Lack is an account whose liquidity a waiting transfer lacks.
type Lack struct {
	Side
	Short fx.Money
}

// SeenBy is the story as one participant may see it: what others' accounts lack is theirs to know, and so is what rails
// said to them beside the outcome itself.
func (s TransferStory) SeenBy(participant string) TransferStory {
	if s.Waits != nil {
		w := *s.Waits
		w.Lacks = nil
		for _, lack := range s.Waits.Lacks {
			if lack.Owner == participant {
				w.Lacks = append(w.Lacks, lack)
			}
		}
		s.Waits = &w
	}
	s.Outcomes = outcomesSeenBy(participant, s.Outcomes)
	if s.Return != nil {
		r := *s.Return
		r.Outcomes = outcomesSeenBy(participant, r.Outcomes)
		s.Return = &r
	}
	return s
}

func outcomesSeenBy(participant string, all []TransferOutcome) []TransferOutcome {
	seen := make([]TransferOutcome, len(all))
	for i, o := range all {
		if o.Participant != participant {
			o.RailRef, o.RailCode, o.ResolvedBy = "", "", ""
		}
		seen[i] = o
	}
	return seen
}
