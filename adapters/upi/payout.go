package upi

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	maxRemarks    = 50
	defaultRemark = "Remittance"
)

// Submit sends a payout as a push to the beneficiary's address, a refund under the RRN of the customer's
// payment. Both carry op.ID as merchantRequestId.
func (r *Rail) Submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	if refused := r.check(op); refused != nil {
		return *refused
	}
	path, request := PathPayout, any(r.payoutRequest(op))
	if op.Kind == messaging.KindRefund {
		path, request = PathRefund, any(r.refundRequest(op))
	}
	answer, err := r.client.postJSON(ctx, path, request)
	return r.judge(op, answer, err, adapters.FromResponse)
}

// Query asks what became of op, by its own id. The answer comes at once. A PSP that never heard of an
// operation that it never accepted has not carried it out: submitting it again, under the same id, is safe.
func (r *Rail) Query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	path := PathPayoutStatus
	if op.Kind == messaging.KindRefund {
		path = PathRefundStatus
	}
	answer, err := r.client.postJSON(ctx, path, StatusRequest{MerchantRequestID: op.ID})
	e := r.judge(op, answer, err, adapters.FromQuery)
	if err == nil && op.RailID == "" && unheardOf(op, answer) {
		e.RetrySafe, e.Err = true, nil
	}
	return e
}

// unheardOf tells whether the PSP says that it has no such operation.
func unheardOf(op adapters.Operation, a Answer) bool {
	if t := a.Payload; t != nil {
		return t.MerchantRequestID == op.ID && t.ResponseStatus == StatusFailure && t.ResponseCode == CodeNotFound
	}
	return a.Status == StatusFailure && a.ResponseCode == APINotFound
}

// check refuses what the rail would refuse, before it is sent. It depends on nothing but op and the
// configuration, so an operation that has been sent once passes again.
func (r *Rail) check(op adapters.Operation) *adapters.Evidence {
	refuse := func(reason, format string, args ...any) *adapters.Evidence {
		return &adapters.Evidence{
			State: adapters.Failed, Origin: adapters.FromResponse, Reason: reason, Text: fmt.Sprintf(format, args...),
		}
	}
	switch {
	case !operationForm.MatchString(op.ID):
		return refuse(reasonFormat, "operation id is not 1 to 35 letters and digits")
	case op.Amount.Currency != r.cfg.Currency:
		return refuse(reasonCurrency, "this rail pays %s", r.cfg.Currency)
	case op.Amount.Minor <= 0:
		return refuse(reasonAmount, "%s is no amount to pay", op.Amount)
	case op.Kind == messaging.KindRefund:
		if !referenceForm.MatchString(op.CollectionRef) {
			return refuse(reasonFormat, "no RRN of a payment to give back")
		}
	case op.Kind != messaging.KindPayout:
		return refuse(reasonFormat, "unknown kind of operation")
	case op.Amount.Minor < r.cfg.PayoutMinMinor || op.Amount.Minor > r.cfg.PayoutMaxMinor:
		return refuse(reasonLimit, "%s is outside the limits of one payout", op.Amount)
	case !ValidAddress(op.Beneficiary.Account):
		return refuse(reasonProxy, "the beneficiary's account is neither a VPA nor account@IFSC.ifsc.npci")
	case op.Amount.Minor > MaxMinor(op.Beneficiary.Account):
		return refuse(reasonLimit, "%s is more than the network pays to such an address", op.Amount)
	}
	return nil
}

func (r *Rail) payoutRequest(op adapters.Operation) PayoutRequest {
	request := PayoutRequest{
		MerchantRequestID: op.ID, Amount: op.Amount.Text(), Currency: op.Amount.Currency.String(),
		MerchantVPA: r.cfg.MerchantVPA, CustomerVPA: op.Beneficiary.Account, CustomerName: op.Beneficiary.Name,
		Remarks: remarks(op.Reference), InitiationMode: ModeDefault, Purpose: PurposeDefault,
	}
	if !r.cfg.Inward.IsZero() {
		inward := r.cfg.Inward
		inward.Originator = Person{Name: op.Originator.Name, Address: op.Originator.Address}
		inward.Beneficiary = Person{Name: op.Beneficiary.Name, Address: op.Beneficiary.Address}
		request.InitiationMode, request.Institution = ModeInward, &inward
	}
	return request
}

func (r *Rail) refundRequest(op adapters.Operation) RefundRequest {
	return RefundRequest{
		MerchantRequestID: op.ID, OriginalReferenceID: op.CollectionRef, OriginalRefID: op.CollectionOrder,
		Amount: op.Amount.Text(), Currency: op.Amount.Currency.String(), Remarks: remarks(op.Reference),
	}
}

// judge turns the answer of a call, or its failure, into evidence about op.
func (r *Rail) judge(op adapters.Operation, answer Answer, err error, origin adapters.Origin) adapters.Evidence {
	unknown := adapters.Evidence{
		State: adapters.Unknown, Origin: origin, Err: err,
		Code: clip(answer.ResponseCode, messaging.MaxRailCodeLength),
		Text: clip(answer.ResponseMessage, messaging.MaxRailTextLength),
	}
	var decode *DecodeError
	switch {
	case errors.As(err, &decode):
		return unknown
	case err != nil:
		// What a question came to says nothing about what was asked for.
		unknown.RetrySafe = origin == adapters.FromResponse && retrySafe(err)
		return unknown
	case answer.Payload == nil:
		return unknown
	case answer.Status != StatusSuccess:
		unknown.Err = faulty("a call that failed with a payload")
		return unknown
	case answer.Payload.MerchantRequestID != op.ID || answer.Payload.MerchantID != r.cfg.MerchantID:
		unknown.Err = faulty("an answer about another operation")
		return unknown
	}
	e := answer.Payload.evidence(origin, r.cfg.Currency)
	switch {
	case op.RailID != "" && e.RailID != "" && e.RailID != op.RailID:
		unknown.Err = faulty("an answer with another gatewayTransactionId")
		return unknown
	case op.Kind == messaging.KindRefund:
		e.Account = "" // the payer's VPA, which need not be the account that the order named
	case strings.EqualFold(e.Account, op.Beneficiary.Account):
		e.Account = op.Beneficiary.Account // the network does not tell case apart
	}
	return e
}

// remarks makes 1 to 50 plain characters of a reference.
func remarks(reference string) string {
	var b strings.Builder
	for _, c := range reference {
		if b.Len() >= maxRemarks {
			break
		}
		if c == ' ' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			b.WriteRune(c)
		}
	}
	if text := strings.TrimSpace(b.String()); text != "" {
		return text
	}
	return defaultRemark
}
