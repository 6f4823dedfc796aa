package rotation

import "fmt"

// Fault names why something is refused.
type Fault string

// The faults.
const (
	FaultTerms  Fault = "terms"  // terms or seats that make no group
	FaultClock  Fault = "clock"  // a moment before that of the input before
	FaultSeat   Fault = "seat"   // no such seat, or one that this cannot be done with
	FaultState  Fault = "state"  // group or round is not where this can be done
	FaultMethod Fault = "method" // turns are not found like that here
	FaultAmount Fault = "amount" // not positive, out of bounds, or more than can be owed
	FaultEarly  Fault = "early"
	FaultLate   Fault = "late"
	FaultTwice  Fault = "twice"  // committed, revealed or asked already
	FaultSecret Fault = "secret" // not what was committed to, or not in form
	FaultAsked  Fault = "asked"  // nobody asked for this swap
)

// Error says what was refused, and why. A retry of the same fails again, but for FaultEarly and FaultState.
type Error struct {
	Fault  Fault
	Group  string
	Detail string
}

func (e *Error) Error() string {
	return fmt.Sprintf("rotation: group %s: %s: %s", e.Group, e.Fault, e.Detail)
}

func (g *Group) refuse(fault Fault, format string, args ...any) error {
	return &Error{Fault: fault, Group: g.Terms.ID, Detail: fmt.Sprintf(format, args...)}
}
