package pool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	node "github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/messaging"
)

// maxOrderAnswer bounds what an adapter answers about one order.
const maxOrderAnswer = 1 << 20

// Collectors are other participants' adapters, by participant name with the URL of each: they ask their customers for
// what these owe the pool. An adapter's own interface is for its operator's network.
type Collectors map[string]string

var _ node.Collectors = Collectors{}

// Reaches implements node.Collectors.
func (c Collectors) Reaches(participant string) bool { return c[participant] != "" }

// Ask implements node.Collectors: it places the order and has its payer prompted.
func (c Collectors) Ask(ctx context.Context, participant string, order adapters.OrderRequest) error {
	body, err := json.Marshal(adapters.OrdersRequest{Orders: []adapters.OrderRequest{order}}, json.Deterministic(true))
	if err != nil {
		return err
	}
	var placed adapters.OrdersAnswer
	if err := c.call(ctx, http.MethodPost, participant, "/orders", body, &placed); err != nil {
		return err
	}
	if len(placed.Orders) != 1 || placed.Orders[0].Ref != order.Ref {
		return fmt.Errorf("pool: %s answers about other orders", participant)
	}
	switch answer := placed.Orders[0]; {
	case answer.Fault != "":
		return &node.NotAskedError{Why: string(answer.Fault) + ": " + answer.Detail}
	case answer.State == adapters.OrderLapsed:
		return &node.NotAskedError{Why: order.Ref + " has lapsed"}
	case answer.State != adapters.OrderOpen: // it is paid
		return nil
	}
	var prompted adapters.Prompted
	if err := c.call(ctx, http.MethodPost, participant, "/orders/"+order.Ref+"/prompt", nil, &prompted); err != nil {
		return err
	}
	switch {
	case prompted.State != adapters.Accepted:
		return &node.NotAskedError{Why: fmt.Sprintf("the rail's answer is %s: %s %s", prompted.State, prompted.Code, prompted.Text)}
	case prompted.Action != "": // nobody would be told of the link
		return &node.NotAskedError{Why: "the rail does not ask its customers by itself"}
	}
	return nil
}

// Pending implements node.Collectors.
func (c Collectors) Pending(ctx context.Context, participant, order string) (bool, error) {
	var status adapters.OrderStatus
	err := c.call(ctx, http.MethodGet, participant, "/orders/"+order, nil, &status)
	if p, refused := errors.AsType[*Problem](err); refused && p.Status == http.StatusNotFound && p.Name() == "unknown_order" {
		return false, nil
	}
	switch messaging.State(status.State) {
	case messaging.StatePaid, messaging.StateReturned, messaging.StateRejected, messaging.StateExpired, messaging.State(adapters.OrderLapsed):
		return false, err
	default:
		return true, err
	}
}

func (c Collectors) call(ctx context.Context, method, participant, path string, body []byte, into any) error {
	if !c.Reaches(participant) {
		return &node.NotAskedError{Why: "no collector is " + participant}
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c[participant], "/")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	w, err := (&http.Client{Timeout: callTimeout}).Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close() //nolint:errcheck // only read
	answer := io.LimitReader(w.Body, maxOrderAnswer)
	if w.StatusCode == http.StatusOK {
		return json.UnmarshalRead(answer, into)
	}
	p := &Problem{}
	kind, _, _ := mime.ParseMediaType(w.Header.Get("Content-Type"))
	if kind != "application/problem+json" || json.UnmarshalRead(answer, p) != nil {
		return fmt.Errorf("pool: %s answers %s", participant, w.Status)
	}
	if w.StatusCode == http.StatusBadRequest {
		return &node.NotAskedError{Why: p.Error()}
	}
	p.Status = w.StatusCode
	return p
}

func (c Collectors) check() error { return checkURLs("collectors", c) }
