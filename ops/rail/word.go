package rail

import (
	"context"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

// patience is how long an adapter is waited for that is asked how it is.
const patience = 2 * time.Second

// Word is what an adapter says of itself and its rail, or why it says nothing.
type Word struct {
	Stats adapters.Stats // zero where it says nothing
	Err   error          // an *Error where it says nothing
}

// Said tells whether the adapter said anything.
func (w Word) Said() bool { return w.Err == nil }

// breakers are the states of a circuit breaker, the worst first, by the names that adapters give them.
var breakers = []string{"open", "half-open", "closed"}

// Breaker is the state of the worst of the adapter's circuit breakers: open, half-open or closed; "" where it names none.
func (w Word) Breaker() string {
	for _, state := range breakers {
		for _, has := range w.Stats.Breakers {
			if has == state {
				return state
			}
		}
	}
	return ""
}

// Exceptions counts the cases for a person that the adapter keeps.
func (w Word) Exceptions() (count int) {
	for _, n := range w.Stats.Exceptions {
		count += n
	}
	return count
}

// Word asks the adapter how it is, for two seconds. An adapter of somebody else is an error.
func (c *Client) Word(ctx context.Context) Word {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := c.Stats(ctx)
	if err == nil && s.Participant != c.Participant {
		err = &Error{Participant: c.Participant, Status: http.StatusOK, Kind: "another_participant", Detail: "it is " + clip(s.Participant, 40) + "'s"}
	}
	if err != nil {
		return Word{Err: err}
	}
	return Word{Stats: s}
}
