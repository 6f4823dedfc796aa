package gsma

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	pageSize  = 100
	maxPages  = 1000
	maxPulled = 200_000 // payments kept; beyond, they are read anew
	maxReach  = 48 * time.Hour
)

// pulled remembers what the account's transactions have shown, so that many orders share one reading. Losing it costs
// questions, nothing else.
type pulled struct {
	turn    chan struct{}                    // capacity 1: held by whoever reads or pulls
	from    time.Time                        // every payment from here ...
	upTo    time.Time                        // ... to here has been seen
	byOrder map[string][]adapters.Collection // in the order in which the rail lists them
	count   int                              // of payments in byOrder
}

func newPulled() *pulled {
	return &pulled{turn: make(chan struct{}, 1), byOrder: map[string][]adapters.Collection{}}
}

// Collection looks for the customer's payment: the one that order.AskFor names, or the first that the account's
// transactions show for the order, which are read at most every Config.PullEvery. A retry after an error is safe.
func (r *Rail) Collection(ctx context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	c, found, err := r.collection(ctx, order)
	if err != nil {
		return adapters.Collection{}, false, fmt.Errorf("gsma: collection %s: %w", order.Ref, err)
	}
	return c, found, nil
}

func (r *Rail) collection(ctx context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	if r.cfg.PayoutOnly {
		return adapters.Collection{}, false, nil
	}
	if order.AskFor != "" {
		return r.payment(ctx, order)
	}
	p := r.pulled
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return adapters.Collection{}, false, ctx.Err()
	}
	if known := p.byOrder[order.Ref]; len(known) > 0 {
		return known[0], true, nil
	}
	if err := r.pullFor(ctx, order, time.Now()); err != nil {
		return adapters.Collection{}, false, err
	}
	known := p.byOrder[order.Ref]
	if len(known) == 0 {
		return adapters.Collection{}, false, nil
	}
	return known[0], true, nil
}

// payment asks for the one transaction that somebody has named for an order.
func (r *Rail) payment(ctx context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	if !referenceForm.MatchString(order.AskFor) {
		return adapters.Collection{}, false, nil // no receipt of this rail
	}
	t, err := r.read(ctx, order.AskFor)
	var f *failure
	if errors.As(err, &f) && missing(f).RetrySafe {
		return adapters.Collection{}, false, nil
	}
	if err != nil {
		return adapters.Collection{}, false, err
	}
	c, err := t.collection(r.cfg.words())
	if err != nil || c.OrderRef != order.Ref {
		return adapters.Collection{}, false, nil //nolint:nilerr // it is another kind of transaction, or another order's
	}
	c.Origin = adapters.FromQuery
	return c, true, nil
}

// pullFor extends what has been seen so that it covers the order's life, unless that was done lately.
func (r *Rail) pullFor(ctx context.Context, order adapters.Order, now time.Time) error {
	p := r.pulled
	if p.count > maxPulled {
		p.from, p.upTo, p.byOrder, p.count = time.Time{}, time.Time{}, map[string][]adapters.Collection{}, 0
	}
	start := order.Created.Add(-r.cfg.PullOverlap)
	if oldest := now.Add(-maxReach); start.Before(oldest) {
		start = oldest
	}
	if !p.from.IsZero() && !start.Before(p.from) {
		if now.Sub(p.upTo) < r.cfg.PullEvery {
			return nil
		}
		start = p.upTo.Add(-r.cfg.PullOverlap)
	}
	if err := r.pull(ctx, start); err != nil {
		return err
	}
	if p.from.IsZero() || start.Before(p.from) {
		p.from = start
	}
	p.upTo = now
	return nil
}

// pull reads every page of the payments from start on. It names no end: the rail's clock may be ahead of ours.
func (r *Rail) pull(ctx context.Context, start time.Time) error {
	for page, offset := 0, 0; page < maxPages; page++ {
		query := url.Values{
			"transactionType": {typePayment}, "fromDateTime": {start.UTC().Format(dateForm)},
			"limit": {strconv.Itoa(pageSize)}, "offset": {strconv.Itoa(offset)},
		}
		got, err := r.client.get(ctx, r.accountPath("transactions")+"?"+query.Encode())
		if err != nil {
			return err
		}
		if got.status != http.StatusOK {
			return newFailure(got)
		}
		rows, err := parse(got.body)
		if err != nil {
			return err
		}
		if !rows.IsArray() {
			return &DecodeError{Fault: "transactions are no array"}
		}
		for _, row := range rows.Items() {
			r.keep(row)
		}
		if len(rows.Items()) == 0 {
			return nil
		}
		offset += len(rows.Items())
	}
	return fmt.Errorf("more than %d pages of transactions since %s", maxPages, start.Format(time.RFC3339))
}

// keep remembers one payment. A row that makes no sense is left out: it must not hide others.
func (r *Rail) keep(row strictjson.Value) {
	t, err := readTransaction(row)
	if err != nil {
		return
	}
	c, err := t.collection(r.cfg.words())
	if err != nil || c.OrderRef == "" {
		return
	}
	c.Origin = adapters.FromQuery
	p := r.pulled
	for _, known := range p.byOrder[c.OrderRef] {
		if known.RailRef == c.RailRef { // readings overlap
			return
		}
	}
	p.byOrder[c.OrderRef] = append(p.byOrder[c.OrderRef], c)
	p.count++
}

// collection is the customer's payment that a transaction is. Errors are *DecodeError.
func (t transaction) collection(w words) (adapters.Collection, error) {
	amount, err := readAmount(t.amount, t.currency, w.currency)
	switch {
	case err != nil:
		return adapters.Collection{}, err
	case t.kind != typePayment:
		return adapters.Collection{}, &DecodeError{Fault: "the transaction is no payment of a customer"}
	case t.status != w.completed:
		return adapters.Collection{}, &DecodeError{Fault: "the payment is not completed"}
	case t.reference == "":
		return adapters.Collection{}, &DecodeError{Fault: "a payment without a transactionReference"}
	}
	return adapters.Collection{
		OrderRef: shorten(strings.TrimSpace(t.ours), messaging.MaxReferenceLength),
		RailRef:  t.reference, Amount: amount, Payer: account(t.debit, w.partyKey),
	}, nil
}

func (r *Rail) accountPath(of string) string {
	return pathAccounts + "/" + r.cfg.Account.Key + "/" + url.PathEscape(r.cfg.Account.Value) + "/" + of
}

// takeNotice takes up what a customer has paid.
func (r *Rail) takeNotice(req *http.Request, _ string, value strictjson.Value) error {
	t, err := readTransaction(value)
	if err != nil {
		return err
	}
	return r.collected(req, t)
}

func (r *Rail) collected(req *http.Request, t transaction) error {
	c, err := t.collection(r.cfg.words())
	if err != nil {
		return err
	}
	c.Origin = adapters.FromCallback
	return r.sink.Collected(req.Context(), c)
}
