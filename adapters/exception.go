package adapters

import (
	"fmt"
	"time"
)

// ExceptionKind names what a person has to look at.
type ExceptionKind string

// The exceptions. None of them stops anything else, and none changes an outcome that was published.
const (
	ExceptionContradiction   ExceptionKind = "contradictory_finals"  // the rail said both settled and failed
	ExceptionMismatch        ExceptionKind = "evidence_mismatch"     // another amount or beneficiary than instructed
	ExceptionCollection      ExceptionKind = "collection_mismatch"   // a payment of another amount or currency than the order's
	ExceptionUnmatched       ExceptionKind = "collection_unmatched"  // a payment for no order that is known
	ExceptionPaidTwice       ExceptionKind = "collection_twice"      // a second payment for an order
	ExceptionUnconfirmed     ExceptionKind = "collection_unknown"    // a callback named a payment that the rail does not know
	ExceptionReceiptReused   ExceptionKind = "receipt_reused"        // one payment was named for two orders
	ExceptionReversed        ExceptionKind = "collection_reversed"   // the rail took a customer's payment back
	ExceptionRefundFailed    ExceptionKind = "refund_failed"         // the rail refuses to give money back
	ExceptionRefundUnmatched ExceptionKind = "refund_unmatched"      // told to refund what was never collected, or otherwise
	ExceptionRefundTwice     ExceptionKind = "refund_twice"          // told to refund what is refunded already
	ExceptionEndedLate       ExceptionKind = "ended_after_cleared"   // the switch rejects what it had cleared: no refund by itself
	ExceptionIntentReused    ExceptionKind = "intent_id_reused"      // the switch knows the intent's id with other bytes
	ExceptionIntentRefused   ExceptionKind = "intent_unpublishable"  // messaging refuses to send the intent
	ExceptionOutcomeRefused  ExceptionKind = "outcome_unpublishable" // messaging refuses to send the outcome
	ExceptionInstruction     ExceptionKind = "instruction_changed"   // the same instruction again, with other content
	ExceptionMissing         ExceptionKind = "operation_missing"     // the rail knows nothing of what it took, or of what was called settled
	ExceptionStuck           ExceptionKind = "submission_stuck"      // nothing has reached the rail for many attempts
	ExceptionPaidBefore      ExceptionKind = "paid_before"           // told again, as another transfer, to pay an intent: it is not paid again
	ExceptionOpenLong        ExceptionKind = "open_long"             // for longer than Timers.OpenFor nobody can say what became of it
)

// stuckAfter is how many attempts without reaching the rail make an exception.
const stuckAfter = 20

// missingAfter is how many queries that find nothing of an operation that may be done make an exception.
const missingAfter = 5

// Exception is one case for a person. Kind and Subject are its identity: seen again, it is the same.
type Exception struct {
	Kind    ExceptionKind `json:"kind"`
	Subject string        `json:"subject"` // operation id, order reference, rail receipt, or the first two with "/" and the receipt
	Detail  string        `json:"detail"`
	At      time.Time     `json:"at"`
}

func (e Exception) key() string { return string(e.Kind) + "/" + e.Subject }

// UnknownOperationError says that a callback names an operation that was never instructed, or gives
// another rail id than the rail gave on acceptance. Sending the same again is refused again.
type UnknownOperationError struct {
	Operation string
	RailID    string
	Known     string // the rail id that belongs to the operation, "" where the operation is unknown
}

func (e *UnknownOperationError) Error() string {
	if e.Known == "" {
		return fmt.Sprintf("adapters: no operation %q", e.Operation)
	}
	return fmt.Sprintf("adapters: operation %q has another rail id than %q", e.Operation, e.RailID)
}
