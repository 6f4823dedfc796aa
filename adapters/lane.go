package adapters

import (
	"context"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"
)

// lane is the way to one endpoint of the rail: what is due for it waits there in order. Lanes keep apart what would
// hold each other up: payouts that hang leave queries alone.
//
// While the endpoint is down nothing moves, and nothing wakes up to find that out: one call tries it whenever the
// breaker lets one through, and what waits follows that.
type lane struct {
	endpoint string
	breaker  *gobreaker.CircuitBreaker[struct{}]
	open     time.Duration // how long the breaker keeps calls away
	rate     *rate.Limiter
	places   chan struct{} // one for each call under way

	mu       sync.Mutex
	queue    []task
	queued   map[task]bool
	openedAt time.Time
	failed   int       // calls since the last one that came through
	failing  time.Time // when the first of them failed
	there    chan struct{}
}

// A breaker opens when at least breakerCalls in breakerInterval went out and this share failed.
const (
	breakerCalls     = 20
	breakerFailedPct = 60
	breakerInterval  = 10 * time.Second
)

// An endpoint that is called too rarely for a breaker, or whose calls hang, is down when so many failed one after the
// other, for so long.
const (
	downCalls = 5
	downFor   = 5 * time.Second
)

// newLane makes a lane for so many calls at once and, unless it is 0, so many a second.
func newLane(rail, endpoint string, atOnce, aSecond int, open time.Duration) *lane {
	l := &lane{
		endpoint: endpoint, open: open, rate: rate.NewLimiter(rate.Inf, 1), places: make(chan struct{}, atOnce),
		queued: map[task]bool{}, there: make(chan struct{}, 1),
	}
	if aSecond > 0 {
		l.rate.SetLimit(rate.Limit(aSecond))
	}
	l.breaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name:        rail + "/" + endpoint,
		MaxRequests: 1, // that succeed, to close it again
		Interval:    breakerInterval,
		Timeout:     open,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.Requests >= breakerCalls && 100*uint64(c.TotalFailures) >= breakerFailedPct*uint64(c.Requests)
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				l.mu.Lock()
				l.openedAt = time.Now()
				l.mu.Unlock()
			}
		},
	})
	return l
}

// add puts a task at the end, unless it waits already.
func (l *lane) add(t task) {
	l.mu.Lock()
	if !l.queued[t] {
		l.queued[t] = true
		l.queue = append(l.queue, t)
	}
	l.mu.Unlock()
	signal(l.there)
}

// waiting counts the tasks that wait.
func (l *lane) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)
}

// run has tasks attended to as the endpoint takes them, until ctx ends, and waits for those under way.
func (l *lane) run(ctx context.Context, attend func(task)) {
	var group sync.WaitGroup
	defer group.Wait()
	for l.pass(ctx) {
		t, ok := l.next()
		switch {
		case !ok:
		case l.breaker.State() == gobreaker.StateHalfOpen: // this one tries it, and the others wait for what it finds
			for range cap(l.places) { // calls from before that still hang
				l.places <- struct{}{}
			}
			attend(t)
			for range cap(l.places) {
				<-l.places
			}
		default:
			select {
			case l.places <- struct{}{}:
			case <-ctx.Done():
				return
			}
			group.Go(func() {
				defer func() { <-l.places }()
				attend(t)
			})
		}
	}
}

// pass waits until there is something to do and the endpoint takes it. It returns false when ctx has ended.
func (l *lane) pass(ctx context.Context) bool {
	for l.waiting() == 0 {
		select {
		case <-l.there:
		case <-ctx.Done():
			return false
		}
	}
	for l.breaker.State() == gobreaker.StateOpen {
		l.mu.Lock()
		until := time.NewTimer(max(time.Until(l.openedAt.Add(l.open)), 0) + time.Millisecond) // it closes after that moment, not at it
		l.mu.Unlock()
		select {
		case <-until.C:
		case <-ctx.Done():
			until.Stop()
			return false
		}
	}
	return l.rate.Wait(ctx) == nil
}

func (l *lane) next() (task, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return task{}, false
	}
	t := l.queue[0]
	if l.queue = l.queue[1:]; len(l.queue) == 0 {
		l.queue = nil // or what was there would stay for ever
	}
	delete(l.queued, t)
	return t, true
}

// call runs do unless the endpoint is down. A call kept away never started, so it is made later without any doubt.
// do returns the error that counts against the endpoint.
func (l *lane) call(do func() error) (made bool) {
	started := false
	_, _ = l.breaker.Execute(func() (struct{}, error) {
		started = true
		err := do()
		l.note(err, time.Now())
		return struct{}{}, err
	})
	return started
}

// note counts the calls that failed since the last one that did not.
func (l *lane) note(err error, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.failed = 0
		return
	}
	if l.failed++; l.failed == 1 {
		l.failing = now
	}
}

// down tells whether the endpoint is down: calls are kept away, or only failed lately while something waits for it.
// Where nothing does, nothing could ever tell that it is up again.
func (l *lane) down(waits bool, now time.Time) bool {
	state := l.breaker.State()
	l.mu.Lock()
	defer l.mu.Unlock()
	failing := state == gobreaker.StateHalfOpen || l.failed >= downCalls && !now.Before(l.failing.Add(downFor))
	return state == gobreaker.StateOpen || waits && failing
}

// lanes are a rail's, by endpoint: a rail whose queries hang may well pay.
type lanes struct{ submit, query, collection *lane }

func newLanes(caps Capabilities, cfg RunnerConfig) lanes {
	to := func(endpoint string) *lane {
		return newLane(caps.Rail, endpoint, cfg.Workers, caps.CallsPerSecond, cfg.BreakerOpen)
	}
	return lanes{submit: to("submit"), query: to("query"), collection: to("collection")}
}

func (l lanes) all() []*lane { return []*lane{l.submit, l.query, l.collection} }

// states are the breakers', and how many tasks wait, by endpoint.
func (l lanes) states() (states map[string]string, waiting map[string]int) {
	states, waiting = map[string]string{}, map[string]int{}
	for _, lane := range l.all() {
		states[lane.endpoint], waiting[lane.endpoint] = lane.breaker.State().String(), lane.waiting()
	}
	return states, waiting
}
