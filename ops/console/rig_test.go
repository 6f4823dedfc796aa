package console_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
	"github.com/ayni-switch/ayni/ops/console"
	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// rig is a console over the books of a small day.
type rig struct {
	books *store.Ledger
	guard *auth.Guard
	mux   *http.ServeMux
}

// played is a console after a small day, with everybody who may sign in.
func played(t *testing.T) *rig {
	t.Helper()
	url := pgtest.New(t)
	cfg := demo.Config{Dir: t.TempDir(), DatabaseURL: url, Transfers: 60, Seed: 7, Out: io.Discard, Log: slog.New(slog.DiscardHandler)}
	require.NoError(t, demo.Run(t.Context(), cfg, false, func(*demo.Report) error { return nil }))
	r := &rig{guard: authtest.NewGuard(t), mux: http.NewServeMux()}
	var err error
	r.books, err = store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(r.books.Close)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	pulses := live.Pulses(r.books, time.Now, log)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- pulses.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
	site, err := console.New(console.Config{Guard: r.guard, Books: r.books, Pulses: pulses, Desk: console.LedgerDesk{Books: r.books}, Now: time.Now, Log: log})
	require.NoError(t, err)
	site.Mount(r.mux)
	return r
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
