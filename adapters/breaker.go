package adapters

import (
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

// The endpoints of a rail, each behind a breaker of its own: a rail whose queries hang may well pay.
const (
	endpointSubmit     = "submit"
	endpointQuery      = "query"
	endpointCollection = "collection"
)

// A breaker opens when at least breakerCalls in breakerInterval went out and this share failed.
const (
	breakerCalls      = 20
	breakerFailedPct  = 60
	breakerInterval   = 10 * time.Second
	breakerTrialCalls = 5 // let through at once when it closes again
)

// breakers keep calls away from an endpoint of the rail that is down. A call kept away never started,
// so it is made later without any doubt.
type breakers map[string]*gobreaker.CircuitBreaker[struct{}]

func newBreakers(rail string, open time.Duration) breakers {
	b := breakers{}
	for _, endpoint := range []string{endpointSubmit, endpointQuery, endpointCollection} {
		b[endpoint] = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
			Name:        rail + "/" + endpoint,
			MaxRequests: breakerTrialCalls,
			Interval:    breakerInterval,
			Timeout:     open,
			ReadyToTrip: func(c gobreaker.Counts) bool {
				return c.Requests >= breakerCalls && 100*uint64(c.TotalFailures) >= breakerFailedPct*uint64(c.Requests)
			},
		})
	}
	return b
}

// call runs do unless the endpoint's breaker is open. do returns the error that counts against the endpoint.
func (b breakers) call(endpoint string, do func() error) (made bool) {
	_, err := b[endpoint].Execute(func() (struct{}, error) { return struct{}{}, do() })
	return !errors.Is(err, gobreaker.ErrOpenState) && !errors.Is(err, gobreaker.ErrTooManyRequests)
}

func (b breakers) states() map[string]string {
	states := make(map[string]string, len(b))
	for endpoint, breaker := range b {
		states[endpoint] = breaker.State().String()
	}
	return states
}
