package console

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// alarm is something that somebody should look at.
type alarm struct {
	Tone, What, Path string
	Count            int64
}

const (
	alarmsRead  = 500             // bounds how many of each are counted
	alarmsEvery = 2 * time.Second // how often they are, however many pages are read
	mostCounted = 99              // that a badge says
)

// attention keeps what waits for people. Pages share a look at it; while one looks, the others show what it was before.
type attention struct {
	looking sync.Mutex // held by the page that looks
	mu      sync.Mutex
	at      time.Time
	alarms  []alarm
}

// alarms are all that waits for a person, the worst first.
func (s *Site) alarms(ctx context.Context) []alarm {
	a := &s.attention
	a.mu.Lock()
	seen, old := a.alarms, s.Now().Sub(a.at) >= alarmsEvery
	a.mu.Unlock()
	if !old || !a.looking.TryLock() {
		return seen
	}
	defer a.looking.Unlock()
	fresh, err := s.count(ctx)
	if err != nil {
		s.Log.Warn("what waits for people could not be counted", "error", err)
		return seen
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.alarms, a.at = fresh, s.Now()
	return fresh
}

// count looks for what waits.
func (s *Site) count(ctx context.Context) (all []alarm, err error) {
	add := func(count int, tone, what, path string) {
		if count > 0 {
			all = append(all, alarm{Tone: tone, What: what, Path: path, Count: int64(count)})
		}
	}
	status, err := s.Books.LogStatus(ctx)
	if err != nil {
		return nil, err
	}
	add(len(status.SplitViews), "bad", "witnesses know another log than this one", "/console/audit")
	exceptions, err := s.Books.Exceptions(ctx, "", true, alarmsRead)
	if err != nil {
		return nil, err
	}
	add(len(exceptions), "bad", "exceptions that a person looks at", "/console/rails")
	rails, err := s.Books.Rails(ctx)
	if err != nil {
		return nil, err
	}
	down := 0
	for _, r := range rails {
		if r.State != "" && r.State != "up" {
			down++
		}
	}
	add(down, "bad", "rails that are down or silent", "/console/rails")
	loads, err := s.watch.Loads(ctx)
	if err != nil {
		return nil, err
	}
	unknown := 0
	for _, l := range loads {
		unknown += int(l.Unknown)
	}
	add(unknown, "warn", "payouts and refunds of which no rail knows the end", "/console/rails")
	holds, err := s.Books.Holds(ctx, alarmsRead)
	if err != nil {
		return nil, err
	}
	add(len(holds), "warn", "held transfers that two people decide on", "/console/requests")
	differences, err := s.Books.Differences(ctx, "", true, alarmsRead)
	if err != nil {
		return nil, err
	}
	add(len(differences), "warn", "differences that nobody explained", "/console/reconciliation")
	open, err := s.Books.FindRequests(ctx, ledger.RequestFilter{State: ledger.RequestOpen, Limit: alarmsRead})
	if err != nil {
		return nil, err
	}
	add(len(open.Requests), "calm", "requests that wait for a second person", "/console/requests?state=open")
	return all, nil
}

// Count is what a badge says.
func (e entry) Count() string {
	if e.Waiting > mostCounted {
		return strconv.Itoa(mostCounted) + "+"
	}
	return text64(e.Waiting)
}

// forget has the next page look again, because something was just asked for or decided.
func (a *attention) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = time.Time{}
}
