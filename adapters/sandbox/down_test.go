package sandbox

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRailThatIsDown(t *testing.T) {
	b := newBase(t, filepath.Join(t.TempDir(), "ledger.db"), Faults{})
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.Admit(w, r, func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) }) {
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(server.Close)
	ask := func() (int, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader("body"))
		require.NoError(t, err)
		response, err := server.Client().Do(request)
		if err != nil {
			return 0, err
		}
		return response.StatusCode, response.Body.Close()
	}
	status, err := ask()
	require.NoError(t, err)
	assert.Equal(t, http.StatusNoContent, status)

	require.NoError(t, b.SetFaults(Faults{Outage: OutageError}))
	status, err = ask()
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	require.NoError(t, b.SetFaults(Faults{Outage: OutageRefuse}))
	_, err = ask()
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, b.SetFaults(Faults{Outage: OutageHang}))
	_, err = ask()
	require.ErrorIs(t, err, context.DeadlineExceeded)

	require.NoError(t, b.SetFaults(Faults{RatePerS: 1}))
	status, err = ask()
	require.NoError(t, err)
	assert.Equal(t, http.StatusNoContent, status)
	status, err = ask()
	require.NoError(t, err)
	assert.Equal(t, http.StatusTooManyRequests, status)
	require.NoError(t, b.SetFaults(Faults{}))
	status, err = ask()
	require.NoError(t, err)
	assert.Equal(t, http.StatusNoContent, status)

	var fault *FaultsError
	require.ErrorAs(t, b.SetFaults(Faults{Outage: "nap"}), &fault)
}

func TestBooksOverHTTP(t *testing.T) {
	b := newBase(t, filepath.Join(t.TempDir(), "ledger.db"), Faults{ClockSkewMS: 3_600_000, LateVisiblePct: 100, LateVisibleMS: 600_000})
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	assert.WithinDuration(t, time.Now().Add(time.Hour), b.Now(), time.Minute)
	want := Operation{Kind: KindPayout, ID: "a", FateKey: "f", Account: "254", Minor: 100, State: Accepted, CreatedMS: time.Now().UnixMilli()}
	op, _, err := b.Ledger.Create(want)
	require.NoError(t, err)
	assert.False(t, b.Visible(op))
	op.CreatedMS -= 600_000
	assert.True(t, b.Visible(op))
	mux := http.NewServeMux()
	b.Mount(mux)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/admin/operations", nil))
	lines := bufio.NewScanner(w.Body)
	require.True(t, lines.Scan())
	var got Operation
	require.NoError(t, json.Unmarshal(lines.Bytes(), &got))
	assert.Equal(t, want, got)
	assert.False(t, lines.Scan())
}
