package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/api"
)

// seeRequests walks limits through two people's hands.
func seeRequests(h *house) {
	t := h.t
	const target = "/v1/participants/mpesa-ke/limits"
	seen := h.answer(asks(operator, "GET", target, ""))
	require.Equal(t, 200, seen.Code)
	tag := seen.Header().Get("ETag")
	body := strings.TrimSuffix(strings.TrimSpace(seen.Body.String()), "}") + `,"reason":"a quiet year"}`

	h.refused(asks(operator, "PUT", target, body, "If-Match", tag), "key_missing")
	h.refused(asks(operator, "PUT", target, body, "Idempotency-Key", "a"), "look_first")
	h.refused(asks(operator, "PUT", target, body, "Idempotency-Key", "a", "If-Match", `"other"`), "stale")
	h.refused(asks(auditor, "PUT", target, body, "Idempotency-Key", "a", "If-Match", tag), "forbidden")
	h.refused(asks(operator, "PUT", target, `{"reason":"x"}`, "Idempotency-Key", "a", "If-Match", tag), "invalid")

	write := func() *http.Request {
		return asks(operator, "PUT", target, body, "Idempotency-Key", "a", "If-Match", tag)
	}
	first := h.answer(write())
	require.Equal(t, http.StatusAccepted, first.Code, first.Body)
	again := h.answer(write())
	require.Equal(t, "true", again.Header().Get("Idempotent-Replayed"))
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, first.Header().Get("Location"), again.Header().Get("Location"))
	h.refused(asks(operator, "PUT", target, body+" ", "Idempotency-Key", "a", "If-Match", tag), "key_reused")

	var made api.Request
	require.NoError(t, json.Unmarshal(first.Body.Bytes(), &made))
	require.Equal(t, "open", made.State)
	at := first.Header().Get("Location")
	reason := `{"reason":"agreed"}`
	h.refused(asks(operator, "POST", at+"/approval", reason, "Idempotency-Key", "b"), "same_person")
	approved := h.answer(asks(approver, "POST", at+"/approval", reason, "Idempotency-Key", "b"))
	require.Equal(t, 200, approved.Code, approved.Body)
	h.refused(asks(approver, "POST", at+"/refusal", reason, "Idempotency-Key", "c"), "decided")
	require.Equal(t, "approved", get[api.Request](h, auditor, at).State)
	h.refused(asks(auditor, "GET", "/v1/requests/999999", ""), "not_found")
}

// Of many who send the same write at once one does it, and all are told the same, or to come again.
func TestTheSameWriteAtOnceIsDoneOnce(t *testing.T) {
	h := seeded(t)
	const target = "/v1/participants/alpha-ke/suspension"
	tag := h.answer(asks(operator, "GET", "/v1/participants/alpha-ke", "")).Header().Get("ETag")
	var wg sync.WaitGroup
	answers := make([]string, 20)
	for i := range answers {
		wg.Go(func() {
			w := h.answer(asks(operator, "PUT", target, `{"suspended":true,"reason":"x"}`, "Idempotency-Key", "k", "If-Match", tag))
			answers[i] = fmt.Sprint(w.Code, " ", w.Header().Get("Location"))
		})
	}
	wg.Wait()
	for _, answer := range answers {
		require.Contains(t, []string{"202 /v1/requests/1", "409 "}, answer)
	}
	require.Contains(t, answers, "202 /v1/requests/1")
	all, err := h.books.Requests(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, all, 1)
}

// Whatever two people have to want can be asked for, and says what will happen.
func TestAskForAnything(t *testing.T) {
	h := seeded(t)
	ask := func(key, body string) *http.Request {
		return asks(operator, "POST", "/v1/requests", body, "Idempotency-Key", key)
	}
	w := h.answer(ask("a", `{"kind":"credit_line","body":{"participant":"alpha-ke","currency":"KES","amount_minor":500},"reason":"they grow"}`))
	require.Equal(t, http.StatusAccepted, w.Code, w.Body)
	made := get[api.Request](h, auditor, w.Header().Get("Location"))
	require.Equal(t, "alpha-ke", made.Participant)
	require.NotEmpty(t, made.Consequence)
	require.Equal(t, []api.Request{made}, pages[api.Request](h, auditor, "/v1/requests?state=open&kind=credit_line"))
	h.refused(ask("b", `{"kind":"sell_the_switch","body":{},"reason":"x"}`), "invalid")
	h.refused(ask("c", `{"kind":"credit_line","body":{"participant":"alpha-ke","more":1},"reason":"x"}`), "invalid")
	h.refused(asks(approver, "POST", "/v1/requests", `{}`, "Idempotency-Key", "d"), "forbidden")
}
