package adapters

import (
	"time"

	"golang.org/x/time/rate"
)

// mostRest bounds Rest: a transfer passes a handful of rests on its way.
const mostRest = 50 * time.Millisecond

// Rest is how long to rest after a flush that took so long, so that what comes meanwhile goes together. A quiet disk
// answers within a millisecond, and whoever is alone hardly rests; a busy one is asked a third as often.
func Rest(took time.Duration) time.Duration { return min(2*took, mostRest) }

// A message costs some 500 µs of processor on its way, whatever is in it: fifty participants that send whenever the
// broker has answered keep two cores busy with a quarter of the transfers that those can clear. Whoever has not much
// to say says it at once.
const (
	messagesPerSecond = 10
	messagesAtOnce    = 4
)

// NewPace paces the messages of one kind from one participant.
func NewPace() *rate.Limiter { return rate.NewLimiter(messagesPerSecond, messagesAtOnce) }
