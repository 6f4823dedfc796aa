package mpesa

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
)

const (
	pathPush      = "/mpesa/stkpush/v1/processrequest"
	pathPushQuery = "/mpesa/stkpushquery/v1/query"
	pushTime      = "20060102150405"
	// The rail cuts what is longer, and a reference that is cut finds no order.
	maxPushReference = 12
	pushDescription  = "Remittance"
	maxPrompts       = 100_000
)

// pushRequest has the rail ask a customer's phone for a payment. Password is base64(shortcode+passkey+Timestamp).
type pushRequest struct {
	BusinessShortCode string
	Password          string
	Timestamp         string
	TransactionType   string
	Amount            jsontext.Value
	PartyA            string
	PartyB            string
	PhoneNumber       string
	CallBackURL       string
	AccountReference  string
	TransactionDesc   string
}

type pushQuery struct {
	BusinessShortCode string
	Password          string
	Timestamp         string
	CheckoutRequestID string
}

// prompts remembers the last prompt of each order. The rail has no id of ours for a prompt, so only this keeps a
// second call from asking a customer who is being asked, or has paid. A restart forgets it; a second payment is then
// returned like any other.
type prompts struct {
	mu      sync.Mutex
	byOrder map[string]string // → CheckoutRequestID
}

func newPrompts() *prompts { return &prompts{byOrder: map[string]string{}} }

func (p *prompts) keep(order, checkout string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.byOrder) >= maxPrompts {
		clear(p.byOrder)
	}
	p.byOrder[order] = checkout
}

func (p *prompts) last(order string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byOrder[order]
}

// Prompt asks the order's payer by STK push. While an earlier prompt of the order may still be paid, or was, it is
// that prompt which is returned.
func (r *Rail) Prompt(ctx context.Context, o adapters.Order) adapters.Prompted {
	if fault := r.checkPrompt(o); fault != "" {
		return adapters.Prompted{State: adapters.Failed, Text: fault}
	}
	if earlier := r.prompts.last(o.Ref); earlier != "" {
		if p := r.PromptStatus(ctx, earlier); p.State != adapters.Failed {
			return p
		}
	}
	stamp := r.client.railTime(r.client.now()).In(r.cfg.Zone).Format(pushTime)
	body, err := r.client.post(ctx, pathPush, pushRequest{
		BusinessShortCode: r.cfg.Shortcode,
		Password:          r.password(stamp),
		Timestamp:         stamp,
		TransactionType:   "CustomerPayBillOnline",
		Amount:            jsontext.Value(writeAmount(o.Source)),
		PartyA:            o.Payer.Account,
		PartyB:            r.cfg.Shortcode,
		PhoneNumber:       o.Payer.Account,
		CallBackURL:       r.signedURL(pathPrompt, o.Ref),
		AccountReference:  o.Ref,
		TransactionDesc:   pushDescription,
	})
	if err != nil {
		return promptRefusal(err)
	}
	p, err := decodePush(body)
	if err != nil {
		return adapters.Prompted{State: adapters.Unknown, Err: err}
	}
	if p.code != codeSuccess {
		return adapters.Prompted{State: adapters.Unknown, Code: p.code, Text: p.text, Err: p.doubt()}
	}
	r.prompts.keep(o.Ref, p.checkout)
	return adapters.Prompted{State: adapters.Accepted, RailID: p.checkout, Code: p.code, Text: p.text}
}

// checkPrompt says why the rail would not take this prompt, "" where it would.
func (r *Rail) checkPrompt(o adapters.Order) string {
	unit := r.capabilities.PayoutIncrementMinor
	switch {
	case r.cfg.Passkey == "":
		return "no passkey is configured"
	case !operationForm.MatchString(o.Ref) || len(o.Ref) > maxPushReference:
		return fmt.Sprintf("the order's reference is not 1 to %d letters and digits", maxPushReference)
	case o.Source.Currency != r.cfg.Currency || o.Source.Minor <= 0 || o.Source.Minor%unit != 0:
		return fmt.Sprintf("%s is no whole amount of %s", o.Source, r.cfg.Currency)
	case !msisdnForm.MatchString(o.Payer.Account):
		return "the payer's account is no MSISDN"
	}
	return ""
}

func (r *Rail) password(stamp string) string {
	return base64.StdEncoding.EncodeToString([]byte(r.cfg.Shortcode + r.cfg.Passkey + stamp))
}

// PromptStatus asks what became of a prompt. Accepted says that the customer is being asked, or has paid: that it
// was paid, and with which receipt, is for Collection to find. Failed says that this prompt will not be paid; the
// order may be paid all the same.
func (r *Rail) PromptStatus(ctx context.Context, checkout string) adapters.Prompted {
	stamp := r.client.railTime(r.client.now()).In(r.cfg.Zone).Format(pushTime)
	body, err := r.client.post(ctx, pathPushQuery, pushQuery{
		BusinessShortCode: r.cfg.Shortcode, Password: r.password(stamp), Timestamp: stamp, CheckoutRequestID: checkout,
	})
	if err != nil {
		e := refusal(err)
		if e.State == adapters.Accepted { // being processed
			return adapters.Prompted{State: adapters.Accepted, RailID: checkout, Code: e.Code, Text: e.Text}
		}
		return adapters.Prompted{State: adapters.Unknown, RailID: checkout, Code: e.Code, Text: e.Text, Err: err}
	}
	p, err := decodePush(body)
	if err == nil && p.checkout != checkout {
		err = &DecodeError{Fault: "the answer is about another CheckoutRequestID"}
	}
	if err != nil {
		return adapters.Prompted{State: adapters.Unknown, RailID: checkout, Err: err}
	}
	return p.status()
}

// push is an acknowledgement of a push, or the answer to a question about one.
type push struct {
	merchant, checkout string
	code, text         string // of the call
	result, resultText string // of the prompt; "" where it is not said
}

// decodePush reads what the rail answers to a push and to a query. Errors are malformed.
func decodePush(body []byte) (push, error) {
	root, err := parse(body, maxCallbackBytes)
	if err != nil {
		return push{}, err
	}
	var p push
	err = root.Fields(map[string]*string{
		"MerchantRequestID": &p.merchant, "CheckoutRequestID": &p.checkout,
		"ResponseCode": &p.code, "ResponseDescription": &p.text,
		"ResultCode": &p.result, "ResultDesc": &p.resultText,
	})
	if err != nil {
		return push{}, err
	}
	if p.code == "" {
		return push{}, &DecodeError{Fault: "ResponseCode is missing"}
	}
	if p.checkout == "" || len(p.checkout) > maxRailIDLength || len(p.merchant) > maxRailIDLength {
		return push{}, &DecodeError{Fault: "CheckoutRequestID is missing, or an id is too long"}
	}
	p.code, p.text, p.result, p.resultText = shortenCode(p.code), shortenText(p.text), shortenCode(p.result), shortenText(p.resultText)
	return p, nil
}

func (p push) doubt() error {
	return &DecodeError{Fault: fmt.Sprintf("no acceptance: ResponseCode %s, ResultCode %q", p.code, p.result)}
}

// status is what an answer to a query says of the prompt.
func (p push) status() adapters.Prompted {
	said := adapters.Prompted{State: adapters.Unknown, RailID: p.checkout, Code: p.result, Text: p.resultText}
	_, declined := declines[p.result]
	switch {
	case p.code != codeSuccess || p.result == "":
		said.Code, said.Text, said.Err = p.code, p.text, p.doubt()
	case p.result == codeSuccess:
		said.State = adapters.Accepted
	case strings.Contains(strings.ToLower(p.resultText), textSuccess):
		said.Err = &DecodeError{Fault: fmt.Sprintf("code %s with a text of success", p.result)}
	case declined || unprompted[p.result]:
		said.State = adapters.Failed
	default:
		said.Err = p.doubt()
	}
	return said
}

// unprompted are the result codes, beside declines, after which a prompt will not be paid: the phone was not
// reached, or nobody answered.
var unprompted = map[string]bool{"1025": true, "9999": true, "1037": true}

func promptRefusal(err error) adapters.Prompted {
	e := refusal(err)
	p := adapters.Prompted{State: adapters.Unknown, Code: e.Code, Text: e.Text, Err: err}
	if _, unsent := errors.AsType[*unsentError](err); unsent || e.RetrySafe || e.State == adapters.Failed {
		p.State = adapters.Failed // the customer was not asked
	}
	return p
}

// prompted is the callback of a push.
type prompted struct {
	merchant, checkout string
	code, text         string
	receipt, payer     string
	amount             fx.Money
	at                 time.Time // zero where the rail does not say it, or not readably
}

// decodePrompted reads a push's callback. A success has a receipt and an amount; a failure has no metadata. Errors
// are malformed.
func decodePrompted(body []byte, c fx.Currency, zone *time.Location) (prompted, error) {
	root, err := parse(body, maxCallbackBytes)
	if err != nil {
		return prompted{}, err
	}
	outer, err := root.Get("Body")
	if err != nil {
		return prompted{}, err
	}
	inner, err := outer.Get("stkCallback")
	if err != nil {
		return prompted{}, err
	}
	var p prompted
	err = inner.Fields(map[string]*string{
		"MerchantRequestID": &p.merchant, "CheckoutRequestID": &p.checkout, "ResultCode": &p.code, "ResultDesc": &p.text,
	})
	if err != nil {
		return prompted{}, err
	}
	switch {
	case p.code == "": // must never read as zero, which means success
		return prompted{}, &DecodeError{Fault: "ResultCode is missing"}
	case p.merchant == "" || p.checkout == "" || len(p.merchant) > maxRailIDLength || len(p.checkout) > maxRailIDLength:
		return prompted{}, &DecodeError{Fault: "a request id is missing or too long"}
	}
	p.code, p.text = shortenCode(p.code), shortenText(p.text)
	items := map[string]string{}
	metadata, err := inner.Get("CallbackMetadata")
	if err == nil && !metadata.IsAbsent() {
		err = readMetadata(metadata, items)
	}
	if err != nil || p.code != codeSuccess {
		return p, err
	}
	collected, err := newCollection(items["MpesaReceiptNumber"], "", items["Amount"], items["PhoneNumber"], c)
	if err != nil {
		return prompted{}, err
	}
	p.receipt, p.amount, p.payer = collected.RailRef, collected.Amount, collected.Payer
	if at, err := parseMoment(items["TransactionDate"], zone); err == nil {
		p.at = at
	}
	return p, nil
}

func readMetadata(metadata strictjson.Value, into map[string]string) error {
	list, err := metadata.Get("Item")
	if err != nil {
		return err
	}
	for _, item := range list.Items() {
		if err := readParameter(item, "Name", into); err != nil {
			return err
		}
	}
	return nil
}

// takePrompt records a payment. That a prompt failed ends nothing: the customer may pay by hand.
func (r *Rail) takePrompt(req *http.Request, body []byte) error {
	p, err := decodePrompted(body, r.cfg.Currency, r.cfg.Zone)
	if err != nil || p.code != codeSuccess {
		return err
	}
	return r.sink.Collected(req.Context(), p.collection(req.PathValue("order")))
}

func (p prompted) collection(order string) adapters.Collection {
	return adapters.Collection{
		OrderRef: order, RailRef: p.receipt, Amount: p.amount, Payer: p.payer, Origin: adapters.FromCallback,
	}
}
