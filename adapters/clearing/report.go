package clearing

import (
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

var errIDs = errors.New("clearing: pacs.002: the ids do not belong together")

// OperationOf names the payment that a report is about.
func OperationOf(report iso20022.StatusReport) (string, error) {
	operation := report.ID.TxID
	if operation == "" {
		operation = report.OriginalMsgID // a report on the whole message: ours hold one payment and share its id
	}
	if operation == "" || !About(report, operation) {
		return "", errIDs
	}
	return operation, nil
}

// About tells whether every id in the report is that of the operation, and one is there.
func About(report iso20022.StatusReport, operation string) bool {
	id := PaymentID(operation)
	same := func(stated, own string) bool { return stated == "" || stated == own }
	return (report.OriginalMsgID == operation || report.ID.TxID == operation) &&
		same(report.OriginalMsgID, operation) && same(report.ID.TxID, id.TxID) &&
		same(report.ID.InstrID, id.InstrID) && same(report.ID.EndToEndID, id.EndToEndID) &&
		same(report.ID.UETR, id.UETR)
}

// Evidence maps a report's status. A rejection by a timeout's code, or for no listed reason, is believed only from the
// answer to a question.
func Evidence(report iso20022.StatusReport, origin adapters.Origin) adapters.Evidence {
	e := adapters.Evidence{
		State: adapters.Unknown, Origin: origin, RailID: report.ServicerRef, RailRef: report.ClearingRef,
		Amount: report.Amount, Account: report.CreditorAccount,
		Code: report.Reason, Text: report.Info,
	}
	if e.Code == "" {
		e.Code = string(report.Status)
	}
	switch report.Status {
	case iso20022.AcceptedSettled, iso20022.AcceptedCreditor:
		e.State = adapters.Settled
		if e.RailRef == "" {
			e.RailRef = report.ServicerRef
		}
	case iso20022.AcceptedInProgress:
		e.State = adapters.Accepted
	case iso20022.Pending:
		e.Err = errPending
	case iso20022.Rejected:
		rejected(&e, report.Reason)
	default:
		e.Err = fmt.Errorf("clearing: pacs.002 with the unlisted status %q", report.Status)
	}
	return e
}

var (
	errPending   = errors.New("clearing: the bank holds the payment and does not say whether it goes")
	errDuplicate = errors.New("clearing: the bank has seen this payment before")
	errNotThere  = errors.New("clearing: the bank never received this payment")
	errTimeout   = errors.New("clearing: rejected by a timeout on the way: ask what became of it")
	errUnlisted  = errors.New("clearing: rejected for no listed reason: ask what became of it")
)

// rejected decides what a rejection means. Some are about the message and not about the payment.
func rejected(e *adapters.Evidence, reason string) {
	switch reason {
	case "DUPL", "AM05":
		e.Err = errDuplicate
	case "NOOR":
		e.Err = errNotThere
		e.RetrySafe = e.Origin == adapters.FromQuery // only the answer to our question is about now
	case "AB01", "AB03", "AB05", "AB06":
		if e.Origin != adapters.FromQuery {
			e.Err = errTimeout
			return
		}
		e.State, e.Reason = adapters.Failed, reason
	default:
		if !iso20022.KnownReason(reason) {
			if e.Origin != adapters.FromQuery { // a rejection that does not say of what may be the message's
				e.Err = errUnlisted
				return
			}
			reason = "NARR"
		}
		e.State, e.Reason = adapters.Failed, reason
	}
}
