package console

import (
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

// alarm is something that somebody should look at.
type alarm struct {
	Tone, What, Path string
	Count            int64
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
	if shown.Alarms, err = s.alarms(ctx, standings); err != nil {
		return view{}, err
	}
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
	sortStandings(tight, "used")
	tight = tight[:min(len(tight), most)]
	for i := range tight {
		tight[i].Row = i
	}
	return tight
}

// alarmsRead bounds how many of each are counted.
const alarmsRead = 500

// alarms are all that waits for a person, the worst first.
func (s *Site) alarms(ctx context.Context, standings []ledger.Standing) (all []alarm, err error) {
	add := func(count int, tone, what, path string) {
		if count > 0 {
			all = append(all, alarm{Tone: tone, What: what, Path: path, Count: int64(count)})
		}
	}
	status, err := s.Books.LogStatus(ctx)
	if err != nil {
		return nil, err
	}
	add(len(status.SplitViews), "bad", "witnesses know another log than this one", "/console/audit")
	exceptions, err := s.Books.Exceptions(ctx, "", true, alarmsRead)
	if err != nil {
		return nil, err
	}
	add(len(exceptions), "bad", "exceptions that a person looks at", "/console/rails")
	down := map[string]bool{}
	for _, one := range standings {
		if one.Rail != "" && one.Rail != "up" {
			down[one.Participant] = true
		}
	}
	add(len(down), "bad", "rails that are down or silent", "/console/rails")
	loads, err := s.Books.RailLoads(ctx)
	if err != nil {
		return nil, err
	}
	unknown := 0
	for _, l := range loads {
		unknown += int(l.Unknown)
	}
	add(unknown, "warn", "payouts and refunds of which no rail knows the end", "/console/rails")
	holds, err := s.Books.Holds(ctx, alarmsRead)
	if err != nil {
		return nil, err
	}
	add(len(holds), "warn", "held transfers that two people decide on", "/console/requests")
	differences, err := s.Books.Differences(ctx, "", true, alarmsRead)
	if err != nil {
		return nil, err
	}
	add(len(differences), "warn", "differences that nobody explained", "/console/reconciliation")
	return all, nil
}
