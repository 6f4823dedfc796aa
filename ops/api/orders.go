package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/rail"
)

// OrderWanted is a transfer that a participant's customer wants to make. It goes to the participant's own adapter, which
// keeps it; the switch keeps nothing of it but the hash of the request.
type OrderWanted struct {
	Ref       string `json:"ref" pattern:"^[A-Za-z0-9]{1,20}$" example:"A1" doc:"Your own; it names the order for ever."`
	Payer     Party  `json:"payer"`
	To        string `json:"to" maxLength:"64" example:"gcash-ph" doc:"The creditor's participant."`
	Creditor  Party  `json:"creditor"`
	Fixed     string `json:"fixed" enum:"source,destination" doc:"Which side amount is of; the other follows from the newest quote."`
	Amount    Amount `json:"amount"`
	Reference string `json:"reference,omitempty" maxLength:"140"`
}

// Party is a person who pays or is paid.
type Party struct {
	Name    string `json:"name" maxLength:"140" example:"Wanjiku Kamau"`
	Account string `json:"account" maxLength:"64" example:"254700000001" doc:"An MSISDN in E.164 without +, a VPA, a wallet's or an account's number."`
	Address string `json:"address,omitempty" maxLength:"280" doc:"Of the payer, above the scheme's threshold."`
	Country string `json:"country,omitempty" maxLength:"2" doc:"ISO 3166-1 alpha-2."`
	Town    string `json:"town,omitempty" maxLength:"140"`
}

// Order is an order's price, and where it is.
type Order struct {
	Ref         string    `json:"ref"`
	State       string    `json:"state" doc:"open, lapsed, collected; from then on its transfer's."`
	Intent      string    `json:"intent" doc:"The id that the switch sees."`
	Transfer    string    `json:"transfer,omitempty"`
	Source      *Amount   `json:"source,omitempty" doc:"What the payer pays."`
	Destination *Amount   `json:"destination,omitempty" doc:"What arrives."`
	Quote       string    `json:"quote,omitempty"`
	Fee         *Amount   `json:"fee,omitempty" doc:"Of the source, inside it."`
	Total       *Amount   `json:"total,omitempty" doc:"What sending costs against the reference rate, of the destination."`
	Expires     time.Time `json:"expires,omitzero" doc:"Pay before."`
	DownSince   time.Time `json:"down_since,omitzero" doc:"The rail that pays out is down: the payout may wait."`
	Paid        string    `json:"paid,omitempty" doc:"The rail's receipt of the payer's payment."`
	Reason      string    `json:"reason,omitempty" doc:"ISO 20022 status reason code, where it ended badly."`
	Recall      string    `json:"recall,omitempty" doc:"What the switch answered to a recall."`
}

func orderOf(s adapters.OrderStatus) Order {
	out := Order{
		Ref: s.Ref, State: string(s.State), Intent: s.Intent, Transfer: s.Transfer, Source: said(s.Source), Destination: said(s.Destination), Quote: s.Quote,
		Expires: s.Expires, DownSince: s.DownSince, Paid: s.Paid, Reason: s.Reason, Recall: string(s.Recall),
	}
	if s.Cost != nil {
		out.Fee, out.Total = said(s.Cost.Fee), said(s.Cost.Total)
	}
	return out
}

// said is an amount as an adapter said it, nil of none.
func said(a messaging.Amount) *Amount {
	if a.Currency == "" {
		return nil
	}
	return &Amount{Amount: a.Amount, Currency: a.Currency}
}

// OrderPath is whose path names an order.
type OrderPath struct {
	Ref string `path:"ref" pattern:"^[A-Za-z0-9]{1,20}$" example:"A1"`
}

type orderInput struct{ Body OrderWanted }

type recallWanted struct {
	OrderPath
	Body struct {
		Reason string `json:"reason" pattern:"^[A-Z0-9]{4}$" example:"CUST" doc:"ISO 20022 code."`
	}
}

func (a *API) orders() {
	const tag = "Orders"
	own := auth.Need{Roles: []auth.Role{auth.Participant, auth.Pool}, Own: true}
	register(a, route{
		id: "place-order", method: http.MethodPost, path: "/v1/orders", tag: tag, need: own, status: http.StatusCreated,
		summary: "Price a transfer, and have it made once it is paid",
		text:    "By the participant's own adapter. The answer says what the payer pays, what arrives, and until when.",
	}, a.placeOrder)
	read(a, route{
		id: "get-order", path: "/v1/orders/{ref}", tag: tag, need: own, summary: "Where an order is",
	}, func(ctx context.Context, in *OrderPath) (Order, error) {
		adapter, err := a.ownAdapter(ctx)
		if err != nil {
			return Order{}, err
		}
		return order(ctx, adapter, in.Ref)
	})
	register(a, route{
		id: "recall-order", method: http.MethodPost, path: "/v1/orders/{ref}/recall", tag: tag, need: own, status: http.StatusAccepted,
		summary: "Ask for an order's money back while it is under way", text: "The order tells what came of it.",
	}, func(ctx context.Context, in *recallWanted) (*body[Order], error) {
		adapter, err := a.ownAdapter(ctx)
		if err != nil {
			return nil, err
		}
		if err := adapter.Recall(ctx, in.Ref, in.Body.Reason); err != nil {
			return nil, err
		}
		now, err := order(ctx, adapter, in.Ref)
		return &body[Order]{now}, err
	})
}

// ownAdapter is the adapter of whoever asks.
func (a *API) ownAdapter(ctx context.Context) (*rail.Client, error) {
	own := auth.From(ctx).Participant
	if err := auth.Own(ctx, own); err != nil || own == "" {
		return nil, auth.ErrForbidden
	}
	return a.rails.Of(own)
}

func order(ctx context.Context, adapter *rail.Client, ref string) (Order, error) {
	status, found, err := adapter.Order(ctx, ref)
	if err == nil && !found {
		err = auth.ErrNotYours
	}
	return orderOf(status), err
}

func (a *API) placeOrder(ctx context.Context, in *orderInput) (*body[Order], error) {
	adapter, err := a.ownAdapter(ctx)
	if err != nil {
		return nil, err
	}
	o := in.Body
	if _, err := o.Amount.money("body.amount"); err != nil {
		return nil, err
	}
	answers, err := adapter.PlaceOrders(ctx, []adapters.OrderRequest{{
		Ref: o.Ref, Payer: messaging.Party(o.Payer), To: o.To, Creditor: messaging.Party(o.Creditor), Fixed: fx.Fixed(o.Fixed),
		Amount: messaging.Amount(o.Amount), Reference: o.Reference,
	}})
	if err != nil {
		return nil, err
	}
	if len(answers) != 1 {
		return nil, errors.New("api: the adapter did not answer for the order")
	}
	if answers[0].Fault != "" {
		return nil, problem("refused", string(answers[0].Fault)+": "+answers[0].Detail)
	}
	return &body[Order]{orderOf(adapters.OrderStatus{OrderAnswer: answers[0]})}, nil
}

// adapterProblem says what an adapter's error means to whoever asked.
func adapterProblem(e *rail.Error) *Problem {
	switch {
	case e.Again || e.Status == 0:
		return problem("unavailable", "The participant's adapter did not answer.")
	case e.Status == http.StatusNotFound:
		return problem("not_found", e.Detail)
	default:
		return problem("refused", e.Kind+": "+e.Detail)
	}
}
