package adaptertest

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// A rail may be asked so often about one payment within so long. What is counted is what arrives in a shorter time, while
// the rail has decided nothing: two requests may come closer to each other than they were sent, and an end may take two.
const (
	queriesMost    = 3
	queriesWithin  = 8 * time.Second
	queriesCounted = 5 * time.Second
)

// budget is how often a rail may be asked about one payment. Restarts and the switch's own questions are no excuse.
func budget() []Case {
	return []Case{{
		Group: "budget", Name: "queries", Needs: []Need{NeedRail, NeedKill, NeedAsking},
		Faults: sandbox.Faults{DelayPct: 100, DelayMS: 6_000, LostCallbackPct: 100},
		Timers: func(t *adapters.Timers) { t.QueriesMost, t.QueriesWithin = queriesMost, queriesWithin },
		Play: func(ctx context.Context, s *Stage) error {
			some, err := s.PayOut(ctx, 2)
			if err != nil {
				return err
			}
			for round := range queriesMost {
				for _, in := range some {
					asked := func(x *Exchange) bool { return s.asks(x, in.Creditor.Account) }
					if err := s.Requests.Await(ctx, round+1, asked); err != nil {
						return err
					}
					in.Kind = messaging.KindQuery
					if err := s.Switch.Instruct(ctx, in); err != nil {
						return err
					}
				}
				s.Kill()
				if err := s.Start(ctx); err != nil {
					return err
				}
			}
			if err := s.EndedAs(ctx, messaging.OutcomePaid, some...); err != nil {
				return err
			}
			for _, in := range some {
				asked := s.Requests.Within(queriesCounted, func(x *Exchange) bool { return s.asks(x, in.Creditor.Account) })
				if asked > queriesMost {
					return fmt.Errorf("%s: asked about %d times within %s, and %d within %s are allowed",
						in.Transfer, asked, queriesCounted, queriesMost, queriesWithin)
				}
			}
			return nil
		},
	}}
}

// asks tells whether a request asks about the payout to an account: what names the account is the payout itself.
func (s *Stage) asks(x *Exchange, account string) bool {
	return s.about(account)(x) && !x.mentions(account)
}
