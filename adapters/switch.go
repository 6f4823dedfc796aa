package adapters

import (
	"context"

	"github.com/ayni-switch/ayni/messaging"
)

// Switch is what the Runner needs of the switch; *messaging.Client is one.
//
// The Publish methods return nil only once the messages are durable at the broker; after an error
// they may be called again with the same values, because ids and bytes are the same for ever.
type Switch interface {
	PublishIntents(ctx context.Context, intents []messaging.Intent) error
	PublishOutcomes(ctx context.Context, outcomes []messaging.Outcome) error
	PublishRecalls(ctx context.Context, recalls []messaging.Recall) error
	PublishHealth(ctx context.Context, h messaging.RailHealth) error
	// ReceiveBatch hands over what the switch says, in order, up to limit messages at a time, and
	// acknowledges them after handler returned nil; it delivers them again otherwise. It blocks until
	// ctx ends.
	ReceiveBatch(ctx context.Context, limit int, handler func(context.Context, []messaging.Incoming) error) error
}

var _ Switch = (*messaging.Client)(nil)
