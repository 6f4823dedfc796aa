package settlement

import (
	"encoding/binary"
	"fmt"

	"github.com/ayni-switch/ayni/fx"
)

// The commands about liquidity.
const (
	CommandWithdraw          CommandKind = "withdraw"           // body Withdraw
	CommandInstructionResult CommandKind = "instruction_result" // body InstructionResult
	CommandCreditTerms       CommandKind = "credit_terms"       // body CreditTerms
	CommandGuarantee         CommandKind = "guarantee"          // body Guarantee
)

// Standing is which of a participant's accounts money goes to, or comes from.
type Standing string

// The accounts that money stands on. No name is StandingSettlement.
const (
	StandingSettlement Standing = "settlement" // prefunding
	StandingCollateral Standing = "collateral" // backs a credit line
)

// Withdraw takes prefunding or collateral out. It is reserved at once, instructed to the settlement agent,
// and leaves or comes back with the instruction's result. What liquidity needs cannot be withdrawn.
type Withdraw struct {
	Participant string      `json:"participant"`
	Currency    fx.Currency `json:"currency"`
	AmountMinor int64       `json:"amount_minor"`
	Account     Standing    `json:"account"`
}

// InstructionResult is what the settlement agent made of an instruction: its entry (camt.054) proves that the
// money moved, and carries the instruction's end-to-end id. A refusal needs no evidence.
type InstructionResult struct {
	Instruction string      `json:"instruction"` // InstructionID.String
	Currency    fx.Currency `json:"currency"`
	AmountMinor int64       `json:"amount_minor"`
	Evidence    string      `json:"evidence"`
	Refused     bool        `json:"refused"`
}

// CreditTerms is what the scheme counts behind a participant's credit line beside guarantees: its collateral
// after a haircut, and an amount that nothing backs.
type CreditTerms struct {
	Participant    string      `json:"participant"`
	Currency       fx.Currency `json:"currency"`
	HaircutPPM     int64       `json:"haircut_ppm"` // millionths of the collateral that do not count
	UnsecuredMinor int64       `json:"unsecured_minor"`
}

// Guarantee sets how much of its own prefunding a participant sets aside for another's credit line. 0 ends it.
type Guarantee struct {
	Guarantor   string      `json:"guarantor"`
	Participant string      `json:"participant"` // whose credit line
	Currency    fx.Currency `json:"currency"`
	AmountMinor int64       `json:"amount_minor"`
}

// InstructionID numbers what the settlement agent is told to do, from 1.
type InstructionID int64

// String writes the id as "I" and 13 characters, as a transfer's: it fits an end-to-end id.
func (id InstructionID) String() string { return "I" + TransferID(id).String()[1:] }

// ParseInstructionID reads what String writes, and nothing else.
func ParseInstructionID(text string) (InstructionID, error) {
	if len(text) == 14 && text[0] == 'I' {
		raw, err := crockford.DecodeString(text[1:])
		if err == nil {
			id := InstructionID(binary.BigEndian.Uint64(raw)) //nolint:gosec // what does not fit is negative, and refused
			if id > 0 && id.String() == text {
				return id, nil
			}
		}
	}
	return 0, fmt.Errorf("settlement: %q is no instruction id", text[:min(len(text), 40)])
}
