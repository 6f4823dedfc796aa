package api

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/rail"
)

// Operation is a payout or refund that a rail has not ended, as its adapter tells, and how to find out what became of it.
type Operation struct {
	ID         string    `json:"id" doc:"The adapter's; a resolve_operation names it."`
	Kind       string    `json:"kind"`
	Transfer   string    `json:"transfer,omitempty" doc:"None of a refund that the adapter owes by itself."`
	State      string    `json:"state" enum:"instructed,accepted,unknown,settled,failed"`
	Amount     Amount    `json:"amount"`
	Instructed time.Time `json:"instructed"`
	RailID     string    `json:"rail_id,omitempty" doc:"By which the rail knows it."`
	May        []string  `json:"may" nullable:"false" doc:"What two people may say of it now: paid, failed."`
	Why        string    `json:"why,omitempty" doc:"Why an end is not among them."`
	Until      time.Time `json:"until,omitzero" doc:"When that passes, where it is known."`
	Steps      []Look    `json:"steps" nullable:"false" doc:"In which order people look."`
}

// Look is one look.
type Look struct {
	At    string `json:"at" enum:"status,statement,balance"`
	Look  string `json:"look"`
	Means string `json:"means" doc:"What a finding means."`
}

// OperationSearch is what operations are looked for by.
type OperationSearch struct {
	Name string `path:"name" maxLength:"64" example:"mpesa-ke"`
	Paging
	State string `query:"state" enum:"instructed,accepted,unknown"`
}

func (a *API) operations() {
	list(a, route{
		id: "list-operations", path: "/v1/rails/{name}/operations", tag: "Rails", need: resolvers(), summary: "What a rail has not ended",
		text: "By id, as its adapter tells, with the steps that lead to what became of each. Two people end one by a resolve_operation.",
	}, a.listOperations)
}

// resolvers are those who find out, and decide on it: they see whose account it is about.
func resolvers() auth.Need { return auth.Need{Roles: []auth.Role{auth.Operator, auth.Approver}} }

func (a *API) listOperations(ctx context.Context, in *OperationSearch) (page Page[Operation], err error) {
	const name = "operations"
	after, err := marked(name, in.Cursor)
	if err != nil {
		return page, err
	}
	adapter, err := a.standing.Rails.Of(in.Name)
	if err != nil {
		return page, err
	}
	found, err := adapter.Operations(ctx, adapters.State(in.State), after)
	if err != nil {
		return page, err
	}
	page.Items = each(found, operationOf)
	if limit := max(1, in.Limit); len(found) > limit {
		page.Items, page.Next = page.Items[:limit], mark(name, found[limit-1].ID)
	}
	return page, nil
}

func operationOf(o adapters.OpenOperation) Operation {
	g := rail.Guide(o)
	return Operation{
		ID: o.ID, Kind: o.Kind, Transfer: o.Transfer, State: string(o.State), Amount: Amount{Amount: o.Amount.Amount, Currency: o.Amount.Currency},
		Instructed: o.Instructed, RailID: o.RailID, Why: g.Why, Until: g.Until,
		May:   each(g.May, func(e rail.Ended) string { return string(e) }),
		Steps: each(g.Steps, func(s rail.Step) Look { return Look{At: string(s.At), Look: s.Look, Means: s.Means} }),
	}
}
