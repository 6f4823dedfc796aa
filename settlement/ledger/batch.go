package ledger

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// Batch is everything that one clearing batch adds, and the few things that it moves on. It is written
// whole or not at all, by store.Lead.Write.
type Batch struct {
	ID        int64
	Window    settlement.WindowID
	DecidedAt time.Time
	Accepted  int // intents that entered the queue
	Cleared   int
	Queued    int
	LogIndex  int64
	Clearing  Clearing // zero where there was nothing to choose

	Participants   []settlement.Participant // new
	Suspensions    []settlement.Participant // changed
	Accounts       []Account
	Envelopes      []Envelope
	Transfers      []*settlement.Transfer
	Intents        []Intent
	Events         []Event
	Outcomes       []Outcome
	Postings       []Posting
	Balances       []Balance
	Liquidity      []Liquidity
	CreditLines    []CreditLine
	Carries        []Carry
	Quotes         []fx.Quote
	RateCommittees []RateCommittee
	RateSheets     []RateSheet
	DeadLetters    []DeadLetter
	WindowEvents   []WindowEvent
	WindowNets     []WindowNet
	Log            []LogEntry
	Blobs          []Blob
	Inputs         Inputs
	Checkpoint     Checkpoint
	Outbox         []OutboxMessage
	CommandResults []CommandResult
	Positions      []StreamPosition
	Open           []OpenTransfers // one now and then
	Rotations      []KeyRotation
	LetterReplays  []LetterReplay
	Life           []LifeEvent
	BundleLegs     []BundleLeg // of accepted transfers
	BundleEnds     []BundleEnd
	Rules          []Rule
	Screened       []ScreenVerdict
	Rails          []RailHealth

	Evidence           []Evidence
	CreditTerms        []CreditTerms
	Guarantees         []Guarantee
	Instructions       []Instruction
	InstructionResults []InstructionResult
	Told               []settlement.InstructionID // that waited for witnesses
	Groups             []Group
	Methods            []Method
	DefaultSteps       []DefaultStep
	Claims             []Claim
	ClaimsPaid         []ClaimPaid
	// Totals are those of all accounts after the batch, where it closed a window; nil elsewhere. They are
	// compared with the postings and not written.
	Totals       []Balance
	FeeSchedules []FeeSchedule
	Charges      []Charge
}

// Envelope is a message as it came, with its signature.
type Envelope struct {
	Participant int32
	Sequence    uint64
	Kind        messaging.PayloadKind
	ReceivedAt  time.Time
	Payload     []byte // the open line, or all of what could not be read; nil where it was over the size limit
	Closed      []byte // the closed lines, sealed under the keys of persons; nil where there are none
	Signature   string
	Hash        [32]byte // messaging.MessageHash
}

// Body is what an envelope holds.
type Body struct{ Payload, Closed []byte } // Envelope.Payload and Envelope.Closed

// Whole is a message as it came, of a body whose closed lines were unsealed.
func (b Body) Whole() []byte {
	if b.Closed == nil {
		return b.Payload
	}
	return slices.Concat(b.Payload, []byte{'\n'}, b.Closed)
}

// Intent is what became of an id. Fault is empty where it became Transfer.
type Intent struct {
	Participant int32
	Sequence    uint64 // of its envelope, and its place in it
	Place       int32
	ID          string
	Hash        [32]byte // of its bytes
	Transfer    settlement.TransferID
	Fault       messaging.Fault
	Detail      string
}

// Event is a step of a transfer.
type Event struct {
	Transfer settlement.TransferID
	State    messaging.State
	Reason   string
}

// Verdict is what the engine made of an outcome.
type Verdict string

// The verdicts.
const (
	VerdictApplied   Verdict = "applied"   // it moved the transfer on
	VerdictNoted     Verdict = "noted"     // nothing moves by it: unknown, or of something that does not matter any more
	VerdictRepeated  Verdict = "repeated"  // said before
	VerdictException Verdict = "exception" // contradicts what is final, or the amount; a person looks
)

// Outcome is one thing a rail said, with the verdict.
type Outcome struct {
	Participant int32
	Sequence    uint64
	Transfer    settlement.TransferID
	Outcome     messaging.Outcome
	Verdict     Verdict
}

// PostingKind says why money moved.
type PostingKind string

// The kinds of posting.
const (
	PostClear    PostingKind = "clear"
	PostReturn   PostingKind = "return"
	PostFund     PostingKind = "fund"
	PostSettle   PostingKind = "settle"
	PostTrade    PostingKind = "trade"
	PostResidual PostingKind = "residual"
	PostGross    PostingKind = "gross"

	PostReserve     PostingKind = "reserve"    // on its way out
	PostWithdraw    PostingKind = "withdraw"   // and gone
	PostRelease     PostingKind = "release"    // or back, like a guarantee that ended
	PostPayIn       PostingKind = "pay_in"     // on its way in, for a window
	PostPledge      PostingKind = "pledge"     // set aside for another's credit line
	PostCollateral  PostingKind = "collateral" // the steps of the default procedure
	PostGuarantee   PostingKind = "guarantee"
	PostShare       PostingKind = "share"
	PostClaim       PostingKind = "claim"       // what a defaulter owes for it
	PostRecover     PostingKind = "recover"     // what it brought later
	PostAcquit      PostingKind = "acquit"      // and owes no more
	PostFee         PostingKind = "fee"         // for the switch; a return takes it back
	PostInterchange PostingKind = "interchange" // between the participants; likewise
)

// Posting moves AmountMinor from Debit to Credit, two accounts of one currency.
type Posting struct {
	ID            int64
	Transfer      settlement.TransferID // 0 where none
	Kind          PostingKind
	Debit, Credit int64
	AmountMinor   int64
	Currency      fx.Currency
}

// Balance is an account's running totals after a batch, and its gross flows in the window that was open then.
type Balance struct{ Account, Debits, Credits, GrossIn, GrossOut int64 }

// OpenTransfers lists the transfers that were open after a batch, returns included, so that a new leader looks
// through those and what came later. Through is the newest transfer then.
type OpenTransfers struct {
	Through   settlement.TransferID
	Transfers []settlement.TransferID
}

// Liquidity is what an account that may owe has at its disposal after a batch.
type Liquidity struct {
	Account, PrefundMinor, CreditLineMinor, PositionMinor int64

	Step int32 // of the account's alarm, in percent
}

// CreditLine is how far a position may pass its prefunding, from the next batch on. Above its target it falls
// as the position allows.
type CreditLine struct{ Account, AmountMinor, TargetMinor int64 }

// Carry is rounding that has not made a whole minor unit yet.
type Carry struct {
	Currency fx.Currency
	Nano     fx.NanoMinor
}

// DeadLetter is something that could not be read. Place is -1 for a whole message.
type DeadLetter struct {
	Participant int32
	Sequence    uint64
	Place       int32
	Fault       messaging.Fault
	Detail      string
}

// WindowEvent is a step of a window.
type WindowEvent struct {
	Window settlement.WindowID
	State  settlement.WindowState

	Group    string
	LogIndex int64     // of the batch: from which on its flows are the window's, or no longer
	Moment   time.Time // when an open window closes, or a closed one is due; zero where that is open
}

// WindowNet is what a closed window left on an account.
type WindowNet struct {
	Window            settlement.WindowID
	Account           int64
	GrossIn, GrossOut int64
}

// NetMinor is what the account earned (positive) or owes over the window.
func (n WindowNet) NetMinor() int64 { return n.GrossIn - n.GrossOut }

// LogEntry is one entry of the settlement log.
type LogEntry struct {
	Index int64
	Kind  string
	Body  []byte
	Leaf  [32]byte
}

// Blob is what was too large for an entry; the entry names its SHA-256.
type Blob struct {
	Hash [32]byte
	Body []byte
}

// Inputs are what the log keeps of a batch's messages. The open lines between the headers are in the envelopes, so
// that they are kept once.
type Inputs struct {
	Hash    [32]byte // of headers and open lines together: the blob that the batch's entry names
	Headers []byte   // audit.AppendHeader, one after the other; nil before ayni-net-3
}

// Checkpoint is the signed note over the log as this batch leaves it.
type Checkpoint struct {
	Size int64
	Note string
	Edge []byte // hashes of the tree's complete subtrees, largest first (audit.Tree.Edge)
}

// OutboxMessage is a message to send. Participant is "" for the log's own subject.
type OutboxMessage struct {
	ID          int64
	Participant string
	Kind        messaging.PayloadKind
	Payload     []byte
}

// DecidedMessage is a message of the outbox as it is read back: with the moment of the batch that decided it.
type DecidedMessage struct {
	OutboxMessage

	DecidedAt time.Time
}

// CommandResult is what became of a command; Fault is "" where it was carried out.
type CommandResult struct {
	Command int64
	Fault   string
}

// StreamPosition is how far the engine has read a participant's stream: from Old (zero where it had not
// begun) to New.
type StreamPosition struct {
	Participant int32
	Old, New    messaging.Position
}
