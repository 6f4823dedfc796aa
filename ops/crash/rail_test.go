//go:build linux

package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
)

// The adapters' side of the test rails: every question goes over HTTP to the world outside, and what the
// world says by itself comes back to /rail/told.

// asked is an operation, or an order, as a rail sees it.
type asked struct {
	ID        string   // of the operation; of a collection the order's reference
	Kind      string   // payout, refund
	Amount    fx.Money `json:",omitzero"`
	Account   string   // of the beneficiary
	Reference string   // of a payout: the order's
	Order     string   // of a refund: the order's reference
}

// told is what a rail says about an operation, or of a customer's payment where Order is set.
type told struct {
	ID        string
	State     adapters.State
	RailID    string
	RailRef   string
	Amount    fx.Money `json:",omitzero"`
	Code      string
	Reason    string
	RetrySafe bool
	Order     string // what the customer paid for
	Found     bool   // whether the customer has
}

// railTimers are short: what production waits minutes for, a test may not.
var railTimers = adapters.Timers{
	SubmitTimeout: 2 * time.Second, FirstQuery: 300 * time.Millisecond, QueryEvery: 200 * time.Millisecond,
	QueryEveryMax: 2 * time.Second, CollectionEvery: time.Second,
}

// rail is one participant's rail as its adapter sees it.
type rail struct {
	participantConfig
	url    string
	sink   adapters.Sink
	client *http.Client
}

func newRail(p participantConfig, url string, sink adapters.Sink) *rail {
	return &rail{
		participantConfig: p, url: url + "/" + p.Name, sink: sink,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
	}
}

func (r *rail) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{
		Rail: "crash", Currency: r.Currency, PayoutIncrementMinor: r.Step, PayoutMinMinor: r.Step, PayoutMaxMinor: payoutMax,
		ConfirmAboveMinor: payoutMax, Timers: railTimers,
	}
}

// ask puts a question to the world.
func (r *rail) ask(ctx context.Context, what string, a asked) (answer told, err error) {
	body, err := json.Marshal(a)
	if err != nil {
		return told{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/"+what, bytes.NewReader(body))
	if err != nil {
		return told{}, err
	}
	response, err := r.client.Do(request)
	if err != nil {
		return told{}, err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	if response.StatusCode != http.StatusOK {
		return told{}, fmt.Errorf("the rail answers %s", response.Status)
	}
	err = json.UnmarshalRead(response.Body, &answer)
	return answer, err
}

func (r *rail) Submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	return r.evidence(r.ask(ctx, "submit", wired(op)))
}

func (r *rail) Query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	return r.evidence(r.ask(ctx, "query", wired(op)))
}

func wired(op adapters.Operation) asked {
	return asked{
		ID: op.ID, Kind: string(op.Kind), Amount: op.Amount, Account: op.Beneficiary.Account,
		Reference: op.Reference, Order: op.CollectionOrder,
	}
}

func (r *rail) evidence(t told, err error) adapters.Evidence {
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Err: err}
	}
	e := adapters.Evidence{
		State: t.State, RailID: t.RailID, RailRef: t.RailRef, Code: t.Code, Reason: t.Reason, RetrySafe: t.RetrySafe,
	}
	if t.Amount.Minor != 0 {
		e.Amount = &t.Amount
	}
	return e
}

func (r *rail) Collection(ctx context.Context, order adapters.Order) (adapters.Collection, bool, error) {
	t, err := r.ask(ctx, "collection", asked{ID: order.Ref})
	return adapters.Collection{OrderRef: order.Ref, RailRef: t.RailRef, Amount: t.Amount}, t.Found, err
}

// Handler takes what the world says: a list of callbacks, each on its own, as if each had come alone.
func (r *rail) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /told", func(w http.ResponseWriter, request *http.Request) {
		var callbacks []told
		if err := json.UnmarshalRead(request.Body, &callbacks); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		failures := make([]error, len(callbacks))
		var all sync.WaitGroup
		for i, c := range callbacks {
			all.Go(func() { failures[i] = r.hear(request.Context(), c) })
		}
		all.Wait()
		if err := errors.Join(failures...); err != nil { // the world shrugs; the log shows why
			http.Error(w, err.Error(), http.StatusConflict)
		}
	})
	return mux
}

func (r *rail) hear(ctx context.Context, t told) error {
	if t.Order != "" {
		return r.sink.Collected(ctx, adapters.Collection{OrderRef: t.Order, RailRef: t.RailRef, Amount: t.Amount})
	}
	e := r.evidence(t, nil)
	e.Origin = adapters.FromCallback
	return r.sink.Evidence(ctx, t.ID, t.RailID, e)
}

var _ adapters.Rail = (*rail)(nil)
