package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// EvidenceKey names an entry in the settlement agent's books: its reference, in one currency.
type EvidenceKey struct {
	Currency  fx.Currency
	Reference string
}

// Evidence is an entry and what it was taken as proof of, by which command.
type Evidence struct {
	EvidenceKey
	Command int64
	Said    string
}

// CreditTerms is what the scheme counts behind an account's credit line beside guarantees.
type CreditTerms struct{ Account, HaircutPPM, UnsecuredMinor int64 }

// Guarantee is what a guarantor has set aside for another's credit line, from a batch on. IDs are in the order
// in which guarantors pay.
type Guarantee struct {
	ID                     int64
	Guarantor, Beneficiary int32
	Currency               fx.Currency
	AmountMinor            int64
}

// InstructionKind says what the settlement agent is told.
type InstructionKind string

// The kinds of instruction.
const (
	PayIn      InstructionKind = "pay_in"     // a window's net debtor brings what it owes
	PayOut     InstructionKind = "pay_out"    // a window's net creditor gets what it earned
	Withdrawal InstructionKind = "withdrawal" // prefunding or collateral leaves
)

// Instruction is one payment at the settlement agent, in the nouns of a pacs.009; the instructed agent is the
// settlement agent of the currency.
type Instruction struct {
	ID          settlement.InstructionID
	Window      settlement.WindowID // 0 of a withdrawal
	Kind        InstructionKind
	Participant int32
	Account     int64 // that the money leaves; of a PayIn: the one that it is owed on
	AmountMinor int64
	Currency    fx.Currency
	ValueDate   fx.Date
	Instructing string
	Instructed  string
}

// Result is what became of an instruction.
type Result string

// The results. A PayIn lapses where its window settled without it.
const (
	Confirmed Result = "confirmed"
	Refused   Result = "refused"
	Lapsed    Result = "lapsed"
)

// InstructionResult ends an instruction.
type InstructionResult struct {
	Instruction settlement.InstructionID
	Result      Result
	Evidence    string
}

// OpenInstruction is an instruction without a result, or money paid in for a window that has not settled.
type OpenInstruction struct {
	Instruction
	PaidIn bool
	Entry  int64     // index of the log's entry that gave it
	Leaf   [32]byte  // of that entry, while it waits
	Waits  bool      // for witnesses of that entry: nobody was told
	ToldAt time.Time // when it waited no more; zero where it never did
}
