package adapters

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// restOfDisk is how long to rest after a commit that took so long, so that what comes meanwhile goes together. Who is
// alone hardly rests: a quiet disk answers within a millisecond.
func restOfDisk(took time.Duration) time.Duration { return min(2*took, mostRestOfDisk) }

// mostRestOfDisk is bounded by a transfer's passing a handful of commits on its way.
const mostRestOfDisk = 50 * time.Millisecond

// Pace spaces the messages of one kind from one participant. Each costs some 500 µs of processor on its way, whatever
// is in it: fifty participants that send whenever the broker has answered keep two cores busy with a quarter of the
// transfers that those can clear. The busier the broker, the fewer messages, and the fuller; a few at once are free, for whoever
// has not much to say.
type Pace struct{ bucket *rate.Limiter }

const (
	fewestASecond = 20
	mostASecond   = 100
	freeAtOnce    = 4
	share         = 25 // of the time that the broker takes for a message, until the next
)

// NewPace begins at once.
func NewPace() *Pace { return &Pace{rate.NewLimiter(mostASecond, freeAtOnce)} }

// Wait waits until the next message may go. The error is ctx's.
func (p *Pace) Wait(ctx context.Context) error { return p.bucket.Wait(ctx) }

// Took tells how long it took until the broker had the last message.
func (p *Pace) Took(took time.Duration) {
	p.bucket.SetLimit(rate.Limit(min(max(1/(share*took.Seconds()), fewestASecond), mostASecond)))
}
