package gcash

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// The paths of the sponsor bank's host-to-host API, below its base URL; PathStatusReport is below ours.
const (
	PathCreditTransfer = "/h2h/v1/pacs.008"
	PathStatusRequest  = "/h2h/v1/pacs.028"
	PathStatusReport   = "/h2h/v1/pacs.002"
)

// maxClearingAccount is Max34Text, the longest account that a pacs.008 carries.
const maxClearingAccount = 34

var (
	errLocal    = errors.New("refused here, before the bank was called")
	errOriginal = errors.New("the report is about another payment")
)

// credit sends a pacs.008 and reads the pacs.002 that answers it.
func (r *Rail) credit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	message, reason, err := r.creditTransfer(op)
	if err != nil {
		return adapters.Evidence{
			State: adapters.Failed, Origin: adapters.FromResponse,
			Code: "LOCAL", Text: err.Error(), Reason: reason, Err: fmt.Errorf("%w: %w", errLocal, err),
		}
	}
	answer, err := r.bank.post(ctx, PathCreditTransfer, message)
	if err != nil {
		return unknown(adapters.FromResponse, err)
	}
	return r.reported(op, answer, adapters.FromResponse)
}

// creditTransfer writes the pacs.008 of a payout. Its ids depend on op.ID alone, so that a payment
// that is sent again after a crash is the same payment. With an error comes the status reason.
func (r *Rail) creditTransfer(op adapters.Operation) (message []byte, reason string, err error) {
	if utf8.RuneCountInString(op.Beneficiary.Account) > maxClearingAccount {
		return nil, "AC03", fmt.Errorf("gcash: account of the beneficiary is longer than %d", maxClearingAccount)
	}
	created := op.Submitted
	if created.IsZero() {
		created = r.now()
	}
	message, err = iso20022.CreditTransfer{
		MsgID: op.ID, Created: created, ClearingSystem: r.cfg.Clearing.System,
		ID: paymentID(op.ID), Amount: op.Amount, ChargeBearer: "SLEV",
		InstructingAgent: r.cfg.Clearing.DebtorAgent,
		InstructedAgent:  iso20022.Agent{BIC: r.cfg.Clearing.SponsorBIC},
		Debtor:           iso20022.Party{Name: op.Originator.Name, Address: op.Originator.Address},
		DebtorAccount:    account(op.Originator),
		DebtorAgent:      r.cfg.Clearing.DebtorAgent,
		CreditorAgent:    iso20022.Agent{BIC: r.cfg.Clearing.CreditorBIC},
		Creditor:         iso20022.Party{Name: op.Beneficiary.Name, Address: op.Beneficiary.Address},
		CreditorAccount:  account(op.Beneficiary),
		Remittance:       op.Reference,
	}.Marshal()
	if err != nil {
		return nil, "FF01", err
	}
	return message, "", nil
}

func paymentID(operation string) iso20022.PaymentID {
	return iso20022.PaymentID{InstrID: operation, EndToEndID: operation, TxID: operation, UETR: iso20022.UETR(operation)}
}

func account(p messaging.Party) iso20022.Account {
	a := iso20022.Account{ID: p.Account}
	if isMSISDN(p.Account) {
		a.Scheme = "MSISDN"
	}
	return a
}

// isMSISDN tells whether s is a phone number in E.164 without its plus.
func isMSISDN(s string) bool {
	if len(s) < 8 || len(s) > 15 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// chase sends a pacs.028 and reads the pacs.002 that answers it.
func (r *Rail) chase(ctx context.Context, op adapters.Operation) adapters.Evidence {
	now := r.now()
	message, err := iso20022.StatusRequest{
		// The request's own id; milliseconds tell two requests about one payment apart.
		MsgID: "Q" + shortID(iso20022.UETR(op.ID)) + now.UTC().Format("150405.000"), Created: now,
		OriginalMsgID: op.ID, OriginalMessage: iso20022.MessageCreditTransfer, ID: paymentID(op.ID),
	}.Marshal()
	if err != nil {
		return unknown(adapters.FromQuery, err)
	}
	answer, err := r.bank.post(ctx, PathStatusRequest, message)
	if err != nil {
		e := unknown(adapters.FromQuery, err)
		e.RetrySafe = false // a query that did not arrive says nothing about the payment
		return e
	}
	return r.reported(op, answer, adapters.FromQuery)
}

func shortID(uetr string) string { return uetr[:8] + uetr[24:] }

// reported reads a pacs.002 about op.
func (r *Rail) reported(op adapters.Operation, message []byte, origin adapters.Origin) adapters.Evidence {
	report, err := iso20022.ParseStatusReport(message)
	if err != nil {
		return unknown(origin, err)
	}
	if !about(report, op.ID) {
		return unknown(origin, fmt.Errorf("gcash: pacs.002 %q: %w", report.MsgID, errOriginal))
	}
	return evidence(report, origin)
}

// about tells whether every id in the report is that of the operation, and one is there.
func about(report iso20022.StatusReport, operation string) bool {
	id := paymentID(operation)
	same := func(stated, own string) bool { return stated == "" || stated == own }
	return (report.OriginalMsgID == operation || report.ID.TxID == operation) &&
		same(report.OriginalMsgID, operation) && same(report.ID.TxID, id.TxID) &&
		same(report.ID.InstrID, id.InstrID) && same(report.ID.EndToEndID, id.EndToEndID) &&
		same(report.ID.UETR, id.UETR)
}

// evidence maps a report's status.
func evidence(report iso20022.StatusReport, origin adapters.Origin) adapters.Evidence {
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
		e.Err = fmt.Errorf("gcash: pacs.002 with the unlisted status %q", report.Status)
	}
	return e
}

var (
	errPending   = errors.New("gcash: the bank holds the payment and does not say whether it goes")
	errDuplicate = errors.New("gcash: the bank has seen this payment before")
	errNotThere  = errors.New("gcash: the bank never received this payment")
	errTimeout   = errors.New("gcash: rejected by a timeout on the way: ask what became of it")
	errUnlisted  = errors.New("gcash: rejected for no listed reason: ask what became of it")
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
