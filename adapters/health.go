package adapters

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// How often a Runner looks whether its rail is up, how often it says again that it is not, and how soon after its last
// word it says so at all: a little later than it counts.
const (
	lookEvery = time.Second
	sayEvery  = messaging.DownHolds / 5
	sayAfter  = messaging.DownAgain * 3 / 2
)

// Health is how an adapter is.
type Health struct {
	Participant string               `json:"participant"`
	Rail        string               `json:"rail"`
	Status      string               `json:"status"` // running
	Health      messaging.RailHealth `json:"health"` // of the rail
}

// Health tells how the adapter and its rail are now.
func (r *Runner) Health() Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Health{Participant: r.cfg.Participant, Rail: r.caps.Rail, Status: "running", Health: r.look(time.Now())}
}

// look looks whether the rail is up: payouts and refunds get through to it, and so do questions about them. r.mu is held.
func (r *Runner) look(now time.Time) messaging.RailHealth {
	var submit, ask int
	for _, states := range r.tally.operations {
		submit += states[Instructed]
		ask += states[Accepted] + states[Unknown]
	}
	state := messaging.RailUp
	if r.lanes.submit.down(submit > 0, now) || r.lanes.query.down(ask > 0, now) {
		state = messaging.RailDown
	}
	if state != r.health.State {
		r.health.State, r.health.Since = state, now.UTC()
		r.log.Warn("rail", "state", state, "waiting", submit+ask)
	}
	r.health.At, r.health.Waiting = now.UTC(), int64(submit+ask)
	return r.health
}

// tellHealth tells the switch when the rail goes down, now and then while it is, and when it is up again, until ctx
// ends. The last need not arrive: what is not said again lapses at the switch.
func (r *Runner) tellHealth(ctx context.Context) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	var told messaging.RailHealth // as good as up
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
		h := r.Health().Health
		if !toTell(h, told) {
			continue
		}
		if err := r.cfg.Switch.PublishHealth(ctx, h); err != nil {
			r.log.Warn("the switch will be told again of the rail", "state", h.State, "error", err)
			continue
		}
		told = h
	}
}

// toTell tells whether the switch has to hear of what is so now after what it was told last.
func toTell(now, told messaging.RailHealth) bool {
	switch passed := now.At.Sub(told.At); {
	case now.State == messaging.RailUp:
		return told.State == messaging.RailDown
	case told.State == messaging.RailDown:
		return passed >= sayEvery
	default:
		return passed >= sayAfter
	}
}
