package api

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Difference is a case in which a rail's statement, the log and the postings do not say the same.
type Difference struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	Participant string    `json:"participant"`
	Day         string    `json:"day" format:"date"`
	RailRef     string    `json:"rail_ref,omitempty"`
	Direction   string    `json:"direction,omitempty" doc:"in or out; none where the statement has no such line."`
	RailAt      time.Time `json:"rail_at,omitzero"`
	Transfer    string    `json:"transfer,omitempty"`
	Movement    string    `json:"movement,omitempty"`
	Rail        Amount    `json:"rail" doc:"What the statement says."`
	Ours        Amount    `json:"ours" doc:"What the log says."`
	Detail      string    `json:"detail"`
	How         string    `json:"how,omitempty" doc:"It was resolved: matched, explained, corrected, written_off, retried. None while it is open."`
	Request     string    `json:"request,omitempty" doc:"By which two people resolved it."`
}

// DifferenceSearch is what differences are looked for by.
type DifferenceSearch struct {
	Paging
	Participant string `query:"participant" maxLength:"64"`
	Open        bool   `query:"open" doc:"Only those without a resolution."`
}

// DifferencePath is whose path names a difference.
type DifferencePath struct {
	ID string `path:"id" maxLength:"200"`
}

func (a *API) differences() {
	const tag = "Reconciliation"
	list(a, route{
		id: "list-differences", path: "/v1/differences", tag: tag, need: everyone(), summary: "List what rails' statements and the ledger say differently",
		text: "Of the newest days, at most 500. A participant sees its own.",
	}, func(ctx context.Context, in *DifferenceSearch) (page Page[Difference], err error) {
		scope, err := auth.Scope(ctx)
		if err != nil {
			return page, err
		}
		if scope == "" {
			scope = in.Participant
		} else if in.Participant != "" && in.Participant != scope {
			return page, nil
		}
		found, err := a.books.Differences(ctx, scope, in.Open, ledger.MaxPage)
		if err != nil {
			return page, err
		}
		key := func(d Difference) string { return d.Day + " " + d.ID }
		return pageOf(&in.Paging, "differences", sorted(each(found, differenceOf), key), key)
	})
	read(a, route{
		id: "get-difference", path: "/v1/differences/{id}", tag: tag, need: everyone(), summary: "Look a difference up",
	}, func(ctx context.Context, in *DifferencePath) (Difference, error) {
		d, err := a.books.Difference(ctx, in.ID)
		if err != nil {
			return Difference{}, err
		}
		return differenceOf(d), auth.Own(ctx, d.Participant)
	})
}

func differenceOf(d ledger.Difference) Difference {
	out := Difference{
		ID: d.ID, Kind: d.Kind, Participant: d.Participant, Day: string(d.Day), RailRef: d.RailRef, Direction: d.RailDirection, RailAt: d.RailAt.UTC(),
		Transfer: d.Transfer, Movement: d.Movement, Rail: amountIn(d.RailMinor, d.Currency), Ours: amountIn(d.OursMinor, d.Currency), Detail: d.Detail,
	}
	if d.Resolution != nil {
		out.How = d.Resolution.How
		if d.Resolution.Request != 0 {
			out.Request = number(d.Resolution.Request)
		}
	}
	return out
}
