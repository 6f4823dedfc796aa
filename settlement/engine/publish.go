package engine

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/failpoint"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// unpublishedPage is how many messages are read back at a time after a start.
const unpublishedPage = 200

// publish sends what batches put into the outbox, in order: first what an earlier engine left, then
// what this one commits. A message that was sent but not yet marked is sent again under the same id,
// and whoever reads it acts once.
func (e *Engine) publish(ctx context.Context) error {
	for {
		left, err := e.Ledger.Unpublished(ctx, unpublishedPage)
		if err != nil {
			return fmt.Errorf("engine: %w", err)
		}
		if len(left) == 0 {
			break
		}
		if err := e.send(ctx, left); err != nil {
			return err
		}
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case messages := <-e.outbox:
			for more := true; more; { // one flush and one mark for what has gathered
				select {
				case next := <-e.outbox:
					messages = append(messages, next...)
				default:
					more = false
				}
			}
			if err := e.send(ctx, messages); err != nil {
				return err
			}
		}
	}
}

func (e *Engine) send(ctx context.Context, messages []ledger.OutboxMessage) error {
	if len(messages) == 0 {
		return nil
	}
	outgoing := make([]messaging.Outgoing, len(messages))
	for i, m := range messages {
		outgoing[i] = messaging.Outgoing{
			Participant: m.Participant, Kind: m.Kind, ID: "outbox-" + strconv.FormatInt(m.ID, 10), Payload: m.Payload,
		}
	}
	if err := e.Hub.Publish(ctx, outgoing); err != nil {
		return fmt.Errorf("engine: publish: %w", err)
	}
	failpoint.Hit("published")
	return e.Ledger.MarkPublished(ctx, messages[len(messages)-1].ID)
}
