package gcash

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
)

// The paths of the wallet's API, below its base URL; PathNotifyPayment is below ours.
const (
	PathPay            = "/v1/payments/pay"
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

// PayRequest asks the wallet to have a customer pay an order on its cashier page.
type PayRequest struct {
	PartnerID         string        `json:"partnerId"`
	AppID             string        `json:"appId,omitzero"`
	ProductCode       string        `json:"productCode,omitzero"`
	PaymentRequestID  string        `json:"paymentRequestId"`  // the order's reference, and the idempotency key
	PaymentOrderTitle string        `json:"paymentOrderTitle"` // what the customer sees, at most 256 characters
	PaymentAmount     Amount        `json:"paymentAmount"`
	PaymentFactor     PaymentFactor `json:"paymentFactor"`
	PaymentExpiryTime string        `json:"paymentExpiryTime,omitzero"` // ISO 8601
	PaymentReturnURL  string        `json:"paymentReturnUrl,omitzero"`
	PaymentNotifyURL  string        `json:"paymentNotifyUrl"`
}

// PaymentFactor says how the customer pays.
type PaymentFactor struct {
	IsCashierPayment bool `json:"isCashierPayment"`
}

// PayResponse answers a PayRequest. With result A the customer goes on at RedirectActionForm.
type PayResponse struct {
	Result             Result             `json:"result"`
	PaymentID          string             `json:"paymentId,omitzero"`
	PaymentAmount      Amount             `json:"paymentAmount,omitzero"`
	PaymentTime        string             `json:"paymentTime,omitzero"`
	CustomerID         string             `json:"customerId,omitzero"`
	RedirectActionForm RedirectActionForm `json:"redirectActionForm,omitzero"`
}

// RedirectActionForm is where the customer goes on.
type RedirectActionForm struct {
	RedirectURL string `json:"redirectUrl"`
}

// bodyLimits bound what is read. No message of the API nests deeper than three.
var bodyLimits = strictjson.Limits{Bytes: MaxBodyBytes, Depth: 16}

// decode reads one JSON value. Names that are there twice, or in another case than the API's, are refused: somebody who
// passes over them and somebody who takes them would read two payments in the same bytes.
func decode[T comparable](body []byte) (T, error) {
	var exact, loose, none T
	if err := strictjson.Check(body, bodyLimits); err != nil {
		return none, fmt.Errorf("gcash: decode: %w", err)
	}
	if err := json.Unmarshal(body, &exact); err != nil {
		return none, fmt.Errorf("gcash: decode: %w", err)
	}
	if err := json.Unmarshal(body, &loose, json.MatchCaseInsensitiveNames(true)); err != nil {
		return none, fmt.Errorf("gcash: decode: %w", err)
	}
	if exact != loose {
		return none, fmt.Errorf("gcash: decode: %w", &strictjson.Error{Fault: "a name in another case"})
	}
	return exact, nil
}

func validID(id string) bool { return id != "" && len(id) <= maxIDLength }
