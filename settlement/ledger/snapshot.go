package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Snapshot is everything that an engine needs in memory to go on from the last batch.
type Snapshot struct {
	LastBatch    int64
	DecidedAt    time.Time
	LastTransfer settlement.TransferID
	LastPosting  int64
	LastOutbox   int64
	LastCommand  int64

	Participants []settlement.Participant
	Accounts     []Account         // by ID, gapless from 1
	Balances     map[int64]Balance // gross flows are those of the window that was open then
	CreditLines  map[int64]int64
	Carries      map[fx.Currency]fx.NanoMinor
	Quotes       []fx.Quote
	Committee    fx.Committee // who signs reference rates
	RateSheet    []byte       // the newest, as signed; nil where there is none
	Positions    map[int32]messaging.Position
	Newest       map[int32]string // the greatest id that each participant used, by bytes

	// Open are the transfers without a final state, and the returns of those, by id.
	Open   []OpenTransfer
	Bodies map[EnvelopeKey]Body // the envelopes that they came in

	// Unsettled are the nets of windows that are closed and not settled.
	Unsettled []WindowNet

	Rails []RailHealth // what participants said last of their rails, those that ever did
	Rules []Rule       // in force, in the order of their commands
	Life  []LifeEvent  // of open transfers, in order

	Tree audit.Tree // of the settlement log

	BalanceBatches  map[int64]int64 // that Balances are of
	Targets         map[int64]int64 // of credit lines that are falling
	CreditTerms     []CreditTerms
	Guarantees      []Guarantee // by ID
	LastGuarantee   int64
	Instructions    []OpenInstruction // by ID
	LastInstruction settlement.InstructionID
	Alarms          map[int64]int32 // steps above 0, by account
	Groups          []Group         // by name
	Methods         []Method
	OpenWindows     []OpenWindow
	ClosedWindows   []ClosedWindow // whose nets Unsettled has
	LastWindow      settlement.WindowID
	Claims          []Claim // by ID
	LastClaim       int64
	FeeSchedules    []FeeSchedule                      // that a book can still hold, as they were announced
	Charges         map[settlement.TransferID][]Charge // of open transfers
	Broken          []BundleEnd                        // those that are remembered and not older than BrokenMemory, in order
	BundlesCleared  bool                               // by the last batch, some
}

// OpenTransfer is a transfer and the state that it is in.
type OpenTransfer struct {
	settlement.Transfer
	State messaging.State
	Since time.Time // the clock of the batch that brought it into this state
}

// EnvelopeKey names an envelope.
type EnvelopeKey struct {
	Participant int32
	Sequence    uint64
}

// BrokenMemory is how long legs of a bundle that is broken are told so: as long as a leg that came first could have waited.
const BrokenMemory = 7 * 24 * time.Hour

// QuoteMemory is how long an expired quote is still told apart from an unknown one.
const QuoteMemory = 7 * 24 * time.Hour
