package rail

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

// PlaceOrders prices orders and keeps those that stand; the answers are in the order of the requests. Placed again, an
// order gets the answer that it got.
func (c *Client) PlaceOrders(ctx context.Context, orders []adapters.OrderRequest) ([]adapters.OrderAnswer, error) {
	var answer adapters.OrdersAnswer
	err := c.call(ctx, http.MethodPost, "/orders", adapters.OrdersRequest{Orders: orders}, &answer, true)
	return answer.Orders, err
}

// Order tells where an order is. found is false where there is none.
func (c *Client) Order(ctx context.Context, ref string) (s adapters.OrderStatus, found bool, err error) {
	found, err = c.find(ctx, "/orders/"+url.PathEscape(ref), &s)
	return s, found, err
}

// Recall asks for an order's money back while it is under way, with an ISO 20022 reason; its Order tells what came of it.
func (c *Client) Recall(ctx context.Context, ref, reason string) error {
	return c.call(ctx, http.MethodPost, "/orders/"+url.PathEscape(ref)+"/recall?reason="+url.QueryEscape(reason), nil, nil, true)
}

// Prompt has the rail ask the customer to pay an order. Twice asks twice: no error of it says Again.
func (c *Client) Prompt(ctx context.Context, ref string) (p adapters.Prompted, err error) {
	err = c.call(ctx, http.MethodPost, "/orders/"+url.PathEscape(ref)+"/prompt", nil, &p, false)
	return p, err
}

// Operations lists what has not ended, in a state ("" for any) and after an id, in order of id, a thousand at a time.
func (c *Client) Operations(ctx context.Context, state adapters.State, after string) (all []adapters.OpenOperation, err error) {
	query := url.Values{"state": {string(state)}, "after": {after}}
	err = c.call(ctx, http.MethodGet, "/operations?"+query.Encode(), nil, &all, true)
	return all, err
}

// Operation looks one up, also where it has ended. found is false where there is none.
func (c *Client) Operation(ctx context.Context, id string) (o adapters.OpenOperation, found bool, err error) {
	found, err = c.find(ctx, "/operations/"+url.PathEscape(id), &o)
	return o, found, err
}

// Resolve tells how an operation ended. Told again it is done once. Of errors that are not Again, Kind may_still_pay says
// that it cannot be called failed yet, and ended_otherwise that the rail said so by itself, and otherwise.
func (c *Client) Resolve(ctx context.Context, id string, how adapters.Resolution) error {
	return c.call(ctx, http.MethodPost, "/operations/"+url.PathEscape(id)+"/resolve", how, nil, true)
}

// Exceptions are the first cases for a person.
func (c *Client) Exceptions(ctx context.Context) (all []adapters.Exception, err error) {
	err = c.call(ctx, http.MethodGet, "/exceptions", nil, &all, true)
	return all, err
}

// Stats counts what the adapter holds.
func (c *Client) Stats(ctx context.Context) (s adapters.Stats, err error) {
	err = c.call(ctx, http.MethodGet, "/stats", nil, &s, true)
	return s, err
}

// Health is how the adapter and its rail are. An adapter of somebody else is an error.
func (c *Client) Health(ctx context.Context) (h adapters.Health, err error) {
	err = c.call(ctx, http.MethodGet, "/health", nil, &h, true)
	if err == nil && h.Participant != c.Participant {
		err = &Error{Participant: c.Participant, Status: http.StatusOK, Kind: "another_participant", Detail: "it is " + clip(h.Participant, 40) + "'s"}
	}
	return h, err
}

// Balance is what one account of the operator holds on the rail. It can be negative.
type Balance struct {
	Account   string           `json:"account"`
	Available messaging.Amount `json:"available"`
}

// Balances are what the operator's accounts hold, on rails that tell.
func (c *Client) Balances(ctx context.Context) (all []Balance, err error) {
	err = c.call(ctx, http.MethodGet, "/balances", nil, &all, true)
	return all, err
}

// find looks one thing up.
func (c *Client) find(ctx context.Context, path string, into any) (found bool, err error) {
	err = c.call(ctx, http.MethodGet, path, nil, into, true)
	if refused, ok := errors.AsType[*Error](err); ok && refused.Status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}
