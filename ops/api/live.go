package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Limits of streams of events.
const (
	maxStreams   = 200
	eventTimeout = 10 * time.Second // for a reader to take one
)

// Pulse is what changed, and what is so now. Counts are of the batches after the event before it.
type Pulse struct {
	Batch    string        `json:"batch" doc:"The newest. It is the event's id, too."`
	At       time.Time     `json:"at"`
	Accepted int64         `json:"accepted"`
	Cleared  int64         `json:"cleared"`
	Paid     int64         `json:"paid"`
	Returned int64         `json:"returned"`
	Expired  int64         `json:"expired"`
	Queued   int64         `json:"queued" doc:"That wait after the newest batch."`
	OldestMs int64         `json:"oldest_ms" doc:"How long the newest batch's oldest message had been with the broker when it was written."`
	Minute   PulseMinute   `json:"minute" doc:"The minute up to the newest batch."`
	Accounts []PulseOfOne  `json:"accounts" nullable:"false" doc:"That may owe: what the open window moved on each."`
	Waiting  []QueuedValue `json:"waiting" nullable:"false" doc:"What waits to clear; as of a moment before, and not in the first event after Last-Event-ID."`
}

// PulseMinute counts a minute.
type PulseMinute struct {
	Accepted int64 `json:"accepted"`
	Cleared  int64 `json:"cleared"`
	Paid     int64 `json:"paid"`
}

// PulseOfOne is an account that may owe.
type PulseOfOne struct {
	Account Account `json:"account"`
	In      Amount  `json:"in"`
	Out     Amount  `json:"out"`
	Used    Amount  `json:"used" doc:"What it stands below zero."`
	May     Amount  `json:"may" doc:"Of prefunding and credit line together."`
}

// QueuedValue sums what waits to clear, in one currency of what was sent.
type QueuedValue struct {
	Value     Amount    `json:"value"`
	Transfers int64     `json:"transfers"`
	Oldest    time.Time `json:"oldest"`
}

func pulseOf(p *ledger.Pulse, queued []ledger.QueuedValue) Pulse {
	return Pulse{
		Batch: number(p.Newest.ID), At: p.Newest.WrittenAt, Accepted: p.Accepted, Cleared: p.Cleared, Paid: p.Paid, Returned: p.Returned, Expired: p.Expired,
		Queued: p.Newest.Queued, OldestMs: p.Oldest.Milliseconds(), Minute: PulseMinute(p.Rate),
		Accounts: each(p.Accounts, func(a ledger.AccountPulse) PulseOfOne {
			in := func(minor int64) Amount { return amountIn(minor, a.Currency) }
			return PulseOfOne{Account: accountOf(a.Side), In: in(a.InMinor), Out: in(a.OutMinor), Used: in(a.UsedMinor), May: in(a.MayMinor)}
		}),
		Waiting: each(queued, func(v ledger.QueuedValue) QueuedValue {
			return QueuedValue{Value: amountOf(v.Value), Transfers: v.Transfers, Oldest: v.Oldest}
		}),
	}
}

// Resumed is what a reader of events brings that was cut off.
type Resumed struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"20" doc:"The id of the last event that you had: the first then tells all that came since."`
}

// TransferEvents is whose path names a transfer to be watched.
type TransferEvents struct{ TransferPath }

func (a *API) live() {
	const tag = "Live"
	events(a, route{
		id: "watch-pulse", path: "/v1/live", tag: tag, need: staff(), summary: "Watch the switch",
		text: "Server-sent events pulse, at most four a second. A slow reader gets the newest, not a queue.",
	}, schema[Pulse](a), func(ctx context.Context, in *Resumed) (func(send) error, error) {
		after, _ := strconv.ParseInt(in.LastEventID, 10, 64) // of what is no number all is told anew
		var missed *ledger.Pulse
		var err error
		if after > 0 {
			missed, err = a.books.Pulse(ctx, after)
		}
		return func(send send) error {
			if missed != nil {
				if err := send("pulse", number(missed.Newest.ID), pulseOf(missed, nil)); err != nil {
					return err
				}
			}
			return a.watch(ctx, func(m *live.Moment) error {
				return send("pulse", number(m.Newest.ID), pulseOf(m.Pulse, m.Queued))
			})
		}, err
	})
	events(a, route{
		id: "watch-transfer", path: "/v1/transfers/{id}/live", tag: tag, need: everyone(), summary: "Watch a transfer",
		text: "Server-sent events transfer, each with its whole story, whenever that is another.",
	}, schema[TransferStory](a), func(ctx context.Context, in *TransferEvents) (func(send) error, error) {
		story, err := a.transfer(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return func(send send) error { return a.watchTransfer(ctx, in.ID, storyOf(story), send) }, nil
	})
}

// watch hands each moment on until the reader leaves.
func (a *API) watch(ctx context.Context, tell func(*live.Moment) error) error {
	reader := a.pulses.Reader()
	defer reader.Close()
	for {
		m, err := reader.Next(ctx)
		if err != nil {
			return err
		}
		if err := tell(m); err != nil {
			return err
		}
	}
}

// watchTransfer looks again when there is a newer batch, as seldom as moments come.
func (a *API) watchTransfer(ctx context.Context, id string, story TransferStory, send send) error {
	told := ""
	tell := func() error {
		tag := tagOf(story)
		if tag == told {
			return nil
		}
		told = tag
		return send("transfer", story.Batch, story)
	}
	if err := tell(); err != nil {
		return err
	}
	return a.watch(ctx, func(*live.Moment) error {
		now, err := a.transfer(ctx, id)
		if err != nil {
			return err
		}
		story = storyOf(now)
		return tell()
	})
}

// send tells a reader of one event.
type send func(event, id string, value any) error

// events mounts a route that answers with server-sent events. What fails before the first is a problem.
func events[I any](a *API, r route, of *huma.Schema, open func(context.Context, *I) (func(send) error, error)) {
	r.method = http.MethodGet
	op := r.operation()
	op.Responses["200"] = &huma.Response{Description: "Events; the data of each is JSON", Content: map[string]*huma.MediaType{
		"text/event-stream": {Schema: of},
	}}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		select {
		case a.streams <- struct{}{}:
		default:
			return nil, problem("too_fast", fmt.Sprintf("There are %d readers already.", maxStreams))
		}
		leave := func() { <-a.streams }
		tell, err := open(ctx, in)
		if err != nil {
			leave()
			return nil, a.tell(ctx, r.id, err)
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			defer leave()
			_, w := humago.Unwrap(hc)
			w.Header().Set("Content-Type", "text/event-stream")
			w.Header().Set("X-Accel-Buffering", "no") // nor a proxy's
			if err := tell(sender(w)); err != nil && ctx.Err() == nil {
				a.log.Warn("events ended", "operation", r.id, "request", instance(ctx), "error", err)
			}
		}}, nil
	})
}

// sender writes events, each at once.
func sender(w http.ResponseWriter) send {
	out := http.NewResponseController(w)
	return func(event, id string, value any) error {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		_ = out.SetWriteDeadline(time.Now().Add(eventTimeout)) // a recorder has none
		if _, err := fmt.Fprintf(w, "event: %s\nid: %s\ndata: %s\n\n", event, id, text); err != nil {
			return err
		}
		return out.Flush()
	}
}
