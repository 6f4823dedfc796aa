package gcash

import (
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/adapters"
)

const codeOrderNotExist = "ORDER_NOT_EXIST"

// Collection implements adapters.Rail: it inquires about the payment for an order. The answer's result
// is about the inquiry; only paymentResult S says that the customer paid.
func (r *Rail) Collection(ctx context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timers.SubmitTimeout)
	defer cancel()
	var answer InquiryPaymentResponse
	err := r.callWallet(ctx, PathInquiryPayment, InquiryPaymentRequest{
		PartnerID: r.cfg.Wallet.PartnerID, PaymentRequestID: order.Ref,
	}, &answer)
	if err != nil {
		return adapters.Collection{}, false, err
	}
	switch {
	case answer.Result.ResultStatus == ResultFail && answer.Result.ResultCode == codeOrderNotExist:
		return adapters.Collection{}, false, nil
	case answer.Result.ResultStatus != ResultSuccess:
		return adapters.Collection{}, false, fmt.Errorf("gcash: inquiryPayment %s: result %s %s",
			order.Ref, answer.Result.ResultStatus, answer.Result.ResultCode)
	case answer.PaymentResult.ResultStatus != ResultSuccess: // not paid, or not yet
		return adapters.Collection{}, false, nil
	case answer.PaymentRequestID != order.Ref || !validID(answer.PaymentID):
		return adapters.Collection{}, false, fmt.Errorf("gcash: inquiryPayment %s: the answer is about %q, receipt %q",
			order.Ref, answer.PaymentRequestID, answer.PaymentID)
	}
	amount, err := answer.PaymentAmount.Money()
	if err != nil {
		return adapters.Collection{}, false, fmt.Errorf("gcash: inquiryPayment %s: %w", order.Ref, err)
	}
	return adapters.Collection{
		OrderRef: order.Ref, RailRef: answer.PaymentID, Amount: amount, Payer: answer.CustomerID,
		Origin: adapters.FromQuery,
	}, true, nil
}
