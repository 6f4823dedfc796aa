package credit

import "fmt"

// Fault names why something was refused.
type Fault string

// The faults.
const (
	FaultRule     Fault = "rule"
	FaultAmount   Fault = "amount" // not positive
	FaultOverflow Fault = "overflow"
	FaultOwe      Fault = "over_limit_to_owe"
	FaultHold     Fault = "over_limit_to_hold"
	FaultSelf     Fault = "to_oneself"
	FaultIssue    Fault = "not_issued_so" // money comes from outside, mutual credit from paying
	FaultTotal    Fault = "over_limit_to_issue"
	FaultShort    Fault = "not_enough"
	FaultClaim    Fault = "claim" // without id, party, unit or amount, or twice
	FaultLine     Fault = "line"  // without member or unit, negative, or twice
	FaultMany     Fault = "too_many"
)

// RefusalError says what was refused, and why. The same again is refused again, unless balances have changed.
type RefusalError struct {
	Fault Fault
	About string // a member, a claim or a field
}

func (e *RefusalError) Error() string { return fmt.Sprintf("credit: %s: %s", e.About, e.Fault) }

func refuse(fault Fault, about string) error { return &RefusalError{Fault: fault, About: about} }
