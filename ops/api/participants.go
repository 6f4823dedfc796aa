package api

import (
	"context"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement"
)

// Participant is somebody who settles.
type Participant struct {
	Name      string `json:"name" example:"mpesa-ke"`
	Country   string `json:"country" example:"KE" doc:"ISO 3166-1 alpha-2."`
	Currency  string `json:"currency" example:"KES"`
	Role      string `json:"role" enum:"operator,pool,provider"`
	Suspended bool   `json:"suspended" doc:"Its new intents are refused."`
	Reserves  bool   `json:"reserves" doc:"Its rail sets money aside before a transfer to it clears."`
}

// Limits is what a participant pays out.
type Limits struct {
	PayoutIncrement Amount `json:"payout_increment" doc:"Payouts are multiples of it."`
	PayoutMin       Amount `json:"payout_min"`
	PayoutMax       Amount `json:"payout_max"`
}

// Named is whose path names a participant.
type Named struct {
	Name string `path:"name" maxLength:"64" example:"mpesa-ke"`
}

type limitsInput struct {
	Named
	Seen
}

func (a *API) participants() {
	const tag = "Participants"
	list(a, route{
		id: "list-participants", path: "/v1/participants", tag: tag, need: everyone(),
		summary: "List participants", text: "By name. A participant sees itself.",
	}, func(ctx context.Context, in *struct{ Paging }) (Page[Participant], error) {
		scope, err := auth.Scope(ctx)
		if err != nil {
			return Page[Participant]{}, err
		}
		all, err := a.books.Participants(ctx)
		if err != nil {
			return Page[Participant]{}, err
		}
		var shown []Participant
		for _, p := range all {
			if scope == "" || scope == p.Name {
				shown = append(shown, participantOf(p))
			}
		}
		return pageOf(&in.Paging, "participants", shown, func(p Participant) string { return p.Name })
	})
	configuration(a, route{
		id: "get-participant", path: "/v1/participants/{name}", tag: tag, need: everyone(), summary: "Look a participant up",
	}, func(ctx context.Context, in *limitsInput) (Participant, error) {
		p, err := a.participant(ctx, in.Name)
		return participantOf(p), err
	})
	configuration(a, route{
		id: "get-participant-limits", path: "/v1/participants/{name}/limits", tag: tag, need: everyone(), summary: "What a participant pays out",
	}, func(ctx context.Context, in *limitsInput) (Limits, error) {
		p, err := a.participant(ctx, in.Name)
		return limitsOf(p), err
	})
}

// participant looks one up for whoever may see it.
func (a *API) participant(ctx context.Context, name string) (settlement.Participant, error) {
	if err := auth.Own(ctx, name); err != nil {
		return settlement.Participant{}, err
	}
	all, err := a.books.Participants(ctx)
	if err != nil {
		return settlement.Participant{}, err
	}
	n := slices.IndexFunc(all, func(p settlement.Participant) bool { return p.Name == name })
	if n < 0 {
		return settlement.Participant{}, auth.ErrNotYours
	}
	return all[n], nil
}

func participantOf(p settlement.Participant) Participant {
	return Participant{
		Name: p.Name, Country: p.Country, Currency: p.Currency.String(), Role: string(p.Role), Suspended: p.Suspended, Reserves: p.Reserves,
	}
}

func limitsOf(p settlement.Participant) Limits {
	in := func(minor int64) Amount { return amountOf(fx.Money{Minor: minor, Currency: p.Currency}) }
	return Limits{in(p.PayoutIncrementMinor), in(p.PayoutMinMinor), in(p.PayoutMaxMinor)}
}
