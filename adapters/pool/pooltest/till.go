package pooltest

import (
	"context"
	"sync"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Rate is what a till prices by: KES for a unit of anything.
const Rate = 2

// Till prices by one rate and notes what was paid for: a Runner's face.
type Till struct {
	mu     sync.Mutex
	orders map[string]adapters.OrderAnswer
	paid   map[string]int
	states map[string]adapters.OrderState
}

func newTill() *Till {
	return &Till{orders: map[string]adapters.OrderAnswer{}, paid: map[string]int{}, states: map[string]adapters.OrderState{}}
}

// Paid is how many orders were paid for.
func (x *Till) Paid() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.paid)
}

// PlaceOrders implements pool.Orders.
func (x *Till) PlaceOrders(_ context.Context, requests []adapters.OrderRequest) ([]adapters.OrderAnswer, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var answers []adapters.OrderAnswer
	for _, r := range requests {
		destination, err := r.Amount.Money()
		if err != nil {
			return nil, err
		}
		cost := fx.Money{Minor: destination.Minor, Currency: decidetest.KES}
		if r.Fixed == fx.FixedDestination {
			cost.Minor *= Rate
		}
		x.orders[r.Ref] = adapters.OrderAnswer{
			Ref: r.Ref, State: adapters.OrderOpen, Destination: r.Amount, Source: messaging.NewAmount(cost),
		}
		answers = append(answers, x.orders[r.Ref])
	}
	return answers, nil
}

// Order implements pool.Orders.
func (x *Till) Order(ref string) (adapters.OrderStatus, bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	answer, found := x.orders[ref]
	answer.State = x.states[ref]
	return adapters.OrderStatus{OrderAnswer: answer}, found, nil
}

// Collected implements adapters.Sink: what is paid for is paid out.
func (x *Till) Collected(_ context.Context, c adapters.Collection) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.paid[c.OrderRef]++
	x.states[c.OrderRef] = adapters.OrderState(messaging.StatePaid)
	return nil
}

// Evidence implements adapters.Sink.
func (x *Till) Evidence(context.Context, string, string, adapters.Evidence) error { return nil }
