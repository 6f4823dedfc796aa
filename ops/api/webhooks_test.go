package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/api"
	"github.com/ayni-switch/ayni/ops/auth"
)

var gcash = caller{role: auth.Participant, of: "gcash-ph"}

// hook makes a webhook as somebody.
func (h *house) hook(c caller, key, body string) (made api.Webhook) {
	h.t.Helper()
	w := h.answer(asks(c, "POST", "/v1/webhooks", body, "Idempotency-Key", key))
	require.Equal(h.t, http.StatusCreated, w.Code, w.Body)
	require.NotContains(h.t, w.Body.String(), "whsec_", "the answer is kept, and a secret is not")
	require.NoError(h.t, json.Unmarshal(w.Body.Bytes(), &made))
	require.Equal(h.t, "/v1/webhooks/"+made.ID, w.Header().Get("Location"))
	return made
}

const soundHook = `{"url":"https://example.org/ayni","events":["transfer.paid","window.settled"],"about":"the ledger of the app"}`

// Each sees and changes its own; staff sees all, and nobody else's secret.
func TestWebhooksBelongToSomebody(t *testing.T) {
	h := seeded(t)
	mine := h.hook(mpesa, "a", soundHook)
	require.Equal(t, mine, h.hook(mpesa, "a", soundHook), "said again, it is made once")
	require.Equal(t, "mpesa-ke", mine.Owner)
	require.Equal(t, "active", mine.State)
	require.True(t, strings.HasPrefix(mine.PublicKey, "whpk_"))
	staffs := h.hook(operator, "a", `{"url":"https://example.org/staff","events":[]}`)
	require.Empty(t, staffs.Owner)
	require.Equal(t, []api.Webhook{mine}, pages[api.Webhook](h, mpesa, "/v1/webhooks"))
	require.Empty(t, pages[api.Webhook](h, gcash, "/v1/webhooks"))
	require.Equal(t, []api.Webhook{mine, staffs}, pages[api.Webhook](h, auditor, "/v1/webhooks?limit=1"))
	rows := h.answer(asks(auditor, "GET", "/v1/webhooks?format=csv", "")).Body.String()
	require.Equal(t, 3, strings.Count(rows, "\n"))

	at := "/v1/webhooks/" + mine.ID
	d := h.described()
	for _, path := range []string{"", "/deliveries", "/secret"} {
		w := h.answer(asks(mpesa, "GET", at+path, ""))
		require.Equal(t, 200, w.Code, w.Body)
		d.holds(t, "GET", "/v1/webhooks/{id}"+path, w)
		h.refused(asks(gcash, "GET", at+path, ""), "not_found")
		h.refused(asks(mpesa, "GET", "/v1/webhooks/"+staffs.ID+path, ""), "not_found")
	}
	h.refused(asks(operator, "GET", at+"/secret", ""), "not_found")
	h.refused(asks(auditor, "GET", at+"/secret", ""), "forbidden")
	secret := get[api.WebhookSecret](h, mpesa, at+"/secret")
	require.True(t, strings.HasPrefix(secret.Secret, "whsec_"))
	require.NotEqual(t, secret.Secret, get[api.WebhookSecret](h, operator, "/v1/webhooks/"+staffs.ID+"/secret").Secret)
	for n, path := range []string{"/ping", "/secret", "/replay", "/deliveries/evt_1_transfer-paid_0/replay"} {
		body := `{}`
		if path == "/replay" {
			body = `{"since":"2026-01-01T00:00:00Z"}`
		}
		h.refused(asks(gcash, "POST", at+path, body, "Idempotency-Key", fmt.Sprint("theirs ", n)), "not_found")
		h.refused(asks(auditor, "POST", at+path, body, "Idempotency-Key", fmt.Sprint("none ", n)), "forbidden")
	}
	h.refused(asks(gcash, "DELETE", at, "", "Idempotency-Key", "d"), "not_found")
	h.refused(asks(gcash, "PUT", at, soundHook, "Idempotency-Key", "e", "If-Match", "*"), "not_found")
}

func TestWebhooksChange(t *testing.T) {
	h := seeded(t)
	made := h.hook(mpesa, "a", soundHook)
	at := "/v1/webhooks/" + made.ID
	seen := h.answer(asks(mpesa, "GET", at, ""))
	tag := seen.Header().Get("ETag")
	require.Equal(t, http.StatusNotModified, h.answer(asks(mpesa, "GET", at, "", "If-None-Match", tag)).Code)
	other := `{"url":"https://example.org/new","events":[],"paused":true}`
	h.refused(asks(mpesa, "PUT", at, other, "Idempotency-Key", "b"), "look_first")
	h.refused(asks(mpesa, "PUT", at, other, "Idempotency-Key", "b", "If-Match", `"other"`), "stale")
	w := h.answer(asks(mpesa, "PUT", at, other, "Idempotency-Key", "b", "If-Match", tag))
	require.Equal(t, 200, w.Code, w.Body)
	require.Equal(t, "paused", get[api.Webhook](h, mpesa, at).State)
	h.refused(asks(mpesa, "PUT", at, soundHook, "Idempotency-Key", "c", "If-Match", tag), "stale")
	h.refused(asks(mpesa, "POST", at+"/ping", "", "Idempotency-Key", "d"), "refused")
	w = h.answer(asks(operator, "PUT", at, soundHook, "Idempotency-Key", "e", "If-Match", w.Header().Get("ETag")))
	require.Equal(t, 200, w.Code, w.Body)

	w = h.answer(asks(mpesa, "POST", at+"/ping", "", "Idempotency-Key", "f"))
	require.Equal(t, http.StatusAccepted, w.Code, w.Body)
	all := pages[api.WebhookDelivery](h, mpesa, at+"/deliveries?state=waiting")
	require.Len(t, all, 1)
	require.Equal(t, api.EventType("webhook.ping"), all[0].Type)
	require.Equal(t, all[0], get[api.WebhookDeliveryStory](h, mpesa, at+"/deliveries/"+all[0].ID).WebhookDelivery)
	require.Empty(t, pages[api.WebhookDelivery](h, mpesa, at+"/deliveries?state=delivered"))
	for n := range 5 {
		require.Equal(t, http.StatusAccepted, h.answer(asks(mpesa, "POST", at+"/ping", "", "Idempotency-Key", fmt.Sprint("more ", n))).Code)
	}
	require.Equal(t, pages[api.WebhookDelivery](h, mpesa, at+"/deliveries"), pages[api.WebhookDelivery](h, mpesa, at+"/deliveries?limit=2"))
	h.refused(asks(mpesa, "GET", at+"/deliveries?cursor=nonsense", ""), "cursor")
	again := asks(mpesa, "POST", at+"/deliveries/"+all[0].ID+"/replay", "", "Idempotency-Key", "g")
	require.Equal(t, http.StatusAccepted, h.answer(again).Code)
	since := asks(mpesa, "POST", at+"/replay", fmt.Sprintf(`{"since":%q}`, time.Now().Add(-time.Hour).Format(time.RFC3339)), "Idempotency-Key", "h")
	require.Equal(t, http.StatusAccepted, h.answer(since).Code)

	require.Equal(t, 200, h.answer(asks(operator, "DELETE", at, "", "Idempotency-Key", "i")).Code)
	h.refused(asks(mpesa, "GET", at, ""), "not_found")
}

func TestWebhooksHaveOtherKeys(t *testing.T) {
	h := seeded(t)
	made := h.hook(mpesa, "a", soundHook)
	at := "/v1/webhooks/" + made.ID
	rotate := func(key, body string) *http.Request {
		return asks(mpesa, "POST", at+"/secret", body, "Idempotency-Key", key)
	}
	secrets := []string{get[api.WebhookSecret](h, mpesa, at+"/secret").Secret}
	w := h.answer(rotate("b", `{}`))
	require.Equal(t, 200, w.Code, w.Body)
	var turned api.Webhook
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &turned))
	require.NotEqual(t, made.PublicKey, turned.PublicKey)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), turned.OldKeyUntil, time.Minute)
	require.Equal(t, w.Body.String(), h.answer(rotate("b", `{}`)).Body.String(), "once for each key")
	h.refused(rotate("c", `{}`), "refused")
	secrets = append(secrets, get[api.WebhookSecret](h, mpesa, at+"/secret").Secret)
	w = h.answer(rotate("d", `{"at_once":true}`))
	require.Equal(t, 200, w.Code, w.Body)
	secrets = append(secrets, get[api.WebhookSecret](h, mpesa, at+"/secret").Secret)
	require.NotEqual(t, secrets[0], secrets[1])
	require.NotEqual(t, secrets[1], secrets[2])
}

func TestWebhooksAreRefused(t *testing.T) {
	h := seeded(t)
	for n, body := range []string{
		`{"url":"http://example.org/","events":[]}`, `{"url":"https://10.0.0.1/","events":[]}`, `{"url":"https://169.254.169.254/latest","events":[]}`,
		`{"url":"https://127.0.0.1/","events":[]}`, `{"url":"https://me@example.org/","events":[]}`, `{"url":"","events":[]}`,
		`{"url":"https://example.org/` + strings.Repeat("x", 2100) + `","events":[]}`,
		`{"url":"https://example.org/","events":["transfer.happy"]}`, `{"url":"https://example.org/"}`, `{"url":"https://example.org/","events":[],"owner":"gcash-ph"}`,
	} {
		h.refused(asks(mpesa, "POST", "/v1/webhooks", body, "Idempotency-Key", fmt.Sprint(n)), "invalid")
	}
	h.refused(asks(auditor, "POST", "/v1/webhooks", soundHook, "Idempotency-Key", "auditor"), "forbidden")
	for n := range 16 {
		h.hook(mpesa, fmt.Sprint("good ", n), soundHook)
	}
	h.refused(asks(mpesa, "POST", "/v1/webhooks", soundHook, "Idempotency-Key", "one more"), "refused")
	h.hook(gcash, "theirs", soundHook)
}
