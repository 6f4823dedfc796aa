package upi

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

var (
	operationForm   = regexp.MustCompile(`^[A-Za-z0-9]{1,35}$`)
	transactionForm = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
	referenceForm   = regexp.MustCompile(`^[0-9]{12}$`) // RRN
)

// DecodeError says what is wrong with something that the rail sent. The same bytes fail again.
type DecodeError struct{ Fault string }

func (e *DecodeError) Error() string { return "upi: decode: " + e.Fault }

func faulty(format string, args ...any) *DecodeError {
	return &DecodeError{Fault: fmt.Sprintf(format, args...)}
}

// jsonLimits bound what the PSP's API says. Members that nobody reads here are the PSP's affair.
var jsonLimits = strictjson.Limits{Bytes: MaxJSONBytes, Depth: 8}

// parseJSON reads one JSON object. Errors are *DecodeError.
func parseJSON(body []byte) (strictjson.Value, error) {
	v, err := strictjson.Parse(body, jsonLimits)
	switch {
	case err != nil:
		return v, faulty("%s", clip(err.Error(), messaging.MaxRailTextLength))
	case !v.IsObject():
		return v, faulty("JSON that is no object")
	}
	return v, nil
}

// decodeAnswer reads the answer of a call. Errors are *DecodeError.
func decodeAnswer(body []byte) (Answer, error) {
	v, err := parseJSON(body)
	if err != nil {
		return Answer{}, err
	}
	var a Answer
	err = v.Fields(map[string]*string{"status": &a.Status, "responseCode": &a.ResponseCode, "responseMessage": &a.ResponseMessage})
	payload, wrongCase := v.Get("payload")
	if err = cmp.Or(err, wrongCase); err != nil {
		return Answer{}, faulty("%s", clip(err.Error(), messaging.MaxRailTextLength))
	}
	if a.Status == "" {
		return Answer{}, faulty("an answer without status")
	}
	if !payload.IsAbsent() {
		t, err := readTransaction(payload)
		if err != nil {
			return Answer{}, err
		}
		a.Payload = &t
	}
	return a, nil
}

// readTransaction reads what the PSP knows of a payout or of a refund. Errors are *DecodeError.
func readTransaction(v strictjson.Value) (Transaction, error) {
	var t Transaction
	err := v.Fields(map[string]*string{
		"type": &t.Type, "merchantId": &t.MerchantID, "merchantRequestId": &t.MerchantRequestID, "amount": &t.Amount,
		"currency": &t.Currency, "customerVpa": &t.CustomerVPA, "gatewayTransactionId": &t.TransactionID,
		"gatewayReferenceId": &t.ReferenceID, "gatewayResponseStatus": &t.ResponseStatus,
		"gatewayResponseCode": &t.ResponseCode, "gatewayResponseMessage": &t.ResponseMessage,
	})
	if err != nil {
		return Transaction{}, faulty("%s", clip(err.Error(), messaging.MaxRailTextLength))
	}
	return t, nil
}

// decodeWebhook reads a webhook's body. Errors are *DecodeError.
func decodeWebhook(body []byte) (Transaction, error) {
	v, err := parseJSON(body)
	if err != nil {
		return Transaction{}, err
	}
	t, err := readTransaction(v)
	switch {
	case err != nil:
		return Transaction{}, err
	case t.Type != TypePayout && t.Type != TypeRefund:
		return Transaction{}, faulty("webhook of type %q", clip(t.Type, messaging.MaxRailCodeLength))
	case !operationForm.MatchString(t.MerchantRequestID):
		return Transaction{}, faulty("webhook without merchantRequestId")
	case t.ResponseStatus == "":
		return Transaction{}, faulty("webhook without gatewayResponseStatus")
	}
	return t, nil
}

// evidence judges what the PSP says about the money.
func (t Transaction) evidence(origin adapters.Origin, currency fx.Currency) adapters.Evidence {
	e := adapters.Evidence{
		State: adapters.Unknown, Origin: origin, Account: t.CustomerVPA,
		Code: clip(t.ResponseCode, messaging.MaxRailCodeLength),
		Text: clip(t.ResponseMessage, messaging.MaxRailTextLength),
	}
	if !transactionForm.MatchString(t.TransactionID) {
		e.Err = faulty("gatewayTransactionId is missing or malformed")
		return e
	}
	e.RailID = t.TransactionID
	reason := declined(t.ResponseCode, origin)
	switch {
	case t.ResponseStatus == StatusSuccess && t.ResponseCode == CodeSuccess:
		amount, err := t.money(currency)
		if err != nil || !referenceForm.MatchString(t.ReferenceID) {
			e.Err = faulty("a success without amount or RRN")
			return e
		}
		e.State, e.RailRef, e.Amount = adapters.Settled, t.ReferenceID, &amount
	case t.ResponseStatus == StatusFailure && reason != "":
		e.State, e.Reason = adapters.Failed, reason
	case t.ResponseStatus == StatusPending && (t.ResponseCode == "" || t.ResponseCode == CodePending):
		e.State = adapters.Accepted
	}
	return e
}

// money reads the amount: plain text with exactly two decimals.
func (t Transaction) money(currency fx.Currency) (fx.Money, error) {
	return parseAmount(t.Amount, t.Currency, currency)
}

func parseAmount(text, code string, currency fx.Currency) (fx.Money, error) {
	if code != currency.String() {
		return fx.Money{}, faulty("an amount in %q, not in %s", clip(code, 8), currency)
	}
	amount, err := fx.ParseMoney(text, currency)
	if err != nil || amount.Minor <= 0 || amount.Text() != text {
		return fx.Money{}, faulty("amount %q", clip(text, messaging.MaxAmountLength))
	}
	return amount, nil
}

// clip cuts text at limit characters and makes it valid UTF-8.
func clip(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	count := 0
	for i := range text {
		if count == limit {
			return text[:i]
		}
		count++
	}
	return text
}
