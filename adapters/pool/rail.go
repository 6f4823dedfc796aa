package pool

import (
	"context"
	"errors"
	"math"
	"net/http"

	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Unmatched is the contributor under whom payments are booked whose reference names no member.
const Unmatched = "unmatched"

// Rail makes the pool the rail of its own Runner.
func (p *Pool) Rail(sink adapters.Sink) (adapters.Rail, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sink = sink
	return rail{p}, nil
}

// rail books what the switch instructs. The book answers at once and for good, so nothing here is ever unknown
// but a book that cannot be read.
type rail struct{ pool *Pool }

var _ adapters.Rail = rail{}

// Capabilities implements adapters.Rail.
func (r rail) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{
		Rail: "pool", Currency: r.pool.cfg.Currency,
		PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: math.MaxInt64,
		ConfirmAboveMinor: math.MaxInt64, // there are no callbacks to distrust
		Timers:            r.pool.cfg.Timers,
	}
}

// Submit implements adapters.Rail: a payout to the pool is a contribution, a refund to it a payout that came back.
func (r rail) Submit(_ context.Context, op adapters.Operation) adapters.Evidence {
	e := Entry{ID: op.ID, To: Fund, Minor: op.Amount.Minor, At: r.pool.now(), Note: op.Reference}
	switch op.Kind {
	case messaging.KindPayout:
		if op.Beneficiary.Account != r.pool.cfg.Account.Account {
			return refused("AC01", "not the pool's account")
		}
		e.From = contributions(r.pool.contributor(op.Reference))
	case messaging.KindRefund:
	default:
		return refused("NARR", "no such kind")
	}
	err := r.pool.db.Batch(func(tx *bolt.Tx) error {
		if op.Kind != messaging.KindRefund {
			_, err := post(tx, e, true)
			return err
		}
		status, err := ordered(tx, op.CollectionOrder)
		if err != nil {
			return err
		}
		e.From = payouts(status.ID)
		if _, err := post(tx, e, false); err != nil {
			return err
		}
		status.State = Returned
		return writeProposal(tx, status)
	})
	var refusal *RefusalError
	switch {
	case errors.Is(err, errNotEnough), errors.As(err, &refusal):
		return refused("NARR", "no payout of that amount to return")
	case err != nil: // bbolt rolled it back: nothing is booked
		return adapters.Evidence{State: adapters.Unknown, Origin: adapters.FromResponse, RetrySafe: true, Err: err}
	}
	return booked(e.ID, op.Amount, adapters.FromResponse)
}

// contributor finds who a payment's reference names.
func (p *Pool) contributor(reference string) string {
	for _, m := range p.cfg.Members {
		if m.Name == reference {
			return m.Name
		}
	}
	return Unmatched
}

func refused(reason, text string) adapters.Evidence {
	return adapters.Evidence{State: adapters.Failed, Origin: adapters.FromResponse, Reason: reason, Text: text}
}

func booked(id string, amount fx.Money, origin adapters.Origin) adapters.Evidence {
	return adapters.Evidence{State: adapters.Settled, Origin: origin, RailRef: id, Amount: &amount}
}

// Query implements adapters.Rail: the book knows.
func (r rail) Query(_ context.Context, op adapters.Operation) adapters.Evidence {
	var known Entry
	var found bool
	err := r.pool.db.View(func(tx *bolt.Tx) (err error) {
		known, found, err = entry(tx, op.ID)
		return err
	})
	switch {
	case err != nil:
		return adapters.Evidence{State: adapters.Unknown, Origin: adapters.FromQuery, Err: err}
	case !found:
		return adapters.Evidence{State: adapters.Unknown, Origin: adapters.FromQuery, RetrySafe: true}
	}
	return booked(known.ID, fx.Money{Minor: known.Minor, Currency: op.Amount.Currency}, adapters.FromQuery)
}

// Collection implements adapters.Rail: an order is paid for when the fund has paid for it.
func (r rail) Collection(_ context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	var status Status
	err := r.pool.db.View(func(tx *bolt.Tx) (err error) {
		status, err = ordered(tx, order.Ref)
		return err
	})
	var refusal *RefusalError
	if errors.As(err, &refusal) || (err == nil && status.CostMinor == 0) {
		return adapters.Collection{}, false, nil
	}
	if err != nil {
		return adapters.Collection{}, false, err
	}
	return r.pool.payment(status), true, nil
}

// Handler implements adapters.Rail: nobody calls back.
func (r rail) Handler() http.Handler { return http.NotFoundHandler() }
