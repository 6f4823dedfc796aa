package gsma

import (
	"context"
	"net/http"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
)

var _ adapters.Prompter = (*Rail)(nil)

// Prompt asks the order's payer to pay it. An order has one prompt: asked again, the rail answers that it has it.
func (r *Rail) Prompt(ctx context.Context, o adapters.Order) adapters.Prompted {
	if r.cfg.PayoutOnly || !operationForm.MatchString(o.Ref) || !r.named(o.Payer.Account) || o.Source.Currency != r.cfg.Currency {
		return adapters.Prompted{State: adapters.Failed, Text: "the payer cannot be asked on this rail"}
	}
	request := r.transaction(o.Source, o.Ref, o.Reference)
	request.DebitParty, request.CreditParty = r.customer(o.Payer.Account), []Identifier{r.cfg.Account}
	e := r.ask(ctx, call{
		path: pathTransactions + "/type/" + typePayment, correlation: correlation("prompt " + o.Ref),
		callback: r.callbackURL(pathPrompt, o.Ref),
	}, request)
	p := adapters.Prompted{State: e.State, RailID: e.RailID, Code: e.Code, Text: e.Text, Err: e.Err}
	switch {
	case e.State == adapters.Settled: // paid at once; the account's transactions show it
		p.State = adapters.Accepted
	case e.Code == codeDuplicate:
		p.State = adapters.Accepted
	}
	return p
}

// takePrompt takes up what came of asking: a payment, or nothing. Who was asked and did not pay may still pay.
func (r *Rail) takePrompt(req *http.Request, order string, value strictjson.Value) error {
	if isFailure(value) {
		_, err := readFailure(value)
		return err
	}
	t, err := readTransaction(value)
	switch {
	case err != nil:
		return err
	case t.ours != order:
		return &DecodeError{Fault: "the payment is for another order"}
	case t.status != r.cfg.Completed:
		return nil
	}
	return r.collected(req, t)
}
