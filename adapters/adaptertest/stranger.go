package adaptertest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

// told has an adapter wait for callbacks for as long as a case lasts.
func told(t *adapters.Timers) { t.FirstQuery, t.QueryEveryMax = usualLimit, usualLimit }

// unheard has strangers say what the rail is about to say of a payout, to the letter. None of it is taken, and nothing
// comes of it: a payout that is told later and ends first shows that. Then the rail's own word arrives.
func unheard(say func(s *Stage, ctx context.Context, x *Exchange) error) func(context.Context, *Stage) error {
	return func(ctx context.Context, s *Stage) error {
		if err := payEverybody(1)(ctx, s); err != nil { // so that it knows what the rail's own are like
			return err
		}
		some := s.payouts(2)
		came, held := make(chan struct{}), make(chan struct{})
		let := sync.OnceFunc(func() { close(held) })
		defer let()
		var x *Exchange
		s.Callbacks.On(Arrived, 1, s.about(some[0].Creditor.Account), func(first *Exchange) error {
			x = first
			close(came)
			<-held
			return nil
		})
		if err := s.instruct(ctx, some[0]); err != nil {
			return err
		}
		called := func(ctx context.Context) error {
			select {
			case <-came:
				return nil
			case <-ctx.Done():
				return fmt.Errorf("in vain for a callback: %w", context.Cause(ctx))
			}
		}
		if err := first(ctx, called, func(ctx context.Context) error { return s.Ended(ctx, some[0]) }); err != nil {
			return err
		}
		select {
		case <-came:
		default:
			return skipped("the rail does not call back about payouts")
		}
		if err := say(s, ctx, x); err != nil {
			return err
		}
		if err := s.instruct(ctx, some[1]); err != nil {
			return err
		}
		if err := s.EndedAs(ctx, messaging.OutcomePaid, some[1]); err != nil {
			return err
		}
		if err := s.Still(some[0]); err != nil {
			return err
		}
		let()
		return s.EndedAs(ctx, messaging.OutcomePaid, some[0])
	}
}

// guess says it at paths that nobody was told.
func (s *Stage) guess(ctx context.Context, x *Exchange) error {
	own, rest, _ := strings.Cut(strings.TrimPrefix(x.Request.URL.Path, "/rail/"), "/")
	for _, path := range []string{"/rail/", "/rail/callback", "/rail/" + rest, "/rail/" + strings.Repeat("x", len(own)) + "/" + rest, "/"} {
		if err := s.refuses(ctx, s.orders, x, path); err != nil {
			return err
		}
	}
	return nil
}

// elsewhere is an address of this machine that no rail calls back from.
var elsewhere = net.IPv4(127, 0, 0, 2)

// fromElsewhere says it where the rail would, from an address that is not the rail's.
func (s *Stage) fromElsewhere(ctx context.Context, x *Exchange) error {
	if probe, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(elsewhere.String(), "0")); err != nil {
		return skipped("this machine has no second address: " + err.Error())
	} else if err := probe.Close(); err != nil {
		return err
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: elsewhere}}
	client := &http.Client{Timeout: tapDeadline, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dialer.DialContext}}
	return s.refuses(ctx, client, x, x.Request.URL.RequestURI())
}

// refuses fails where the adapter takes a callback.
func (s *Stage) refuses(ctx context.Context, client *http.Client, x *Exchange, path string) error {
	base := s.where().Callbacks
	if base == "" {
		return skipped("the adapter does not say where it is called back")
	}
	request, err := http.NewRequestWithContext(ctx, x.Request.Method, base+path, bytes.NewReader(x.Body))
	if err != nil {
		return err
	}
	request.Header = x.Request.Header.Clone()
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode < http.StatusBadRequest {
		return fmt.Errorf("a callback of somebody else at %s was answered %d", path, response.StatusCode)
	}
	return nil
}
