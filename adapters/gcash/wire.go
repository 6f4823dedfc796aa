package gcash

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
)

// The paths of the wallet's API, below its base URL; PathNotifyPayment is below ours.
const (
	PathInquiryPayment = "/v1/payments/inquiryPayment"
	PathRefund         = "/v1/payments/refund"
	PathInquiryRefund  = "/v1/payments/inquiryRefund"
	PathNotifyPayment  = "/v1/payments/notifyPayment"
)

// MaxBodyBytes bounds every body, either way, on both legs.
const MaxBodyBytes = 64 << 10

// maxIDLength is the wallet's limit on paymentRequestId, paymentId and refundRequestId.
const maxIDLength = 64

// ResultStatus is the coarse result of a call, or of a payment.
type ResultStatus string

// The result statuses. U asks for an inquiry.
const (
	ResultSuccess ResultStatus = "S"
	ResultAction  ResultStatus = "A" // the payer has something to do first
	ResultFail    ResultStatus = "F"
	ResultUnknown ResultStatus = "U"
)

// The statuses of a payment in notifyPayment, and of a refund in inquiryRefund.
const (
	StatusSuccess    = "SUCCESS"
	StatusFail       = "FAIL"
	StatusProcessing = "PROCESSING"
)

// Result is the result object of every answer.
type Result struct {
	ResultCode    string       `json:"resultCode"`
	ResultStatus  ResultStatus `json:"resultStatus"`
	ResultMessage string       `json:"resultMessage"`
}

// Amount is money on the wallet's wire: minor units as a string, and the currency.
type Amount struct {
	Currency string `json:"currency"`
	Value    string `json:"value"`
}

// NewAmount writes m.
func NewAmount(m fx.Money) Amount {
	return Amount{Currency: m.Currency.String(), Value: strconv.FormatInt(m.Minor, 10)}
}

// Money reads a positive amount. Errors are *fx.AmountError and *fx.UnknownCurrencyError.
func (a Amount) Money() (fx.Money, error) {
	currency, err := fx.ParseCurrency(a.Currency)
	if err != nil {
		return fx.Money{}, err
	}
	for i := range len(a.Value) {
		if a.Value[i] < '0' || a.Value[i] > '9' {
			return fx.Money{}, &fx.AmountError{Fault: fx.FaultSyntax, Amount: a.Value[:min(len(a.Value), 40)]}
		}
	}
	if a.Value == "" {
		return fx.Money{}, &fx.AmountError{Fault: fx.FaultSyntax}
	}
	minor, err := strconv.ParseInt(a.Value, 10, 64)
	if err != nil {
		return fx.Money{}, &fx.AmountError{Fault: fx.FaultOverflow, Amount: a.Value[:min(len(a.Value), 40)]}
	}
	if minor == 0 {
		return fx.Money{}, &fx.AmountError{Fault: fx.FaultSign, Amount: a.Value}
	}
	return fx.Money{Minor: minor, Currency: currency}, nil
}

// PaymentNotification is the body of notifyPayment.
type PaymentNotification struct {
	PartnerID         string `json:"partnerId"`
	PaymentRequestID  string `json:"paymentRequestId"` // the order's reference
	PaymentID         string `json:"paymentId"`        // the wallet's receipt
	PaymentAmount     Amount `json:"paymentAmount"`
	PaymentTime       string `json:"paymentTime,omitzero"`
	PaymentStatus     string `json:"paymentStatus"`
	PaymentFailReason string `json:"paymentFailReason,omitzero"`
	CustomerID        string `json:"customerId,omitzero"`
}

// ResultOnly is an answer that says nothing but its result.
type ResultOnly struct {
	Result Result `json:"result"`
}

// InquiryPaymentRequest asks about a payment.
type InquiryPaymentRequest struct {
	PartnerID        string `json:"partnerId"`
	PaymentRequestID string `json:"paymentRequestId"`
}

// InquiryPaymentResponse answers: Result is about the call, PaymentResult about the payment.
type InquiryPaymentResponse struct {
	Result           Result `json:"result"`
	PaymentResult    Result `json:"paymentResult,omitzero"`
	PaymentRequestID string `json:"paymentRequestId,omitzero"`
	PaymentID        string `json:"paymentId,omitzero"`
	PaymentAmount    Amount `json:"paymentAmount,omitzero"`
	PaymentTime      string `json:"paymentTime,omitzero"`
	CustomerID       string `json:"customerId,omitzero"`
}

// RefundRequest gives a payment, or part of it, back. RefundRequestID is the idempotency key.
type RefundRequest struct {
	PartnerID       string `json:"partnerId"`
	RefundRequestID string `json:"refundRequestId"`
	PaymentID       string `json:"paymentId"`
	RefundAmount    Amount `json:"refundAmount"`
	RefundReason    string `json:"refundReason,omitzero"`
}

// RefundResponse answers a RefundRequest.
type RefundResponse struct {
	Result          Result `json:"result"`
	RefundRequestID string `json:"refundRequestId,omitzero"`
	RefundID        string `json:"refundId,omitzero"` // the wallet's receipt of the refund
	RefundAmount    Amount `json:"refundAmount,omitzero"`
}

// InquiryRefundRequest asks about a refund.
type InquiryRefundRequest struct {
	PartnerID       string `json:"partnerId"`
	RefundRequestID string `json:"refundRequestId"`
}

// InquiryRefundResponse answers: Result is about the call, RefundStatus about the refund.
type InquiryRefundResponse struct {
	Result           Result `json:"result"`
	RefundStatus     string `json:"refundStatus,omitzero"`
	RefundFailReason string `json:"refundFailReason,omitzero"`
	RefundRequestID  string `json:"refundRequestId,omitzero"`
	RefundID         string `json:"refundId,omitzero"`
	RefundAmount     Amount `json:"refundAmount,omitzero"`
}

// decode reads one JSON value: duplicate names and invalid UTF-8 are refused, names are case-sensitive.
func decode(body []byte, into any) error {
	if len(body) > MaxBodyBytes {
		return fmt.Errorf("gcash: body of %d bytes", len(body))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("gcash: decode: %w", err)
	}
	return nil
}

// DecodeNotification reads and checks a notifyPayment body: ids within their limits, a known status,
// and a positive amount of a known currency.
func DecodeNotification(body []byte) (n PaymentNotification, amount fx.Money, err error) {
	if err := decode(body, &n); err != nil {
		return PaymentNotification{}, fx.Money{}, err
	}
	fail := func(field string) (PaymentNotification, fx.Money, error) {
		return PaymentNotification{}, fx.Money{}, fmt.Errorf("gcash: notifyPayment: bad %s", field)
	}
	switch {
	case !validID(n.PaymentRequestID):
		return fail("paymentRequestId")
	case !validID(n.PaymentID):
		return fail("paymentId")
	case len(n.CustomerID) > maxIDLength:
		return fail("customerId")
	case n.PaymentStatus != StatusSuccess && n.PaymentStatus != StatusFail:
		return fail("paymentStatus")
	}
	amount, err = n.PaymentAmount.Money()
	if err != nil {
		return PaymentNotification{}, fx.Money{}, fmt.Errorf("gcash: notifyPayment: paymentAmount: %w", err)
	}
	return n, amount, nil
}

func validID(id string) bool { return id != "" && len(id) <= maxIDLength }
