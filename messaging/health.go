package messaging

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// RailState says whether a rail takes what its participant asks of it.
type RailState string

// The states of a rail.
const (
	RailUp   RailState = "up"
	RailDown RailState = "down" // payouts wait
)

// Down holds at the switch for DownHolds, and is said again while it lasts. Said sooner than DownAgain after the last
// word it counts for nothing: what comes and goes faster is told to nobody.
const (
	DownHolds = 5 * time.Minute
	DownAgain = 10 * time.Second
)

// RailHealth is what a participant says of its own rail. A rail of which nothing was said is up.
type RailHealth struct {
	State   RailState `json:"state"`
	Since   time.Time `json:"since"`   // when it came to be so
	At      time.Time `json:"at"`      // when this was said: said again it is another message, and the latest counts
	Waiting int64     `json:"waiting"` // instructions that have not ended
}

// EncodeHealth writes what a participant says of its rail as a payload for outcome.<participant>. Errors are
// *FaultError where it is malformed.
func EncodeHealth(participant string, h RailHealth) ([]byte, error) {
	var r rules
	if r.health(&h); r.fault != nil {
		return nil, fmt.Errorf("messaging: rail of %s: %w", participant, r.fault)
	}
	payload, err := json.Marshal(OutcomeEnvelope{Version: VersionOpen, Participant: participant, Outcomes: []Outcome{}, Rail: &h})
	if err != nil {
		return nil, fmt.Errorf("messaging: rail of %s: %w", participant, err)
	}
	return payload, nil
}

// PublishHealth signs and stores what the participant says of its rail, as PublishOutcomes does.
func (c *Client) PublishHealth(ctx context.Context, h RailHealth) error {
	payload, err := EncodeHealth(c.participant, h)
	if err != nil {
		return err
	}
	return c.sign(ctx, PayloadOutcome, [][]byte{payload})
}

func (r *rules) health(h *RailHealth) {
	if h.State != RailUp && h.State != RailDown {
		r.fail("rail.state", "no state %.20q", string(h.State))
	}
	if h.Since.IsZero() || h.At.IsZero() {
		r.fail("rail", "since or at is missing")
	}
	if h.Waiting < 0 {
		r.fail("rail.waiting", "negative")
	}
}
