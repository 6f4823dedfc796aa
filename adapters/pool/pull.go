package pool

import (
	"context"
	"errors"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Collectors have members asked for money over the rails of other participants.
type Collectors interface {
	// Reaches tells whether a participant can be told at all.
	Reaches(participant string) bool
	// Ask has a member asked to pay an order, which is the same however often it is asked for. An error means that the
	// member may not have been asked, and is asked again: a *NotAskedError where the participant answered.
	Ask(ctx context.Context, participant string, order adapters.OrderRequest) error
	// Pending tells whether an order may still bring money: it can be paid, or was and has not ended.
	Pending(ctx context.Context, participant, order string) (bool, error)
}

// NotAskedError says why a member is not asked now; others may be.
type NotAskedError struct{ Why string }

func (e *NotAskedError) Error() string { return "pool: not asked: " + e.Why }

const (
	askEvery = time.Second // looks at whom to ask
	askAgain = time.Minute // after an error
)

// collector asks whom the state says to ask.
type collector struct {
	node  *Node
	again map[string]time.Time // when an order that could not be asked for is tried again
}

// collectAll has members asked for money until ctx ends. The error is the store's.
func (n *Node) collectAll(ctx context.Context) error {
	c := &collector{node: n, again: map[string]time.Time{}}
	look := time.NewTicker(askEvery)
	defer look.Stop()
	for {
		if err := c.collect(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// collect looks once. A participant that is away it leaves alone until the next look.
func (c *collector) collect(ctx context.Context) error {
	var asks []decide.Ask
	c.node.View(func(s *decide.State) { asks = s.Asks(c.node.now()) })
	again, away := map[string]time.Time{}, map[string]bool{}
	for _, ask := range asks {
		if at, failed := c.again[ask.Order]; failed && time.Now().Before(at) {
			again[ask.Order] = at
			continue
		}
		if away[ask.Participant] || ask.Amount.Unit != c.node.cfg.Currency || !c.node.cfg.Collectors.Reaches(ask.Participant) {
			continue
		}
		why, err := c.ask(ctx, ask)
		if err != nil {
			return err
		}
		if why != nil {
			c.node.cfg.Logger.Info("a member was not asked", "pool", c.node.cfg.Name, "member", ask.Member, "for", ask.For,
				"participant", ask.Participant, "why", why)
			_, heard := errors.AsType[*NotAskedError](why)
			again[ask.Order], away[ask.Participant] = time.Now().Add(askAgain), !heard
		}
	}
	c.again = again
	return nil
}

// ask makes one request, once however often. why says that the rail has not asked, or may not have; err is the store's.
func (c *collector) ask(ctx context.Context, ask decide.Ask) (why, err error) {
	n := c.node
	var payer messaging.Party
	if !n.Closed(ask.Payer, &payer) {
		return &NotAskedError{Why: "the payer was erased"}, nil
	}
	if ask.Before != nil {
		pending, err := n.cfg.Collectors.Pending(ctx, ask.BeforeAt, ask.Before.Order)
		switch {
		case err != nil:
			return err, nil
		case pending:
			return &NotAskedError{Why: ask.Before.Order + " may still bring money"}, nil
		}
	}
	if !ask.Begun {
		answer, err := n.say(ctx, decide.WordAsking, ask.Asking)
		switch {
		case err != nil:
			return nil, err
		case answer.Fault != "":
			return &NotAskedError{Why: answer.Detail}, nil
		}
	}
	why = n.cfg.Collectors.Ask(ctx, ask.Participant, adapters.OrderRequest{
		Ref: ask.Order, Payer: payer, To: n.cfg.Name, Creditor: n.cfg.Account, Fixed: fx.FixedDestination,
		Amount:    messaging.NewAmount(fx.Money{Minor: ask.Amount.Minor, Currency: ask.Amount.Unit}),
		Reference: ask.Reference(),
	})
	if why != nil {
		return why, nil
	}
	_, err = n.say(ctx, decide.WordAsked, decide.Asked{Member: ask.Member, For: ask.For, Order: ask.Order})
	return nil, err
}
