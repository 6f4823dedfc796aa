package upi

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
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

// decodeJSON reads one JSON object strictly: names once and in their case, valid UTF-8, nothing behind
// it. Members that it does not know are the PSP's affair. Errors are *DecodeError.
func decodeJSON(body []byte, into any) error {
	if len(body) > MaxJSONBytes {
		return faulty("JSON of %d bytes", len(body))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return faulty("JSON: %s", clip(err.Error(), messaging.MaxRailTextLength))
	}
	return nil
}

// decodeAnswer reads the answer of a call. Errors are *DecodeError.
func decodeAnswer(body []byte) (Answer, error) {
	var a Answer
	if err := decodeJSON(body, &a); err != nil {
		return Answer{}, err
	}
	if a.Status == "" {
		return Answer{}, faulty("an answer without status")
	}
	return a, nil
}

// decodeWebhook reads a webhook's body. Errors are *DecodeError.
func decodeWebhook(body []byte) (Transaction, error) {
	var t Transaction
	if err := decodeJSON(body, &t); err != nil {
		return Transaction{}, err
	}
	switch {
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
	reason, listed := declines[t.ResponseCode]
	switch {
	case t.ResponseStatus == StatusSuccess && t.ResponseCode == CodeSuccess:
		amount, err := t.money(currency)
		if err != nil || !referenceForm.MatchString(t.ReferenceID) {
			e.Err = faulty("a success without amount or RRN")
			return e
		}
		e.State, e.RailRef, e.Amount = adapters.Settled, t.ReferenceID, &amount
	case t.ResponseStatus == StatusFailure && listed && (origin == adapters.FromQuery || !finalOnQuery[t.ResponseCode]):
		e.State, e.Reason = adapters.Failed, reason
	case t.ResponseStatus == StatusPending || t.ResponseStatus == StatusDeemed:
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
