package board

import "fmt"

// Fault names why something was refused.
type Fault string

// The faults of a posting, and of what is done about one.
const (
	FaultID       Fault = "id"
	FaultKind     Fault = "kind"
	FaultCategory Fault = "category"
	FaultUrgency  Fault = "urgency"
	FaultPlace    Fault = "place"
	FaultQuantity Fault = "quantity" // none, too much, or more than is left
	FaultUnit     Fault = "unit"
	FaultUntil    Fault = "until"
	FaultText     Fault = "text" // not a commitment
	FaultRules    Fault = "rules"
	FaultStars    Fault = "stars"

	FaultKnown   Fault = "known"        // the id is taken
	FaultUnknown Fault = "unknown"      // there is no such posting or match
	FaultMany    Fault = "too_many"     // a limit of the board
	FaultNotYour Fault = "not_yours"    // it is for another member
	FaultOver    Fault = "over"         // withdrawn, expired, or past that step
	FaultPair    Fault = "cannot_match" // the two postings do not fit, or their members must not meet
	FaultSaid    Fault = "said_already"
)

// RefusalError says what was refused, and why. The same again is refused again.
type RefusalError struct {
	Fault Fault
	ID    string // of the posting or match
}

func (e *RefusalError) Error() string { return fmt.Sprintf("board: %s: %s", e.ID, e.Fault) }

func refuse(fault Fault, id string) error { return &RefusalError{Fault: fault, ID: id} }
