package witness

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// call sends a request to a handler and returns status, content type and body.
func call(t *testing.T, h http.Handler, method, target, body string) (status int, contentType, answer string) {
	t.Helper()
	rw := httptest.NewRecorder()
	h.ServeHTTP(rw, httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body)))
	return rw.Code, rw.Header().Get("Content-Type"), rw.Body.String()
}

func TestAnswersAreTheSpecifications(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 12, "one")
	other := h.fork(t, 4).grow(t, 8, "other")
	w := witnessIn(t, h.world, t.TempDir())
	const problems = "application/problem+json"
	for _, c := range []struct {
		name, body  string
		status      int
		contentType string
		answer      string // "" for any
	}{
		{"nothing", "", 400, problems, ""},
		{"an old size that is larger", Request{Old: 7, Checkpoint: h.at(t, 6)}.String(), 400, problems, ""},
		{"another log", "old 0\n\n" + strings.ReplaceAll(h.at(t, 6), string(origin), "other.example"), 404, problems, ""},
		{"another signature", "old 0\n\n" + strings.Replace(h.at(t, 6), "\n6\n", "\n7\n", 1), 403, problems, ""},
		{"the first", h.request(t, 0, 6), 200, "text/plain; charset=utf-8", ""},
		{"from nothing again", h.request(t, 0, 6), 409, "text/x.tlog.size", "6\n"},
		{"from where it does not stand", h.request(t, 5, 8), 409, "text/x.tlog.size", "6\n"},
		{"a smaller one", h.request(t, 3, 5), 409, "text/x.tlog.size", "6\n"},
		{"the same", h.request(t, 6, 6), 200, "text/plain; charset=utf-8", ""},
		{"a proof that is wrong", Request{Old: 6, Proof: tlog.TreeProof{{1}}, Checkpoint: h.at(t, 8)}.String(), 422, problems, ""},
		{"too much", strings.Repeat("x", MaxRequestBytes+1), 413, problems, ""},
		{"another of this size", other.request(t, 6, 6), 409, "text/x.tlog.size", "6\n"},
		{"after a fork", h.request(t, 6, 8), 423, problems, ""},
	} {
		status, contentType, answer := call(t, w.Handler(), http.MethodPost, "/add-checkpoint", c.body)
		require.Equal(t, c.status, status, "%s: %s", c.name, answer)
		require.Equal(t, c.contentType, contentType, c.name)
		if c.answer != "" {
			require.Equal(t, c.answer, answer, c.name)
		}
		if status == http.StatusOK {
			require.True(t, strings.HasPrefix(answer, "— w.example/1 ") && strings.HasSuffix(answer, "\n"))
			_, err := note.Open([]byte(h.at(t, 6)+answer), note.VerifierList(w.Key()))
			require.NoError(t, err)
		}
	}
	status, _, answer := call(t, w.Handler(), http.MethodGet, "/add-checkpoint", "")
	require.Equal(t, http.StatusMethodNotAllowed, status, answer)
}

func TestAForkIsUnprocessableWhereItsProofSaysSo(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 6, "one")
	other := h.fork(t, 4).grow(t, 8, "other")
	w := witnessIn(t, h.world, t.TempDir())
	status, _, _ := call(t, w.Handler(), http.MethodPost, "/add-checkpoint", h.request(t, 0, 6))
	require.Equal(t, 200, status)
	status, _, answer := call(t, w.Handler(), http.MethodPost, "/add-checkpoint", other.request(t, 6, 12))
	require.Equal(t, 422, status)
	require.Contains(t, answer, "urn:ayni:problem:split_view")
}

func TestWhatAWitnessShows(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 6, "one")
	w := witnessIn(t, h.world, t.TempDir())
	status, _, key := call(t, w.Handler(), http.MethodGet, "/key", "")
	require.Equal(t, 200, status)
	require.Equal(t, w.Key().String()+"\n", key)

	path := "/checkpoint?origin=" + url.QueryEscape(string(origin))
	status, _, _ = call(t, w.Handler(), http.MethodGet, path, "")
	require.Equal(t, 404, status)
	_, err := w.Add(h.request(t, 0, 6))
	require.NoError(t, err)
	status, _, cosigned := call(t, w.Handler(), http.MethodGet, path, "")
	require.Equal(t, 200, status)
	opened, err := note.Open([]byte(cosigned), note.VerifierList(w.Key()))
	require.NoError(t, err)
	require.Len(t, opened.UnverifiedSigs, 1, "the log's own")

	status, _, text := call(t, w.Handler(), http.MethodGet, "/health", "")
	require.Equal(t, 200, status)
	var health Health
	require.NoError(t, json.Unmarshal([]byte(text), &health, json.RejectUnknownMembers(true)))
	require.Equal(t, h.open(t, 6).Root.String(), health.Logs[0].Root)
	require.Empty(t, health.Logs[0].HeldFor)
}

func TestPlacesAreLimited(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	handler := limited(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-leave }))
	for range maxUnderWay {
		go handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		<-entered
	}
	status, _, _ := call(t, handler, http.MethodGet, "/", "")
	require.Equal(t, http.StatusServiceUnavailable, status)
	close(leave)
}

func TestServeEndsWithItsContext(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 6, "one")
	w := witnessIn(t, h.world, t.TempDir())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- w.Serve(ctx, listener) }()
	answer, err := http.Get("http://" + listener.Addr().String() + "/key")
	require.NoError(t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, w.Key().String()+"\n", string(body))
	cancel()
	require.NoError(t, <-served)

	require.Error(t, w.Serve(t.Context(), listener), "a listener that is closed")
	require.Error(t, Run(t.Context(), Config{Folder: t.TempDir(), Name: "w", Logs: []string{h.vkey}}, "nowhere", nil))
}
