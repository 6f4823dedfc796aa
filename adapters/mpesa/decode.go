package mpesa

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Kinds of payload that Decode knows.
const (
	kindToken        = "token"
	kindAck          = "async-ack"
	kindRequest      = "request"
	kindResult       = "result-callback"
	kindTimeout      = "timeout-callback"
	kindConfirmation = "c2b-callback"
	kindPush         = "stk-ack"
	kindPushQuery    = "stk-query"
	kindPrompted     = "stk-callback"
	kindPull         = "pull"
	kindError        = "error"
)

const saysNothing = "it says nothing of an end"

// readers are the kinds and who reads them.
var readers = []struct {
	kind string
	read func(body []byte, c fx.Currency) adapters.Reading
}{
	{kindToken, readToken},
	{kindAck, readAck},
	{kindRequest, readRequest},
	{kindResult, readResult},
	{kindTimeout, readTimeout},
	{kindConfirmation, readConfirmation},
	{kindPush, func(body []byte, _ fx.Currency) adapters.Reading { return readPush(kindPush, body) }},
	{kindPushQuery, func(body []byte, _ fx.Currency) adapters.Reading { return readPush(kindPushQuery, body) }},
	{kindPrompted, readPrompted},
	{kindPull, readPull},
	{kindError, readError},
}

// marks are names that only one kind of payload has, in the order in which they are looked for.
var marks = []struct{ name, kind string }{
	{"access_token", kindToken}, {"Result", kindResult}, {"Body", kindPrompted}, {"TransID", kindConfirmation},
	{"errorCode", kindError}, {"CommandID", kindRequest}, {"Password", kindRequest}, {"ShortCode", kindRequest},
	{"CheckoutRequestID", kindPush}, {"Response", kindPull}, {"ResponseCode", kindAck},
}

// Decode says what a recorded payload is taken for. Without a kind its content tells; without a currency it is KES,
// which the rail leaves unsaid.
func Decode(p adapters.Payload) adapters.Reading {
	if p.Currency.IsZero() {
		p.Currency = fx.MustCurrency("KES")
	}
	if p.Kind == "" {
		kind, err := kindOf(p.Body)
		if err != nil {
			return adapters.RefusedReading("", err)
		}
		p.Kind = kind
	}
	for _, r := range readers {
		if r.kind == p.Kind {
			return r.read(p.Body, p.Currency)
		}
	}
	return adapters.RefusedReading(p.Kind, fmt.Errorf("mpesa: no such kind of payload: %q", p.Kind))
}

func kindOf(body []byte) (string, error) {
	root, err := parse(body, maxAnswerBytes)
	if err != nil {
		return "", err
	}
	for _, mark := range marks {
		if v, err := root.Get(mark.name); err == nil && !v.IsAbsent() {
			return mark.kind, nil
		}
	}
	return "", &DecodeError{Fault: "no message of this rail"}
}

func readToken(body []byte, _ fx.Currency) adapters.Reading {
	_, life, err := decodeToken(body)
	if err != nil {
		return adapters.RefusedReading(kindToken, err)
	}
	return adapters.Reading{
		Kind: kindToken, About: adapters.AboutToken, Text: fmt.Sprintf("holds for %.0f s", life.Seconds()), Refused: saysNothing,
	}
}

func readAck(body []byte, _ fx.Currency) adapters.Reading {
	a, err := decodeAck(body)
	if err != nil {
		return adapters.RefusedReading(kindAck, err)
	}
	e := adapters.Evidence{State: adapters.Accepted, RailID: a.conversationID, Code: a.code, Text: a.text}
	if a.code != codeSuccess {
		e.State = adapters.Unknown
	}
	r := adapters.ReadingOf(kindAck, adapters.AboutRequest, e)
	r.Name("operation", a.originatorConversationID)
	r.Refused = saysNothing
	return r
}

// readResult tells by the parameters what a result is about; in service its path does.
func readResult(body []byte, c fx.Currency) adapters.Reading {
	said, err := decodeResult(body)
	if err != nil {
		return adapters.RefusedReading(kindResult, err)
	}
	switch {
	case said.parameter("AccountBalance") != "":
		return said.balanceReading(c)
	case said.parameter("TransactionStatus", "Status") != "":
		e := said.statusEvidence(messaging.KindPayout, c, false)
		r := adapters.ReadingOf(kindResult, adapters.AboutPayout, e)
		r.Name("operation", said.parameter("OriginatorConversationID"))
		r.Name("query", said.originatorConversationID)
		if r.Counts() && (said.parameter("OriginatorConversationID") == "" || e.RailID == "") {
			r.Confirm = "it does not say which conversation it is about, so it is asked for again"
		}
		return r
	case said.code == codeAlreadyReversed || said.parameter("OriginalTransactionID") != "":
		return said.reading(adapters.AboutRefund, said.refundEvidence(c), c)
	default:
		return said.reading(adapters.AboutPayout, said.payoutEvidence(c), c)
	}
}

// reading is the evidence of a callback, and why the rail is asked before it counts.
func (r result) reading(about adapters.About, e adapters.Evidence, c fx.Currency) adapters.Reading {
	said := adapters.ReadingOf(kindResult, about, e)
	said.Name("operation", r.originatorConversationID)
	if e.State != adapters.Settled {
		said.Name("transaction", r.transactionID)
	}
	switch {
	case r.kind != "0":
		said.Confirm = "it is not the last word: ResultType " + shorten(r.kind, 8)
	case e.State == adapters.Failed:
		said.Confirm = "what a callback says of failure is asked about first"
	case e.State == adapters.Settled && e.Amount == nil:
		said.Confirm = "it names no amount"
	case e.State == adapters.Settled:
		said.Confirm = confirmFrom(*e.Amount, c)
	}
	return said
}

// confirmFrom says why an amount is asked about before it counts, under the default threshold; "" where it is not.
func confirmFrom(amount fx.Money, c fx.Currency) string {
	threshold := fx.Money{Minor: confirmAboveUnits * wholeUnit(c), Currency: c}
	if amount.Minor < threshold.Minor {
		return ""
	}
	return "asked about from " + threshold.String()
}

func (r result) balanceReading(c fx.Currency) adapters.Reading {
	balances, err := r.balances(c)
	if err != nil {
		return adapters.RefusedReading(kindResult, err)
	}
	said := adapters.Reading{Kind: kindResult, About: adapters.AboutBalance, Code: r.code, Text: r.text, Refused: saysNothing}
	said.Name("query", r.originatorConversationID)
	for _, balance := range balances {
		said.Parts = append(said.Parts, adapters.Reading{
			Kind: "account", About: adapters.AboutBalance, Account: balance.Account,
			Amount: new(messaging.NewAmount(balance.Available)),
		})
	}
	return said
}

func readTimeout(body []byte, _ fx.Currency) adapters.Reading {
	said, err := decodeResult(body)
	if err != nil {
		return adapters.RefusedReading(kindTimeout, err)
	}
	r := adapters.ReadingOf(kindTimeout, adapters.AboutPayout, said.timedOut())
	r.Name("operation", said.originatorConversationID)
	r.Confirm = "it waited too long, and may be carried out all the same"
	return r
}

func readConfirmation(body []byte, c fx.Currency) adapters.Reading {
	said, err := decodeConfirmation(body, c)
	if err != nil {
		return adapters.RefusedReading(kindConfirmation, err)
	}
	r := adapters.ReadingOfCollection(kindConfirmation, said.collected)
	r.Name("shortcode", shorten(said.shortcode, maxRailIDLength))
	r.Confirm = confirmFrom(said.collected.Amount, c)
	return r
}

// readPush reads an acknowledgement of a push, or, where it has a ResultCode, the answer to a question about one.
func readPush(kind string, body []byte) adapters.Reading {
	p, err := decodePush(body)
	if err != nil {
		return adapters.RefusedReading(kind, err)
	}
	r := adapters.Reading{Kind: kind, About: adapters.AboutRequest, State: adapters.Accepted, Code: p.code, Text: p.text, Refused: saysNothing}
	if p.result != "" {
		said := p.status()
		r = adapters.Reading{Kind: kindPushQuery, About: adapters.AboutCollection, State: said.State, Code: said.Code, Text: said.Text}
		switch {
		case said.Err != nil:
			r.Refused = said.Err.Error()
		case said.State == adapters.Failed:
			r.Reason = declines[p.result]
			r.Confirm = "only this prompt has failed; the order may be paid otherwise"
		default:
			r.Confirm = "a payment has a receipt and an amount, which pull queries show"
		}
	} else if p.code != codeSuccess {
		r.State = adapters.Unknown
	}
	r.Name("rail_id", p.checkout)
	r.Name("request", p.merchant)
	return r
}

func readPrompted(body []byte, c fx.Currency) adapters.Reading {
	p, err := decodePrompted(body, c, eastAfrica)
	if err != nil {
		return adapters.RefusedReading(kindPrompted, err)
	}
	var r adapters.Reading
	if p.code == codeSuccess {
		r = adapters.ReadingOfCollection(kindPrompted, p.collection(""))
		r.Code, r.Text, r.Confirm = p.code, p.text, confirmFrom(p.amount, c)
		if !p.at.IsZero() {
			r.Name("at", p.at.Format(time.RFC3339))
		}
	} else {
		e := result{kind: "0", code: p.code, text: p.text}.declinedBy()
		if unprompted[p.code] {
			e.State, e.Reason = adapters.Failed, reasonTimeout
		}
		r = adapters.ReadingOf(kindPrompted, adapters.AboutCollection, e)
		if r.Counts() {
			r.Confirm = "only this prompt has failed; the order may be paid otherwise"
		}
	}
	r.Name("rail_id", p.checkout)
	r.Name("request", p.merchant)
	return r
}

func readPull(body []byte, c fx.Currency) adapters.Reading {
	rows, err := decodePull(body)
	if err != nil {
		return adapters.RefusedReading(kindPull, err)
	}
	r := adapters.Reading{Kind: kindPull, About: adapters.AboutCollection}
	for _, row := range rows {
		collected, err := pulledCollection(row, c)
		if err != nil {
			r.Parts = append(r.Parts, adapters.RefusedReading(kindPull, err))
			continue
		}
		r.State, r.Parts = adapters.Settled, append(r.Parts, adapters.ReadingOfCollection(kindPull, collected))
	}
	if r.State == "" {
		r.Refused = "it shows no payment"
	}
	return r
}

// readError takes an error for the answer to a submission.
func readError(body []byte, _ fx.Currency) adapters.Reading {
	root, err := parse(body, maxCallbackBytes)
	if err != nil {
		return adapters.RefusedReading(kindError, err)
	}
	if !root.IsObject() {
		return adapters.RefusedReading(kindError, &DecodeError{Fault: "not an object"})
	}
	e := *refusal(newAnswerError(0, body))
	retrySafe := e.RetrySafe
	e.Err = nil
	r := adapters.ReadingOf(kindError, adapters.AboutPayout, e)
	switch {
	case e.State == adapters.Failed:
		r.Confirm = "of a first submission; after a doubtful one it is asked about first"
	case retrySafe:
		r.Confirm = "it was not forwarded, so it is sent again under the same id"
	}
	return r
}
