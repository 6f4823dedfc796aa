package pool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters"
	node "github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/messaging"
)

// maxReceiptBytes bounds a receipt with its closed values, in base64.
const maxReceiptBytes = 1 << 20

// Peers are other pools' nodes: participant names with the URL of each. What they tell each other proves itself, so
// nobody signs in.
type Peers map[string]string

var _ node.Peers = Peers{}

// Told is a receipt as one pool tells it to another.
type Told struct {
	Receipt []byte   `json:"receipt"`
	Closed  [][]byte `json:"closed,omitempty"`
}

// Names implements node.Peers.
func (p Peers) Names() []string { return slices.Sorted(maps.Keys(p)) }

// Tell implements node.Peers. A refusal was heard, and so was what the other has no use for.
func (p Peers) Tell(ctx context.Context, pool string, receipt []byte, closed [][]byte) error {
	base, known := p[pool]
	if !known {
		return fmt.Errorf("pool: no peer is %s", pool)
	}
	body, err := json.Marshal(Told{receipt, closed}, json.Deterministic(true))
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(base, "/")+"/api/receipts", bytes.NewReader(body))
	if err != nil {
		return err
	}
	w, err := (&http.Client{Timeout: callTimeout}).Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close() //nolint:errcheck // only read
	switch w.StatusCode {
	case http.StatusOK:
	case http.StatusForbidden, http.StatusUnprocessableEntity:
		return nil // it has nothing to do with this pool, and will not have more when it is told again
	default:
		return fmt.Errorf("pool: %s answers %s", pool, w.Status)
	}
	return json.UnmarshalRead(io.LimitReader(w.Body, maxAnswer), &decide.Answer{})
}

func (p Peers) check() error { return checkURLs("peers", p) }

// checkURLs checks a field of participants with the URL of each.
func checkURLs(field string, all map[string]string) error {
	for name, base := range all {
		at, err := url.Parse(base)
		if !messaging.ValidParticipant(name) || err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
			return &adapters.SettingsError{Field: field + "." + name, Fault: "is no participant with the URL of its node"}
		}
	}
	return nil
}

// receipt hears what another pool tells.
func (a *API) receipt(w http.ResponseWriter, r *http.Request) {
	var told Told
	err := a.body(w, r, maxReceiptBytes, &told)
	var answer decide.Answer
	if err == nil {
		answer, err = a.home.Hear(r.Context(), told.Receipt, told.Closed)
	}
	switch {
	case errors.Is(err, node.ErrUnknownPool):
		err = problem(http.StatusForbidden, "unknown_pool", "%v", err)
	case errors.As(err, new(*diary.FormError)):
		err = problem(http.StatusUnprocessableEntity, "malformed", "%v", err)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.give(w, answer)
}
