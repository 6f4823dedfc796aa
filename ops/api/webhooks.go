package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/webhook"
	"github.com/ayni-switch/ayni/ops/webhook/store"
)

// Webhooks is what keeps and signs them. Without a store there are none.
type Webhooks struct {
	Store    *store.Store
	Keys     webhook.Keys
	Loopback bool // endpoints may be on this machine
}

// EventType is what an event tells.
type EventType string

// Schema implements huma.SchemaProvider.
func (EventType) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, kind := range webhook.Types() {
		s.Enum = append(s.Enum, string(kind))
	}
	return s
}

// WebhookSettings are what its owner says of an endpoint.
type WebhookSettings struct {
	URL    string      `json:"url" maxLength:"2048" example:"https://example.org/ayni" doc:"Where events are posted: https, and an address that the whole world reaches."`
	About  string      `json:"about,omitempty" maxLength:"100" doc:"For people."`
	Events []EventType `json:"events" maxItems:"64" nullable:"false" doc:"That are told; all of none."`
	Paused bool        `json:"paused,omitzero" doc:"Nothing is sent, and nothing lost: what happens meanwhile is told afterwards."`
}

// Webhook is an endpoint, and how it does.
type Webhook struct {
	ID    string `json:"id" example:"1"`
	Owner string `json:"owner,omitempty" doc:"The participant whose events are told; none for the switch's own staff, who is told of everybody's."`
	WebhookSettings
	State        string    `json:"state" enum:"active,failing,paused"`
	Reason       string    `json:"reason,omitempty" doc:"Why it is paused."`
	PublicKey    string    `json:"public_key" doc:"Verifies signatures v1a. It is no secret; that is for v1."`
	KeyAt        time.Time `json:"key_at" doc:"When its keys began."`
	OldKeyUntil  time.Time `json:"old_key_until,omitzero" doc:"Until when the keys before sign too."`
	FailingSince time.Time `json:"failing_since,omitzero"`
	TookAt       time.Time `json:"took_at,omitzero" doc:"When it last took something."`
	Waiting      int64     `json:"waiting" doc:"Deliveries, counted up to 1,000; what is more waits in the ledger."`
	MadeBy       string    `json:"made_by"`
	MadeAt       time.Time `json:"made_at"`
}

// WebhookSecret is what a receiver verifies signatures v1 by.
type WebhookSecret struct {
	Secret string    `json:"secret" example:"whsec_plJ3nmyCDGBKInavdOK15jsl" doc:"Keep it where nobody reads it."`
	Until  time.Time `json:"until" doc:"When it is shown no more."`
}

// WebhookPath is whose path names an endpoint.
type WebhookPath struct {
	ID int64 `path:"id" minimum:"1" example:"1"`
}

type webhookInput struct {
	WebhookPath
	Seen
}

type webhookWanted struct{ Body WebhookSettings }

type webhookChange struct {
	WebhookPath
	Expected
	Body WebhookSettings
}

type rotation struct {
	WebhookPath
	Body struct {
		AtOnce bool `json:"at_once,omitzero" doc:"The key before ends now, because somebody may know it. Else it signs too for a day."`
	}
}

// settingsOf is what of an endpoint is changed by whoever saw it.
func settingsOf(e webhook.Endpoint) WebhookSettings {
	s := WebhookSettings{URL: e.URL, About: e.About, Events: make([]EventType, len(e.Types)), Paused: e.Paused != ""}
	for i, kind := range e.Types {
		s.Events[i] = EventType(kind)
	}
	return s
}

// apply has an endpoint be as its settings say, or says what is wrong with them.
func (a *API) apply(s WebhookSettings, e *webhook.Endpoint) error {
	switch err := webhook.CheckURL(s.URL, a.webhooks.Loopback); {
	case errors.Is(err, webhook.ErrPrivate):
		return wanted("body.url", "leads into a private network")
	case err != nil:
		return wanted("body.url", "is not https://HOST/PATH, without user and fragment")
	}
	e.URL, e.About, e.Types = s.URL, s.About, nil
	for _, kind := range s.Events {
		if !slices.Contains(e.Types, webhook.Type(kind)) {
			e.Types = append(e.Types, webhook.Type(kind))
		}
	}
	slices.Sort(e.Types)
	switch {
	case !s.Paused:
		e.Paused = ""
	case e.Paused == "":
		e.Paused = "its owner wants it so"
	}
	return nil
}

func (a *API) webhookOf(e webhook.Endpoint) (Webhook, error) {
	key, err := a.webhooks.Keys.Of(e.ID, e.Salt, e.Generation)
	if err != nil {
		return Webhook{}, err
	}
	out := Webhook{
		ID: number(e.ID), Owner: e.Owner, WebhookSettings: settingsOf(e), State: e.State(), Reason: e.Paused, PublicKey: key.Public(), KeyAt: e.KeyAt.UTC(),
		Waiting: e.Waiting, MadeBy: e.MadeBy, MadeAt: e.MadeAt.UTC(),
	}
	for _, moment := range []struct {
		to *time.Time
		at time.Time
	}{{&out.OldKeyUntil, e.OldUntil}, {&out.FailingSince, e.FailingSince}, {&out.TookAt, e.TookAt}} {
		if !moment.at.IsZero() {
			*moment.to = moment.at.UTC()
		}
	}
	return out, nil
}

const webhooksTag = "Webhooks"

func (a *API) hooks() {
	owners := auth.Need{Roles: []auth.Role{auth.Operator, auth.Participant, auth.Pool}, Own: true}
	list(a, route{
		id: "list-webhooks", path: "/v1/webhooks", tag: webhooksTag, need: everyone(), summary: "List webhooks", text: "In the order in which they were made. A participant sees its own.",
	}, a.listWebhooks)
	register(a, route{
		id: "make-webhook", method: http.MethodPost, path: "/v1/webhooks", tag: webhooksTag, need: owners, status: http.StatusCreated, summary: "Have events told",
		text: "By Standard Webhooks: POST, signed, until it is answered 2xx. A participant is told of its own, an operator of everybody's. Sixteen at most.",
	}, a.makeWebhook)
	register(a, route{
		id: "get-webhook", method: http.MethodGet, path: "/v1/webhooks/{id}", tag: webhooksTag, need: everyone(), summary: "How a webhook does",
	}, func(ctx context.Context, in *webhookInput) (*tagged[Webhook], error) {
		e, err := a.webhook(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		answer, err := a.taggedWebhook(e)
		if err == nil && in.seen() != "" && in.seen() == answer.ETag {
			answer.Status = http.StatusNotModified
		}
		return answer, err
	})
	register(a, route{
		id: "change-webhook", method: http.MethodPut, path: "/v1/webhooks/{id}", tag: webhooksTag, need: owners, summary: "Change a webhook, pause it or have it go on",
		text: "If-Match is the ETag of what you looked at. Where it goes on, what waits is sent at once.",
	}, func(ctx context.Context, in *webhookChange) (*tagged[Webhook], error) {
		if _, err := a.webhook(ctx, in.ID); err != nil {
			return nil, err
		}
		e, err := a.webhooks.Store.Change(ctx, in.ID, func(e webhook.Endpoint) (webhook.Endpoint, error) {
			if err := in.match(settingsOf(e)); err != nil {
				return e, err
			}
			err := a.apply(in.Body, &e)
			return e, err
		})
		if err != nil {
			return nil, webhookProblem(err)
		}
		return a.taggedWebhook(e)
	})
	read(a, route{
		id: "get-webhook-secret", path: "/v1/webhooks/{id}/secret", tag: webhooksTag, need: owners, summary: "The secret of a webhook",
		text: "For ten minutes from when it began, to its owner alone; later have another. It is kept nowhere, and made anew from a key of the switch.",
	}, a.webhookSecret)
	register(a, route{
		id: "rotate-webhook-secret", method: http.MethodPost, path: "/v1/webhooks/{id}/secret", tag: webhooksTag, need: owners, summary: "Have other keys",
		text: "For a day both sign, so that a receiver who has either verifies. Refused while three would.",
	}, func(ctx context.Context, in *rotation) (*body[Webhook], error) {
		if _, err := a.webhook(ctx, in.ID); err != nil {
			return nil, err
		}
		e, err := a.webhooks.Store.Rotate(ctx, in.ID, in.Body.AtOnce)
		return a.answerWebhook(e, err)
	})
	a.deliveries(owners)
	register(a, route{
		id: "remove-webhook", method: http.MethodDelete, path: "/v1/webhooks/{id}", tag: webhooksTag, need: owners, summary: "End a webhook",
		text: "What is on its way is not sent.",
	}, func(ctx context.Context, in *WebhookPath) (*body[Webhook], error) {
		if _, err := a.webhook(ctx, in.ID); err != nil {
			return nil, err
		}
		e, err := a.webhooks.Store.Remove(ctx, in.ID)
		return a.answerWebhook(e, err)
	})
}

// webhook looks an endpoint up for whoever may see it.
func (a *API) webhook(ctx context.Context, id int64) (webhook.Endpoint, error) {
	if a.webhooks.Store == nil {
		return webhook.Endpoint{}, problem("unavailable", "The switch tells no webhooks.")
	}
	e, err := a.webhooks.Store.Endpoint(ctx, id)
	if err == nil {
		err = auth.Own(ctx, e.Owner)
	}
	return e, webhookProblem(err)
}

func (a *API) listWebhooks(ctx context.Context, in *struct{ Paging }) (page Page[Webhook], err error) {
	scope, err := auth.Scope(ctx)
	if err != nil || a.webhooks.Store == nil {
		return page, err
	}
	all, err := a.webhooks.Store.Endpoints(ctx, scope, scope == "")
	if err != nil {
		return page, err
	}
	shown := make([]Webhook, len(all))
	for i, e := range all {
		if shown[i], err = a.webhookOf(e); err != nil {
			return page, err
		}
	}
	return pageOf(&in.Paging, "webhooks", shown, func(w Webhook) string { return ordered(w.ID) })
}

type madeWebhook struct {
	Location string `header:"Location"`
	Body     Webhook
}

func (a *API) makeWebhook(ctx context.Context, in *webhookWanted) (*madeWebhook, error) {
	owner, err := auth.Scope(ctx)
	if err != nil {
		return nil, err
	}
	if a.webhooks.Store == nil {
		return nil, problem("unavailable", "The switch tells no webhooks.")
	}
	e := webhook.Endpoint{Owner: owner, MadeBy: auth.From(ctx).Subject}
	if err := a.apply(in.Body, &e); err != nil {
		return nil, err
	}
	if e.Position, err = a.books.OutboxEnd(ctx); err != nil {
		return nil, err
	}
	if e, err = a.webhooks.Store.Add(ctx, e); err != nil {
		return nil, webhookProblem(err)
	}
	made, err := a.webhookOf(e)
	return &madeWebhook{Location: fmt.Sprintf("/v1/webhooks/%d", e.ID), Body: made}, err
}

func (a *API) webhookSecret(ctx context.Context, in *WebhookPath) (WebhookSecret, error) {
	e, err := a.webhook(ctx, in.ID)
	if err != nil {
		return WebhookSecret{}, err
	}
	if e.Owner != auth.From(ctx).Participant { // staff sees how a participant's webhooks do, and not what they are signed by
		return WebhookSecret{}, auth.ErrNotYours
	}
	shown, err := a.webhooks.Store.Shown(ctx, in.ID)
	if err == nil && !shown {
		err = webhook.ErrHidden
	}
	if err != nil {
		return WebhookSecret{}, webhookProblem(err)
	}
	key, err := a.webhooks.Keys.Of(e.ID, e.Salt, e.Generation)
	return WebhookSecret{Secret: key.Secret(), Until: e.KeyAt.Add(webhook.SecretShown).UTC()}, err
}

func (a *API) answerWebhook(e webhook.Endpoint, err error) (*body[Webhook], error) {
	if err != nil {
		return nil, webhookProblem(err)
	}
	shown, err := a.webhookOf(e)
	return &body[Webhook]{shown}, err
}

func (a *API) taggedWebhook(e webhook.Endpoint) (*tagged[Webhook], error) {
	shown, err := a.webhookOf(e)
	return &tagged[Webhook]{Status: http.StatusOK, ETag: tagOf(settingsOf(e)), Body: shown}, err
}

// webhookProblem says what an error means to whoever asked.
func webhookProblem(err error) error {
	switch {
	case errors.Is(err, webhook.ErrUnknown):
		return auth.ErrNotYours
	case errors.Is(err, webhook.ErrHidden):
		return problem("not_found", "The secret was shown. Rotate it for another.")
	case errors.Is(err, webhook.ErrTooMany):
		return problem("refused", "There are "+strconv.Itoa(webhook.MaxEndpoints)+" webhooks already.")
	case errors.Is(err, webhook.ErrRotating):
		return problem("refused", "The keys before the present ones still sign. Wait for old_key_until, or end them with at_once.")
	case errors.Is(err, webhook.ErrPaused):
		return problem("refused", "The webhook is paused.")
	default:
		return err
	}
}
