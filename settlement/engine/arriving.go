package engine

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/persons"
)

// arriving takes messages from all readers, verifies and decodes them on all cores, and hands them on in the
// order in which they came, so that each stream's stay in order.
type arriving struct {
	inbox   chan messaging.Received
	decoded chan *arrival
	workers chan struct{}       // a place for each that decodes
	room    *semaphore.Weighted // bytes that may wait
	screen  decide.Screen       // nil for none
	persons *persons.Store      // nil where what is closed is kept as it comes

	mu      sync.RWMutex
	senders map[string]sender
}

// What has been read and not been taken by a batch yet is bounded in bytes, and takes about three times as many
// once decoded: in number, small messages would make small batches just when many come.
const (
	maxRead         = 16
	maxWaitingBytes = 48 << 20
	messageBytes    = 512 // of a message beside its payload
)

// weight is what a message takes of the room.
func weight(r messaging.Received) int64 {
	return int64(min(len(r.Payload), messaging.MaxEnvelopeBytes) + messageBytes)
}

// sender is whose messages these are, and how their signatures are checked.
type sender struct {
	participant *settlement.Participant
	verifier    *messaging.Verifier
}

// arrival is a message that is being decoded, until done is closed.
type arrival struct {
	message decide.Message
	err     error // why what is closed could not be sealed
	done    chan struct{}
}

func newArriving(screen decide.Screen, keys *persons.Store) *arriving {
	return &arriving{
		inbox: make(chan messaging.Received, maxRead), decoded: make(chan *arrival, maxMessages),
		workers: make(chan struct{}, runtime.NumCPU()), room: semaphore.NewWeighted(maxWaitingBytes), screen: screen, persons: keys, senders: map[string]sender{},
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
		if err := a.room.Acquire(ctx, weight(r)); err != nil {
			return err
		}
		next := &arrival{done: make(chan struct{})}
		select {
		case a.workers <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		working.Go(func() {
			next.message = decide.Decode(r, from.participant, from.verifier, a.screen)
			next.err = seal(a.persons, &next.message)
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
func (a *arriving) collect(first *arrival) ([]decide.Message, error) {
	<-first.done
	if first.err != nil {
		return nil, first.err
	}
	messages := []decide.Message{first.message}
	items := first.message.Items()
	taken := weight(first.message.Received)
	defer func() { a.room.Release(taken) }()
	for len(messages) < maxMessages && items < decide.MaxItems {
		select {
		case next := <-a.decoded:
			<-next.done // it is being worked on
			if next.err != nil {
				return nil, next.err
			}
			messages = append(messages, next.message)
			items += next.message.Items()
			taken += weight(next.message.Received)
		default:
			return messages, nil
		}
	}
	return messages, nil
}
