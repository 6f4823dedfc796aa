package messaging

import "fmt"

// Fault is the typed reason why something that came in was refused.
type Fault string

// The faults. Each maps to an ISO 20022 status reason code by Reason.
const (
	FaultOversized          Fault = "oversized"
	FaultEncoding           Fault = "invalid_utf8"
	FaultSyntax             Fault = "malformed_json"
	FaultSchema             Fault = "schema"
	FaultSignature          Fault = "bad_signature"
	FaultImpersonation      Fault = "not_your_name"
	FaultUnknownParticipant Fault = "unknown_participant"
	FaultSuspended          Fault = "suspended_participant"
	FaultUnknownCorridor    Fault = "unknown_corridor"
	FaultUnknownCurrency    Fault = "unknown_currency"
	FaultAmount             Fault = "bad_amount"
	FaultAmountDecimals     Fault = "too_many_decimals"
	FaultAmountOverflow     Fault = "amount_overflow"
	FaultAmountLimit        Fault = "over_limit"
	FaultAmountIncrement    Fault = "not_a_payable_step"
	FaultQuoteUnknown       Fault = "unknown_quote"
	FaultQuoteExpired       Fault = "expired_quote"
	FaultQuoteMismatch      Fault = "quote_mismatch"
	FaultDeadline           Fault = "deadline_passed"
	FaultDuplicate          Fault = "id_reused_with_other_bytes"
	FaultQueueFull          Fault = "too_many_open_intents"
	FaultTravelRule         Fault = "travel_rule_data_missing"
	FaultUnknownTransfer    Fault = "unknown_transfer"
	FaultContradiction      Fault = "contradictory_outcome"
	FaultClosed             Fault = "after_cut_off"
	FaultUnknownIntent      Fault = "unknown_intent"
	FaultPaid               Fault = "already_paid"
	FaultReturned           Fault = "already_returned"
	FaultTooLate            Fault = "rail_already_called"
	FaultScreened           Fault = "screened"
	FaultNotInBundle        Fault = "not_in_bundle"
	FaultBundleBroken       Fault = "bundle_broken" // another leg was refused or has ended
)

// reasons maps faults to ExternalStatusReason1Code; those of recalls to
// ExternalPaymentCancellationRejection1Code (ISO 20022 external code sets).
var reasons = map[Fault]string{
	FaultOversized:          "FF01",
	FaultEncoding:           "FF01",
	FaultSyntax:             "FF01",
	FaultSchema:             "FF01",
	FaultSignature:          "DS02",
	FaultImpersonation:      "DS0H",
	FaultUnknownParticipant: "RC01",
	FaultSuspended:          "AG01",
	FaultUnknownCorridor:    "AG01",
	FaultUnknownCurrency:    "AM03",
	FaultAmount:             "AM12",
	FaultAmountDecimals:     "AM12",
	FaultAmountOverflow:     "AM12",
	FaultAmountLimit:        "AM02",
	FaultAmountIncrement:    "AM12",
	FaultQuoteUnknown:       "NARR",
	FaultQuoteExpired:       "TM01",
	FaultQuoteMismatch:      "AM09",
	FaultDeadline:           "TM01",
	FaultDuplicate:          "DUPL",
	FaultQueueFull:          "AM02",
	FaultTravelRule:         "RR04",
	FaultUnknownTransfer:    "NARR",
	FaultContradiction:      "NARR",
	FaultClosed:             "TM01",
	FaultUnknownIntent:      "NOOR",
	FaultPaid:               "NARR",
	FaultReturned:           "ARDT",
	FaultTooLate:            "AGNT",
	FaultScreened:           "RR04",
	FaultNotInBundle:        "AM10",
	FaultBundleBroken:       "ED05",
}

// Reason returns the ISO 20022 status reason code of the fault, "NARR" where there is none of its own.
func (f Fault) Reason() string {
	if code, ok := reasons[f]; ok {
		return code
	}
	return "NARR"
}

// FaultError is a refusal: what is wrong and where. Sending the same bytes again is refused again.
type FaultError struct {
	Fault  Fault
	Detail string
	Closed bool // it lies in what is closed: the open line alone does not show it
}

func (e *FaultError) Error() string { return fmt.Sprintf("%s: %s", e.Fault, e.Detail) }
