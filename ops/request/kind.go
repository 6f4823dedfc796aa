package request

import "github.com/ayni-switch/ayni/settlement"

// Kind names what is asked for.
type Kind string

// The kinds about participants. A rail is suspended as its participant.
const (
	Add     Kind = "add"
	Suspend Kind = "suspend"
	Resume  Kind = "resume"
	Rotate  Kind = "rotate" // another signing key, other credentials, or both
	Revoke  Kind = "revoke" // suspended, without credentials, and with a signing key that nobody has
	Limits  Kind = "limits"
)

// The kinds of one command of the engine each, about money.
const (
	CreditLine  Kind = "credit_line"
	CreditTerms Kind = "credit_terms"
	Guarantee   Kind = "guarantee"
	Fund        Kind = "fund"
	Withdraw    Kind = "withdraw"
)

// The kinds of one command each, about windows and how they settle.
const (
	CloseWindow       Kind = "close_window"
	Resettle          Kind = "resettle"
	InstructionResult Kind = "instruction_result"
	Recover           Kind = "recover"
	Group             Kind = "settlement_group"
	Method            Kind = "settlement_method"
)

// The kinds of one command each, about what waits.
const (
	Hold    Kind = "hold"
	Release Kind = "release"
	Refuse  Kind = "refuse"
	Replay  Kind = "replay_letter"
)

// The kinds of one command each, about what rules all.
const (
	Rates         Kind = "rates"
	RateCommittee Kind = "rate_committee"
	Quotes        Kind = "quotes"
	Fees          Kind = "fees"
	Patience      Kind = "patience"
	Hours         Kind = "hours"
	Gross         Kind = "gross"
	Screen        Kind = "screen"
	TravelRule    Kind = "travel_rule"
	Witnesses     Kind = "witnesses"
)

// The kinds that say how something ended.
const (
	ResolveDifference Kind = "resolve_difference" // that reconciliation found
	ResolveOperation  Kind = "resolve_operation"  // that an adapter does not know the end of
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{
		Add, Suspend, Resume, Rotate, Revoke, Limits, CreditLine, CreditTerms, Guarantee, Fund, Withdraw, CloseWindow, Resettle,
		InstructionResult, Recover, Group, Method, Hold, Release, Refuse, Replay, Rates, RateCommittee, Quotes, Fees, Patience, Hours,
		Gross, Screen, TravelRule, Witnesses, ResolveDifference, ResolveOperation,
	}
}

// kindNames are some kinds as the ledger names them.
func kindNames(kinds []Kind) []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return names
}

// command is the engine's command that is all of a plan of some kind; ok is false for kinds that are more, or other.
func (k Kind) command() (c settlement.CommandKind, ok bool) {
	switch k {
	case Suspend, Resume:
		return settlement.CommandSuspend, true
	case Add, Rotate, Revoke, ResolveDifference, ResolveOperation:
		return "", false
	default:
		return settlement.CommandKind(k), true
	}
}

// FromBody tells whether Make makes plans of a kind.
func (k Kind) FromBody() bool {
	_, one := k.command()
	return one || k == ResolveOperation
}
