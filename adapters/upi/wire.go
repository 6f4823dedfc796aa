package upi

// Paths of the PSP's API, below Config.BaseURL.
const (
	PathPayout       = "/merchants/payouts"
	PathPayoutStatus = "/merchants/payouts/status"
	PathRefund       = "/merchants/refunds"
	PathRefundStatus = "/merchants/refunds/status"
	PathCheck        = "/upi/ReqChkTxn/2.0"
	PathPaid         = "/upi/RespPay/2.0"
	PathConfirmed    = "/upi/RespTxnConfirmation/2.0"
	PathAuthorised   = "/upi/RespAuthDetails/2.0"
)

// Paths of the adapter, below Config.CallbackPrefix.
const (
	PathWebhook       = "/webhook"
	PathPay           = "/ReqPay/2.0"
	PathChecked       = "/RespChkTxn/2.0"
	PathConfirmation  = "/ReqTxnConfirmation/2.0"
	PathAuthorisation = "/ReqAuthDetails/2.0"
)

// HTTP headers.
const (
	HeaderMerchant  = "X-Merchant-Id"
	HeaderAPIKey    = "X-Api-Key"
	HeaderSignature = "X-Merchant-Payload-Signature" // of webhooks
)

// Limits on what either side reads.
const (
	MaxJSONBytes = 32 << 10
	MaxXMLBytes  = 64 << 10
)

// The values of Transaction.ResponseStatus. Success and Failure are final where their code agrees.
const (
	StatusSuccess = "SUCCESS"
	StatusFailure = "FAILURE"
	StatusPending = "PENDING"
	StatusDeemed  = "DEEMED"
)

// The values of Answer.ResponseCode that say something.
const (
	APINotFound  = "REQUEST_NOT_FOUND"
	APIDuplicate = "DUPLICATE_REQUEST" // and no word about the first one
	APIInvalid   = "INVALID_DATA"
)

// The values of Transaction.Type.
const (
	TypePayout = "MERCHANT_DEBITED_VIA_PUSH_TO_VPA"
	TypeRefund = "MERCHANT_DEBITED_VIA_REFUND"
)

// PayoutRequest asks to push Amount from MerchantVPA to CustomerVPA.
type PayoutRequest struct {
	MerchantRequestID string       `json:"merchantRequestId"` // at most 35 letters and digits
	Amount            string       `json:"amount"`            // units with two decimals
	Currency          string       `json:"currency"`
	MerchantVPA       string       `json:"merchantVpa"`
	CustomerVPA       string       `json:"customerVpa"`
	CustomerName      string       `json:"customerName"`
	Remarks           string       `json:"remarks"`
	InitiationMode    string       `json:"initiationMode"`
	Purpose           string       `json:"purpose"`              // of the transaction, two digits
	Institution       *Institution `json:"institution,omitzero"` // with initiation mode 12
}

// RefundRequest asks to give a customer's payment back.
type RefundRequest struct {
	MerchantRequestID   string `json:"merchantRequestId"` // the refund's own
	OriginalReferenceID string `json:"originalGatewayReferenceId"`
	OriginalRefID       string `json:"originalRefId"` // the order's reference
	Amount              string `json:"amount"`
	Currency            string `json:"currency"`
	Remarks             string `json:"remarks"`
}

// StatusRequest asks what became of a payout or of a refund.
type StatusRequest struct {
	MerchantRequestID string `json:"merchantRequestId"` // of the original
}

// Answer is what every call of the JSON API returns. Status is about the call, Payload about the money.
type Answer struct {
	Status          string       `json:"status"` // SUCCESS or FAILURE
	ResponseCode    string       `json:"responseCode"`
	ResponseMessage string       `json:"responseMessage"`
	Payload         *Transaction `json:"payload,omitzero"`
}

// Transaction is what the PSP knows of a payout or of a refund; also the body of a webhook.
type Transaction struct {
	Type              string `json:"type,omitzero"` // in webhooks
	MerchantID        string `json:"merchantId"`
	MerchantRequestID string `json:"merchantRequestId"`
	Amount            string `json:"amount"`
	Currency          string `json:"currency"`
	CustomerVPA       string `json:"customerVpa"`
	TransactionID     string `json:"gatewayTransactionId"`
	ReferenceID       string `json:"gatewayReferenceId,omitzero"` // the retrieval reference number, RRN
	ResponseStatus    string `json:"gatewayResponseStatus"`
	ResponseCode      string `json:"gatewayResponseCode"`
	ResponseMessage   string `json:"gatewayResponseMessage"`
}
