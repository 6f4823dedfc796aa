package engine

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/failpoint"
	"github.com/ayni-switch/ayni/messaging/trace"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

const (
	// unpublishedPage is how many messages are read back at a time after a start.
	unpublishedPage = 200
	// publishPause is how long the publisher rests for each participant that it told something. Alone, a transfer is
	// told of at once; under load this makes one message of what several batches say to one of them. A message costs
	// some 500 µs of processor on its way, whatever is in it.
	publishPause = 3 * time.Millisecond
	// longestPause bounds that: so much later than necessary does a participant hear that something cleared.
	longestPause = 200 * time.Millisecond
	// unpublishedBatches is how many committed batches may wait for the publisher before the writer does.
	unpublishedBatches = 8
	// streamsAtOnce is how many streams are asked at a time where they end.
	streamsAtOnce = 16
)

// publish sends what batches put into the outbox, in order: first what an earlier engine left, then
// what this one commits. A message that was sent but not yet marked is not sent again: its stream says that it
// has it. last is the number of the last message in the outbox when this engine took the lead.
func (e *Engine) publish(ctx context.Context, last int64) error {
	to := &compared{last: last, streams: map[string]bool{}}
	for {
		left, err := e.Ledger.Unpublished(ctx, unpublishedPage)
		if err != nil {
			return fmt.Errorf("engine: %w", err)
		}
		if len(left) == 0 {
			break
		}
		if err := e.send(ctx, left, nil, to); err != nil {
			return err
		}
	}
	pace := time.NewTimer(0)
	defer pace.Stop()
	for {
		var messages []ledger.OutboxMessage
		var follows []trace.Context
		take := func(next outgoing) {
			messages = append(messages, next.messages...)
			if !next.follows.IsZero() {
				follows = append(follows, next.follows)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case next := <-e.outbox:
			take(next)
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case next := <-e.outbox:
				take(next)
			case <-pace.C:
				waiting = false
			}
		}
		pace.Reset(min(time.Duration(listeners(messages))*publishPause, longestPause))
		if err := e.send(ctx, messages, follows, to); err != nil {
			return err
		}
	}
}

// outboxID names a message of the outbox on its stream.
func outboxID(number int64) string { return "outbox-" + strconv.FormatInt(number, 10) }

// listeners counts to whom messages go.
func listeners(messages []ledger.OutboxMessage) int {
	to := map[string]bool{}
	for _, m := range messages {
		to[m.Participant] = true
	}
	return len(to)
}

// send publishes messages and marks them: the log's entries, and to each participant what there is for it. follows
// names the batches among them that are traced.
func (e *Engine) send(ctx context.Context, messages []ledger.OutboxMessage, follows []trace.Context, to *compared) (err error) {
	if len(messages) == 0 {
		return nil
	}
	ctx, span := trace.FollowFirst(ctx, e.Tracer, "publish", follows)
	defer func() { span.Number("messages", int64(len(messages))).End(err) }()
	last := messages[len(messages)-1].ID
	to.last = max(to.last, last)
	if err := e.compareStreams(ctx, messages, to); err != nil {
		return err
	}
	var entries []messaging.Outgoing
	var mail []messaging.Delivery
	for _, m := range messages {
		if m.Participant == "" {
			entries = append(entries, messaging.Outgoing{Kind: m.Kind, ID: outboxID(m.ID), Payload: m.Payload})
		} else {
			mail = append(mail, messaging.Delivery{Participant: m.Participant, Kind: m.Kind, Number: m.ID, Payload: m.Payload})
		}
	}
	group, sending := errgroup.WithContext(ctx)
	group.Go(func() error { return e.Hub.Publish(sending, entries) })
	group.Go(func() error { return e.Hub.Deliver(sending, mail) })
	if err := group.Wait(); err != nil {
		return fmt.Errorf("engine: publish: %w", err)
	}
	failpoint.Hit("published")
	return e.Ledger.MarkPublished(ctx, last)
}

// compared says which streams were found to end with what the ledger knows, and what its last message is.
type compared struct {
	streams map[string]bool // by participant
	last    int64
}

// compareStreams holds the end of each stream against the outbox before something is first put onto it. A ledger that was restored to an earlier state would say other things under numbers that
// the streams have already, and nobody would hear of them. Errors are *messaging.DuplicateError then.
func (e *Engine) compareStreams(ctx context.Context, messages []ledger.OutboxMessage, to *compared) error {
	var names []string
	for _, m := range messages {
		if m.Participant != "" && !to.streams[m.Participant] {
			names, to.streams[m.Participant] = append(names, m.Participant), true
		}
	}
	if len(names) == 0 {
		return nil
	}
	ends := make([]messaging.Delivery, len(names))
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(streamsAtOnce)
	for i, name := range names {
		group.Go(func() (err error) {
			ends[i], _, err = e.Hub.LastDelivery(asking, name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("engine: where streams end: %w", err)
	}
	var numbers []int64
	for _, end := range ends {
		if end.Number > 0 {
			numbers = append(numbers, end.Number)
		}
	}
	kept, err := e.Ledger.Outbox(ctx, numbers)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	for _, end := range ends {
		m, ok := kept[end.Number]
		if end.Number > to.last || ok && (m.Participant != end.Participant || m.Kind != end.Kind || !bytes.Equal(m.Payload, end.Payload)) {
			return fmt.Errorf("engine: %w", &messaging.DuplicateError{
				Stream: messaging.StreamTo(end.Participant), ID: outboxID(end.Number),
			})
		}
	}
	return nil
}
