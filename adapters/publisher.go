package adapters

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/trace"
)

// publisher is the runner's outbox: what is durable in the store and not yet at the broker. What comes after a
// quiet moment goes at once; what comes while it is on its way or the pace says wait goes together. It repeats until the broker has it.
type publisher struct {
	to Switch

	mu       sync.Mutex
	intents  []messaging.Intent
	outcomes []told
	wake     chan struct{}

	tracer         trace.Tracer // nil for none
	intentsFollow  func([]messaging.Intent) []trace.Context
	outcomesFollow func([]told) []trace.Context

	intentsOut  func([]messaging.Intent) // the broker holds them
	outcomesOut func([]told)
	refused     func(intent *messaging.Intent, outcome *told, why error) // can never be sent
	trouble     func(error)                                              // will be tried again
}

// told is an outcome on its way; operation is whose it is.
type told struct {
	operation string
	outcome   messaging.Outcome
}

func (p *publisher) addIntents(intents ...messaging.Intent) {
	p.mu.Lock()
	p.intents = append(p.intents, intents...)
	p.mu.Unlock()
	signal(p.wake)
}

func (p *publisher) addOutcomes(outcomes ...told) {
	p.mu.Lock()
	p.outcomes = append(p.outcomes, outcomes...)
	p.mu.Unlock()
	signal(p.wake)
}

func (p *publisher) outcomesWaiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.outcomes)
}

// run publishes until ctx ends. What is left then is durable in the store and published by the next run.
func (p *publisher) run(ctx context.Context) {
	pace := NewPace()
	for {
		select {
		case <-p.wake:
		case <-ctx.Done():
			return
		}
		if pace.Wait(ctx) != nil {
			return
		}
		began := time.Now()
		err := p.flush(ctx)
		pace.Took(time.Since(began))
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			p.trouble(err)
			again := time.NewTimer(switchRetry)
			select {
			case <-again.C:
			case <-ctx.Done():
				again.Stop()
				return
			}
			signal(p.wake)
		}
	}
}

// flush publishes what is there. What comes meanwhile has woken the publisher again, and waits for its pace.
func (p *publisher) flush(ctx context.Context) error {
	for full := true; full; {
		p.mu.Lock()
		outcomes := slices.Clone(p.outcomes[:min(len(p.outcomes), messaging.MaxOutcomes)])
		p.mu.Unlock()
		if len(outcomes) == 0 {
			break
		}
		full = len(outcomes) == messaging.MaxOutcomes
		if err := p.sendOutcomes(ctx, outcomes); err != nil {
			return err
		}
		p.mu.Lock()
		p.outcomes = slices.Delete(p.outcomes, 0, len(outcomes)) // only run removes, only from the front
		p.mu.Unlock()
	}
	for full := true; full; {
		p.mu.Lock()
		intents := slices.Clone(p.intents[:min(len(p.intents), messaging.MaxIntents)])
		p.mu.Unlock()
		if len(intents) == 0 {
			break
		}
		full = len(intents) == messaging.MaxIntents
		if err := p.sendIntents(ctx, intents); err != nil {
			return err
		}
		p.mu.Lock()
		p.intents = slices.Delete(p.intents, 0, len(intents))
		p.mu.Unlock()
	}
	return nil
}

// sendIntents publishes a pack. Where messaging refuses the pack for good, each goes alone, so that one
// that cannot be sent does not hold up the others.
func (p *publisher) sendIntents(ctx context.Context, intents []messaging.Intent) error {
	err := p.publishIntents(ctx, intents)
	var fault *messaging.FaultError
	switch {
	case err == nil:
		p.intentsOut(intents)
		return nil
	case !errors.As(err, &fault):
		return err
	case len(intents) == 1:
		p.refused(&intents[0], nil, err)
		return nil
	}
	for i := range intents {
		if err := p.sendIntents(ctx, intents[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (p *publisher) sendOutcomes(ctx context.Context, outcomes []told) error {
	err := p.publishOutcomes(ctx, outcomes)
	var fault *messaging.FaultError
	switch {
	case err == nil:
		p.outcomesOut(outcomes)
		return nil
	case !errors.As(err, &fault):
		return err
	case len(outcomes) == 1:
		p.refused(nil, &outcomes[0], err)
		return nil
	}
	for i := range outcomes {
		if err := p.sendOutcomes(ctx, outcomes[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}
