package deliver

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/ops/webhook"
	"github.com/ayni-switch/ayni/ops/webhook/store"
)

// errLost says that an event cannot be told any more: its month has left the ledger, or this version does not know it.
var errLost = errors.New("the ledger does not tell it any more")

// lane sends what there is for one endpoint, until there is nothing to send now.
func (d *Deliverer) lane(ctx context.Context, l *store.Lead, client *http.Client, endpoint int64) error {
	for {
		e, next, now, found, err := l.Next(ctx, endpoint)
		if err != nil || !found {
			return err
		}
		answer, err := d.attempt(ctx, client, e, next, now)
		if ctx.Err() != nil {
			return ctx.Err() // that we ended a call ourselves is no evidence
		}
		judge := func(now time.Time, was webhook.Standing) webhook.Verdict {
			return d.Patience.After(now, was, answer, rand.Float64())
		}
		if errors.Is(err, errLost) {
			answer.Reason = err.Error()
			judge = func(_ time.Time, was webhook.Standing) webhook.Verdict {
				return webhook.Verdict{Standing: was, Dropped: true}
			}
		} else if err != nil {
			return err
		}
		if err := l.Record(ctx, next, answer, judge); err != nil {
			return err
		}
	}
}

// attempt sends one delivery at a moment. An answer is what came of it; the error is ours.
func (d *Deliverer) attempt(ctx context.Context, client *http.Client, e webhook.Endpoint, next webhook.Delivery, now time.Time) (a webhook.Answer, err error) {
	event, err := d.event(ctx, next)
	if err != nil {
		return a, err
	}
	payload, err := event.Payload()
	if err != nil {
		return a, err
	}
	generations := []int{e.Generation}
	if e.OldUntil.After(now) {
		generations = append(generations, e.Generation-1)
	}
	keys := make([]webhook.Key, len(generations))
	for i, generation := range generations {
		if keys[i], err = d.Keys.Of(e.ID, e.Salt, generation); err != nil {
			return a, err
		}
	}
	headers := http.Header{}
	webhook.Sign(headers, event.ID, now, payload, keys...)
	return send(ctx, client, e.URL, headers, payload), nil
}

// event makes anew what a delivery tells, or fails with errLost.
func (d *Deliverer) event(ctx context.Context, next webhook.Delivery) (webhook.Event, error) {
	if next.Type == webhook.Ping {
		return webhook.NewPing(next.Event, next.At), nil
	}
	kept, err := d.Books.Outbox(ctx, []int64{next.Outbox})
	if err != nil {
		return webhook.Event{}, err
	}
	if m, ok := kept[next.Outbox]; ok {
		told, err := webhook.Told(m, next.At)
		if err != nil {
			d.Log.Error("a message is told no more", "error", err)
		}
		for _, event := range told {
			if event.ID == next.Event {
				return event, nil
			}
		}
	}
	return webhook.Event{}, errLost
}
