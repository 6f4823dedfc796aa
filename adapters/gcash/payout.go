package gcash

import (
	"context"
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// The paths of the sponsor bank's host-to-host API, below its base URL; PathStatusReport is below ours.
const (
	PathCreditTransfer = "/h2h/v1/pacs.008"
	PathStatusRequest  = "/h2h/v1/pacs.028"
	PathStatusReport   = "/h2h/v1/pacs.002"
)

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
	return reported(op, answer, adapters.FromResponse)
}

func (r *Rail) creditTransfer(op adapters.Operation) (message []byte, reason string, err error) {
	c := r.cfg.Clearing
	agents := clearing.Agents{System: c.System, Debtor: c.DebtorAgent, SponsorBIC: c.SponsorBIC, CreditorBIC: c.CreditorBIC}
	return agents.CreditTransfer(op, r.now())
}

// chase sends a pacs.028 and reads the pacs.002 that answers it.
func (r *Rail) chase(ctx context.Context, op adapters.Operation) adapters.Evidence {
	message, err := clearing.StatusRequest(nil, iso20022.MessageCreditTransfer, clearing.PaymentID(op.ID), r.now())
	if err != nil {
		return unknown(adapters.FromQuery, err)
	}
	answer, err := r.bank.post(ctx, PathStatusRequest, message)
	if err != nil {
		e := unknown(adapters.FromQuery, err)
		e.RetrySafe = false // a query that did not arrive says nothing about the payment
		return e
	}
	return reported(op, answer, adapters.FromQuery)
}

// reported reads a pacs.002 about op.
func reported(op adapters.Operation, message []byte, origin adapters.Origin) adapters.Evidence {
	report, err := iso20022.ParseStatusReport(message)
	if err != nil {
		return unknown(origin, err)
	}
	if !clearing.About(report, op.ID) {
		return unknown(origin, fmt.Errorf("gcash: pacs.002 %q: %w", report.MsgID, errOriginal))
	}
	return clearing.Evidence(report, origin)
}
