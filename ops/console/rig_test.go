package console_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
	access "github.com/ayni-switch/ayni/ops/auth/store"
	"github.com/ayni-switch/ayni/ops/console"
	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/ops/pools/poolstest"
	hooks "github.com/ayni-switch/ayni/ops/webhook/store"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// rig is a console over the books of a small day.
type rig struct {
	url    string
	books  *store.Ledger
	keeper *access.Store
	hooks  *hooks.Store
	guard  *auth.Guard
	mux    *http.ServeMux

	evidence *audit.Evidence
}

// played is a console after a small day, with everybody who may sign in.
func played(t *testing.T) *rig {
	t.Helper()
	url := pgtest.New(t)
	cfg := demo.Config{Dir: t.TempDir(), DatabaseURL: url, Transfers: 60, Seed: 7, Out: io.Discard, Log: slog.New(slog.DiscardHandler)}
	require.NoError(t, demo.Run(t.Context(), cfg, false, func(*demo.Report) error { return nil }))
	r := &rig{url: url, guard: authtest.NewGuard(t), mux: http.NewServeMux()}
	var err error
	r.books, err = store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(r.books.Close)
	r.keeps(t, url)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	pulses := live.Pulses(r.books, time.Now, log)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- pulses.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
	r.evidence = evidenceOf(t, url, cfg.Dir)
	site, err := console.New(console.Config{
		Guard: r.guard, Books: r.books, Pulses: pulses, Desk: console.LedgerDesk{Books: r.books}, Pools: poolstest.Serve(t, url, cfg.Dir), Now: time.Now, Log: log,
		Evidence: r.evidence, Papers: console.LedgerPapers{Books: r.books}, Machines: r.keeper, Webhooks: r.hooks,
	})
	require.NoError(t, err)
	site.Mount(r.mux)
	r.guard.Mount(r.mux, "GET /log/", auth.Need{Roles: []auth.Role{auth.Operator, auth.Approver, auth.Auditor}}, http.StripPrefix("/log", r.evidence.Files()))
	return r
}

// keeps opens what is kept beside the ledger: who may come in, and whom webhooks tell.
func (r *rig) keeps(t *testing.T, url string) {
	t.Helper()
	require.NoError(t, access.Migrate(t.Context(), url))
	require.NoError(t, hooks.Migrate(t.Context(), url))
	var err error
	r.keeper, err = access.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(r.keeper.Close)
	r.hooks, err = hooks.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(r.hooks.Close)
}

// evidenceOf is the evidence of a demo, whose keys are in its folder.
func evidenceOf(t *testing.T, url, dir string) *audit.Evidence {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	require.NoError(t, err)
	var keys struct {
		Log string `json:"log_public"`
	}
	require.NoError(t, json.Unmarshal(text, &keys))
	evidence, err := audit.OpenEvidence(t.Context(), url, keys.Log)
	require.NoError(t, err)
	t.Cleanup(evidence.Close)
	return evidence
}

// as serves the console to a browser whose every request is somebody's.
func (r *rig) as(t *testing.T, role auth.Role, participant string) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		authtest.As(request, role, participant)
		r.mux.ServeHTTP(w, request)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// get asks for a page as somebody.
func (r *rig) get(role auth.Role, participant, path string) *httptest.ResponseRecorder {
	return r.send(httptest.NewRequest(http.MethodGet, path, http.NoBody), role, participant)
}

// post sends a form as somebody: names and values in turn.
func (r *rig) post(role auth.Role, path string, pairs ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.send(request, role, "")
}

func (r *rig) send(request *http.Request, role auth.Role, participant string) *httptest.ResponseRecorder {
	if role != "" {
		authtest.As(request, role, participant)
	}
	w := httptest.NewRecorder()
	r.mux.ServeHTTP(w, request)
	return w
}
