package pool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	lookEvery = 500 * time.Millisecond // at payouts on their way
	sayAgain  = time.Hour              // that a price is beyond its bound
	maxOrders = 1000                   // of one payout, each priced anew
)

// wait is why a payout waits for its price.
type wait struct {
	why  string
	said time.Time // in the log
}

// Run carries out what is due until ctx ends: it says the clock, has payouts priced, pays for them once, and hears what
// became of them; members are asked for what they owe. The error is the store's; what a payout meets is its own.
func (n *Node) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var others sync.WaitGroup
	defer others.Wait()
	defer stop()
	if n.cfg.Peers != nil {
		others.Go(func() { n.tellAll(ctx) })
	}
	failed := make(chan error, 1)
	if n.cfg.Collectors != nil {
		others.Go(func() { failed <- n.collectAll(ctx) })
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		if err := n.work(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case <-n.wake:
		case <-look.C:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

func (n *Node) work(ctx context.Context) error {
	if err := n.clock(ctx); err != nil {
		return err
	}
	var due []decide.Proposal
	n.View(func(s *decide.State) {
		for _, p := range s.Due() {
			due = append(due, *p)
		}
	})
	for _, p := range due {
		var err error
		switch p.Payout {
		case decide.PayoutDue:
			err = n.price(ctx, p)
		case decide.PayoutFunded:
			err = n.follow(ctx, p)
		default:
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// clock says the time where something falls due by it.
func (n *Node) clock(ctx context.Context) error {
	due := false
	var halted error
	n.View(func(s *decide.State) {
		next := s.Next()
		due, halted = !next.IsZero() && !next.After(n.now()), n.halted
	})
	if halted != nil || !due {
		return halted
	}
	_, err := n.say(ctx, decide.WordClock, struct{}{})
	return err
}

// price has a payout priced, and takes the cost from its fund. A payout without a price waits.
func (n *Node) price(ctx context.Context, p decide.Proposal) error {
	o := p.Paying()
	var to messaging.Party
	n.mu.Lock()
	orders, sink := n.orders, n.sink
	n.mu.Unlock()
	if o.To == decide.ByHand || orders == nil || sink == nil {
		return nil
	}
	if leg, ok := p.Subject.(*decide.Leg); ok {
		to = leg.Settle.Ally.Account
	} else if !n.Closed(o.Beneficiary, &to) {
		n.waiting(p.ID, "the beneficiary was erased")
		return nil
	}
	answer, err := n.order(ctx, orders, p, o, to)
	if err != nil {
		n.waiting(p.ID, err.Error())
		return nil
	}
	cost, err := answer.Source.Money()
	if err != nil {
		n.waiting(p.ID, err.Error())
		return nil
	}
	if cost.Currency != o.MaxCost.Unit { // of a fund that holds what the pool does not settle in
		n.waiting(p.ID, fmt.Sprintf("it costs %s, and the fund holds %s", cost.Currency, o.MaxCost.Unit))
		return nil
	}
	if !n.worthSaying(p, o, cost) {
		return nil
	}
	said, err := n.say(ctx, decide.WordPriced, decide.Priced{Proposal: p.ID, Order: answer.Ref, CostMinor: cost.Minor})
	if err != nil {
		return err
	}
	if said.Fault != "" {
		n.waiting(p.ID, said.Detail)
	} else {
		n.waitsNoMore(p.ID)
	}
	n.stir()
	return nil
}

// worthSaying keeps a price that is refused from being said at every look.
func (n *Node) worthSaying(p decide.Proposal, o *decide.Payout, cost fx.Money) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if cost.Minor <= o.MaxCost.Minor && n.state.Holds(&p, cost.Minor) {
		return true
	}
	w := n.waits[p.ID]
	if now := n.now(); w.said.IsZero() || now.Sub(w.said) >= sayAgain {
		w.said = now
		n.waits[p.ID] = w
		return true
	}
	return false
}

func (n *Node) waiting(proposal, why string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.waits[proposal]
	if w.why != why {
		n.cfg.Logger.Info("payout waits", "pool", n.cfg.Name, "proposal", proposal, "why", why)
	}
	w.why = why
	n.waits[proposal] = w
}

func (n *Node) waitsNoMore(proposal string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.waits, proposal)
}

// Waits is why a payout waits for its price, "" where it does not.
func (n *Node) Waits(proposal string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.waits[proposal].why
}

// errNoPrice says that the switch's quotes or the beneficiary's rail do not allow it now.
var errNoPrice = errors.New("no price")

// order has the Runner price the payout. The same order again keeps its price; after one has lapsed unpaid, the next
// gets a reference of its own.
func (n *Node) order(ctx context.Context, orders Orders, p decide.Proposal, o *decide.Payout, to messaging.Party) (adapters.OrderAnswer, error) {
	for attempt := range maxOrders {
		request := adapters.OrderRequest{
			Ref: orderRef(p, attempt), Payer: n.cfg.Account, To: o.To, Creditor: to, Fixed: o.Fixed,
			Amount: messaging.NewAmount(fx.Money{Minor: o.Amount.Minor, Currency: o.Amount.Unit}), Reference: o.Reference,
		}
		if leg, ok := p.Subject.(*decide.Leg); ok {
			if attempt > 0 {
				return adapters.OrderAnswer{}, fmt.Errorf("%w: the leg's order lapsed", errNoPrice)
			}
			var err error
			if request.Ref, request.Bundle, err = bundled(leg, n.cfg.Name); err != nil {
				return adapters.OrderAnswer{}, err
			}
		}
		answers, err := orders.PlaceOrders(ctx, []adapters.OrderRequest{request})
		if err != nil {
			return adapters.OrderAnswer{}, err
		}
		answer := answers[0]
		if answer.Fault != "" {
			return adapters.OrderAnswer{}, fmt.Errorf("%w: %s: %s", errNoPrice, answer.Fault, answer.Detail)
		}
		if answer.State != adapters.OrderLapsed && (answer.Expires.IsZero() || n.cfg.Now().Before(answer.Expires)) {
			return answer, nil
		}
	}
	return adapters.OrderAnswer{}, fmt.Errorf("%w: %d orders lapsed", errNoPrice, maxOrders)
}

// orderRef names a payout's order: 20 letters and digits.
func orderRef(p decide.Proposal, attempt int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%x/%d", p.Hash, attempt))
	return "p" + hex.EncodeToString(sum[:])[:19]
}

// payment is what the Runner sees as the customer's payment for the order.
func (n *Node) payment(p *decide.Proposal) adapters.Collection {
	return adapters.Collection{
		OrderRef: p.Order, RailRef: p.ID, Payer: n.cfg.Account.Account, Origin: adapters.FromQuery,
		Amount: fx.Money{Minor: p.Cost, Currency: n.cfg.Currency},
	}
}

// follow hands a payout that the fund has paid for to the Runner, once however often, and hears whether it was paid.
// That it came back is heard by Rail.Submit.
func (n *Node) follow(ctx context.Context, p decide.Proposal) error {
	n.mu.Lock()
	orders, sink := n.orders, n.sink
	n.mu.Unlock()
	if p.Order == "" || orders == nil || sink == nil {
		return nil
	}
	if err := sink.Collected(ctx, n.payment(&p)); err != nil {
		n.waiting(p.ID, err.Error())
		return nil
	}
	status, found, err := orders.Order(p.Order)
	if err != nil || !found || string(status.State) != string(messaging.StatePaid) {
		return nil //nolint:nilerr // the Runner is not running, or does not know yet: it is asked again
	}
	_, err = n.say(ctx, decide.WordPaid, decide.Ended{Proposal: p.ID})
	return err
}

// bundled is how a leg of a round is ordered: under the reference that all pools know, with all other legs or not at
// all. A round of one leg is a transfer like others.
func bundled(leg *decide.Leg, self string) (ref string, b *messaging.Bundle, err error) {
	s := leg.Settle
	var legs []messaging.Leg
	for _, l := range s.Legs {
		source := messaging.NewAmount(fx.Money{Minor: l.Minor, Currency: l.Unit})
		destination := source
		if l.Unit != s.Ally.Currency {
			destination = messaging.Amount{Currency: s.Ally.Currency.String()}
		}
		legs = append(legs, messaging.Leg{
			Participant: l.Pool, Intent: adapters.IntentID(l.Ref), CreditorParticipant: s.Receiver,
			Source: source, Destination: destination, Fixed: fx.FixedSource,
		})
	}
	if len(legs) < messaging.MinBundleLegs {
		return leg.Ref, nil, nil
	}
	all, err := messaging.NewBundle(fmt.Sprintf("%s-%s-%d-%d", s.Host, s.Group, s.Round, s.Attempt), legs)
	if err != nil {
		return "", nil, err
	}
	for i, l := range s.Legs {
		if l.Ref == leg.Ref && l.Pool == self {
			b = &all[i]
		}
	}
	return leg.Ref, b, nil
}
