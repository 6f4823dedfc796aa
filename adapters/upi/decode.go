package upi

import (
	"bytes"
	"errors"
	"slices"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Kinds of payload in JSON. Those in XML are the names of their roots.
const (
	kindWebhook = "webhook"
	kindAnswer  = "answer" // to a payout or a refund
	kindStatus  = "status" // the answer to a question about one
	kindAck     = "Ack"
)

var kinds = []string{
	MessagePay, MessagePaid, MessageCheck, MessageChecked, MessageConfirmation, MessageConfirmed,
	MessageAuthorisation, MessageAuthorised, kindAck, kindWebhook, kindAnswer, kindStatus,
}

// errNoEnd refuses what is no evidence, whatever it says.
var errNoEnd = errors.New("says nothing of an end")

// decode says what the rail makes of a payload.
func decode(p adapters.Payload) adapters.Reading {
	if p.Currency.IsZero() {
		p.Currency = fx.MustCurrency(standardCurrency)
	}
	switch {
	case p.Kind != "" && !slices.Contains(kinds, p.Kind):
		return adapters.RefusedReading(p.Kind, faulty("no such kind"))
	case bytes.HasPrefix(bytes.TrimSpace(p.Body), []byte("<")):
		return decodeXML(p)
	case p.Trust != nil:
		return adapters.RefusedReading(p.Kind, &SignatureError{Fault: "missing: JSON carries none"})
	case p.Kind == kindAnswer || p.Kind == kindStatus:
		return readAnswer(p)
	case p.Kind != "" && p.Kind != kindWebhook:
		return adapters.RefusedReading(p.Kind, faulty("no XML"))
	}
	t, err := decodeWebhook(p.Body)
	if err != nil && p.Kind == "" {
		return readAnswer(p)
	}
	if err != nil {
		return adapters.RefusedReading(kindWebhook, err)
	}
	return readEvidence(kindWebhook, t, t.evidence(adapters.FromCallback, p.Currency))
}

// readAnswer reads what a call to the PSP brought.
func readAnswer(p adapters.Payload) adapters.Reading {
	kind, origin := kindAnswer, adapters.FromResponse
	if p.Kind == kindStatus {
		kind, origin = kindStatus, adapters.FromQuery
	}
	a, err := decodeAnswer(p.Body)
	switch {
	case err != nil:
		return adapters.RefusedReading(kind, err)
	case a.Payload == nil:
		return adapters.Reading{
			Kind: kind, State: adapters.Unknown, Code: clip(a.ResponseCode, messaging.MaxRailCodeLength),
			Text: clip(a.ResponseMessage, messaging.MaxRailTextLength), Refused: "the call failed, which is no word about the money",
		}
	case a.Status != StatusSuccess:
		return adapters.RefusedReading(kind, faulty("a call that failed with a payload"))
	}
	return readEvidence(kind, *a.Payload, a.Payload.evidence(origin, p.Currency))
}

// readEvidence is what the PSP says about one of our operations.
func readEvidence(kind string, t Transaction, e adapters.Evidence) adapters.Reading {
	about := adapters.AboutPayout
	if t.Type == TypeRefund {
		about = adapters.AboutRefund
	}
	r := adapters.ReadingOf(kind, about, e)
	r.Name("operation", t.MerchantRequestID)
	if e.Origin == adapters.FromCallback && e.State == adapters.Failed {
		r.Confirm = "a callback that tells a failure is asked about"
	}
	return r
}

// decodeXML reads a message of the network.
func decodeXML(p adapters.Payload) adapters.Reading {
	root, err := parseXML(p.Body)
	if err != nil {
		return adapters.RefusedReading(p.Kind, err)
	}
	kind := root.Tag
	if p.Kind != "" && p.Kind != kind {
		return adapters.RefusedReading(p.Kind, faulty("XML root is %q, not %s", clip(root.FullTag(), 64), p.Kind))
	}
	if !slices.Contains(kinds, kind) {
		return adapters.RefusedReading(p.Kind, faulty("no message of this rail: %q", clip(root.FullTag(), 64)))
	}
	signature := adapters.SignatureAbsent
	if child(root, dsig.SignatureTag) != nil {
		signature = adapters.SignatureUnchecked
	}
	if p.Trust != nil {
		if root, err = NewVerifier(p.Trust).verify(root); err != nil {
			return adapters.RefusedReading(kind, err)
		}
		signature = adapters.SignatureVerified
	}
	r := readMessage(kind, root, p.Currency)
	r.Signature = signature
	if signature == adapters.SignatureAbsent && r.Counts() && r.Confirm == "" && kind != MessageChecked {
		r.Confirm = "nobody signed it: the PSP is asked about the order"
	}
	return r
}

func readMessage(kind string, root *etree.Element, currency fx.Currency) adapters.Reading {
	switch kind {
	case MessagePay, MessageAuthorisation:
		p, err := decodePay(root, kind, currency)
		if err != nil {
			return adapters.RefusedReading(kind, err)
		}
		return p.reading()
	case MessageConfirmation:
		c, err := decodeConfirmation(root)
		if err != nil {
			return adapters.RefusedReading(kind, err)
		}
		r := c.reading(kind, adapters.FromCallback, c.CustRef, currency)
		nameAll(&r, c.RefID, c.OriginalTxnID, c.Head.MsgID)
		return r
	case MessageCheck:
		c, err := decodeCheck(root)
		if err != nil {
			return adapters.RefusedReading(kind, err)
		}
		r := adapters.Reading{Kind: kind, About: adapters.AboutRequest, Refused: errNoEnd.Error()}
		nameAll(&r, c.RefID, "", c.Head.MsgID)
		return r
	case kindAck:
		a, err := decodeAck(root)
		if err != nil {
			return adapters.RefusedReading(kind, err)
		}
		r := adapters.Reading{Kind: kind, About: adapters.AboutRequest, Code: clip(a.Err, messaging.MaxRailCodeLength), Refused: errNoEnd.Error()}
		r.Name("request", a.ReqMsgID)
		return r
	default:
		c, err := decodeResponse(root, kind)
		if err != nil {
			return adapters.RefusedReading(kind, err)
		}
		r := adapters.Reading{Kind: kind, About: adapters.AboutRequest, Code: clip(c.ErrCode, messaging.MaxRailCodeLength), Refused: errNoEnd.Error()}
		switch kind {
		case MessageChecked:
			r = c.reading(kind, adapters.FromQuery, c.CustRef, currency)
		case MessagePaid:
			r = c.reading(kind, adapters.FromCallback, c.CustRef, currency)
		}
		nameAll(&r, c.RefID, c.OriginalTxnID, c.ReqMsgID)
		return r
	}
}

func nameAll(r *adapters.Reading, order, original, request string) {
	r.Name("order", order)
	r.Name("original", original)
	r.Name("request", request)
}

// reading is what a ReqPay says: CREDIT brings the money, everything else does not.
func (p PayRequest) reading() adapters.Reading {
	r := adapters.ReadingOfCollection(p.Message, adapters.Collection{
		OrderRef: p.RefID, RailRef: p.CustRef, Amount: p.Amount, Payer: p.PayerVPA, Origin: adapters.FromCallback,
	})
	nameAll(&r, "", p.OriginalTxnID, p.Head.MsgID)
	switch {
	case p.Message != MessagePay:
		r.About, r.State, r.Refused = adapters.AboutRequest, "", errNoEnd.Error()
	case p.Type == TypeReversal:
		r.State, r.Refused = "", "undoes a payment, which is for a person to see"
	case p.Type != TypeCredit:
		r.About, r.State, r.Refused = adapters.AboutRequest, "", "asks for a payment and brings none"
	}
	return r
}

// reading is what a verdict says about a customer's payment.
func (v Verdict) reading(kind string, origin adapters.Origin, rrn string, currency fx.Currency) adapters.Reading {
	r := adapters.Reading{
		Kind: kind, About: adapters.AboutCollection, State: adapters.Unknown,
		Account: clip(v.Payer.VPA, messaging.MaxAccountLength), Code: clip(v.ErrCode, messaging.MaxRailCodeLength),
		Text: clip(v.Result, messaging.MaxRailTextLength),
	}
	r.Name("rail_ref", clip(rrn, messaging.MaxReferenceLength))
	switch {
	case v.Paid():
		r.State = adapters.Settled
		p, err := v.payment(rrn, currency)
		if err != nil { // both sides have it, but whose order it pays nobody can tell
			r.Confirm = "it could be taken for no order: " + err.Error()
			return r
		}
		r.Amount = new(messaging.NewAmount(p.amount))
	case v.failed(origin) != "":
		r.State, r.Reason = adapters.Failed, v.failed(origin)
	case v.Result == StatusPending:
		r.State = adapters.Accepted
	}
	return r
}
