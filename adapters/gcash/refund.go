package gcash

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
)

// refundReasons are the refusals of a refund that are final, with their ISO 20022 status reason.
var refundReasons = map[string]string{
	"PROCESS_FAIL":                   "NARR",
	"PARAM_ILLEGAL":                  "FF01",
	"ORDER_NOT_EXIST":                "NOOR",
	"ORDER_STATUS_INVALID":           "NARR",
	"REFUND_WINDOW_EXCEED":           "TM01",
	"REFUND_AMOUNT_EXCEED":           "AM09",
	"MULTIPLE_REFUNDS_NOT_SUPPORTED": "NARR",
	"PARTIAL_REFUND_NOT_SUPPORTED":   "AM09",
	"CURRENCY_NOT_SUPPORT":           "AM03",
	"MERCHANT_BALANCE_NOT_ENOUGH":    "AM04",
	"USER_STATUS_ABNORMAL":           "AC06",
	"USER_NOT_EXIST":                 "AC03",
	"RISK_REJECT":                    "FR01",
}

// gateCodes are refusals of a call before the wallet's engine saw it: the same call may be made again.
var gateCodes = map[string]bool{
	"INVALID_SIGNATURE": true, "KEY_NOT_FOUND": true, "INVALID_CLIENT": true, "ACCESS_DENIED": true,
	"REQUEST_TRAFFIC_EXCEED_LIMIT": true, "NO_INTERFACE_DEF": true, "METHOD_NOT_SUPPORTED": true,
	"MEDIA_TYPE_NOT_ACCEPTABLE": true,
}

const codeRefundNotExist = "REFUND_NOT_EXIST"

// refund asks the wallet to give a customer's payment back.
func (r *Rail) refund(ctx context.Context, op adapters.Operation) adapters.Evidence {
	answer, err := callWallet[RefundResponse](ctx, r, PathRefund, RefundRequest{
		PartnerID: r.cfg.Wallet.PartnerID, RefundRequestID: op.ID, PaymentID: op.CollectionRef,
		RefundAmount: NewAmount(op.Amount), RefundReason: op.Reference,
	})
	if err != nil {
		return unknown(adapters.FromResponse, err)
	}
	return ofRefund(op, answer.RefundRequestID, refundAnswered(answer))
}

// refundAnswered maps the answer to a refund request.
func refundAnswered(answer RefundResponse) adapters.Evidence {
	e := adapters.Evidence{
		State: adapters.Unknown, Origin: adapters.FromResponse,
		Code: answer.Result.ResultCode, Text: answer.Result.ResultMessage,
	}
	switch answer.Result.ResultStatus {
	case ResultSuccess:
		return refundSettled(e, answer.RefundID, answer.RefundAmount)
	case ResultFail:
		return refused(e)
	default: // U, and A, which a refund never needs
		e.RetrySafe = gateCodes[e.Code]
		e.Err = fmt.Errorf("gcash: refund: result %s %s", answer.Result.ResultStatus, e.Code)
	}
	return e
}

// inquireRefund asks the wallet what became of a refund.
func (r *Rail) inquireRefund(ctx context.Context, op adapters.Operation) adapters.Evidence {
	answer, err := callWallet[InquiryRefundResponse](ctx, r, PathInquiryRefund, InquiryRefundRequest{
		PartnerID: r.cfg.Wallet.PartnerID, RefundRequestID: op.ID,
	})
	if err != nil {
		e := unknown(adapters.FromQuery, err)
		e.RetrySafe = false // an inquiry that did not arrive says nothing about the refund
		return e
	}
	return ofRefund(op, answer.RefundRequestID, refundInquired(answer))
}

// refundInquired maps the answer to an inquiry about a refund.
func refundInquired(answer InquiryRefundResponse) adapters.Evidence {
	e := adapters.Evidence{
		State: adapters.Unknown, Origin: adapters.FromQuery,
		Code: answer.Result.ResultCode, Text: answer.Result.ResultMessage,
	}
	if answer.Result.ResultStatus != ResultSuccess { // about the inquiry, not about the refund
		e.RetrySafe = answer.Result.ResultStatus == ResultFail && e.Code == codeRefundNotExist
		e.Err = fmt.Errorf("gcash: inquiryRefund: result %s %s", answer.Result.ResultStatus, e.Code)
		return e
	}
	switch answer.RefundStatus {
	case StatusSuccess:
		return refundSettled(e, answer.RefundID, answer.RefundAmount)
	case StatusProcessing:
		e.State = adapters.Accepted
	case StatusFail:
		e.Code, e.Text = answer.RefundFailReason, "the refund failed"
		return refused(e)
	default:
		e.Err = fmt.Errorf("gcash: inquiryRefund: unlisted refundStatus %q", answer.RefundStatus)
	}
	return e
}

func refundSettled(e adapters.Evidence, refundID string, amount Amount) adapters.Evidence {
	stated, err := amount.Money()
	switch {
	case !validID(refundID):
		e.Err = errors.New("gcash: refund: bad refundId")
	case err != nil:
		e.Err = fmt.Errorf("gcash: refund: refundAmount: %w", err)
	default:
		e.State, e.RailRef, e.Amount = adapters.Settled, refundID, &stated
	}
	return e
}

// ofRefund takes an answer for one about op only if it says so, and names op in its error.
func ofRefund(op adapters.Operation, requestID string, e adapters.Evidence) adapters.Evidence {
	if e.State == adapters.Settled && requestID != op.ID {
		e = adapters.Evidence{
			State: adapters.Unknown, Origin: e.Origin, Code: e.Code, Text: e.Text,
			Err: fmt.Errorf("gcash: the answer is about %q", requestID),
		}
	}
	if e.Err != nil {
		e.Err = fmt.Errorf("refund %s: %w", op.ID, e.Err)
	}
	return e
}

// refused maps a refusal's code. One that is not listed leaves the refund unknown.
func refused(e adapters.Evidence) adapters.Evidence {
	if reason, ok := refundReasons[e.Code]; ok {
		e.State, e.Reason = adapters.Failed, reason
		return e
	}
	e.RetrySafe = gateCodes[e.Code]
	e.Err = fmt.Errorf("gcash: refund refused with %q", e.Code)
	return e
}

// callWallet posts request and reads the answer. Errors are *CallError, and those of decoding, after
// which nothing is known.
func callWallet[T comparable](ctx context.Context, r *Rail, path string, request any) (T, error) {
	var none T
	body, err := json.Marshal(request)
	if err != nil {
		return none, &CallError{Endpoint: "wallet " + path, RetrySafe: true, Err: err}
	}
	raw, err := r.wallet.post(ctx, path, body)
	if err != nil {
		return none, err
	}
	return decode[T](raw)
}
