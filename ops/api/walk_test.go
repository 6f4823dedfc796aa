package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/api"
	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
)

// described is the API's own document, to hold answers against.
type described struct {
	paths    map[string]any
	compiler *jsonschema.Compiler
}

func (h *house) described() *described {
	h.t.Helper()
	w := h.answer(asks(nobody, "GET", "/openapi.json", ""))
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	require.NoError(h.t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(h.t, c.AddResource("api.json", document))
	return &described{paths: document.(map[string]any)["paths"].(map[string]any), compiler: c}
}

// holds checks an answer against what the document says of it.
func (d *described) holds(t *testing.T, method, path string, w *httptest.ResponseRecorder) {
	t.Helper()
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	responses := d.paths[path].(map[string]any)[strings.ToLower(method)].(map[string]any)["responses"].(map[string]any)
	status := fmt.Sprint(w.Code)
	if responses[status] == nil {
		status = "default"
	}
	require.Contains(t, responses, status)
	content, ok := responses[status].(map[string]any)["content"].(map[string]any)
	require.True(t, ok, "%s %s answers %d with a body that the document does not have: %s", method, path, w.Code, w.Body)
	require.Contains(t, content, kind, "%s %s", method, path)
	if kind == "text/csv" {
		return
	}
	pointer := func(part string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(part) }
	schema, err := d.compiler.Compile(fmt.Sprintf("api.json#/paths/%s/%s/responses/%s/content/%s/schema", pointer(path), strings.ToLower(method), status, pointer(kind)))
	require.NoError(t, err)
	said, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	require.NoError(t, err, "%s", w.Body)
	require.NoError(t, schema.Validate(said), "%s %s: %s", method, path, w.Body)
}

// things are one of each that a day left, by the path that names it.
func (h *house) things() map[string][]string {
	h.t.Helper()
	things := map[string][]string{}
	for _, list := range []string{"transfers", "batches", "windows", "requests", "differences", "webhooks"} {
		page := get[api.Page[map[string]any]](h, auditor, "/v1/"+list+"?limit=100")
		for _, item := range page.Items {
			things["/v1/"+list+"/{id}"] = append(things["/v1/"+list+"/{id}"], item["id"].(string))
		}
	}
	things["/v1/transfers/{id}/receipt"] = things["/v1/transfers/{id}"]
	return things
}

// seeEverything has each route answer staff, about many things, as the document says.
func seeEverything(h *house) {
	d, things := h.described(), h.things()
	for _, route := range h.guard.Routes() {
		if route.Method != http.MethodGet || !strings.HasPrefix(route.Pattern, "/v1/") || strings.HasSuffix(route.Pattern, "/live") ||
			strings.HasPrefix(route.Pattern, "/v1/orders") || strings.HasSuffix(route.Pattern, "/secret") || strings.HasSuffix(route.Pattern, "/operations") { // of others
			continue
		}
		ids := things[route.Pattern]
		if !strings.Contains(route.Pattern, "{id}") {
			ids = []string{""}
		}
		for _, id := range ids {
			target := strings.NewReplacer("{id}", id, "{name}", "mpesa-ke", "{currency}", "KES", "{pool}", "chama-nairobi").Replace(route.Pattern)
			w := h.answer(asks(auditor, "GET", target, ""))
			require.Equal(h.t, 200, w.Code, "%s: %s", target, w.Body)
			d.holds(h.t, "GET", route.Pattern, w)
		}
		if strings.Contains(route.Pattern, "{id}") {
			missing := h.answer(asks(auditor, "GET", strings.ReplaceAll(route.Pattern, "{id}", "987654321"), ""))
			require.Equal(h.t, 404, missing.Code, "%s: %s", route.Pattern, missing.Body)
			d.holds(h.t, "GET", route.Pattern, missing)
		}
	}
}

// seeRoles asks for every route as nobody and as each role.
func seeRoles(h *house) {
	mine := get[api.Page[api.Transfer]](h, auditor, "/v1/transfers?debtor=mpesa-ke&limit=1").Items[0].ID
	var theirs string
	for _, found := range get[api.Page[api.Transfer]](h, auditor, "/v1/transfers?limit=500").Items {
		if found.Debtor != "mpesa-ke" && found.Creditor != "mpesa-ke" {
			theirs = found.ID
		}
	}
	require.NotEmpty(h.t, theirs)
	hooked := map[string]string{} // a webhook of each, by its owner
	for _, owner := range []string{"mpesa-ke", "gcash-ph"} {
		w := h.answer(asks(caller{role: auth.Participant, of: owner}, "POST", "/v1/webhooks", `{"url":"https://example.org/","events":[]}`, "Idempotency-Key", "walk of "+owner))
		require.Equal(h.t, http.StatusCreated, w.Code, w.Body)
		hooked[owner] = strings.TrimPrefix(w.Header().Get("Location"), "/v1/webhooks/")
	}
	authtest.Walk(h.t, h.api, h.guard.Routes(), authtest.Fixture{
		Request: func(route auth.Route, owner string) *http.Request {
			id := mine
			if owner != "mpesa-ke" {
				id = theirs
			}
			switch {
			case strings.HasPrefix(route.Pattern, "/v1/webhooks"):
				id = hooked[owner]
			case !strings.HasPrefix(route.Pattern, "/v1/transfers"):
				id = "1"
			}
			r := asks(nobody, route.Method, strings.NewReplacer("{id}", id, "{name}", owner, "{currency}", "KES", "{ref}", "A1", "{pool}", "chama-nairobi", "{event}", "evt_1_transfer-paid_0").Replace(route.Pattern), "")
			body := `{}`
			switch {
			case strings.HasSuffix(route.Pattern, "/recall"):
				body = `{"reason":"CUST"}`
			case strings.HasSuffix(route.Pattern, "/webhooks/{id}/replay"):
				body = `{"since":"2026-01-01T00:00:00Z"}`
			case strings.HasPrefix(route.Pattern, "/v1/webhooks"):
				body = `{"url":"https://example.org/","events":[]}`
				if route.Method != http.MethodPut && strings.Contains(route.Pattern, "{id}") {
					body = `{}`
				}
			}
			if route.Method != http.MethodGet {
				r = asks(nobody, route.Method, r.URL.Path, body, "Idempotency-Key", "walk "+r.URL.Path)
			}
			return r
		},
		Mine: "mpesa-ke", Theirs: "gcash-ph", Endless: []string{"/v1/live", "/v1/transfers/{id}/live"},
	})
}

// seeTransfers finds each of a day's transfers in many ways.
func seeTransfers(h *house) {
	t := h.t
	all := pages[api.Transfer](h, auditor, "/v1/transfers?limit=500")
	require.Greater(t, len(all), 60)
	require.Equal(t, all, pages[api.Transfer](h, auditor, "/v1/transfers?limit=7"))
	own := pages[api.Transfer](h, mpesa, "/v1/transfers?limit=11")
	require.NotEmpty(t, own)
	for _, each := range own {
		require.Contains(t, []string{each.Debtor, each.Creditor}, "mpesa-ke")
	}
	for _, found := range all[:5] {
		byIntent := pages[api.Transfer](h, auditor, "/v1/transfers?q="+found.Intent)
		require.Contains(t, byIntent, found)
	}
	for _, found := range all {
		if found.State == "paid" {
			story := get[api.TransferStory](h, auditor, "/v1/transfers/"+found.ID)
			require.Equal(t, found, story.Transfer)
			require.Equal(t, "paid", story.Timeline[len(story.Timeline)-1].What)
			require.NotEmpty(t, story.Postings)
		}
	}
	h.refused(asks(auditor, "GET", "/v1/transfers?min=1", ""), "invalid")
	h.refused(asks(auditor, "GET", "/v1/transfers?currency=KES&min=-1", ""), "invalid")
	h.refused(asks(auditor, "GET", "/v1/transfers?from=2024-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", ""), "invalid")
	h.refused(asks(auditor, "GET", "/v1/transfers?state=happy", ""), "invalid")
	h.refused(asks(auditor, "GET", "/v1/transfers?cursor=nonsense", ""), "cursor")

	w := h.answer(asks(auditor, "GET", "/v1/transfers?format=csv&state=paid", ""))
	require.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, len(pages[api.Transfer](h, auditor, "/v1/transfers?state=paid"))+1, strings.Count(w.Body.String(), "\n"))
}

// seeReceipts holds what each transfer's receipt says against the log's key, and its story.
func seeReceipts(h *house) {
	for _, found := range pages[api.Transfer](h, mpesa, "/v1/transfers?limit=500") {
		w := h.answer(asks(mpesa, "GET", "/v1/transfers/"+found.ID+"/receipt", ""))
		require.Equal(h.t, 200, w.Code, "%s", w.Body)
		receipt, at, err := audit.CheckReceipt(w.Body.Bytes(), h.key, "")
		require.NoError(h.t, err)
		require.Equal(h.t, found.ID, receipt.Transfer)
		require.Equal(h.t, found.Intent, receipt.Intent)
		require.Equal(h.t, get[api.LogStatus](h, auditor, "/v1/log").Size, fmt.Sprint(at.Size))
		story, last := get[api.TransferStory](h, mpesa, "/v1/transfers/"+found.ID), receipt.Steps[len(receipt.Steps)-1]
		require.Contains(h.t, last.Line, "state "+found.ID+" "+story.State)
	}
}

// seePostings adds a statement up, whatever the pages.
func seePostings(h *house) {
	const list = "/v1/participants/mpesa-ke/accounts/KES/postings"
	all := pages[api.Line](h, mpesa, list+"?limit=500")
	require.NotEmpty(h.t, all)
	require.Equal(h.t, all, pages[api.Line](h, mpesa, list+"?limit=3"))
	var position api.Amount
	for _, line := range all {
		if line.Kind == "position" {
			position = line.Balance
		}
	}
	for _, s := range pages[api.Standing](h, mpesa, "/v1/participants/mpesa-ke/accounts") {
		if s.Currency == "KES" {
			require.Equal(h.t, position, s.Position)
		}
	}
	h.refused(asks(auditor, "GET", "/v1/participants/mpesa-ke/accounts/XXX9/postings", ""), "invalid")
}

// pages reads a whole list, page by page.
func pages[T any](h *house, c caller, target string) (all []T) {
	h.t.Helper()
	for next := ""; ; {
		at := target
		if next != "" {
			join := "?"
			if strings.Contains(at, "?") {
				join = "&"
			}
			at += join + "cursor=" + next
		}
		page := get[api.Page[T]](h, c, at)
		all = append(all, page.Items...)
		if next = page.Next; next == "" {
			return all
		}
	}
}

// The document says which problems there are, in the one form that they have.
func TestTheDocumentDescribesProblems(t *testing.T) {
	h := seeded(t)
	d := h.described()
	w := h.answer(asks(operator, "GET", "/v1/participants?limit=0", ""))
	d.holds(t, "GET", "/v1/participants", w)
	var p api.Problem
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(t, 422, p.Status)
}
