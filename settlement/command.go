package settlement

import (
	"github.com/ayni-switch/ayni/fx"
)

// CommandKind names what an operator asks of the engine. Commands pass through the clearing batch like
// everything else, so their order against transfers is a fact of the log.
type CommandKind string

// The commands.
const (
	CommandAddParticipant CommandKind = "add_participant" // body AddParticipant
	CommandFund           CommandKind = "fund"            // body Fund
	CommandCreditLine     CommandKind = "credit_line"     // body CreditLine
	CommandQuotes         CommandKind = "quotes"          // body Quotes
	CommandRateCommittee  CommandKind = "rate_committee"  // body fx.Committee
	CommandRates          CommandKind = "rates"           // body Rates
	CommandSuspend        CommandKind = "suspend"         // body Suspend
	CommandCloseWindow    CommandKind = "close_window"    // body CloseWindow
	CommandFees           CommandKind = "fees"            // body fee.Schedule
	CommandRotateKey      CommandKind = "rotate_key"      // body RotateKey
	CommandReplayLetter   CommandKind = "replay_letter"   // body ReplayLetter
	CommandLimits         CommandKind = "limits"          // body Limits
)

// CommandKinds lists every kind, in the order of the alphabet.
func CommandKinds() []CommandKind {
	return []CommandKind{
		CommandAddParticipant, CommandCloseWindow, CommandCreditLine, CommandCreditTerms, CommandFees, CommandFund,
		CommandGross, CommandGuarantee, CommandHold, CommandHours, CommandInstructionResult, CommandLimits, CommandPatience, CommandQuotes,
		CommandRateCommittee, CommandRates, CommandRecover, CommandRefuse, CommandRelease, CommandReplayLetter, CommandResettle,
		CommandRotateKey, CommandScreen, CommandSettlementGroup, CommandSettlementMethod, CommandSuspend, CommandTravelRule, CommandWithdraw,
		CommandWitnessed, CommandWitnesses,
	}
}

// Command is one request to the engine. Key is the asker's own: asking again under the same key is
// asking once.
type Command struct {
	ID   int64
	Key  string
	Kind CommandKind
	Body []byte // JSON of the kind's body

	Maker, Checker string // who asked for it and who approved it; the log names them. Without a checker one person did it alone
}

// AddParticipant admits a participant.
type AddParticipant struct {
	Name                 string      `json:"name"`
	Country              string      `json:"country"`
	Currency             fx.Currency `json:"currency"`
	Role                 Role        `json:"role"`
	SigningKey           string      `json:"signing_key"`
	PayoutIncrementMinor int64       `json:"payout_increment_minor"`
	PayoutMinMinor       int64       `json:"payout_min_minor"`
	PayoutMaxMinor       int64       `json:"payout_max_minor"`
	Reserves             bool        `json:"reserves,omitzero"` // Participant.Reserves
}

// Fund books money that reached the settlement agent for a participant. Evidence is the agent's entry
// reference (camt.054), used once per currency: the same money again is answered as done, other money refused.
// Without it only the command's key tells that it is the same.
type Fund struct {
	Participant string      `json:"participant"`
	Currency    fx.Currency `json:"currency"`
	AmountMinor int64       `json:"amount_minor"`
	Evidence    string      `json:"evidence,omitempty"`
	Account     Standing    `json:"account,omitempty"`
}

// CreditLine sets how far a participant's position may pass its prefunding, for future batches: at most what
// collateral, guarantees and the scheme's terms cover. A lower line takes effect as far as the position allows
// and follows it down from there; it never rises by itself.
type CreditLine struct {
	Participant string      `json:"participant"`
	Currency    fx.Currency `json:"currency"`
	AmountMinor int64       `json:"amount_minor"`
}

// Rates publishes the scheme's reference rates: a sheet as its committee signed it (fx.SignedSheet.Text).
// The newest holds for as long as it says; each has a greater serial than the one before.
type Rates struct {
	Signed string `json:"signed"`
}

// Quotes publishes a provider's quotes. Each holds until its own expiry, whatever comes later. One that
// names no mid rate gets the reference rate of the moment, where the scheme has one.
type Quotes struct {
	Quotes []fx.Quote `json:"quotes"`
}

// Suspend stops a participant's new intents, or lets them in again.
type Suspend struct {
	Participant string `json:"participant"`
	Suspended   bool   `json:"suspended"`
}

// Limits sets in which steps a participant pays out, from which amount and up to which, for intents that come later.
type Limits struct {
	Participant          string `json:"participant"`
	PayoutIncrementMinor int64  `json:"payout_increment_minor"`
	PayoutMinMinor       int64  `json:"payout_min_minor"`
	PayoutMaxMinor       int64  `json:"payout_max_minor"`
}

// CloseWindow closes a group's open window with the batch that carries the command. No group is DefaultGroup.
type CloseWindow struct {
	Reason string `json:"reason"`
	Group  string `json:"group,omitempty"`
}

// RotateKey gives a participant another signing key, which holds from the next batch on: what that batch takes
// in must be signed with it, whenever it was sent.
type RotateKey struct {
	Participant string `json:"participant"`
	SigningKey  string `json:"signing_key"`
}

// ReplayLetter has a dead letter taken in again as if it had just come: by the keys, participants and limits
// that hold now. Place -1 is a whole message. One that is taken in is replayed no more.
type ReplayLetter struct {
	Participant string `json:"participant"`
	Sequence    uint64 `json:"sequence"`
	Place       int32  `json:"place"`
	Asker       string `json:"asker"`
	Reason      string `json:"reason"`
}
