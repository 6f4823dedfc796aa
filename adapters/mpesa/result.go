package mpesa

import (
	"fmt"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// maxRailIDLength bounds the rail's conversation ids and receipts.
const maxRailIDLength = 64

// result is the body of every result and queue-timeout callback.
type result struct {
	kind                     string // ResultType: "0" completed, anything else is not the last word
	code                     string
	text                     string
	originatorConversationID string
	conversationID           string
	transactionID            string
	parameters               map[string]string
}

// decodeResult reads a callback's body. Errors are malformed.
func decodeResult(body []byte) (result, error) {
	root, err := parse(body, maxCallbackBytes)
	if err != nil {
		return result{}, err
	}
	inner, err := root.Get("Result")
	if err != nil {
		return result{}, err
	}
	var r result
	err = inner.Fields(map[string]*string{
		"ResultType":               &r.kind,
		"ResultCode":               &r.code,
		"ResultDesc":               &r.text,
		"OriginatorConversationID": &r.originatorConversationID,
		"ConversationID":           &r.conversationID,
		"TransactionID":            &r.transactionID,
	})
	if err != nil {
		return result{}, err
	}
	if r.code == "" { // must never read as zero, which means success
		return result{}, &DecodeError{Fault: "ResultCode is missing"}
	}
	for _, id := range []string{r.originatorConversationID, r.conversationID} {
		if id == "" || len(id) > maxRailIDLength {
			return result{}, &DecodeError{Fault: "a conversation id is missing or too long"}
		}
	}
	if len(r.transactionID) > maxRailIDLength {
		return result{}, &DecodeError{Fault: "TransactionID is too long"}
	}
	r.code = shortenCode(r.code)
	r.text = shortenText(r.text)
	r.parameters = map[string]string{}
	return r, readParameters(inner, r.parameters)
}

// readParameters finds the Key/Value items in any of their known wrappings:
// ResultParameters.ResultParameter, ResultParameters alone, and ResultParameter.ResultParameters,
// each an array or a single object.
func readParameters(inner strictjson.Value, into map[string]string) error {
	for _, wrapping := range [][2]string{{"ResultParameters", "ResultParameter"}, {"ResultParameter", "ResultParameters"}} {
		outer, err := inner.Get(wrapping[0])
		if err != nil {
			return err
		}
		if outer.IsObject() {
			nested, err := outer.Get(wrapping[1])
			if err != nil {
				return err
			}
			if !nested.IsAbsent() {
				outer = nested
			}
		}
		items := outer.Items()
		if outer.IsObject() && len(outer.Names()) > 0 {
			items = []strictjson.Value{outer}
		}
		for _, item := range items {
			if err := readParameter(item, "Key", into); err != nil {
				return err
			}
		}
	}
	return nil
}

// readParameter reads one item, whose name is in the member called name and whose value may be absent.
func readParameter(item strictjson.Value, name string, into map[string]string) error {
	var key, value string
	if err := item.Fields(map[string]*string{name: &key, "Value": &value}); err != nil {
		return err
	}
	key = strings.ReplaceAll(key, " ", "")
	for held := range into {
		if strings.EqualFold(held, key) {
			return &DecodeError{Fault: fmt.Sprintf("parameter %q twice", shorten(key, 40))}
		}
	}
	into[key] = value
	return nil
}

// parameter returns the first of the named parameters that has a value.
func (r result) parameter(names ...string) string {
	for _, name := range names {
		if value := r.parameters[name]; value != "" {
			return value
		}
	}
	return ""
}

// amount reads a parameter as money; nil where it is absent or no amount of this currency.
func (r result) amount(c fx.Currency, names ...string) *fx.Money {
	money, err := parseAmount(r.parameter(names...), c)
	if err != nil {
		return nil
	}
	return &money
}

// parseAmount reads an amount as the rail writes it: a plain decimal, with more zeros than the
// currency has decimals at times.
func parseAmount(text string, c fx.Currency) (fx.Money, error) {
	if whole, fraction, found := strings.Cut(text, "."); found && fraction != "" && len(fraction) < 20 {
		for len(fraction) > c.MinorUnits() && strings.HasSuffix(fraction, "0") {
			fraction = fraction[:len(fraction)-1]
		}
		if text = whole; fraction != "" {
			text += "." + fraction
		}
	}
	return fx.ParseMoney(text, c)
}

// writeAmount writes an amount as the rail wants it: a plain decimal, whole where it is whole.
func writeAmount(m fx.Money) string {
	whole, fraction, _ := strings.Cut(m.Text(), ".")
	if strings.Trim(fraction, "0") == "" {
		return whole
	}
	return whole + "." + fraction
}

// partyAccount is the account in "254708374149 - John Doe"; "" where it is masked, hashed or absent.
func partyAccount(party string) string {
	account, _, _ := strings.Cut(party, " ")
	account = strings.TrimPrefix(account, "+")
	if !msisdnForm.MatchString(account) {
		return ""
	}
	return account
}

// settledBy is the evidence of a result whose code is zero: settled only with a receipt and an amount.
func (r result) settledBy(origin adapters.Origin, ref string, amount *fx.Money, party string) adapters.Evidence {
	e := adapters.Evidence{
		State: adapters.Settled, Origin: origin, RailID: r.conversationID, RailRef: ref, Amount: amount,
		Account: partyAccount(party), Code: r.code, Text: r.text,
	}
	if r.kind != "0" || !receiptForm.MatchString(ref) || amount == nil || amount.Minor <= 0 {
		e.State = adapters.Unknown
		e.Err = &DecodeError{Fault: "success without ResultType 0, a receipt or an amount"}
	}
	return e
}

// payoutEvidence is what a B2C result says.
func (r result) payoutEvidence(c fx.Currency) adapters.Evidence {
	if r.code == codeSuccess {
		return r.settledBy(adapters.FromCallback, r.parameterOr(r.transactionID, "TransactionReceipt"),
			r.amount(c, "TransactionAmount", "Amount"), r.parameter("ReceiverPartyPublicName"))
	}
	return r.declinedBy()
}

// refundEvidence is what a reversal's result says. It names no account: the money goes back to whoever
// paid, which need not be the account that the order named.
func (r result) refundEvidence(c fx.Currency) adapters.Evidence {
	switch r.code {
	case codeSuccess:
		return r.settledBy(adapters.FromCallback, r.transactionID, r.amount(c, "Amount", "TransactionAmount"), "")
	case codeAlreadyReversed:
		// Only this account can reverse its own receipts, and it reverses each for one operation only.
		return adapters.Evidence{
			State: adapters.Settled, Origin: adapters.FromCallback, RailID: r.conversationID,
			RailRef: r.transactionID, Code: r.code, Text: r.text,
		}
	}
	return r.declinedBy()
}

// declinedBy is the evidence of a result whose code is not zero.
func (r result) declinedBy() adapters.Evidence {
	e := adapters.Evidence{
		State: adapters.Unknown, Origin: adapters.FromCallback, RailID: r.conversationID, Code: r.code, Text: r.text,
	}
	reason, declined := declines[r.code]
	switch {
	case strings.Contains(strings.ToLower(r.text), textSuccess):
		e.Err = &DecodeError{Fault: fmt.Sprintf("code %s with a text of success", r.code)}
	case declined && r.kind == "0": // code 1 under ResultType 1 is a timeout
		e.State, e.Reason = adapters.Failed, reason
	}
	return e
}

// statusEvidence is what a transaction status result says about the operation that was asked about.
// Its own conversation is the query's; the operation's conversation is among the parameters.
func (r result) statusEvidence(kind messaging.Kind, c fx.Currency, unacknowledged bool) adapters.Evidence {
	e := adapters.Evidence{
		State: adapters.Unknown, Origin: adapters.FromQuery, RailID: r.parameter("ConversationID"), Code: r.code, Text: r.text,
	}
	if r.code != codeSuccess { // the query failed, not the payment
		// The rail knows no such operation and never acknowledged one. The same id may go out again: if
		// the first one is still on its way, the rail refuses the second as a duplicate.
		e.RetrySafe = r.code == codeUnknownID && unacknowledged
		return e
	}
	switch status := r.parameter("TransactionStatus", "Status"); status {
	case "Completed":
		settled := r.settledBy(adapters.FromQuery, r.parameter("ReceiptNo", "TransactionReceipt"),
			r.amount(c, "Amount", "TransactionAmount"), r.parameter("CreditPartyName"))
		settled.RailID = e.RailID
		if kind == messaging.KindRefund {
			settled.Account = ""
		}
		return settled
	case "Cancelled", "Declined":
		e.State, e.Reason, e.Code = adapters.Failed, reasonNarrative, status
	case "Expired":
		e.State, e.Reason, e.Code = adapters.Failed, reasonTimeout, status
	default:
		e.Code = shortenCode(status)
	}
	if r.kind != "0" {
		e.State, e.Reason = adapters.Unknown, ""
		e.Err = &DecodeError{Fault: "a status that is not the last word: ResultType " + shorten(r.kind, 8)}
	}
	return e
}

func (r result) parameterOr(fallback string, names ...string) string {
	if value := r.parameter(names...); value != "" {
		return value
	}
	return fallback
}
