package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/settlement"
)

const (
	trickleEvery  = 500 * time.Millisecond
	trickleWindow = 120 // transfers between two window closes: a minute's
)

// trickle sends a transfer now and then until ctx ends, closes a window every minute, and quotes anew
// before the old promises end. It goes on where an earlier process stopped.
func (p *play) trickle(ctx context.Context) error {
	err := p.trickles(ctx)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // as asked, whatever was under way
	}
	return err
}

func (p *play) trickles(ctx context.Context) error {
	tick := time.NewTicker(trickleEvery)
	defer tick.Stop()
	quoted := time.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.stage.failed():
			return p.stage.why()
		case <-tick.C:
		}
		n := p.total + p.script.Trickled
		if time.Since(quoted) > quoteLife/4 {
			if err := p.quoteAnew(ctx); err != nil {
				return err
			}
			quoted = time.Now()
		}
		t, err := p.day.transfer(n)
		if err != nil {
			return err
		}
		if err := p.sustain(ctx, n, t); err != nil {
			return err
		}
		if err := p.customers(ctx, p.stage.actors[t.From], []planned{t}); err != nil {
			return err
		}
		if err := p.script.update(func(s *scriptState) { s.Trickled++ }); err != nil {
			return err
		}
		if p.script.Trickled%trickleWindow == 0 {
			err := p.stage.ask(ctx, fmt.Sprintf("close after %d", n), settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "a minute has passed"})
			if err != nil {
				return err
			}
		}
	}
}

// sustain prefunds what one more transfer needs.
func (p *play) sustain(ctx context.Context, n int, t planned) error {
	funds := []settlement.Fund{{Participant: t.From, Currency: t.Source.Currency, AmountMinor: t.Source.Minor}}
	if t.Source.Currency != t.Destination.Currency {
		funds = append(funds, settlement.Fund{Participant: provider, Currency: t.Destination.Currency, AmountMinor: t.Destination.Minor})
	}
	for _, f := range funds {
		if err := p.stage.ask(ctx, fmt.Sprintf("sustain %d %s", n, f.Participant), settlement.CommandFund, f); err != nil {
			return err
		}
	}
	return nil
}

// quoteAnew publishes the same rates with a new expiry.
func (p *play) quoteAnew(ctx context.Context) error {
	now := time.Now().UTC().Truncate(time.Second)
	fresh, err := newDay(p.day.seed, now)
	if err != nil {
		return err
	}
	p.day.quotes = fresh.quotes
	return p.stage.ask(ctx, fmt.Sprintf("quotes of %d", now.Unix()), settlement.CommandQuotes, settlement.Quotes{Quotes: fresh.sortedQuotes()})
}
