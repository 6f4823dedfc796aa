package console_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/webhook"
	"github.com/ayni-switch/ayni/ops/webhook/deliver"
)

// hook adds an endpoint that is told of the whole day.
func (r *rig) hook(t *testing.T, owner, url, about string) webhook.Endpoint {
	t.Helper()
	e, err := r.hooks.Add(t.Context(), webhook.Endpoint{Owner: owner, URL: url, About: about, MadeBy: "client " + owner})
	require.NoError(t, err)
	return e
}

// told has a day told by webhooks: to one who takes it, and to one who is away.
func (r *rig) told(t *testing.T) (well, away webhook.Endpoint) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(server.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	well, away = r.hook(t, "mpesa-ke", server.URL+"/ayni/events", "The app's ledger"), r.hook(t, "", gone.URL, "On call")
	keys, err := webhook.NewKeys([]byte("a key of tests that is long enough"))
	require.NoError(t, err)
	d := &deliver.Deliverer{
		Store: r.hooks, Books: r.books, Keys: keys, Loopback: true, Patience: webhook.Usual(), Pause: 10 * time.Millisecond, Timeout: time.Second,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
	})
	require.Eventually(t, func() bool {
		one, err := r.hooks.Endpoint(t.Context(), well.ID)
		require.NoError(t, err)
		two, err := r.hooks.Endpoint(t.Context(), away.ID)
		require.NoError(t, err)
		return !one.TookAt.IsZero() && one.Waiting == 0 && two.State() == "failing"
	}, 30*time.Second, 10*time.Millisecond)
	return well, away
}

// Who may tries and pauses its own webhook, and has things sent again; nobody else sees it.
func tryWebhooks(t *testing.T, r *rig) {
	t.Helper()
	well, away := r.told(t)
	at := "/console/webhooks/" + inPath(well.ID)
	list := r.get(auth.Participant, "mpesa-ke", "/console/webhooks").Body.String()
	require.Contains(t, list, "ledger")
	require.NotContains(t, list, "On call")
	all := r.get(auth.Auditor, "", "/console/webhooks").Body.String()
	require.Contains(t, all, "On call")
	require.Contains(t, all, "failing")
	require.Equal(t, http.StatusNotFound, r.get(auth.Participant, "gcash-ph", at).Code)
	require.Equal(t, http.StatusNotFound, r.get(auth.Participant, "mpesa-ke", "/console/webhooks/"+inPath(away.ID)).Code)
	page := r.get(auth.Participant, "mpesa-ke", at)
	require.Equal(t, http.StatusOK, page.Code)
	require.Contains(t, page.Body.String(), "payout.instructed")
	require.Contains(t, r.get(auth.Operator, "", "/console/webhooks/"+inPath(away.ID)).Body.String(), "It takes nothing")
	require.NotContains(t, r.get(auth.Auditor, "", at).Body.String(), `value="ping"`, "an auditor changes nothing")

	require.Equal(t, http.StatusForbidden, r.post(auth.Auditor, at, "do", "pause").Code)
	require.Equal(t, http.StatusSeeOther, r.post(auth.Operator, at, "do", "pause").Code)
	require.Contains(t, r.get(auth.Auditor, "", at).Body.String(), "operator paused it")
	require.Equal(t, http.StatusConflict, r.post(auth.Operator, at, "do", "ping").Code)
	require.Equal(t, http.StatusSeeOther, r.post(auth.Operator, at, "do", "resume").Code)
	require.Equal(t, http.StatusSeeOther, r.post(auth.Operator, at, "do", "ping").Code)
	require.Eventually(t, func() bool {
		return strings.Contains(r.get(auth.Operator, "", at+"?state=delivered").Body.String(), "webhook.ping")
	}, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, http.StatusNotFound, r.post(auth.Operator, at, "do", "again", "event", "evt_0").Code)
	require.Equal(t, http.StatusNotFound, r.post(auth.Operator, at, "do", "anything").Code)
	for _, path := range []string{"/console/webhooks/x", "/console/webhooks/999", at + "?after=x", at + "?after=-1"} {
		require.Equal(t, http.StatusNotFound, r.get(auth.Operator, "", path).Code, path)
	}
}
