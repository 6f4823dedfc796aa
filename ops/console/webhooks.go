package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/webhook"
	"github.com/ayni-switch/ayni/ops/webhook/store"
)

// Webhooks is what is shown and tried of webhooks; *store.Store of ops/webhook is one. They are made by the API.
type Webhooks interface {
	Endpoints(ctx context.Context, owner string, all bool) ([]webhook.Endpoint, error)
	Endpoint(ctx context.Context, id int64) (webhook.Endpoint, error)
	Deliveries(ctx context.Context, endpoint int64, f store.Filter) ([]webhook.Delivery, error)
	Change(ctx context.Context, id int64, change func(webhook.Endpoint) (webhook.Endpoint, error)) (webhook.Endpoint, error)
	Ping(ctx context.Context, id int64) (webhook.Delivery, error)
	Again(ctx context.Context, id int64, event string) (webhook.Delivery, error)
}

// mountWebhooks mounts their pages.
func (s *Site) mountWebhooks(mux *http.ServeMux) {
	owners := auth.Need{Roles: []auth.Role{auth.Operator, auth.Participant, auth.Pool}, Own: true}
	s.Guard.Mount(mux, "GET /console/webhooks", everybody(), s.page(s.webhooks))
	s.Guard.Mount(mux, "GET /console/webhooks/{id}", everybody(), s.page(s.webhook))
	s.Guard.Mount(mux, "POST /console/webhooks/{id}", owners, s.page(s.webhookTried))
}

// webhooksView is everybody's endpoints.
type webhooksView struct {
	List
	Rows []webhook.Endpoint
	All  bool // of everybody
}

func (s *Site) webhooks(v *visit) (view, error) {
	scope, err := auth.Scope(v.r.Context())
	if err != nil {
		return view{}, err
	}
	shown := webhooksView{List: listOf(v), All: scope == ""}
	if shown.Rows, err = s.Webhooks.Endpoints(v.r.Context(), scope, shown.All); err != nil {
		return view{}, err
	}
	return view{name: "webhooks", title: "Webhooks", at: "Webhooks", data: &shown}, nil
}

// deliveriesShown is how many deliveries are on a page.
const deliveriesShown = 50

// webhookView is one endpoint, and what is sent to it.
type webhookView struct {
	webhook.Endpoint
	List
	Deliveries []webhook.Delivery
	States     []webhook.DeliveryState
	May        bool // who reads it may try and pause it
	Fault      string
}

func (s *Site) webhook(v *visit) (view, error) { return s.webhookPage(v, "") }

func (s *Site) webhookPage(v *visit, fault string) (view, error) {
	e, err := s.ownWebhook(v)
	if err != nil {
		return view{}, err
	}
	shown := webhookView{
		Endpoint: e, List: listOf(v, "state"), States: []webhook.DeliveryState{webhook.Waiting, webhook.Delivered, webhook.Dropped},
		May: v.who.Is(auth.Operator, auth.Participant, auth.Pool), Fault: fault,
	}
	f := store.Filter{State: webhook.DeliveryState(shown.Query.Get("state")), Limit: deliveriesShown + 1}
	after := v.r.URL.Query().Get("after")
	if after != "" {
		if f.Below, err = number64(after); err != nil || f.Below < 1 {
			return view{}, errNoPage
		}
	}
	if shown.Deliveries, err = s.Webhooks.Deliveries(v.r.Context(), e.ID, f); err != nil {
		return view{}, err
	}
	next := ""
	if len(shown.Deliveries) > deliveriesShown {
		shown.Deliveries = shown.Deliveries[:deliveriesShown]
		next = text64(shown.Deliveries[deliveriesShown-1].ID)
	}
	shown.List = shown.paged(after, next)
	page := view{name: "webhook", title: "Webhook " + text64(e.ID), at: "Webhooks", data: &shown}
	if fault != "" {
		page.status = http.StatusConflict
	}
	return page, nil
}

// ownWebhook is the endpoint that a path names, for whoever may see it.
func (s *Site) ownWebhook(v *visit) (webhook.Endpoint, error) {
	id, err := number64(v.r.PathValue("id"))
	if err != nil {
		return webhook.Endpoint{}, errNoPage
	}
	e, err := s.Webhooks.Endpoint(v.r.Context(), id)
	if errors.Is(err, webhook.ErrUnknown) {
		return e, errNoPage
	}
	if err != nil {
		return e, err
	}
	return e, auth.Own(v.r.Context(), e.Owner)
}

// webhookTried does what a button says: it moves no money, and needs nobody else.
func (s *Site) webhookTried(v *visit) (view, error) {
	e, err := s.ownWebhook(v)
	if err != nil {
		return view{}, err
	}
	ctx := v.r.Context()
	switch v.r.FormValue("do") {
	case "ping":
		_, err = s.Webhooks.Ping(ctx, e.ID)
	case "again":
		_, err = s.Webhooks.Again(ctx, e.ID, plain(v.r.FormValue("event"), maxField))
	case "pause", "resume":
		why := ""
		if v.r.FormValue("do") == "pause" {
			why = v.who.Name + " paused it"
		}
		_, err = s.Webhooks.Change(ctx, e.ID, func(was webhook.Endpoint) (webhook.Endpoint, error) {
			was.Paused = why
			return was, nil
		})
	default:
		return view{}, errNoPage
	}
	switch {
	case errors.Is(err, webhook.ErrPaused):
		return s.webhookPage(v, "It is paused: have it go on first.")
	case errors.Is(err, webhook.ErrUnknown):
		return view{}, errNoPage
	case err != nil:
		return view{}, err
	}
	http.Redirect(v.w, v.r, "/console/webhooks/"+text64(e.ID), http.StatusSeeOther)
	return view{}, errAnswered
}
