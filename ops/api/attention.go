package api

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Rail is what a participant last said of its rail.
type Rail struct {
	Participant string    `json:"participant"`
	State       string    `json:"state" enum:"up,down,silent" doc:"silent said that it was down, and nothing since."`
	Since       time.Time `json:"since,omitzero" doc:"None where it never said a word: it has always been up."`
	Waiting     int64     `json:"waiting" doc:"Instructions that have not ended, as it said last."`
	HeardAt     time.Time `json:"heard_at,omitzero"`
}

// Exception is a case for a person.
type Exception struct {
	Transfer string    `json:"transfer"`
	Kind     string    `json:"kind" enum:"unheard,outcome" doc:"Nobody says a word of it any more; or a rail contradicts what is final."`
	About    string    `json:"about" doc:"The kind of instruction; return for one that lacks liquidity."`
	At       time.Time `json:"at"`
}

// Hold is a transfer that waits for two people to decide on it.
type Hold struct {
	Transfer
	By     string    `json:"by" enum:"screen,person"`
	List   string    `json:"list,omitempty" doc:"Of screening."`
	HeldAt time.Time `json:"held_at"`
}

func (a *API) attention() {
	list(a, route{
		id: "list-rails", path: "/v1/rails", tag: "Rails", need: everyone(), summary: "How rails are", text: "By participant. A participant sees its own.",
	}, a.listRails)
	list(a, route{
		id: "list-exceptions", path: "/v1/exceptions", tag: "Exceptions", need: staff(), summary: "List cases for a person",
		text: "By transfer, the newest 500.",
	}, func(ctx context.Context, in *struct{ Paging }) (page Page[Exception], err error) {
		found, err := a.books.Exceptions(ctx, "", false, ledger.MaxPage)
		if err != nil {
			return page, err
		}
		key := func(e Exception) string {
			return e.Transfer + " " + e.Kind + " " + e.About + " " + e.At.Format(time.RFC3339Nano)
		}
		return pageOf(&in.Paging, "exceptions", sorted(each(found, func(e ledger.Exception) Exception {
			return Exception{Transfer: e.Transfer, Kind: e.Kind, About: e.About, At: e.At}
		}), key), key)
	})
	list(a, route{
		id: "list-holds", path: "/v1/holds", tag: "Exceptions", need: staff(), summary: "List transfers that were held",
		text: "Two people release or refuse each. By transfer, the 500 longest held.",
	}, func(ctx context.Context, in *struct{ Paging }) (page Page[Hold], err error) {
		found, err := a.books.Holds(ctx, ledger.MaxPage)
		if err != nil {
			return page, err
		}
		key := func(h Hold) string { return h.ID }
		return pageOf(&in.Paging, "holds", sorted(each(found, func(h ledger.OpenHold) Hold {
			return Hold{Transfer: transferOf(h.FoundTransfer), By: h.By, List: h.List, HeldAt: h.HeldAt}
		}), key), key)
	})
}

func (a *API) listRails(ctx context.Context, in *struct{ Paging }) (page Page[Rail], err error) {
	scope, err := auth.Scope(ctx)
	if err != nil {
		return page, err
	}
	said, err := a.books.Rails(ctx)
	if err != nil {
		return page, err
	}
	everybody, err := a.books.Participants(ctx)
	if err != nil {
		return page, err
	}
	spoke := map[string]ledger.RailStanding{}
	for _, s := range said {
		spoke[s.Participant] = s
	}
	var rails []Rail
	for _, p := range everybody {
		if p.Role == settlement.RoleProvider || scope != "" && scope != p.Name {
			continue
		}
		rail := Rail{Participant: p.Name, State: "up"}
		if s, ok := spoke[p.Name]; ok {
			rail = Rail{Participant: p.Name, State: string(s.State), Since: s.Since, Waiting: s.Waiting, HeardAt: s.HeardAt}
		}
		rails = append(rails, rail)
	}
	return pageOf(&in.Paging, "rails", rails, func(r Rail) string { return r.Participant })
}
