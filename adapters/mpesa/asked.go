package mpesa

import (
	"sync"
	"time"
)

const (
	// answerPatience is how long a question about an operation stays the only one. A rail that is slow to answer is not
	// helped by the same question again.
	answerPatience = 15 * time.Second
	maxAsked       = 100_000
)

// asked are the status queries whose answers have not come, by operation. Forgetting one costs a query.
type asked struct {
	mu    sync.Mutex
	since map[string]time.Time
}

func newAsked() *asked { return &asked{since: map[string]time.Time{}} }

// begin tells whether to ask about an operation now, and notes that it was asked about.
func (a *asked) begin(operation string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if since, ok := a.since[operation]; ok && now.Sub(since) < answerPatience {
		return false
	}
	if len(a.since) >= maxAsked {
		clear(a.since)
	}
	a.since[operation] = now
	return true
}

// end notes that the answer came, or that the question did not go out.
func (a *asked) end(operation string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.since, operation)
}
