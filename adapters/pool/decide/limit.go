package decide

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// spending is what left a fund.
type spending struct {
	at            time.Time
	fund, purpose string
	minor         int64
	proposal      string
}

// overLimit finds a limit that the payout would pass.
func (s *State) overLimit(o *Payout) (charter.Limit, bool) {
	for _, limit := range s.rules().LimitsFor(o.Fund, o.Purpose) {
		if sum, ok := fx.AddMinor(s.spentOf(limit), o.MaxCost.Minor); !ok || sum > limit.MaxMinor {
			return limit, true
		}
	}
	return charter.Limit{}, false
}

// spentOf is what left the fund for the purpose within the limit's days.
func (s *State) spentOf(limit charter.Limit) (sum int64) {
	since := s.now.AddDate(0, 0, -limit.Days)
	for _, out := range slices.Backward(s.spent) {
		if out.at.Before(since) {
			break
		}
		if out.fund == limit.Fund && (limit.Purpose == "" || out.purpose == limit.Purpose) {
			sum += out.minor
		}
	}
	return sum
}
