package audit_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/audit"
)

func ask(t *testing.T, handler http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequest(method, "http://log.example/", http.NoBody)
	request.URL.Path = path
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func TestHandlerServesTheExportAndNothingElse(t *testing.T) {
	log := newLog(t, 7, 300)
	dir := scratch(t)
	log.export(t, dir, 20, 300)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("s"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(dir), "checkpoint"), []byte("s"), 0o600))
	outside := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(outside, []byte("s"), 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "receipts"), 0o700))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "receipts", "1.json")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "receipts", "2.json"), 0o700))
	handler := audit.Handler(dir)

	for name, body := range files(t, dir) {
		if name == "secret" || strings.HasPrefix(name, "receipts/") {
			continue
		}
		answer := ask(t, handler, http.MethodGet, "/"+name)
		require.Equal(t, http.StatusOK, answer.Code, name)
		require.Equal(t, body, answer.Body.String(), name)
		require.Equal(t, "nosniff", answer.Header().Get("X-Content-Type-Options"))
		require.Equal(t, http.StatusOK, ask(t, handler, http.MethodHead, "/"+name).Code)
	}
	for path, want := range map[string]string{
		"/tile/0/000":            "public, max-age=31536000, immutable",
		"/tile/entries/000":      "public, max-age=31536000, immutable",
		"/tile/0/001.p/44":       "public, max-age=60",
		"/tile/entries/001.p/44": "public, max-age=60",
		"/checkpoint":            "no-cache",
		"/checkpoints/020":       "no-cache",
		"/keys/log":              "no-cache",
	} {
		require.Equal(t, want, ask(t, handler, http.MethodGet, path).Header().Get("Cache-Control"), path)
	}
	for _, path := range []string{
		"", "/", "/secret", "/tile", "/tile/", "/tile/0", "/tile/entries", "/blobs", "/tile/0/0", "/tile/0/001.p/45", "/tile/0/002.p/1", "/tile/1/000.p/2", "/tile/entries/001.p/45", "/tile/00/000",
		"/tile/0/000/", "//checkpoint", "/../checkpoint", "/tile/../checkpoint", "/keys/../checkpoint", "/./checkpoint", "/checkpoint/",
		"/receipts/1.json", "/receipts/2.json", "/receipts/01.json", "/.new-1", "/tile/0/000\x00", "/keys/Log", "/tile/entries/x000/000",
	} {
		status := ask(t, handler, http.MethodGet, path).Code
		require.True(t, status == http.StatusNotFound || path == "/receipts/1.json" && status == http.StatusInternalServerError, path)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		require.Equal(t, http.StatusMethodNotAllowed, ask(t, handler, method, "/checkpoint").Code)
	}
	tag := ask(t, handler, http.MethodGet, "/checkpoint").Header().Get("ETag")
	require.Equal(t, http.StatusNotModified, ask(t, handler, http.MethodGet, "/checkpoint", "If-None-Match", tag).Code)
	require.NotEqual(t, tag, ask(t, handler, http.MethodGet, "/checkpoints/020").Header().Get("ETag"))
}

// Whoever holds an older checkpoint reads its edge from fuller tiles.
func TestHandlerServesTheEdgeOfBefore(t *testing.T) {
	log := newLog(t, 21, 600)
	now := scratch(t)
	log.export(t, now, 600)
	handler := audit.Handler(now)
	for _, size := range []int{1, 20, 255, 256, 300, 512, 599} {
		then := scratch(t)
		log.export(t, then, size)
		for name, body := range files(t, then) {
			if strings.HasPrefix(name, "tile/") {
				answer := ask(t, handler, http.MethodGet, "/"+name)
				require.Equal(t, http.StatusOK, answer.Code, name)
				require.Equal(t, body, answer.Body.String(), name)
			}
		}
	}
}

// unwell refuses the first requests, and says how many there were.
type unwell struct {
	http.Handler
	refuse, asked atomic.Int64
}

func (u *unwell) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if u.asked.Add(1) <= u.refuse.Load() {
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
	u.Handler.ServeHTTP(w, r)
}

func TestMirrorFetchesWhatItLacks(t *testing.T) {
	log := newLog(t, 8, 900)
	dir, copied := scratch(t), scratch(t)
	log.export(t, dir, 300)
	server := &unwell{Handler: audit.Handler(dir)}
	server.refuse.Store(2)
	web := httptest.NewServer(server)
	defer web.Close()
	mirror := audit.Mirror{Base: web.URL, Key: log.key, Client: web.Client(), Names: names}
	for _, size := range []int{300, 300, 310, 900} {
		log.export(t, dir, size)
		before := server.asked.Load()
		c, err := mirror.Fetch(t.Context(), copied)
		require.NoError(t, err)
		require.EqualValues(t, size, c.Size)
		require.Empty(t, verify(t, os.DirFS(copied), log.key))
		if size == 310 {
			require.Less(t, server.asked.Load()-before, int64(6), "only what is new")
		}
	}
	require.Equal(t, files(t, dir), files(t, copied))
}

// growing lets the export grow between a reader's checkpoint and its tiles.
type growing struct {
	http.Handler
	grow func()
}

func (g *growing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/checkpoint" && g.grow != nil {
		g.grow()
		g.grow = nil
	}
	g.Handler.ServeHTTP(w, r)
}

// A server of plain files has no more the edge that it had: then the mirror goes on to the newest.
func TestMirrorFollowsAnExportThatGrows(t *testing.T) {
	log := newLog(t, 9, 700)
	for size, server := range map[int64]func(dir string) http.Handler{
		100: audit.Handler,
		700: func(dir string) http.Handler { return http.FileServer(http.Dir(dir)) },
	} {
		dir, copied := scratch(t), scratch(t)
		log.export(t, dir, 100)
		web := httptest.NewServer(&growing{Handler: server(dir), grow: func() { log.export(t, dir, 200, 700) }})
		mirror := audit.Mirror{Base: web.URL, Key: log.key, Client: web.Client(), Names: names}
		c, err := mirror.Fetch(t.Context(), copied)
		require.NoError(t, err)
		require.Equal(t, size, c.Size)
		require.Empty(t, verify(t, os.DirFS(copied), log.key))
		web.Close()
	}
}

func TestMirrorBelievesNothing(t *testing.T) {
	log := newLog(t, 10, 600)
	other := newLog(t, 11, 600)
	forked := &sampleLog{key: log.key, signer: log.signer, entries: other.entries, blobs: other.blobs, roots: other.roots}
	fetch := func(t *testing.T, ctx context.Context, served map[string]string, copied string) error {
		t.Helper()
		dir := scratch(t)
		for name, body := range served {
			put(t, dir, name, body)
		}
		web := httptest.NewServer(audit.Handler(dir))
		defer web.Close()
		mirror := audit.Mirror{Base: web.URL, Key: log.key, Client: web.Client(), Names: names}
		_, err := mirror.Fetch(ctx, copied)
		return err
	}
	mine, copied := scratch(t), scratch(t)
	log.export(t, mine, 400)
	require.NoError(t, fetch(t, t.Context(), files(t, mine), copied))
	had := files(t, copied)

	fork := scratch(t)
	forked.export(t, fork, 600)
	var root *audit.RootError
	require.ErrorAs(t, fetch(t, t.Context(), files(t, fork), copied), &root, "two histories")
	require.Equal(t, had, files(t, copied))
	again := scratch(t)
	log.export(t, again, 410)
	require.NoError(t, fetch(t, t.Context(), files(t, again), copied))
	require.Empty(t, verify(t, os.DirFS(copied), log.key), "nothing is left of the other")
	had = files(t, copied)

	log.export(t, mine, 600)
	served := files(t, mine)
	var finding *audit.Finding
	for name, damage := range map[string]func(string) string{
		"tile/entries/001":      func(s string) string { return s[:len(s)-1] },
		"tile/entries/002.p/88": func(s string) string { return s + "x" },
		"checkpoint":            func(s string) string { return strings.Replace(s, "600", "601", 1) },
	} {
		bad := files(t, mine)
		bad[name] = damage(bad[name])
		require.ErrorAs(t, fetch(t, t.Context(), bad, copied), &finding, name)
		require.Equal(t, name, finding.File)
		require.Equal(t, had, files(t, copied))
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, fetch(t, canceled, served, copied), context.Canceled)
	require.NoError(t, fetch(t, t.Context(), served, copied))
	require.Empty(t, verify(t, os.DirFS(copied), log.key))
	require.Error(t, fetch(t, t.Context(), had, copied), "does not go back")

	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusForbidden) }))
	defer web.Close()
	_, err := (&audit.Mirror{Base: web.URL, Key: log.key, Client: web.Client(), Names: names}).Fetch(t.Context(), copied)
	refused, ok := errors.AsType[*audit.StatusError](err)
	require.True(t, ok)
	require.Equal(t, http.StatusForbidden, refused.Status)
}
