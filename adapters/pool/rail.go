package pool

import (
	"context"
	"math"
	"net/http"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Rail makes the pool the rail of its own Runner.
func (n *Node) Rail(sink adapters.Sink) (adapters.Rail, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sink = sink
	return rail{n}, nil
}

// rail books what the switch instructs. The book answers at once and for good, so nothing here is ever unknown but a
// store that cannot be written.
type rail struct{ node *Node }

var _ adapters.Rail = rail{}

// Capabilities implements adapters.Rail.
func (r rail) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{
		Rail: "pool", Currency: r.node.cfg.Currency,
		PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: charter.MaxMinor,
		ConfirmAboveMinor: math.MaxInt64, // there are no callbacks to distrust
		Timers:            r.node.cfg.Timers,
	}
}

// Submit implements adapters.Rail: a payout to the pool is a contribution, a refund to it a payout that came back.
func (r rail) Submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	if known := r.Query(ctx, op); known.State == adapters.Settled {
		return known
	}
	var kind string
	var body any
	switch op.Kind {
	case messaging.KindPayout:
		if op.Beneficiary.Account != r.node.cfg.Account.Account {
			return refused("AC01", "not the pool's account")
		}
		kind, body = decide.WordCame, decide.Coming{
			ID: op.ID, Amount: decide.Amount{Minor: op.Amount.Minor, Unit: op.Amount.Currency}, Reference: op.Reference,
		}
	case messaging.KindRefund:
		kind, body = decide.WordReturned, decide.Ended{Proposal: r.ordered(op.CollectionOrder), Operation: op.ID}
	default:
		return refused("NARR", "no such kind")
	}
	answer, err := r.node.say(ctx, kind, body)
	switch {
	case err != nil: // whether it was written is known after the node was opened again
		return adapters.Evidence{State: adapters.Unknown, Origin: adapters.FromResponse, RetrySafe: true, Err: err}
	case answer.Fault != "":
		return refused("NARR", string(answer.Fault))
	}
	return booked(op.ID, op.Amount, adapters.FromResponse)
}

// ordered finds the proposal whose order has the reference, "" where none has.
func (r rail) ordered(order string) (id string) {
	r.node.View(func(s *decide.State) {
		if p := s.Ordered(order); p != nil {
			id = p.ID
		}
	})
	return id
}

func refused(reason, text string) adapters.Evidence {
	return adapters.Evidence{State: adapters.Failed, Origin: adapters.FromResponse, Reason: reason, Text: text}
}

func booked(id string, amount fx.Money, origin adapters.Origin) adapters.Evidence {
	return adapters.Evidence{State: adapters.Settled, Origin: origin, RailRef: id, Amount: &amount}
}

// Query implements adapters.Rail: the book knows.
func (r rail) Query(_ context.Context, op adapters.Operation) adapters.Evidence {
	found := false
	r.node.View(func(s *decide.State) { found = s.Booked(op.ID) })
	if !found {
		return adapters.Evidence{State: adapters.Unknown, Origin: adapters.FromQuery, RetrySafe: true}
	}
	return booked(op.ID, op.Amount, adapters.FromQuery)
}

// Collection implements adapters.Rail: an order is paid for when the fund has paid for it.
func (r rail) Collection(_ context.Context, order adapters.Order) (c adapters.Collection, found bool, err error) {
	r.node.View(func(s *decide.State) {
		if p := s.Ordered(order.Ref); p != nil {
			c, found = r.node.payment(p), true
		}
	})
	return c, found, nil
}

// Handler implements adapters.Rail: nobody calls back.
func (r rail) Handler() http.Handler { return http.NotFoundHandler() }
