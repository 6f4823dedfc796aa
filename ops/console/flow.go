package console

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// flowView is the first page: whether money flows, and what stands in its way.
type flowView struct {
	Moment     *live.Moment
	Currency   fx.Currency
	Currencies []string
	Net        netting
	Tight      []standing // accounts whose liquidity is used the most, or binds
	Alarms     []alarm
	Live       string // address of the stream
}

func (s *Site) flow(v *visit) (view, error) {
	ctx := v.r.Context()
	moment, err := s.moment(ctx)
	if err != nil {
		return view{}, err
	}
	shown := flowOf(moment, v.r.URL.Query().Get("currency"))
	standings, err := s.Books.Standings(ctx, "")
	if err != nil {
		return view{}, err
	}
	shown.Tight = tightest(standings)
	shown.Alarms = s.alarms(ctx)
	return view{name: "flow", title: "Flow", at: "Flow", data: shown}, nil
}

// firstLook bounds how long a page waits for the feed.
const firstLook = 5 * time.Second

// moment is the newest of the feed.
func (s *Site) moment(ctx context.Context) (*live.Moment, error) {
	ctx, cancel := context.WithTimeout(ctx, firstLook)
	defer cancel()
	reader := s.Pulses.Reader()
	defer reader.Close()
	return reader.Next(ctx)
}

// flowOf shows a moment in one currency: the one asked for, or the one that most accounts moved.
func flowOf(m *live.Moment, code string) *flowView {
	shown := &flowView{Moment: m, Live: "/console/flow/live"}
	moved := map[fx.Currency]int{}
	for _, a := range m.Accounts {
		if a.OutMinor > 0 || a.InMinor > 0 {
			moved[a.Currency]++
		}
	}
	for c := range moved {
		shown.Currencies = append(shown.Currencies, c.String())
		if c.String() == code {
			moved[c] = len(m.Accounts) + 1 // it is asked for, so it comes first
		}
		if most := moved[shown.Currency]; moved[c] > most || moved[c] == most && c.String() < shown.Currency.String() {
			shown.Currency = c
		}
	}
	slices.Sort(shown.Currencies)
	if !shown.Currency.IsZero() {
		shown.Live += "?currency=" + shown.Currency.String()
		shown.Net = netOf(m.Accounts, shown.Currency)
	}
	return shown
}

// tightest are the accounts that are closest to their caps.
func tightest(all []ledger.Standing) (tight []standing) {
	const most = 8
	for _, one := range all {
		if one.Account != 0 && (one.UsedBP > 0 || one.Price > 0) {
			tight = append(tight, standing{Standing: one})
		}
	}
	slices.SortStableFunc(tight, func(a, b standing) int { return cmp.Compare(b.UsedBP, a.UsedBP) })
	tight = tight[:min(len(tight), most)]
	for i := range tight {
		tight[i].Row = i
	}
	return tight
}
