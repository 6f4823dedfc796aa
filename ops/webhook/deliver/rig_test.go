package deliver_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/client"
	"github.com/ayni-switch/ayni/ops/webhook"
	"github.com/ayni-switch/ayni/ops/webhook/deliver"
	"github.com/ayni-switch/ayni/ops/webhook/store"
	"github.com/ayni-switch/ayni/settlement/ledger"
	books "github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// rig is a ledger that tells things, and what is kept of webhooks beside it.
type rig struct {
	t      *testing.T
	url    string
	books  *books.Ledger
	store  *store.Store
	keys   webhook.Keys
	lead   *books.Lead
	began  time.Time
	batch  int64
	outbox int64
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, url: pgtest.New(t), began: time.Now().Truncate(time.Millisecond)}
	require.NoError(t, books.Migrate(t.Context(), r.url))
	require.NoError(t, store.Migrate(t.Context(), r.url))
	var err error
	r.books, err = books.Open(t.Context(), r.url)
	require.NoError(t, err)
	t.Cleanup(r.books.Close)
	r.lead, err = r.books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	t.Cleanup(r.lead.Release)
	r.store, err = store.Open(t.Context(), r.url)
	require.NoError(t, err)
	t.Cleanup(r.store.Close)
	r.keys, err = webhook.NewKeys([]byte(strings.Repeat("k", 32)))
	require.NoError(t, err)
	return r
}

// tell has the ledger tell participants, in one batch, that a transfer of theirs was paid; it returns the events' ids.
func (r *rig) tell(participants ...string) (ids []string) {
	r.t.Helper()
	r.batch++
	b := &ledger.Batch{ID: r.batch, DecidedAt: r.began.Add(time.Duration(r.batch) * time.Millisecond), Checkpoint: ledger.Checkpoint{Size: r.batch}}
	for _, participant := range participants {
		r.outbox++
		payloads, err := messaging.EncodeStatuses(messaging.StatusMessage{
			Version: messaging.Version, Participant: participant, Batch: r.batch,
			Changes: []messaging.Change{{Intent: fmt.Sprintf("I%d", r.outbox), Transfer: fmt.Sprintf("T%013d", r.outbox), State: messaging.StatePaid}},
		})
		require.NoError(r.t, err)
		b.Outbox = append(b.Outbox, ledger.OutboxMessage{ID: r.outbox, Participant: participant, Kind: messaging.PayloadStatus, Payload: payloads[0]})
		ids = append(ids, fmt.Sprintf("evt_%d_%s_transfer-paid_0", r.outbox, strconv.FormatInt(b.DecidedAt.UnixMilli(), 36)))
	}
	require.NoError(r.t, r.lead.Write(r.t.Context(), r.lead.Encode(b)))
	return ids
}

// endpoint adds one that is told of what comes from now on.
func (r *rig) endpoint(owner, url string, types ...webhook.Type) webhook.Endpoint {
	r.t.Helper()
	e, err := r.store.Add(r.t.Context(), webhook.Endpoint{Owner: owner, URL: url, Types: types, MadeBy: "test", Position: r.outbox})
	require.NoError(r.t, err)
	return e
}

// key is an endpoint's of a generation.
func (r *rig) key(e webhook.Endpoint, generation int) webhook.Key {
	r.t.Helper()
	key, err := r.keys.Of(e.ID, e.Salt, generation)
	require.NoError(r.t, err)
	return key
}

// hasty tries again after milliseconds what takes hours in life.
func hasty() webhook.Patience {
	p := webhook.Usual()
	for i := range p.Strikes {
		p.Strikes[i] = time.Millisecond
	}
	p.Hold, p.MaxHold = time.Millisecond, 5*time.Millisecond
	return p
}

// deliverer is one process's, which nobody runs yet.
func (r *rig) deliverer() *deliver.Deliverer {
	return &deliver.Deliverer{
		Store: r.store, Books: r.books, Keys: r.keys, Loopback: true, Patience: hasty(), Pause: 5 * time.Millisecond, Timeout: 5 * time.Second,
		Log: slog.New(slog.NewTextHandler(r.t.Output(), nil)),
	}
}

// run has something deliver until the test ends, or what it returns is called.
func (r *rig) run(d *deliver.Deliverer) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		assert.NoError(r.t, <-ended)
	})
	r.t.Cleanup(stop)
	return stop
}

// await waits until a delivery is as it should be.
func (r *rig) await(e webhook.Endpoint, event string, is func(webhook.Delivery) bool) (d webhook.Delivery) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		var err error
		d, err = r.store.Delivery(r.t.Context(), e.ID, event)
		return err == nil && is(d)
	}, 20*time.Second, 5*time.Millisecond, event)
	return d
}

func delivered(d webhook.Delivery) bool { return d.State == webhook.Delivered }

// receiver is somebody's server, who verifies what comes and notes it.
type receiver struct {
	t      *testing.T
	server *httptest.Server
	answer func(n int, id string) int // to the nth call

	mu    sync.Mutex
	keys  []string
	calls []string // ids, as they came
	bad   int      // that did not verify
	taken map[string]int
}

func newReceiver(t *testing.T, answer func(n int, id string) int) *receiver {
	t.Helper()
	r := &receiver{t: t, answer: answer, taken: map[string]int{}}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

func always(status int) func(int, string) int { return func(int, string) int { return status } }

// trust sets what is verified by.
func (r *receiver) trust(keys ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = keys
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // the sender died
	}
	r.mu.Lock()
	id := q.Header.Get("webhook-id")
	if r.keys != nil {
		if _, err := client.VerifyWebhook(q.Header, body, time.Now(), r.keys...); err != nil {
			r.bad++
		}
	}
	r.calls = append(r.calls, id)
	status := r.answer(len(r.calls), id)
	if status < 300 {
		r.taken[id]++
	}
	r.mu.Unlock()
	w.WriteHeader(status)
}

// seen are the ids that came.
func (r *receiver) seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.calls...)
}

// unverified counts what did not verify.
func (r *receiver) unverified() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bad
}

// has waits until all of some events were taken.
func (r *receiver) has(ids ...string) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, id := range ids {
			if r.taken[id] == 0 {
				return false
			}
		}
		return true
	}, 20*time.Second, 5*time.Millisecond, "%v", ids)
}
