package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/webhook"
	"github.com/ayni-switch/ayni/ops/webhook/store"
)

// WebhookDelivery is an event on its way to an endpoint.
type WebhookDelivery struct {
	ID       string    `json:"id" example:"evt_52_loyw3v28_transfer-paid_0" doc:"The event's, for ever: the header webhook-id."`
	Type     EventType `json:"type"`
	State    string    `json:"state" enum:"waiting,delivered,dropped" doc:"dropped was refused too often: only you have it sent again."`
	At       time.Time `json:"at" doc:"When it happened."`
	Attempts int       `json:"attempts"`
	DueAt    time.Time `json:"due_at,omitzero" doc:"When it is tried next."`
	EndedAt  time.Time `json:"ended_at,omitzero"`
	Status   int       `json:"status,omitzero" doc:"Of HTTP, of the last attempt; none where there was no answer."`
	Reason   string    `json:"reason,omitempty" doc:"Why that failed."`
}

// WebhookAttempt is one time that an event was sent.
type WebhookAttempt struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	Status int       `json:"status,omitzero"`
	TookMs int64     `json:"took_ms"`
	Reason string    `json:"reason,omitempty"`
}

// WebhookDeliveryStory is a delivery with its attempts.
type WebhookDeliveryStory struct {
	WebhookDelivery
	Tries []WebhookAttempt `json:"tries" nullable:"false" doc:"The last 50, newest first."`
}

func deliveryOf(d webhook.Delivery) WebhookDelivery {
	out := WebhookDelivery{
		ID: d.Event, Type: EventType(d.Type), State: string(d.State), At: d.At.UTC(), Attempts: d.Attempts, Status: d.Last.Status, Reason: d.Last.Reason,
	}
	if d.State == webhook.Waiting {
		out.DueAt = d.DueAt.UTC()
	} else {
		out.EndedAt = d.EndedAt.UTC()
	}
	return out
}

// DeliverySearch is what deliveries are looked for by.
type DeliverySearch struct {
	WebhookPath
	Paging
	State string `query:"state" enum:"waiting,delivered,dropped"`
}

// DeliveryPath is whose path names a delivery.
type DeliveryPath struct {
	WebhookPath
	Event string `path:"event" maxLength:"100" example:"evt_52_loyw3v28_transfer-paid_0"`
}

type replay struct {
	WebhookPath
	Body struct {
		Since time.Time `json:"since" doc:"Everything since this moment is told again, under the same ids; also what was told to nobody."`
	}
}

func (a *API) deliveries(owners auth.Need) {
	list(a, route{
		id: "list-webhook-deliveries", path: "/v1/webhooks/{id}/deliveries", tag: webhooksTag, need: everyone(), summary: "What is sent to a webhook, and was",
		text: "Newest first. What has ended is shown for seven days.",
	}, a.listDeliveries)
	read(a, route{
		id: "get-webhook-delivery", path: "/v1/webhooks/{id}/deliveries/{event}", tag: webhooksTag, need: everyone(), summary: "How a delivery went",
	}, func(ctx context.Context, in *DeliveryPath) (story WebhookDeliveryStory, err error) {
		if _, err := a.webhook(ctx, in.ID); err != nil {
			return story, err
		}
		d, err := a.webhooks.Store.Delivery(ctx, in.ID, in.Event)
		if err != nil {
			return story, webhookProblem(err)
		}
		tries, err := a.webhooks.Store.Attempts(ctx, d.ID)
		return WebhookDeliveryStory{WebhookDelivery: deliveryOf(d), Tries: each(tries, func(t webhook.Attempt) WebhookAttempt {
			return WebhookAttempt{Number: t.Number, At: t.At.UTC(), Status: t.Status, TookMs: t.Took.Milliseconds(), Reason: t.Reason}
		})}, err
	})
	register(a, route{
		id: "replay-webhook-delivery", method: http.MethodPost, path: "/v1/webhooks/{id}/deliveries/{event}/replay", tag: webhooksTag, need: owners,
		status: http.StatusAccepted, summary: "Have one event sent again",
	}, func(ctx context.Context, in *DeliveryPath) (*body[WebhookDelivery], error) {
		if _, err := a.webhook(ctx, in.ID); err != nil {
			return nil, err
		}
		d, err := a.webhooks.Store.Again(ctx, in.ID, in.Event)
		return &body[WebhookDelivery]{deliveryOf(d)}, webhookProblem(err)
	})
	register(a, route{
		id: "replay-webhook", method: http.MethodPost, path: "/v1/webhooks/{id}/replay", tag: webhooksTag, need: owners, status: http.StatusAccepted,
		summary: "Have everything since a moment sent again",
	}, func(ctx context.Context, in *replay) (*body[Webhook], error) {
		if _, err := a.webhook(ctx, in.ID); err != nil {
			return nil, err
		}
		position, err := a.books.OutboxBefore(ctx, in.Body.Since)
		if err != nil {
			return nil, err
		}
		e, err := a.webhooks.Store.Rewind(ctx, in.ID, position)
		return a.answerWebhook(e, err)
	})
	register(a, route{
		id: "ping-webhook", method: http.MethodPost, path: "/v1/webhooks/{id}/ping", tag: webhooksTag, need: owners, status: http.StatusAccepted,
		summary: "Try a webhook", text: "By an event webhook.ping, which tells nothing. The delivery tells what came of it.",
	}, func(ctx context.Context, in *WebhookPath) (*body[WebhookDelivery], error) {
		if _, err := a.webhook(ctx, in.ID); err != nil {
			return nil, err
		}
		d, err := a.webhooks.Store.Ping(ctx, in.ID)
		return &body[WebhookDelivery]{deliveryOf(d)}, webhookProblem(err)
	})
}

func (a *API) listDeliveries(ctx context.Context, in *DeliverySearch) (page Page[WebhookDelivery], err error) {
	if _, err := a.webhook(ctx, in.ID); err != nil {
		return page, err
	}
	key, err := marked("deliveries", in.Cursor)
	if err != nil {
		return page, err
	}
	f := store.Filter{State: webhook.DeliveryState(in.State), Limit: max(1, in.Limit) + 1}
	if key != "" {
		if f.Below, err = strconv.ParseInt(key, 10, 64); err != nil || f.Below < 1 {
			return page, problem("cursor", "")
		}
	}
	found, err := a.webhooks.Store.Deliveries(ctx, in.ID, f)
	if err != nil {
		return page, err
	}
	if len(found) == f.Limit {
		found = found[:f.Limit-1]
		page.Next = mark("deliveries", strconv.FormatInt(found[len(found)-1].ID, 10))
	}
	page.Items = each(found, deliveryOf)
	return page, nil
}
