package decide

import (
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// The strict classes of a batch. Returns come first: a rail has refused for good, nothing else can end
// such a transfer, it has no deadline, and until it clears somebody is out of money for nothing. What it
// takes from the creditor's participant is what that one received for a payout that it did not make.
// Everything else competes by value and weight.
const (
	classReturn   = 0
	classTransfer = 1
)

func (t *transfer) class() int32 {
	if t.original != nil {
		return classReturn
	}
	return classTransfer
}

// highPriority is what an urgent transfer counts against a normal one.
const highPriority = 2

// ageSteps say how a transfer's weight grows with the time since it was accepted, so that neither size nor
// company can keep it waiting for ever. With highPriority no weight passes 32.
var ageSteps = []struct {
	under  time.Duration
	weight int32
}{{time.Minute, 1}, {10 * time.Minute, 2}, {time.Hour, 4}, {6 * time.Hour, 8}}

const oldestWeight = 16

// weight is what a unit of the transfer's value counts at the batch's clock. Both times are in the ledger.
func (t *transfer) weight(now time.Time) int32 {
	weight, waited := int32(oldestWeight), now.Sub(t.AcceptedAt)
	for _, step := range ageSteps {
		if waited < step.under {
			weight = step.weight
			break
		}
	}
	if t.Priority == messaging.PriorityHigh {
		weight *= highPriority
	}
	return weight
}
