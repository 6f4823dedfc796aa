package fee

import (
	"fmt"
	"regexp"
)

// Limits of schedules.
const (
	MaxRules     = 4096 // in a schedule
	MaxSchedules = 16   // in force and announced
)

// nameForm is how rules are called.
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,47}$`)

// Fault names why there is no charge, or no schedule.
type Fault string

// The faults.
const (
	FaultSchedule Fault = "schedule"      // a schedule that cannot be used
	FaultVersion  Fault = "version"       // no later than the one before, or in force before it was known
	FaultCorridor Fault = "corridor"      // without participant, country or currency, or in another currency
	FaultAmount   Fault = "amount"        // an amount that is not positive, or whose fees int64 does not hold
	FaultNone     Fault = "none_in_force" // no schedule is in force at that moment
	FaultCharge   Fault = "charge"        // a charge that contradicts itself
)

// FeeError says what is wrong with a schedule, a charge or what was to be charged. A retry of the same fails
// again, but for FaultNone, which passes when a schedule comes into force.
type FeeError struct {
	Fault  Fault
	Detail string
}

func (e *FeeError) Error() string { return fmt.Sprintf("fee: %s: %s", e.Fault, e.Detail) }

func fail(fault Fault, format string, args ...any) error {
	return &FeeError{Fault: fault, Detail: fmt.Sprintf(format, args...)}
}
