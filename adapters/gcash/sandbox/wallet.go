package sandbox

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/gcash"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
)

// Pay implements kit.Server: the customer pays the order's reference in the wallet's app.
func (s *Server) Pay(_ context.Context, p kit.CustomerPayment) error {
	op, created, err := s.Book(p, s.receipt(kit.KindCollection, p.OrderRef))
	if err != nil || !created {
		return err
	}
	fate := s.Fate(op.Kind, op.FateKey)
	err = s.Settling(fate, func(ctx context.Context) { s.notify(ctx, op, fate) })
	if errors.Is(err, kit.ErrBusy) || errors.Is(err, kit.ErrClosed) {
		return nil // the payment is booked; the adapter inquires
	}
	return err
}

// notify sends notifyPayment as often, and as truly, as the fate has it.
func (s *Server) notify(ctx context.Context, op kit.Operation, fate kit.Fate) {
	for _, success := range fate.Callbacks(true) {
		n := gcash.PaymentNotification{
			PartnerID: s.cfg.Wallet.PartnerID, PaymentRequestID: op.ID, PaymentID: op.Ref,
			PaymentAmount: s.amount(op.Minor), PaymentTime: paymentTime(op),
			PaymentStatus: gcash.StatusSuccess, CustomerID: op.Account,
		}
		if !success {
			n.PaymentStatus, n.PaymentFailReason = gcash.StatusFail, "Order payment expired."
		}
		if body, err := json.Marshal(n); err == nil {
			s.deliver(ctx, s.wallet, gcash.PathNotifyPayment, body)
		}
	}
}

func (s *Server) amount(minor int64) gcash.Amount {
	return gcash.NewAmount(fx.Money{Minor: minor, Currency: s.Currency})
}

func paymentTime(op kit.Operation) string {
	return time.UnixMilli(op.CreatedMS).UTC().Format(time.RFC3339)
}

var (
	success = gcash.Result{ResultCode: "SUCCESS", ResultStatus: gcash.ResultSuccess, ResultMessage: "success"}
	illegal = fail("PARAM_ILLEGAL")
	// inProcess is of a payment that the customer has not made.
	inProcess = gcash.Result{ResultCode: "PAYMENT_IN_PROCESS", ResultStatus: gcash.ResultUnknown, ResultMessage: "payment in process"}
)

func fail(code string) gcash.Result {
	return gcash.Result{ResultCode: code, ResultStatus: gcash.ResultFail, ResultMessage: code}
}

func reply(body any) (*answer, error) {
	raw, err := json.Marshal(body)
	return &answer{http.StatusOK, raw}, err
}

func (s *Server) inquiryPayment(_ *http.Request, body []byte) (*answer, error) {
	var q gcash.InquiryPaymentRequest
	if json.Unmarshal(body, &q) != nil || q.PartnerID != s.cfg.Wallet.PartnerID || q.PaymentRequestID == "" {
		return reply(gcash.ResultOnly{Result: illegal})
	}
	op, found, err := s.Ledger.Get(kit.KindCollection, q.PaymentRequestID)
	switch {
	case err != nil:
		return nil, err
	case found && s.Visible(op):
		return reply(s.paid(op))
	}
	asked, found, err := s.Ledger.Get(kindPrompt, q.PaymentRequestID)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return reply(gcash.ResultOnly{Result: fail("ORDER_NOT_EXIST")})
	}
	return reply(gcash.InquiryPaymentResponse{
		Result: success, PaymentResult: inProcess, PaymentRequestID: asked.ID, PaymentAmount: s.amount(asked.Minor),
	})
}

// paid states a payment.
func (s *Server) paid(op kit.Operation) gcash.InquiryPaymentResponse {
	return gcash.InquiryPaymentResponse{
		Result: success, PaymentResult: success, PaymentRequestID: op.ID, PaymentID: op.Ref,
		PaymentAmount: s.amount(op.Minor), PaymentTime: paymentTime(op), CustomerID: op.Account,
	}
}

// refund gives a payment back, once, under the client's refundRequestId.
func (s *Server) refund(_ *http.Request, body []byte) (*answer, error) {
	var q gcash.RefundRequest
	if json.Unmarshal(body, &q) != nil || q.PartnerID != s.cfg.Wallet.PartnerID || q.RefundRequestID == "" {
		return reply(gcash.ResultOnly{Result: illegal})
	}
	amount, err := q.RefundAmount.Money()
	if err != nil {
		return reply(gcash.ResultOnly{Result: illegal})
	}
	fate := s.Fate(kit.KindRefund, q.PaymentID)
	strike, err := s.Strike(kit.KindRefund, q.RefundRequestID, fate)
	switch {
	case err != nil:
		return nil, err
	case strike == kit.StrikeError:
		return internalError, nil
	case strike == kit.StrikeTimeout:
		return nil, nil
	}
	op, refused, err := s.openRefund(q, amount)
	switch {
	case err != nil:
		return nil, err
	case refused != "":
		return reply(gcash.ResultOnly{Result: fail(refused)})
	}
	if op.State == kit.Accepted && fate.Delay == 0 && strike == kit.NoStrike {
		if op, err = s.decide(op); err != nil {
			return nil, err
		}
	} else if op.State == kit.Accepted {
		if err := s.later(op, func(context.Context) { _, _ = s.decide(op) }); err != nil {
			return nil, err
		}
	}
	if strike == kit.StrikeTimeoutAccepted {
		return nil, nil
	}
	answer := gcash.RefundResponse{RefundRequestID: op.ID, RefundAmount: s.amount(op.Minor)}
	switch op.State {
	case kit.Settled:
		answer.Result, answer.RefundID = success, op.Ref
	case kit.Declined:
		answer.Result = fail(op.Code)
	default:
		answer.Result = gcash.Result{ResultCode: "REFUND_IN_PROCESS", ResultStatus: gcash.ResultUnknown, ResultMessage: "refund in process"}
	}
	return reply(answer)
}

// openRefund writes the refund into the ledger, or finds it there. refused is the wallet's code.
func (s *Server) openRefund(q gcash.RefundRequest, amount fx.Money) (op kit.Operation, refused string, err error) {
	paid, found, err := s.Ledger.Find(kit.KindCollection, q.PaymentID)
	switch {
	case err != nil:
		return kit.Operation{}, "", err
	case !found:
		return kit.Operation{}, "ORDER_NOT_EXIST", nil
	case amount.Currency != s.Currency:
		return kit.Operation{}, "CURRENCY_NOT_SUPPORT", nil
	case amount.Minor > paid.Minor:
		return kit.Operation{}, "REFUND_AMOUNT_EXCEED", nil
	}
	op, created, err := s.Ledger.Create(kit.Operation{
		Kind: kit.KindRefund, ID: q.RefundRequestID, FateKey: q.PaymentID, Aliases: []string{q.PaymentID},
		Account: paid.Account, Name: paid.Name, Minor: amount.Minor,
		State: kit.Accepted, CreatedMS: time.Now().UnixMilli(),
	})
	var conflict *kit.ConflictError
	switch {
	case errors.As(err, &conflict):
		return kit.Operation{}, "MULTIPLE_REFUNDS_NOT_SUPPORTED", nil
	case err != nil:
		return kit.Operation{}, "", err
	case !created && (op.Minor != amount.Minor || op.FateKey != q.PaymentID):
		return kit.Operation{}, "REPEAT_REQ_INCONSISTENT", nil
	}
	return op, "", nil
}

func (s *Server) inquiryRefund(_ *http.Request, body []byte) (*answer, error) {
	var q gcash.InquiryRefundRequest
	if json.Unmarshal(body, &q) != nil || q.PartnerID != s.cfg.Wallet.PartnerID || q.RefundRequestID == "" {
		return reply(gcash.ResultOnly{Result: illegal})
	}
	op, found, err := s.Ledger.Get(kit.KindRefund, q.RefundRequestID)
	switch {
	case err != nil:
		return nil, err
	case !found || !s.Visible(op):
		return reply(gcash.ResultOnly{Result: fail("REFUND_NOT_EXIST")})
	}
	answer := gcash.InquiryRefundResponse{Result: success, RefundRequestID: op.ID, RefundAmount: s.amount(op.Minor)}
	switch op.State {
	case kit.Settled:
		answer.RefundStatus, answer.RefundID = gcash.StatusSuccess, op.Ref
	case kit.Declined:
		answer.RefundStatus, answer.RefundFailReason = gcash.StatusFail, op.Code
	default:
		answer.RefundStatus = gcash.StatusProcessing
	}
	return reply(answer)
}
