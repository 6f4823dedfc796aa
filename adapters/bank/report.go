package bank

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// takeReport hands on a pacs.002 that the bank sends by itself, about a payout or a refund of ours.
func (r *Rail) takeReport(ctx context.Context, m message) ([]byte, error) {
	report, err := iso20022.ParseStatusReport(m.Body)
	if err != nil {
		return nil, err
	}
	operation, err := operationOf(report)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "FF01", err.Error()}
	}
	if err := r.keep(m, aboutOperation+operation, aboutUETR+report.ID.UETR); err != nil {
		return nil, err
	}
	return nil, r.tell(ctx, operation, report.ServicerRef, evidence(report, adapters.FromCallback))
}

// takeAnswer hands on a pacs.002 from the folder. Nothing there tells an answer from a word that the bank sends by
// itself, and nobody else can put one there: it is as good as an answer, but for rejections that want to be asked about.
// A person decides on those, as on a payment that the bank says it never received.
func (r *Rail) takeAnswer(ctx context.Context, m message) ([]byte, error) {
	report, err := iso20022.ParseStatusReport(m.Body)
	if err != nil {
		return nil, err
	}
	operation, err := operationOf(report)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "FF01", err.Error()}
	}
	if err := r.keep(m, aboutOperation+operation, aboutUETR+report.ID.UETR); err != nil {
		return nil, err
	}
	e := evidence(report, adapters.FromCallback)
	e.Origin, e.RetrySafe = adapters.FromQuery, e.State == adapters.Unknown && report.Reason == "NOOR"
	return nil, r.tell(ctx, operation, report.ServicerRef, e)
}

// operationOf names the payout or the refund that a report is about. One about a return bears the returned payment's
// UETR; the operation's own ids decide.
func operationOf(report iso20022.StatusReport) (string, error) {
	if aboutReturn(report) {
		report.ID.UETR = ""
	}
	return clearing.OperationOf(report)
}

// aboutReturn tells whether a report is about a pacs.004.
func aboutReturn(report iso20022.StatusReport) bool {
	return iso20022.Family(report.OriginalMessage) == kindReturn
}

// takeRejection takes an admi.002: the bank could not read a message of ours, or so it says. Its payment did not end by
// that: it is asked about, and a person sees why in the log of the adapter.
func (r *Rail) takeRejection(ctx context.Context, m message) ([]byte, error) {
	rejection, err := iso20022.ParseMessageRejection(m.Body)
	if err != nil {
		return nil, err
	}
	operation, _, _ := strings.Cut(rejection.Related, ".") // a message's id, or the name of its file
	if operation == "" {
		return nil, errNotOurs
	}
	if err := r.keep(m, aboutOperation+operation); err != nil {
		return nil, err
	}
	return nil, r.tell(ctx, operation, "", adapters.Evidence{
		State: adapters.Unknown, Origin: adapters.FromCallback, Code: rejection.Reason, Text: rejection.Info, Err: errUnread,
	})
}

var errUnread = errors.New("bank: the bank could not read our message")

// takeReturn hands on a pacs.004: the money of a payout came back. That is no claim that could be asked about; it is the
// money. A part of it is for a person.
func (r *Rail) takeReturn(ctx context.Context, m message) ([]byte, error) {
	p, err := iso20022.ParsePaymentReturn(m.Body)
	if err != nil {
		return nil, err
	}
	operation := p.Original.TxID
	if operation == "" || p.Original.UETR != iso20022.UETR(operation) {
		return nil, errNotOurs
	}
	if err := r.keep(m, aboutOperation+operation, aboutUETR+p.Original.UETR); err != nil {
		return nil, err
	}
	if err := whole(p); err != nil {
		return nil, err
	}
	return nil, r.tell(ctx, operation, "", adapters.Evidence{
		State: adapters.Failed, Origin: adapters.FromQuery, Amount: &p.Amount, Code: p.Reason, Text: p.Info, Reason: reasonOf(p),
	})
}

// whole refuses the return of a part, and one that does not say of how much: a person has to settle it.
func whole(p iso20022.PaymentReturn) error {
	switch p.OriginalAmount {
	case p.Amount:
		return nil
	case fx.Money{}:
		return &refusal{http.StatusUnprocessableEntity, "AM09", "OrgnlIntrBkSttlmAmt is missing, and this may be a part: settle that by hand"}
	default:
		return &refusal{http.StatusUnprocessableEntity, "AM09", "OrgnlIntrBkSttlmAmt and RtrdIntrBkSttlmAmt differ: settle that by hand"}
	}
}

// reasonOf is a return's status reason, NARR where it is none of those that are listed.
func reasonOf(p iso20022.PaymentReturn) string {
	if iso20022.KnownReason(p.Reason) {
		return p.Reason
	}
	return "NARR"
}

// tell hands evidence to the sink. An error is for the bank to see.
func (r *Rail) tell(ctx context.Context, operation, railID string, e adapters.Evidence) error {
	err := r.sink.Evidence(ctx, operation, railID, e)
	if _, unknown := errors.AsType[*adapters.UnknownOperationError](err); unknown {
		return errNotOurs
	}
	return err
}
