package adaptertest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// callback is when what the rail calls back with is lost, late, or not the rail's at all.
func callback() []Case {
	cases := []Case{
		{Group: "callback", Name: "lost", Needs: []Need{NeedCallbacks}, Faults: sandbox.Faults{LostCallbackPct: 100},
			Play: payEverybody(5)},
		{Group: "callback", Name: "collection-lost", Needs: []Need{NeedOrders}, Faults: sandbox.Faults{LostCallbackPct: 100},
			Play: collect(2)},
		{Group: "callback", Name: "early", Needs: []Need{NeedCallbacks}, Faults: sandbox.Faults{ReorderPct: 100}, Play: payEverybody(5)},
		{Group: "callback", Name: "swapped", Needs: []Need{NeedCallbacks}, Play: swapped},
		{Group: "callback", Name: "contradictory", Needs: []Need{NeedCallbacks}, Faults: sandbox.Faults{ContradictPct: 100},
			Play: payEverybody(6)},
		{Group: "callback", Name: "declined-contradictory", Needs: []Need{NeedCallbacks},
			Faults: sandbox.Faults{ContradictPct: 100, DeclinePct: 100},
			Play: func(ctx context.Context, s *Stage) error {
				some, err := s.PayOut(ctx, 60) // so many that every code is among them
				if err != nil {
					return err
				}
				return s.EndedAs(ctx, messaging.OutcomeFailed, some...)
			}},
		{Group: "callback", Name: "declined-half-heard", Needs: []Need{NeedCallbacks}, Timers: waiting,
			Faults: sandbox.Faults{ContradictPct: 100, DeclinePct: 100},
			Play: func(ctx context.Context, s *Stage) error {
				some := s.payouts(4)
				for _, in := range some { // as a kill does it
					s.Callbacks.On(Arrived, 1, s.about(in.Creditor.Account), func(*Exchange) error { return errCut })
				}
				if err := s.instruct(ctx, some...); err != nil {
					return err
				}
				return s.EndedAs(ctx, messaging.OutcomeFailed, some...)
			}},
		{Group: "callback", Name: "other-party", Needs: []Need{NeedCallbacks}, Faults: sandbox.Faults{DeclinePct: 50}, Play: otherParty},
		{Group: "callback", Name: "forged-path", Needs: []Need{NeedCallbacks}, Timers: told, Play: unheard((*Stage).guess)},
		{Group: "callback", Name: "foreign-source", Needs: []Need{NeedCallbacks, NeedSources}, Timers: told, Play: unheard((*Stage).fromElsewhere)},
	}
	for _, forged := range []struct {
		name string
		make func(body string) string
	}{
		{"too-large", func(body string) string { return body + strings.Repeat(" ", 8<<20) }},
		{"half", func(body string) string { return body[:len(body)/2] }},
		{"empty", func(string) string { return "" }},
		{"garbage", func(string) string { return "\xff\xfe\x00{<" }},
		{"deep", func(string) string { return strings.Repeat("[", 200_000) }},
		{"said-twice", func(body string) string { return saidTwice(body, strings.ToUpper) }},
	} {
		cases = append(cases, Case{
			Group: "callback", Name: forged.name, Needs: []Need{NeedCallbacks},
			Play: func(ctx context.Context, s *Stage) error {
				return forgery(ctx, s, func(x *Exchange) { x.Body = []byte(forged.make(string(x.Body))) })
			},
		})
	}
	return append(cases, Case{
		Group: "callback", Name: "altered", Needs: []Need{NeedCallbacks},
		Play: func(ctx context.Context, s *Stage) error {
			return forgery(ctx, s, func(x *Exchange) { x.Body = bytes.ReplaceAll(x.Body, []byte("1"), []byte("9")) })
		},
	})
}

// forgery has the rail's first callback about a payout changed on its way, so that it never comes as the rail meant
// it. The payout ends by asking, as the rail's ledger has it. (A rail may answer by callback, so the others come through.)
func forgery(ctx context.Context, s *Stage, change func(*Exchange)) error {
	some := s.payouts(2)
	for _, in := range some {
		s.Callbacks.On(Forwarded, 1, s.about(in.Creditor.Account), func(x *Exchange) error {
			change(x)
			return nil
		})
	}
	if err := s.instruct(ctx, some...); err != nil {
		return err
	}
	return s.EndedAs(ctx, messaging.OutcomePaid, some...)
}

// saidTwice repeats the first member of a JSON object under a name in other letters.
func saidTwice(body string, fold func(string) string) string {
	inside, ok := strings.CutPrefix(strings.TrimSpace(body), "{\"")
	name, _, found := strings.Cut(inside, "\"")
	if !ok || !found {
		return body
	}
	return fmt.Sprintf(`{%q:"forged",%s`, fold(name), strings.TrimPrefix(strings.TrimSpace(body), "{"))
}

// swapped holds the first callback until the second has come.
func swapped(ctx context.Context, s *Stage) error {
	some := s.payouts(2)
	second := make(chan struct{})
	s.Callbacks.On(Arrived, 1, s.about(some[0].Creditor.Account), func(*Exchange) error {
		select {
		case <-second:
		case <-time.After(time.Second): // it does not come while the first is held
		}
		return nil
	})
	s.Callbacks.On(Ready, 1, s.about(some[1].Creditor.Account), func(*Exchange) error {
		close(second)
		return nil
	})
	if err := s.instruct(ctx, some...); err != nil {
		return err
	}
	return s.EndedAs(ctx, messaging.OutcomePaid, some...)
}

// otherParty has the first callback about each payout that settled say that it was another one, which was declined: all of that
// one's names, and not its amount.
func otherParty(ctx context.Context, s *Stage) error {
	var altered sync.Map // ids
	s.Callbacks.On(Forwarded, -1, func(*Exchange) bool { return true }, func(x *Exchange) error {
		var of, other sandbox.Operation
		err := s.Rail.Operations(func(op sandbox.Operation) error {
			switch {
			case op.Kind == sandbox.KindPayout && op.State == sandbox.Declined:
				other = op
			case op.Kind == sandbox.KindPayout && op.State == sandbox.Settled && x.mentions(op.ID, op.RailID, op.Account):
				of = op
			}
			return nil
		})
		if err != nil || of.ID == "" || other.ID == "" {
			return err
		}
		if _, again := altered.LoadOrStore(of.ID, true); again { // a rail may answer by callback
			return nil
		}
		names := strings.NewReplacer(pairs(of.ID, other.ID, of.RailID, other.RailID, of.Account, other.Account)...)
		x.Body = []byte(names.Replace(string(x.Body)))
		at, err := url.Parse(names.Replace(x.Request.URL.String()))
		if err == nil {
			x.Request.URL = at
		}
		return err
	})
	some, err := s.PayOut(ctx, 16)
	if err != nil {
		return err
	}
	return s.Ended(ctx, some...)
}

// pairs leaves out what has no name.
func pairs(texts ...string) []string {
	var some []string
	for old := range slices.Chunk(texts, 2) {
		if old[0] != "" {
			some = append(some, old...)
		}
	}
	return some
}
