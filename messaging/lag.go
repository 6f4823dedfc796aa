package messaging

import (
	"context"
	"fmt"
)

// Lag is how far reading is behind what was sent, in messages.
type Lag struct {
	Last   uint64 // number of the newest message on the stream of what a participant sent
	Unread uint64 // messages to the participant that it has not acknowledged
}

// Lag asks the broker about a participant's two streams.
func (h *Hub) Lag(ctx context.Context, participant string) (Lag, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	from, err := h.js.Stream(ctx, StreamFrom(participant))
	if err != nil {
		return Lag{}, fmt.Errorf("messaging: stream of %s (safe to repeat): %w", participant, err)
	}
	to, err := h.js.Consumer(ctx, StreamTo(participant), consumer)
	if err != nil {
		return Lag{}, fmt.Errorf("messaging: stream to %s (safe to repeat): %w", participant, err)
	}
	behind := to.CachedInfo()
	return Lag{Last: from.CachedInfo().State.LastSeq, Unread: behind.NumPending + uint64(max(behind.NumAckPending, 0))}, nil
}

// Connected tells whether the broker can be reached now.
func (h *Hub) Connected() bool { return h.conn.IsConnected() }

// Connected tells whether the broker can be reached now.
func (c *Client) Connected() bool { return c.conn.IsConnected() }
