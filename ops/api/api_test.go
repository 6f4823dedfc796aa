package api_test

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/api"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
)

// A day as everybody sees it.
func TestADay(t *testing.T) {
	h := played(t)
	for name, see := range map[string]func(*house){
		"participants": seeParticipants, "requests": seeRequests, "everything": seeEverything, "roles": seeRoles, "transfers": seeTransfers,
		"receipts": seeReceipts,
		"postings": seePostings, "live": seeLive, "pools": seePools,
	} {
		t.Run(name, func(t *testing.T) {
			see(&house{t: t, api: h.api, guard: h.guard, url: h.url, books: h.books, key: h.key})
		})
	}
}

func seeParticipants(h *house) {
	t := h.t
	all := get[api.Page[api.Participant]](h, auditor, "/v1/participants?limit=500")
	require.Greater(t, len(all.Items), 5)
	require.Empty(t, all.Next)
	require.Equal(t, all.Items, pages[api.Participant](h, operator, "/v1/participants?limit=2"))
	require.Len(t, get[api.Page[api.Participant]](h, mpesa, "/v1/participants").Items, 1)
	h.refused(asks(mpesa, "GET", "/v1/participants/gcash-ph", ""), "not_found")
	h.refused(asks(operator, "GET", "/v1/participants/nobody", ""), "not_found")

	w := h.answer(asks(operator, "GET", "/v1/participants", "", "Accept", "text/csv"))
	rows, err := csv.NewReader(w.Body).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(all.Items)+1)
	require.Equal(t, []string{"name", "country", "currency", "role", "suspended", "reserves"}, rows[0])

	limits := h.answer(asks(mpesa, "GET", "/v1/participants/mpesa-ke/limits", ""))
	require.Equal(t, 200, limits.Code, limits.Body)
	again := h.answer(asks(mpesa, "GET", "/v1/participants/mpesa-ke/limits", "", "If-None-Match", limits.Header().Get("ETag")))
	require.Equal(t, http.StatusNotModified, again.Code)
	require.Empty(t, again.Body)
}

func TestTheDocumentIsForAnybody(t *testing.T) {
	h := empty(t)
	document := get[map[string]any](h, nobody, "/openapi.json")
	require.Equal(t, "3.1.0", document["openapi"])
	page := h.answer(asks(nobody, "GET", "/docs", ""))
	require.Equal(t, 200, page.Code)
	require.Contains(t, page.Body.String(), "urn:ayni:problem:key_reused")
	require.NotContains(t, page.Body.String(), "<script")
	require.Equal(t, http.StatusUnauthorized, h.answer(asks(nobody, "GET", "/v1/participants", "")).Code)
}

func TestProblems(t *testing.T) {
	h := empty(t)
	h.refused(asks(operator, "GET", "/v1/nothing", ""), "not_found")
	w := h.answer(asks(operator, "DELETE", "/v1/participants", ""))
	require.Equal(t, "GET", w.Header().Get("Allow"))
	p := h.refused(asks(operator, "GET", "/v1/participants?limit=501", "", "X-Request-Id", "mine"), "invalid")
	require.Equal(t, "urn:ayni:request:mine", p.Instance)
	require.Equal(t, "query.limit", p.Errors[0].Where)
	h.refused(asks(operator, "GET", "/v1/participants?unheard=of", ""), "invalid")
	h.refused(asks(operator, "GET", "/v1/participants?cursor=bm90aGluZw", ""), "cursor")
}

func TestLargeAnswersAreCompressed(t *testing.T) {
	h := empty(t)
	w := h.answer(asks(nobody, "GET", "/openapi.json", "", "Accept-Encoding", "gzip"))
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	r, err := gzip.NewReader(w.Body)
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(text), "{"))
	small := h.answer(asks(operator, "GET", "/v1/participants", "", "Accept-Encoding", "gzip"))
	require.Empty(t, small.Header().Get("Content-Encoding"))
	require.JSONEq(t, `{"items":[]}`, small.Body.String())
}

// seeLive reads events over a real connection, and goes on where it was cut off.
func seeLive(h *house) {
	server := httptest.NewServer(h.api)
	defer server.Close()
	read := func(path, after string) (lines []string) {
		r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, server.URL+path, http.NoBody)
		require.NoError(h.t, err)
		authtest.As(r, auth.Auditor, "")
		r.Header.Set("Accept-Encoding", "gzip")
		if after != "" {
			r.Header.Set("Last-Event-ID", after)
		}
		answer, err := server.Client().Do(r)
		require.NoError(h.t, err)
		defer answer.Body.Close() //nolint:errcheck // only read
		require.Equal(h.t, "text/event-stream", answer.Header.Get("Content-Type"))
		for in := bufio.NewScanner(answer.Body); len(lines) < 3 && in.Scan(); {
			lines = append(lines, in.Text())
		}
		return lines
	}
	first := read("/v1/live", "")
	require.Equal(h.t, "event: pulse", first[0])
	id := strings.TrimPrefix(first[1], "id: ")
	require.Equal(h.t, first[1], read("/v1/live", id)[1])
	found := get[api.Page[api.Transfer]](h, auditor, "/v1/transfers?limit=1").Items[0]
	require.Contains(h.t, read("/v1/transfers/"+found.ID+"/live", "")[2], found.ID)
}

var update = flag.Bool("update", false, "write the golden document anew")

// The document is what was reviewed: a change of the API is seen.
func TestTheDocumentIsTheGoldenOne(t *testing.T) {
	h := empty(t)
	w := h.answer(asks(nobody, "GET", "/openapi.json", ""))
	text := jsontext.Value(w.Body.Bytes())
	require.NoError(t, text.Indent())
	golden := filepath.Join("testdata", "openapi.json")
	if *update {
		require.NoError(t, os.WriteFile(golden, append(text, '\n'), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(text)+"\n", "run go test ./ops/api -run Golden -update, and look at what changed")
}
