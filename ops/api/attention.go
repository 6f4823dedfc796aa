package api

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Exception is a case for a person.
type Exception struct {
	Transfer    string    `json:"transfer"`
	Participant string    `json:"participant" doc:"Whose rail it is about, or whose liquidity."`
	Kind        string    `json:"kind" enum:"unheard,outcome" doc:"Nobody says a word of it any more; or a rail contradicts what is final."`
	About       string    `json:"about" doc:"The kind of instruction; return for one that lacks liquidity."`
	At          time.Time `json:"at"`
}

// ExceptionSearch is what cases are looked for by.
type ExceptionSearch struct {
	Paging
	Participant string `query:"participant" maxLength:"64"`
	Open        bool   `query:"open" doc:"Only those that did not go on since."`
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
		id: "list-exceptions", path: "/v1/exceptions", tag: "Exceptions", need: staff(), summary: "List cases for a person",
		text: "By transfer, the newest 500.",
	}, func(ctx context.Context, in *ExceptionSearch) (page Page[Exception], err error) {
		found, err := a.books.Exceptions(ctx, in.Participant, in.Open, ledger.MaxPage)
		if err != nil {
			return page, err
		}
		key := func(e Exception) string {
			return e.Transfer + " " + e.Kind + " " + e.About + " " + e.At.Format(time.RFC3339Nano)
		}
		return pageOf(&in.Paging, "exceptions", sorted(each(found, func(e ledger.Exception) Exception { return Exception(e) }), key), key)
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
