package console

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// resolvers are those who find out what became of an operation, and decide on it: they see whose account it is about.
func resolvers() auth.Need { return auth.Need{Roles: []auth.Role{auth.Operator, auth.Approver}} }

func resolves(who auth.Principal) bool { return who.Is(auth.Operator) || who.Is(auth.Approver) }

func operationPath(participant, operation string) string {
	return "/console/rails/" + url.PathEscape(participant) + "/operations/" + url.PathEscape(operation)
}

// atRail leads to the operation that a transfer waits for, where it waits for one.
func atRail(t *ledger.TransferStory) (at entry, waits bool) {
	participant, kind := t.Creditor, messaging.KindPayout
	switch {
	case t.State == messaging.StateCleared:
	case t.State == messaging.StateReturnPending && t.Return != nil && slices.ContainsFunc(t.Return.States, func(s ledger.TransferState) bool { return s.State == messaging.StateCleared }):
		participant, kind = t.Debtor, messaging.KindRefund
	default:
		return entry{}, false
	}
	return entry{Name: "What its rail knows", Path: operationPath(participant, adapters.OperationID(t.ID.String(), kind))}, true
}

// operationView guides to what became of one operation of an adapter.
type operationView struct {
	Participant string
	ID          string
	Found       *adapters.OpenOperation // nil where the adapter has none of that id, or does not say
	Guide       rail.Guidance
	Fault       string // why the adapter does not say
	Says        []saying
	Requests    []asking // about it, newest first
}

// saying is an end that two people may say of an operation, or why they may not now.
type saying struct {
	Ended rail.Ended
	Path  string // of its form; "" where it is not for who reads, or may not be said
	May   bool
}

// Ended tells whether nothing is left to find out.
func (o operationView) Ended() bool {
	return o.Found != nil && (o.Found.State == adapters.Settled || o.Found.State == adapters.Failed)
}

// Why is a sentence of why an end cannot be said now, "" where all can.
func (o operationView) Why() string {
	if o.Guide.Why == "" {
		return ""
	}
	return strings.ToUpper(o.Guide.Why[:1]) + o.Guide.Why[1:] + "."
}

// Asked tells whether two people are at it.
func (o operationView) Asked() bool {
	return slices.ContainsFunc(o.Requests, func(a asking) bool {
		return a.Where() == string(ledger.RequestOpen) || a.Where() == string(ledger.RequestApproved)
	})
}

func (s *Site) operation(v *visit) (view, error) {
	ctx, cancel := context.WithTimeout(v.r.Context(), adapterPatience)
	defer cancel()
	shown := operationView{Participant: v.r.PathValue("name"), ID: v.r.PathValue("operation")}
	everybody, err := s.Books.Participants(ctx)
	if err != nil {
		return view{}, err
	}
	known := slices.ContainsFunc(everybody, func(p settlement.Participant) bool { return p.Name == shown.Participant })
	if !known || len(shown.ID) > maxField {
		return view{}, errNoPage
	}
	if shown.Requests, err = s.requestsOn(ctx, shown.Participant, shown.ID); err != nil {
		return view{}, err
	}
	adapter, err := s.Rails.Of(shown.Participant)
	if err == nil {
		var o adapters.OpenOperation
		var found bool
		if o, found, err = adapter.Operation(ctx, shown.ID); found {
			shown.Found, shown.Guide = &o, rail.Guide(o)
		}
	}
	page := view{name: "operation", title: shown.ID, at: "Rails", data: &shown}
	switch {
	case errors.Is(err, rail.ErrNoAddress):
		shown.Fault = "The switch knows no address of this adapter. Once it is configured, two people can say here how the operation ended."
		return page, nil
	case err != nil:
		shown.Fault = "Its adapter does not answer now. What two people say meanwhile is told to it as soon as it does."
	}
	shown.Says, err = shown.says(v.who)
	return page, err
}

// says lists what may be said. An adapter that does not answer holds its own rules when it is told.
func (o operationView) says(who auth.Principal) (all []saying, err error) {
	if o.Ended() || o.Asked() || o.Found == nil && o.Fault == "" {
		return nil, nil
	}
	act, err := actOf(string(request.ResolveOperation))
	for _, end := range []rail.Ended{rail.Paid, rail.Failed} {
		one := saying{Ended: end, May: o.Found == nil || slices.Contains(o.Guide.May, end)}
		if one.May && who.Is(auth.Operator) {
			one.Path = act.entry("participant", o.Participant, "operation", o.ID, "ended", string(end)).Path
		}
		all = append(all, one)
	}
	return all, err
}

// requestsOn are the requests on one operation, among the newest of its participant.
func (s *Site) requestsOn(ctx context.Context, participant, operation string) (on []asking, err error) {
	page, err := s.Books.FindRequests(ctx, ledger.RequestFilter{Subject: participant})
	for _, r := range page.Requests {
		plan, unread := request.Read(r)
		if unread == nil && plan.Operation != nil && plan.Operation.ID == operation {
			on = append(on, read(r))
		}
	}
	return on, err
}

// sourceWords say where people look.
func sourceWords(at rail.Source) string {
	switch at {
	case rail.AtStatus:
		return "Ask the rail"
	case rail.AtStatement:
		return "Read the statement"
	default:
		return "Hold the balance against it"
	}
}
