package mpesa

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
)

const (
	pathPull      = "/pulltransactions/v1/query"
	pullSucceeded = "1000"
	pullReach     = 48 * time.Hour // the rail gives nothing older
	pullTime      = "2006-01-02 15:04:05"
	maxPages      = 1000
	maxPulled     = 200_000 // payments kept; beyond, they are pulled anew
)

// pullRequest asks for the shortcode's payments between two times, from an offset on.
type pullRequest struct {
	ShortCode   string
	StartDate   string
	EndDate     string
	OffSetValue string
}

// pulled remembers what pull queries have shown, so that many orders share one query. Losing it costs
// queries, nothing else.
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

// Collection looks for the customer's payment among the pulled payments, pulling at most every
// Config.PullEvery. A retry after an error is safe. Of several payments for one order it returns the
// one that order.AskFor names, without that the first that the rail lists.
func (r *Rail) Collection(ctx context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	p := r.pulled
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return adapters.Collection{}, false, fmt.Errorf("mpesa: collection %s: %w", order.Ref, ctx.Err())
	}
	if c, found := p.payment(order); found {
		return c, true, nil
	}
	r.registerOnce(ctx, time.Now())
	if err := r.pullFor(ctx, order, time.Now()); err != nil {
		return adapters.Collection{}, false, fmt.Errorf("mpesa: collection %s: %w", order.Ref, err)
	}
	c, found := p.payment(order)
	return c, found, nil
}

// payment finds what was paid for an order, with the turn held.
func (p *pulled) payment(order adapters.Order) (adapters.Collection, bool) {
	for _, c := range p.byOrder[order.Ref] {
		if order.AskFor == "" || c.RailRef == order.AskFor {
			return c, true
		}
	}
	return adapters.Collection{}, false
}

// pullFor extends what has been seen so that it covers the order's life, unless that was done lately.
func (r *Rail) pullFor(ctx context.Context, order adapters.Order, now time.Time) error {
	p := r.pulled
	if p.count > maxPulled {
		p.from, p.upTo, p.byOrder, p.count = time.Time{}, time.Time{}, map[string][]adapters.Collection{}, 0
	}
	start := order.Created.Add(-r.cfg.PullOverlap)
	if oldest := now.Add(-pullReach); start.Before(oldest) {
		start = oldest
	}
	if !p.from.IsZero() && !start.Before(p.from) {
		if now.Sub(p.upTo) < r.cfg.PullEvery {
			return nil
		}
		start = p.upTo.Add(-r.cfg.PullOverlap)
	}
	if err := r.pull(ctx, start, now); err != nil {
		return err
	}
	if p.from.IsZero() || start.Before(p.from) {
		p.from = start
	}
	p.upTo = now
	return nil
}

// pull reads every page of the payments between start and end.
func (r *Rail) pull(ctx context.Context, start, end time.Time) error {
	for page, offset := 0, 0; page < maxPages; page++ {
		body, err := r.client.post(ctx, pathPull, pullRequest{
			ShortCode:   r.cfg.Shortcode,
			StartDate:   r.client.railTime(start).In(r.cfg.Zone).Format(pullTime),
			EndDate:     r.client.railTime(end).In(r.cfg.Zone).Add(time.Second).Format(pullTime), // it has whole seconds only
			OffSetValue: strconv.Itoa(offset),
		})
		if err != nil {
			return err
		}
		rows, err := decodePull(body)
		if err != nil {
			return err
		}
		for _, row := range rows {
			r.keep(row)
		}
		if len(rows) == 0 {
			return nil
		}
		offset += len(rows)
	}
	return fmt.Errorf("pull: more than %d pages", maxPages)
}

// pulledCollection reads one pulled payment. Errors are malformed.
func pulledCollection(row strictjson.Value, currency fx.Currency) (adapters.Collection, error) {
	var receipt, reference, amount, payer string
	err := row.Fields(map[string]*string{
		"transactionId": &receipt, "billreference": &reference, "amount": &amount, "msisdn": &payer,
	})
	if err != nil {
		return adapters.Collection{}, err
	}
	c, err := newCollection(receipt, reference, amount, payer, currency)
	c.Origin = adapters.FromQuery
	return c, err
}

// keep remembers one pulled payment. A row that makes no sense is left out: it must not hide others.
func (r *Rail) keep(row strictjson.Value) {
	c, err := pulledCollection(row, r.cfg.Currency)
	if err != nil || c.OrderRef == "" {
		return
	}
	p := r.pulled
	for _, known := range p.byOrder[c.OrderRef] {
		if known.RailRef == c.RailRef { // pulls overlap
			return
		}
	}
	p.byOrder[c.OrderRef] = append(p.byOrder[c.OrderRef], c)
	p.count++
}

// decodePull returns the rows of an answer, which the rail wraps in one array too many.
func decodePull(body []byte) ([]strictjson.Value, error) {
	root, err := parse(body, maxAnswerBytes)
	if err != nil {
		return nil, err
	}
	var code string
	if err := root.Fields(map[string]*string{"ResponseCode": &code}); err != nil {
		return nil, err
	}
	if code != pullSucceeded {
		return nil, &DecodeError{Fault: fmt.Sprintf("pull: ResponseCode %q", shorten(code, 35))}
	}
	response, err := root.Get("Response")
	if err != nil {
		return nil, err
	}
	var rows []strictjson.Value
	for _, item := range response.Items() {
		if item.IsArray() {
			rows = append(rows, item.Items()...)
		} else {
			rows = append(rows, item)
		}
	}
	return rows, nil
}
