package messaging

import (
	"context"
	"fmt"
)

// Waiting tells what a participant has not heard yet of what the switch told it: messages that the broker has not
// delivered, and messages that it has, and that the participant has not acknowledged. Asking again is safe.
func (h *Hub) Waiting(ctx context.Context, participant string) (undelivered, unacknowledged int, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	c, err := h.js.Consumer(ctx, StreamTo(participant), consumer)
	if err != nil {
		return 0, 0, fmt.Errorf("messaging: what waits for %s (safe to repeat): %w", participant, err)
	}
	info := c.CachedInfo()
	return int(info.NumPending), info.NumAckPending, nil //nolint:gosec // a stream of 1 GiB holds no 2^63 messages
}
