package auth

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAForgetfulHandlerAnswersNothing(t *testing.T) {
	own := Need{Roles: Roles(), Own: true}
	secret := "balance of mpesa-ke"
	for name, handler := range map[string]http.HandlerFunc{
		"writes": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", secret)
			_, err := io.WriteString(w, secret)
			assert.ErrorIs(t, err, errUnsaid)
		},
		"redirects":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/"+secret, http.StatusFound) },
		"not modified": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
		"says nothing": func(http.ResponseWriter, *http.Request) {},
		"flushes":      func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
		"says it late": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, secret)
			_ = Own(r.Context(), "gcash-ph")
		},
		"does not heed": func(w http.ResponseWriter, r *http.Request) {
			_ = Own(r.Context(), "mpesa-ke")
			_, _ = io.WriteString(w, secret)
		},
		"adds a trailer": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, secret)
			w.Header().Set(http.TrailerPrefix+"X", secret)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			answer := r.serve(own, handler, request("/x", "Authorization", "Bearer good"))
			require.Equal(t, http.StatusInternalServerError, answer.Code)
			require.NotContains(t, answer.Body.String(), secret)
			require.NotContains(t, answer.Header(), "Etag")
			require.NotContains(t, answer.Header(), "Location")
			require.NotContains(t, answer.Header(), http.TrailerPrefix+"X")
			require.NotEmpty(t, answer.Header().Get("Content-Security-Policy"))
			require.Contains(t, r.log.String(), "without saying whose")
		})
	}
	r := newRig(t, nil)
	answer := r.serve(own, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadRequest) }),
		request("/x", "Authorization", "Bearer good"))
	require.Equal(t, http.StatusBadRequest, answer.Code, "an error shows nothing")
}

// A stream leaves as it is written once it is known whose it is, and ends with the session of whoever reads it.
func TestAStreamEndsWithItsSession(t *testing.T) {
	r := newRig(t, nil)
	r.recheck = time.Millisecond
	ended := make(chan error, 1)
	server := httptest.NewServer(r.Route(Need{Roles: Roles(), Own: true}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := Scope(r.Context())
		assert.NoError(t, err)
		out := http.NewResponseController(w)
		assert.NoError(t, out.SetWriteDeadline(time.Time{}))
		_, _ = io.WriteString(w, "data: 1\n")
		assert.NoError(t, out.Flush())
		_, hijacks := w.(http.Hijacker)
		assert.False(t, hijacks)
		<-r.Context().Done()
		ended <- context.Cause(r.Context())
	})))
	defer server.Close()
	asked, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	asked.Header.Set("Cookie", cookie)
	answer, err := http.DefaultClient.Do(asked)
	require.NoError(t, err)
	defer answer.Body.Close() //nolint:errcheck // it was read
	line, err := bufio.NewReader(answer.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "data: 1\n", line)
	r.ended.Store(true)
	require.ErrorIs(t, <-ended, ErrNobody)
}
