package adaptertest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// hangUps notes connections that end before they asked for anything.
func (t *Tap) hangUps() func(net.Conn, http.ConnState) {
	fresh := map[net.Conn]bool{}
	return func(c net.Conn, state http.ConnState) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if state == http.StateClosed && fresh[c] {
			x := &Exchange{Request: &http.Request{URL: &url.URL{}}, at: time.Now()}
			t.note(x)
			t.end(x)
		}
		delete(fresh, c)
		if state == http.StateNew {
			fresh[c] = true
		}
	}
}

// note keeps what was seen. It is called with mu held, as end is.
func (t *Tap) note(x *Exchange) {
	if len(t.seen) < maxSeen {
		t.seen = append(t.seen, x)
	}
}

// end says that an exchange is over to who waits for that.
func (t *Tap) end(x *Exchange) {
	x.over = true
	close(t.news)
	t.news = make(chan struct{})
}

// Count tells how many requests were about something.
func (t *Tap) Count(about func(*Exchange) bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, x := range t.seen {
		if about(x) {
			n++
		}
	}
	return n
}

// Await waits until so many requests about something are over: answered, cut or given up.
func (t *Tap) Await(ctx context.Context, times int, about func(*Exchange) bool) error {
	for {
		t.mu.Lock()
		news, n := t.news, 0
		for _, x := range t.seen {
			if x.over && about(x) {
				n++
			}
		}
		t.mu.Unlock()
		if n >= times {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("in vain for %d requests, there were %d: %w", times, n, context.Cause(ctx))
		}
	}
}

// Within counts the requests about something that arrived within a time of the first of them.
func (t *Tap) Within(d time.Duration, about func(*Exchange) bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	var first time.Time
	for _, x := range t.seen {
		if !about(x) {
			continue
		}
		if n == 0 {
			first = x.at
		}
		if x.at.Sub(first) <= d {
			n++
		}
	}
	return n
}
