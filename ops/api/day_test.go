package api_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/api"
	"github.com/ayni-switch/ayni/ops/api/apistore"
	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/pools/poolstest"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/webhook"
	hooks "github.com/ayni-switch/ayni/ops/webhook/store"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// house is the API over a real database.
type house struct {
	t     *testing.T
	api   *api.API
	guard *auth.Guard
	url   string
	books *store.Ledger
	key   string // of the log, "" where it is not known
}

// played is a house after a small day.
func played(t *testing.T) *house {
	t.Helper()
	url := pgtest.New(t)
	cfg := demo.Config{Dir: t.TempDir(), DatabaseURL: url, Transfers: 60, Seed: 7, Out: io.Discard, Log: slog.New(slog.DiscardHandler)}
	require.NoError(t, demo.Run(t.Context(), cfg, false, func(*demo.Report) error { return nil }))
	text, err := os.ReadFile(filepath.Join(cfg.Dir, "keys.json"))
	require.NoError(t, err)
	var keys struct {
		Log string `json:"log_public"`
	}
	require.NoError(t, json.Unmarshal(text, &keys))
	evidence, err := audit.OpenEvidence(t.Context(), url, keys.Log)
	require.NoError(t, err)
	t.Cleanup(evidence.Close)
	h := open(t, url, rail.Directory{}, evidence, poolstest.Serve(t, url, cfg.Dir))
	h.key = keys.Log
	return h
}

// empty is a house in which nothing happened.
func empty(t *testing.T) *house {
	t.Helper()
	return with(t, rail.Directory{})
}

// with is an empty house that knows adapters.
func with(t *testing.T, rails rail.Directory) *house {
	t.Helper()
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	return open(t, url, rails, nil, nil)
}

// seeded is a house with one participant, alpha-ke, in which nothing else happened.
func seeded(t *testing.T) *house {
	t.Helper()
	h := empty(t)
	lead, err := h.books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	t.Cleanup(lead.Release)
	require.NoError(t, lead.Write(t.Context(), lead.Encode(&ledger.Batch{
		ID: 1, DecidedAt: time.Now(), Participants: []settlement.Participant{{
			ID: 1, Name: "alpha-ke", Country: "KE", Currency: fx.MustCurrency("KES"), Role: settlement.RoleOperator,
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 100,
		}},
	})))
	return h
}

func open(t *testing.T, url string, rails rail.Directory, evidence api.Receipts, known *pools.Directory) *house {
	t.Helper()
	require.NoError(t, apistore.Migrate(t.Context(), url))
	require.NoError(t, hooks.Migrate(t.Context(), url))
	h := &house{t: t, url: url, guard: authtest.NewGuard(t)}
	var err error
	h.books, err = store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(h.books.Close)
	answers, err := apistore.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(answers.Close)
	kept, err := hooks.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(kept.Close)
	keys, err := webhook.NewKeys([]byte("a key of tests that is long enough"))
	require.NoError(t, err)
	pulses := live.Pulses(h.books, time.Now, slog.New(slog.DiscardHandler))
	watching, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- pulses.Run(watching) }()
	t.Cleanup(func() {
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
	h.api, err = api.New(api.Config{
		Guard: h.guard, Books: h.books, Answers: answers, Pulses: pulses, Rails: rails, Evidence: evidence, Pools: known, Webhooks: api.Webhooks{Store: kept, Keys: keys},
		Log: slog.New(slog.DiscardHandler), Version: "test",
	})
	require.NoError(t, err)
	return h
}

// caller is who asks; the zero caller is nobody.
type caller struct {
	role auth.Role
	of   string
}

// The cast.
var (
	nobody   = caller{}
	operator = caller{role: auth.Operator}
	approver = caller{role: auth.Approver}
	auditor  = caller{role: auth.Auditor}
	mpesa    = caller{role: auth.Participant, of: "mpesa-ke"}
)

// asks makes a request as somebody. headers are name and value in turns.
func asks(c caller, method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if c.role != "" {
		authtest.As(r, c.role, c.of)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// answer has the API answer a request.
func (h *house) answer(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r)
	return w
}

// get reads a thing as somebody.
func get[T any](h *house, c caller, target string) (value T) {
	h.t.Helper()
	w := h.answer(asks(c, http.MethodGet, target, ""))
	require.Equal(h.t, http.StatusOK, w.Code, "%s: %s", target, w.Body)
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &value), "%s: %s", target, w.Body)
	return value
}

// refused has the API refuse a request with a problem, which it returns.
func (h *house) refused(r *http.Request, name string) (p api.Problem) {
	h.t.Helper()
	w := h.answer(r)
	require.Equal(h.t, "application/problem+json", w.Header().Get("Content-Type"), "%d %s", w.Code, w.Body)
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &p), "%s", w.Body)
	require.Equal(h.t, "urn:ayni:problem:"+name, p.Type)
	require.Equal(h.t, p.Status, w.Code)
	return p
}
