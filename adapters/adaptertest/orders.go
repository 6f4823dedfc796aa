package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Placed is an order that the adapter has priced.
type Placed struct {
	adapters.OrderAnswer
	Payer  messaging.Party
	Amount fx.Money // what the customer pays
}

// request makes an order of somebody new.
func (s *Stage) request(minor int64) adapters.OrderRequest {
	return adapters.OrderRequest{
		Ref: "r" + s.Switch.number(), Payer: s.person(), To: them,
		Creditor: messaging.Party{Name: "Payee", Account: "255700000002", Address: "3 Station Road"},
		Fixed:    fx.FixedSource, Amount: messaging.NewAmount(s.Terms.money(minor)),
	}
}

// Place has the adapter price an order, however often it takes to reach it.
func (s *Stage) Place(ctx context.Context, request adapters.OrderRequest) (Placed, error) {
	var answer adapters.OrdersAnswer
	for {
		status, err := s.call(ctx, http.MethodPost, "/orders", adapters.OrdersRequest{Orders: []adapters.OrderRequest{request}}, &answer)
		// Until the board has come, nobody can be paid.
		early := err == nil && len(answer.Orders) == 1 && answer.Orders[0].Fault == messaging.FaultUnknownCorridor
		if err == nil && status == http.StatusOK && !early {
			break
		}
		if waited := pause(ctx, 20*time.Millisecond); waited != nil {
			return Placed{}, fmt.Errorf("order %s: status %d, %+v: %w", request.Ref, status, answer.Orders, errors.Join(err, waited))
		}
	}
	if len(answer.Orders) != 1 || answer.Orders[0].Fault != "" {
		return Placed{}, fmt.Errorf("order %s: %+v", request.Ref, answer.Orders)
	}
	p := Placed{OrderAnswer: answer.Orders[0], Payer: request.Payer}
	var err error
	if p.Amount, err = p.Source.Money(); err != nil {
		return Placed{}, err
	}
	s.Books.ordered(p.Ref, order{intent: p.Intent, payer: p.Payer.Account, amount: p.Amount})
	return p, nil
}

// Pay has the customer pay an order on the rail.
func (s *Stage) Pay(ctx context.Context, p Placed) error {
	return s.Rail.Pay(ctx, sandbox.CustomerPayment{OrderRef: p.Ref, Payer: p.Payer.Account, PayerName: p.Payer.Name, Amount: p.Amount})
}

// Order places an order and has it paid.
func (s *Stage) Order(ctx context.Context) (Placed, error) {
	s.mu.Lock()
	n := s.made
	s.mu.Unlock()
	p, err := s.Place(ctx, s.request(s.Terms.some(n)))
	if err != nil {
		return Placed{}, err
	}
	return p, s.Pay(ctx, p)
}

// Sent waits until the switch has an order's intent.
func (s *Stage) Sent(ctx context.Context, p Placed) error {
	return s.Switch.Until(ctx, "the intent of order "+p.Ref, func(h *Heard) bool { return h.Intents[p.Intent] != nil })
}

// refund is the instruction to give an order's money back.
func (s *Stage) refund(p Placed) messaging.Instruction {
	return messaging.Instruction{
		Transfer: "b" + s.Switch.number(), Kind: messaging.KindRefund, Intent: p.Intent, Reference: "conformance", Reason: "AC04",
		Amount: messaging.NewAmount(p.Amount), Debtor: p.Payer, Counterparty: them,
		Creditor: messaging.Party{Name: "Payee", Account: "255700000002", Address: "3 Station Road"},
	}
}

// State tells the adapter where its transfers are.
func (s *Stage) State(ctx context.Context, p Placed, state messaging.State) error {
	change := messaging.Change{Intent: p.Intent, Transfer: "t" + p.Ref, State: state}
	if state == messaging.StateRejected {
		change.Transfer, change.Reason, change.Fault = "", "AC04", messaging.FaultUnknownCorridor
	}
	return s.Switch.Tell(ctx, messaging.StatusMessage{Changes: []messaging.Change{change}})
}

// Shown is where an order is, as the adapter shows it.
func (s *Stage) Shown(ctx context.Context, ref string) (o adapters.OrderStatus, err error) {
	status, err := s.call(ctx, http.MethodGet, "/orders/"+ref, nil, &o)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("order %s: status %d", ref, status)
	}
	return o, err
}

// InState waits until the adapter shows an order in this state.
func (s *Stage) InState(ctx context.Context, p Placed, state adapters.OrderState) error {
	for {
		o, err := s.Shown(ctx, p.Ref)
		if err == nil && o.State == state {
			return nil
		}
		if waited := pause(ctx, 20*time.Millisecond); waited != nil {
			return fmt.Errorf("in vain for order %s to be %s, it is %q: %w", p.Ref, state, o.State, errors.Join(err, waited))
		}
	}
}

// Exceptions are what the adapter shows to people.
func (s *Stage) Exceptions(ctx context.Context) ([]adapters.Exception, error) {
	var list []adapters.Exception
	status, err := s.call(ctx, http.MethodGet, "/exceptions", nil, &list)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("exceptions: status %d", status)
	}
	return list, err
}

// Raised waits until the adapter shows an exception of one of these kinds.
func (s *Stage) Raised(ctx context.Context, kinds ...adapters.ExceptionKind) error {
	for {
		list, err := s.Exceptions(ctx)
		for _, e := range list {
			if slices.Contains(kinds, e.Kind) {
				return nil
			}
		}
		if waited := pause(ctx, 20*time.Millisecond); waited != nil {
			return fmt.Errorf("in vain for an exception %v, only %v: %w", kinds, list, errors.Join(err, waited))
		}
	}
}

// call asks the adapter's own API.
func (s *Stage) call(ctx context.Context, method, path string, body, into any) (status int, err error) {
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return 0, err
		}
	}
	base := s.where().Orders
	if base == "" {
		return 0, errors.New("the adapter takes no orders now")
	}
	request, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.orders.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxTapped))
	if err != nil || response.StatusCode != http.StatusOK {
		return response.StatusCode, err
	}
	return response.StatusCode, json.Unmarshal(answer, into)
}
