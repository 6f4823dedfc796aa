package telemetry

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// Check is one thing that a process cannot do without. Ask fails with why it is not there, in words for everybody:
// the answer is public.
type Check struct {
	Name string
	Ask  func(ctx context.Context) error
}

// Whoever asks for health gets what was found within keepFinding. No check is waited for longer than answerWithin, and
// one that hangs is not asked again before it came back.
const (
	keepFinding  = 2 * time.Second
	answerWithin = 2 * time.Second
)

// Ready is the answer of /readyz.
type Ready struct {
	Status string             `json:"status"` // ready, or not ready
	Checks map[string]Finding `json:"checks"`
}

// Finding is what a check found.
type Finding struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"`
}

// Health answers whether a process is alive, and whether it can do its work.
type Health struct{ probes []*probe }

// NewHealth makes the answers of some checks.
func NewHealth(checks ...Check) *Health {
	h := &Health{}
	for _, c := range checks {
		h.probes = append(h.probes, &probe{check: c, within: answerWithin})
	}
	return h
}

// Alive serves /healthz: 200 as long as anything is answered. What is wrong around a process, restarting it does not mend.
func (*Health) Alive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("alive\n")) // whoever asked is gone: there is nobody to tell
}

// Ready serves /readyz: 200 or 503, with what each check found.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) {
	answer := h.Look(r.Context())
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if answer.Status != "ready" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.MarshalWrite(w, answer, json.Deterministic(true)) // likewise
}

// Look asks all checks at once.
func (h *Health) Look(ctx context.Context) Ready {
	answer := Ready{Status: "ready", Checks: make(map[string]Finding, len(h.probes))}
	found := make([]Finding, len(h.probes))
	var all sync.WaitGroup
	for i, p := range h.probes {
		all.Go(func() { found[i] = p.find(ctx) })
	}
	all.Wait()
	for i, p := range h.probes {
		answer.Checks[p.check.Name] = found[i]
		if !found[i].OK {
			answer.Status = "not ready"
		}
	}
	return answer
}

// probe asks one check, once at a time.
type probe struct {
	check  Check
	within time.Duration

	mu    sync.Mutex
	asked chan struct{} // closed when the question under way is answered; nil without one
	last  Finding
	at    time.Time
}

func (p *probe) find(ctx context.Context) Finding {
	p.mu.Lock()
	if !p.at.IsZero() && time.Since(p.at) < keepFinding {
		defer p.mu.Unlock()
		return p.last
	}
	if p.asked == nil {
		p.asked = make(chan struct{})
		go p.ask(context.WithoutCancel(ctx), p.asked)
	}
	answered := p.asked
	p.mu.Unlock()
	late := time.NewTimer(p.within)
	defer late.Stop()
	select {
	case <-answered:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.last
	case <-late.C:
		return Finding{Reason: "no answer in time"}
	case <-ctx.Done():
		return Finding{Reason: "nobody waits for the answer"}
	}
}

// ask asks, whoever waits: the next one who comes gets the answer.
func (p *probe) ask(ctx context.Context, answered chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	found := Finding{OK: true}
	if err := p.check.Ask(ctx); err != nil {
		found = Finding{Reason: mask(err.Error())}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.at, p.asked = found, time.Now(), nil
	close(answered)
}
