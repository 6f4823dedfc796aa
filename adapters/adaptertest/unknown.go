package adaptertest

import (
	"bytes"
	"context"
	"net/http"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// unknown is when nobody can know what became of a request. It ends by asking, and is never taken for a no.
func unknown() []Case {
	cases := []Case{
		{Group: "unknown", Name: "silence", Needs: []Need{NeedRail}, Faults: sandbox.Faults{TimeoutPct: 100}, Play: payEverybody(6)},
		{Group: "unknown", Name: "server-error", Needs: []Need{NeedRail}, Faults: sandbox.Faults{ErrorPct: 100}, Play: payEverybody(6)},
		{Group: "unknown", Name: "late-visible", Needs: []Need{NeedRail},
			Faults: sandbox.Faults{LateVisiblePct: 100, LateVisibleMS: 700, LostCallbackPct: 100, TimeoutPct: 50}, Play: payEverybody(4)},
		{Group: "unknown", Name: "open", Needs: []Need{NeedRail},
			Faults: sandbox.Faults{DelayPct: 100, DelayMS: 60_000, TimeoutPct: 100}, Play: openForLong},
	}
	for _, as := range []struct {
		name   string
		answer func(*Exchange)
	}{
		{"empty-answer", func(x *Exchange) { x.Answer = nil }},
		{"garbage", func(x *Exchange) { x.Answer = []byte{0xff, 0xfe, '{', '<'} }},
		{"half-answer", func(x *Exchange) { x.Answer = x.Answer[:len(x.Answer)/2] }},
		{"oversized", func(x *Exchange) { x.Answer = bytes.Repeat([]byte("[ "), 4<<20) }},
		{"redirect", func(x *Exchange) { x.Status = http.StatusFound; x.Header.Set("Location", "/elsewhere"); x.Answer = nil }},
		{"teapot", func(x *Exchange) { x.Status, x.Answer = http.StatusTeapot, []byte(`{"code":"UNHEARD_OF"}`) }},
		{"bad-gateway", func(x *Exchange) { x.Status, x.Answer = http.StatusBadGateway, []byte("<html>502</html>") }},
		{"other-content", func(x *Exchange) {
			x.Header.Set("Content-Type", "text/html")
			x.Answer = []byte("<html>maintenance</html>")
		}},
	} {
		cases = append(cases, Case{
			Group: "unknown", Name: as.name, Needs: []Need{NeedRail}, Faults: sandbox.Faults{LostCallbackPct: 100},
			Play: func(ctx context.Context, s *Stage) error {
				some := s.payouts(2)
				for _, in := range some { // the rail has taken it, and what comes back is not what it said
					s.Requests.On(Ready, 1, s.about(in.Creditor.Account), func(x *Exchange) error {
						as.answer(x)
						return nil
					})
				}
				if err := s.instruct(ctx, some...); err != nil {
					return err
				}
				return s.EndedAs(ctx, messaging.OutcomePaid, some...)
			},
		})
	}
	return append(cases, Case{
		Group: "unknown", Name: "every-answer-lost", Needs: []Need{NeedRail}, Faults: sandbox.Faults{LostCallbackPct: 100},
		Play: func(ctx context.Context, s *Stage) error {
			some := s.payouts(3)
			var accounts []string
			for _, in := range some {
				accounts = append(accounts, in.Creditor.Account)
			}
			lost := s.Requests.On(Ready, -1, s.about(accounts...), func(*Exchange) error { return errCut })
			if err := s.instruct(ctx, some...); err != nil {
				return err
			}
			if err := s.Tried(ctx, 2, some...); err != nil {
				return err
			}
			lost()
			return s.EndedAs(ctx, messaging.OutcomePaid, some...)
		},
	})
}

// openForLong has the rail take payouts, not say so, and not decide: they stay unknown, and nothing is done about them
// but asking.
func openForLong(ctx context.Context, s *Stage) error {
	some, err := s.PayOut(ctx, 4)
	if err != nil {
		return err
	}
	if err := s.Unknown(ctx, some[0]); err != nil {
		return err
	}
	err = s.Booked(ctx, "payouts that the rail has not decided", func(rows shelves) bool {
		open := 0
		for _, row := range rows[sandbox.KindPayout] {
			open += row.open
		}
		return open == len(some)
	})
	if err != nil {
		return err
	}
	if err := s.Tried(ctx, 4, some...); err != nil {
		return err
	}
	return s.Still(some...)
}
