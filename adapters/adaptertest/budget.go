package adaptertest

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

const queriesMost = 3

// budget is how often a rail may be asked about one payment. Restarts and the switch's own questions are no excuse.
func budget() []Case {
	return []Case{{
		Group: "budget", Name: "queries", Needs: []Need{NeedRail, NeedKill, NeedAsking},
		Faults: sandbox.Faults{DelayPct: 100, DelayMS: 3_000, LostCallbackPct: 100},
		Timers: func(t *adapters.Timers) { t.QueriesMost, t.QueriesWithin = queriesMost, 6*time.Second },
		Play: func(ctx context.Context, s *Stage) error {
			some, err := s.PayOut(ctx, 2)
			if err != nil {
				return err
			}
			for range 3 {
				if err := pause(ctx, 500*time.Millisecond); err != nil {
					return err
				}
				for _, in := range some {
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
			for _, in := range some {
				asked := s.Requests.Count(s.about(in.Creditor.Account)) - s.Requests.Count(func(x *Exchange) bool {
					return x.mentions(in.Creditor.Account) // what names the account is the payout itself
				})
				if asked > queriesMost {
					return fmt.Errorf("%s: asked about %d times within six seconds, and %d are allowed", in.Transfer, asked, queriesMost)
				}
			}
			return s.EndedAs(ctx, messaging.OutcomePaid, some...)
		},
	}}
}
