package engine

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// arriving takes messages from all readers, verifies and decodes them on all cores, and hands them on in the
// order in which they came, so that each stream's stay in order.
type arriving struct {
	inbox   chan messaging.Received
	decoded chan *arrival
	workers chan struct{} // a place for each that decodes
	screen  Screen        // nil for none

	mu      sync.RWMutex
	senders map[string]sender
}

// Messages that have been read and not been taken yet. One holds up to half a megabyte, and as much again
// once decoded.
const (
	maxRead    = 16
	maxDecoded = 128
)

// sender is whose messages these are, and how their signatures are checked.
type sender struct {
	participant *settlement.Participant
	verifier    *messaging.Verifier
}

// arrival is a message that is being decoded, until done is closed.
type arrival struct {
	message message
	done    chan struct{}
}

func newArriving(screen Screen) *arriving {
	return &arriving{
		inbox: make(chan messaging.Received, maxRead), decoded: make(chan *arrival, maxDecoded),
		workers: make(chan struct{}, runtime.GOMAXPROCS(0)), screen: screen, senders: map[string]sender{},
	}
}

// admit lets a participant's messages in.
func (a *arriving) admit(p *settlement.Participant) error {
	verifier, err := messaging.NewVerifier(p.SigningKey)
	if err != nil {
		return fmt.Errorf("engine: signing key of %s: %w", p.Name, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.senders[p.Name] = sender{participant: p, verifier: verifier}
	return nil
}

func (a *arriving) sender(name string) (sender, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	from, ok := a.senders[name]
	if !ok {
		return sender{}, fmt.Errorf("engine: message from %q, who is no participant", name)
	}
	return from, nil
}

// decode works until ctx ends.
func (a *arriving) decode(ctx context.Context) error {
	var working sync.WaitGroup
	defer working.Wait()
	for {
		var r messaging.Received
		select {
		case r = <-a.inbox:
		case <-ctx.Done():
			return ctx.Err()
		}
		from, err := a.sender(r.Participant)
		if err != nil {
			return err
		}
		next := &arrival{done: make(chan struct{})}
		select {
		case a.workers <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		working.Go(func() {
			next.message = decode(r, from.participant, from.verifier, a.screen)
			close(next.done)
			<-a.workers
		})
		select {
		case a.decoded <- next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// collect waits for the first and takes what else is there, up to a batch's limits.
func (a *arriving) collect(first *arrival) []message {
	<-first.done
	messages := []message{first.message}
	items := first.message.items()
	for len(messages) < maxMessages && items < maxItems {
		select {
		case next := <-a.decoded:
			<-next.done // it is being worked on
			messages = append(messages, next.message)
			items += next.message.items()
		default:
			return messages
		}
	}
	return messages
}

// items counts what a message asks of a batch.
func (m message) items() int { return len(m.intents) + len(m.outcomes) + len(m.recalls) }
