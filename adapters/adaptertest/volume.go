package adaptertest

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// defaultVolume is how many payouts the case of many has.
const defaultVolume = 10_000

// volume is many payouts through a rail on which everything goes wrong a little.
func volume() []Case {
	return []Case{{
		Group: "volume", Name: "payouts", Needs: []Need{NeedRail}, Faults: everything(5), Limit: 10 * time.Minute,
		Play: func(ctx context.Context, s *Stage) error {
			n := s.Subject.Volume
			if n == 0 {
				n = defaultVolume
			}
			some := s.payouts(n)
			if err := s.enter(some...); err != nil {
				return err
			}
			for from := 0; from < n; from += messaging.MaxInstructions {
				if err := s.Switch.Instruct(ctx, some[from:min(from+messaging.MaxInstructions, n)]...); err != nil {
					return err
				}
			}
			return s.Ended(ctx, some...)
		},
	}}
}
