package gcash

import (
	"context"
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/adapters"
)

const codeOrderNotExist = "ORDER_NOT_EXIST"

// Collection implements adapters.Rail: it inquires about the payment for an order.
func (r *Rail) Collection(ctx context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timers.SubmitTimeout)
	defer cancel()
	answer, err := callWallet[InquiryPaymentResponse](ctx, r, PathInquiryPayment, InquiryPaymentRequest{
		PartnerID: r.cfg.Wallet.PartnerID, PaymentRequestID: order.Ref,
	})
	if err != nil {
		return adapters.Collection{}, false, err
	}
	c, found, err := paymentInquired(answer)
	if err == nil && found && c.OrderRef != order.Ref {
		err = fmt.Errorf("gcash: inquiryPayment: the answer is about %q", c.OrderRef)
	}
	if err != nil {
		return adapters.Collection{}, false, fmt.Errorf("order %s: %w", order.Ref, err)
	}
	return c, found, nil
}

// paymentInquired maps the answer to an inquiry about a payment. The answer's result is about the inquiry; only
// paymentResult S says that the customer paid.
func paymentInquired(answer InquiryPaymentResponse) (c adapters.Collection, found bool, err error) {
	switch {
	case answer.Result.ResultStatus == ResultFail && answer.Result.ResultCode == codeOrderNotExist:
		return adapters.Collection{}, false, nil
	case answer.Result.ResultStatus != ResultSuccess:
		return adapters.Collection{}, false, fmt.Errorf("gcash: inquiryPayment: result %s %s", answer.Result.ResultStatus, answer.Result.ResultCode)
	case answer.PaymentResult.ResultStatus != ResultSuccess: // not paid, or not yet
		return adapters.Collection{}, false, nil
	}
	c, err = paid(answer.PaymentID, answer.PaymentAmount, answer.CustomerID, adapters.FromQuery)
	if err == nil && !validID(answer.PaymentRequestID) {
		err = errors.New("bad paymentRequestId")
	}
	if err != nil {
		return adapters.Collection{}, false, fmt.Errorf("gcash: inquiryPayment: %w", err)
	}
	c.OrderRef = answer.PaymentRequestID
	return c, true, nil
}

// paid is a customer's payment as the wallet states it, for an order that the caller names.
func paid(receipt string, amount Amount, payer string, origin adapters.Origin) (adapters.Collection, error) {
	money, err := amount.Money()
	switch {
	case err != nil:
		return adapters.Collection{}, fmt.Errorf("paymentAmount: %w", err)
	case !validID(receipt):
		return adapters.Collection{}, errors.New("bad paymentId")
	case len(payer) > maxIDLength:
		return adapters.Collection{}, errors.New("bad customerId")
	}
	return adapters.Collection{RailRef: receipt, Amount: money, Payer: payer, Origin: origin}, nil
}
