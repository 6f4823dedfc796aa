package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Request is what one person asks for and another decides on.
type Request struct {
	ID          string    `json:"id" example:"7"`
	Kind        string    `json:"kind" example:"limits"`
	Participant string    `json:"participant,omitempty" doc:"That it is about."`
	State       string    `json:"state" enum:"open,approved,refused,expired,done,failed" doc:"approved is being carried out; failed was not done, or not all of it: see fault."`
	Consequence string    `json:"consequence" doc:"What will happen once it is approved, for people."`
	Plan        Document  `json:"plan" doc:"Exactly what is carried out."`
	Maker       string    `json:"maker"`
	MadeAt      time.Time `json:"made_at"`
	Checker     string    `json:"checker,omitempty"`
	Reason      string    `json:"reason,omitempty" doc:"Why the checker decided so."`
	DecidedAt   time.Time `json:"decided_at,omitzero"`
	Fault       string    `json:"fault,omitempty"`
	DoneAt      time.Time `json:"done_at,omitzero"`
}

// Document is JSON of any form.
type Document jsontext.Value

// MarshalJSON implements json.Marshaler.
func (d Document) MarshalJSON() ([]byte, error) { return d, nil }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Document) UnmarshalJSON(text []byte) error {
	*d = append((*d)[:0], text...)
	return nil
}

// Schema implements huma.SchemaProvider.
func (Document) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

func requestOf(r ledger.Request) Request {
	out := Request{
		ID: strconv.FormatInt(r.ID, 10), Kind: r.Kind, Participant: r.Subject, State: "open", Plan: Document(r.Body),
		Maker: r.Maker, MadeAt: r.MadeAt.UTC(), Checker: r.Checker, Reason: r.Reason, Fault: r.Fault,
	}
	if plan, err := request.Read(r); err == nil {
		out.Consequence = plan.Consequence()
	}
	if r.Checker != "" {
		out.State, out.DecidedAt = "refused", r.DecidedAt.UTC()
		if r.Approved {
			out.State = "approved"
		}
	}
	if r.Done {
		out.State, out.DoneAt = "done", r.DoneAt.UTC()
		if r.Fault != "" {
			out.State = "failed"
		}
	}
	if r.Expired {
		out.State = "expired"
	}
	return out
}

// RequestSearch is what requests are looked for by.
type RequestSearch struct {
	Paging
	State       string `query:"state" enum:"open,approved,refused,done,failed"`
	Participant string `query:"participant" maxLength:"64" doc:"That they are about."`
	Kind        string `query:"kind" maxLength:"40"`
}

// RequestID is whose path names a request.
type RequestID struct {
	ID int64 `path:"id" minimum:"1" example:"7"`
}

// asked is the answer to whoever asks for something: it is not done yet.
type asked struct {
	Location string `header:"Location"`
	Body     Request
}

type decision struct {
	RequestID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"Why. It is kept for ever."`
	}
}

type requestWanted struct {
	Body struct {
		Kind   string   `json:"kind" maxLength:"40" example:"credit_line" doc:"One of those made of one body: the documentation of ayni request lists them."`
		Body   Document `json:"body" doc:"The command's, as the ledger takes it: amounts are in minor units."`
		Reason string   `json:"reason" minLength:"1" maxLength:"300" doc:"Why. It is kept for ever."`
	}
}

type limitsWanted struct {
	Named
	Expected
	Body struct {
		Limits
		Reason string `json:"reason" minLength:"1" maxLength:"300" doc:"Why. It is kept for ever."`
	}
}

type suspensionWanted struct {
	Named
	Expected
	Body struct {
		Suspended bool   `json:"suspended"`
		Reason    string `json:"reason" minLength:"1" maxLength:"300" doc:"Why. It is kept for ever."`
	}
}

func (a *API) requests() {
	const tag = "Requests"
	list(a, route{
		id: "list-requests", path: "/v1/requests", tag: tag, need: staff(), summary: "List what was asked for", text: "Newest first.",
	}, func(ctx context.Context, in *RequestSearch) (page Page[Request], err error) {
		found, err := a.books.FindRequests(ctx, ledger.RequestFilter{
			State: ledger.RequestState(in.State), Subject: in.Participant, Kind: in.Kind, Cursor: in.Cursor, Limit: in.Limit,
		})
		return Page[Request]{Items: each(found.Requests, requestOf), Next: found.Next}, err
	})
	read(a, route{
		id: "get-request", path: "/v1/requests/{id}", tag: tag, need: staff(), summary: "Look a request up",
	}, func(ctx context.Context, in *RequestID) (Request, error) {
		r, err := a.books.Request(ctx, in.ID)
		return requestOf(r), err
	})
	register(a, route{
		id: "make-request", method: http.MethodPost, path: "/v1/requests", tag: tag, need: operators(), status: http.StatusAccepted,
		summary: "Ask for something", text: "Nothing changes until another person approves.",
	}, func(ctx context.Context, in *requestWanted) (*asked, error) {
		plan, err := request.Make(request.Kind(in.Body.Kind), in.Body.Body, in.Body.Reason)
		return a.ask(ctx, plan, err)
	})
	a.decides("approve-request", "/v1/requests/{id}/approval", "Approve what another person asked for", true)
	a.decides("refuse-request", "/v1/requests/{id}/refusal", "Refuse what somebody asked for", false)
	register(a, route{
		id: "change-limits", method: http.MethodPut, path: "/v1/participants/{name}/limits", tag: "Participants", need: operators(), status: http.StatusAccepted,
		summary: "Ask for other limits", text: "Nothing changes until another person approves. If-Match is the ETag of the limits that you looked at.",
	}, a.changeLimits)
	register(a, route{
		id: "change-suspension", method: http.MethodPut, path: "/v1/participants/{name}/suspension", tag: "Participants", need: operators(), status: http.StatusAccepted,
		summary: "Ask to suspend a participant, or to let it in again",
		text:    "Nothing changes until another person approves. If-Match is the ETag of the participant that you looked at.",
	}, a.changeSuspension)
}

func (a *API) decides(id, path, summary string, approved bool) {
	register(a, route{id: id, method: http.MethodPost, path: path, tag: "Requests", need: deciders(), summary: summary},
		func(ctx context.Context, in *decision) (*body[Request], error) {
			if err := request.Decide(ctx, a.books, in.ID, auth.From(ctx).Subject, approved, in.Body.Reason); err != nil {
				return nil, err
			}
			r, err := a.books.Request(ctx, in.ID)
			return &body[Request]{requestOf(r)}, err
		})
}

// ask keeps what somebody wants, for another to decide on.
func (a *API) ask(ctx context.Context, plan request.Plan, err error) (*asked, error) {
	if err != nil {
		return nil, err
	}
	id, err := request.Ask(ctx, a.books, auth.From(ctx).Subject, plan)
	if err != nil {
		return nil, err
	}
	r, err := a.books.Request(ctx, id)
	return &asked{Location: fmt.Sprintf("/v1/requests/%d", id), Body: requestOf(r)}, err
}

func (a *API) changeLimits(ctx context.Context, in *limitsWanted) (*asked, error) {
	now, err := a.participant(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if err := in.match(limitsOf(now)); err != nil {
		return nil, err
	}
	limits := settlement.Limits{Participant: in.Name}
	for _, one := range []struct {
		name string
		from Amount
		to   *int64
	}{
		{"payout_increment", in.Body.PayoutIncrement, &limits.PayoutIncrementMinor},
		{"payout_min", in.Body.PayoutMin, &limits.PayoutMinMinor},
		{"payout_max", in.Body.PayoutMax, &limits.PayoutMaxMinor},
	} {
		m, err := one.from.money("body." + one.name)
		if err != nil {
			return nil, err
		}
		if m.Currency != now.Currency {
			return nil, wanted("body."+one.name+".currency", "the participant settles in "+now.Currency.String())
		}
		*one.to = m.Minor
	}
	plan, err := request.LimitsPlan(limits, in.Body.Reason)
	return a.ask(ctx, plan, err)
}

func (a *API) changeSuspension(ctx context.Context, in *suspensionWanted) (*asked, error) {
	now, err := a.participant(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if err := in.match(participantOf(now)); err != nil {
		return nil, err
	}
	plan, err := request.SuspendPlan(settlement.Suspend{Participant: in.Name, Suspended: in.Body.Suspended}, in.Body.Reason)
	return a.ask(ctx, plan, err)
}
