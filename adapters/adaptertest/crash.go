package adaptertest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// crash kills the adapter at every moment that can be seen from outside, and starts it again on the same folder.
func crash() []Case {
	var cases []Case
	for _, what := range []struct {
		name  string
		needs []Need
		begin func(ctx context.Context, s *Stage, asked bool) (crashed, error)
	}{
		{"payout", nil, beginPayout},
		{"refund", []Need{NeedRefunds}, beginRefund},
		{"collection", []Need{NeedOrders}, beginCollection},
	} {
		for _, at := range []struct {
			name  string
			needs []Need
			arm   func(s *Stage, kill func(), c crashed)

			timers func(*adapters.Timers)
		}{
			{"begun", nil, func(_ *Stage, kill func(), _ crashed) { kill() }, nil},
			{"request-arrived", []Need{NeedRail}, onRequest(Arrived), nil},
			{"request-forwarded", []Need{NeedRail}, onRequest(Forwarded), nil},
			{"answer-ready", []Need{NeedRail}, onRequest(Ready), nil},
			{"answer-sent", []Need{NeedRail}, onRequest(Sent), nil},
			{"callback-arrived", []Need{NeedCallbacks}, onCallback(Arrived), waiting},
			{"callback-answered", []Need{NeedCallbacks}, onCallback(Ready), waiting},
			{"told", nil, func(s *Stage, kill func(), c crashed) {
				s.Switch.watch(func(h *Heard) {
					if c.over(h) {
						kill()
					}
				})
			}, nil},
		} {
			cases = append(cases, Case{
				Group: "crash", Name: what.name + "-" + at.name,
				Needs:  append(append([]Need{NeedKill}, what.needs...), at.needs...),
				Timers: at.timers,
				Play: func(ctx context.Context, s *Stage) error {
					c, err := what.begin(ctx, s, at.timers == nil)
					if err != nil {
						return err
					}
					killed := make(chan struct{})
					at.arm(s, sync.OnceFunc(func() {
						s.Kill()
						close(killed)
					}), c)
					return c.survive(ctx, s, killed)
				},
			})
		}
	}
	return append(cases,
		Case{Group: "crash", Name: "again-and-again", Needs: []Need{NeedKill}, Play: func(ctx context.Context, s *Stage) error {
			some, err := s.PayOut(ctx, 30)
			if err != nil {
				return err
			}
			for n := range 5 {
				err := s.Switch.Until(ctx, "some ends", func(h *Heard) bool { return len(h.Final) > 4*n })
				if err != nil {
					return err
				}
				s.Kill()
				if err := s.Start(ctx); err != nil {
					return err
				}
			}
			return s.EndedAs(ctx, messaging.OutcomePaid, some...)
		}},
		Case{Group: "crash", Name: "disk-gone", Needs: []Need{NeedKill, NeedRail, NeedCases}, Play: func(ctx context.Context, s *Stage) error {
			some, err := s.PayOut(ctx, 3)
			if err != nil {
				return err
			}
			if err := s.EndedAs(ctx, messaging.OutcomePaid, some...); err != nil {
				return err
			}
			s.Kill()
			if err := os.RemoveAll(s.link.Dir); err != nil {
				return err
			}
			if err := os.MkdirAll(s.link.Dir, 0o700); err != nil {
				return err
			}
			if err := s.Start(ctx); err != nil {
				return err
			}
			// The switch asks what became of them. An empty store knows nothing, and must do nothing.
			for _, in := range some {
				in.Kind = messaging.KindQuery
				if err := s.Switch.Instruct(ctx, in); err != nil {
					return err
				}
			}
			return s.Raised(ctx, "instruction_changed")
		}},
	)
}

// waiting has an adapter wait for callbacks before it asks.
func waiting(t *adapters.Timers) { t.FirstQuery, t.CollectionEvery = 2*time.Second, 2*time.Second }

// aMoment is how long after the end an answer may still be on its way.
const aMoment = 300 * time.Millisecond

// crashed is work during which the adapter is killed.
type crashed struct {
	about []string            // what its requests and callbacks speak of
	over  func(h *Heard) bool // the switch was told of its end
	start func(ctx context.Context) error
	check func(ctx context.Context) error
}

// survive starts the work, waits for the kill, starts the adapter again and waits for the end.
func (c crashed) survive(ctx context.Context, s *Stage, killed <-chan struct{}) error {
	if err := c.start(ctx); err != nil {
		return err
	}
	ended := make(chan error, 1)
	until, done := context.WithCancel(ctx)
	defer done()
	go func() { ended <- s.Switch.Until(until, "the end", c.over) }()
	select {
	case <-killed:
	case err := <-ended:
		select {
		case <-killed:
		case <-time.After(aMoment):
			if err == nil {
				return skipped("it ended without this moment")
			}
			return err
		}
	case <-ctx.Done():
		return fmt.Errorf("the moment to kill it did not come: %w", context.Cause(ctx))
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	if err := s.Switch.Until(ctx, "the end after the kill", c.over); err != nil {
		return err
	}
	return c.check(ctx)
}

func onRequest(at Moment) func(*Stage, func(), crashed) {
	return func(s *Stage, kill func(), c crashed) { killOn(s.Requests, at, s.about(c.about...), kill) }
}

func onCallback(at Moment) func(*Stage, func(), crashed) {
	return func(s *Stage, kill func(), c crashed) {
		killOn(s.Callbacks, at, func(x *Exchange) bool {
			return s.about(c.about...)(x) && s.booked(c.about...) // a rail may call before it does anything, to ask whether it should
		}, kill)
	}
}

func killOn(t *Tap, at Moment, about func(*Exchange) bool, kill func()) {
	t.On(at, 1, about, func(*Exchange) error {
		kill()
		return errCut
	})
}

func beginPayout(_ context.Context, s *Stage, _ bool) (crashed, error) {
	some := s.payouts(2)
	return instructed(s, some, some[0].Creditor.Account)
}

// instructed is the crash of an adapter that carries out instructions, the first of which is looked at.
func instructed(s *Stage, some []messaging.Instruction, about ...string) (crashed, error) {
	return crashed{
		about: about,
		over: func(h *Heard) bool {
			for _, in := range some {
				if _, ended := h.Final[subject(in.Transfer, in.Kind)]; !ended {
					return false
				}
			}
			return true
		},
		start: func(ctx context.Context) error { return s.Switch.Instruct(ctx, some...) },
		check: func(ctx context.Context) error { return s.EndedAs(ctx, messaging.OutcomePaid, some...) },
	}, s.enter(some...)
}

func beginRefund(ctx context.Context, s *Stage, _ bool) (crashed, error) {
	placed, err := s.collected(ctx, 1)
	if err != nil {
		return crashed{}, err
	}
	return instructed(s, []messaging.Instruction{s.refund(placed[0])}, placed[0].Payer.Account, placed[0].Ref)
}

// beginCollection loses the rail's word of the payment where the rail is to be asked about it.
func beginCollection(ctx context.Context, s *Stage, asked bool) (crashed, error) {
	if asked {
		if err := s.SetFaults(sandbox.Faults{LostCallbackPct: 100}); err != nil {
			return crashed{}, err
		}
	}

	p, err := s.Place(ctx, s.request(s.Terms.Min))
	return crashed{
		about: []string{p.Ref},
		over:  func(h *Heard) bool { return h.Intents[p.Intent] != nil },
		start: func(ctx context.Context) error { return s.Pay(ctx, p) },
		check: func(ctx context.Context) error { return s.State(ctx, p, messaging.StateQueued) },
	}, err
}
