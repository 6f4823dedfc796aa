package mpesa

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
)

func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	var issued atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"access_token":"t` + strconv.FormatInt(issued.Add(1), 10) + `","expires_in":"3599"}`))
	}))
	defer server.Close()
	c := newClient(Config{BaseURL: server.URL, Timers: adapters.Timers{SubmitTimeout: time.Minute}})
	now := time.Now()
	c.now = func() time.Time { return now }
	for _, step := range []struct {
		after time.Duration
		want  string
	}{
		{0, "t1"},
		{3538 * time.Second, "t1"}, // 61 s before its end
		{2 * time.Second, "t2"},    // 59 s before its end
		{time.Second, "t2"},
	} {
		now = now.Add(step.after)
		got, err := c.bearer(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, step.want, got)
	}
	got, err := c.bearer(t.Context(), "t2")
	require.NoError(t, err)
	assert.Equal(t, "t3", got, "a refused token is replaced")
	got, err = c.bearer(t.Context(), "t2")
	require.NoError(t, err)
	assert.Equal(t, "t3", got, "whoever was refused with the same token takes the new one")
}

func TestTokensRefused(t *testing.T) {
	for _, body := range []string{
		``, `{}`, `{"access_token":"a"}`, `{"access_token":"a","expires_in":0}`, `{"access_token":"a","expires_in":-5}`,
		`{"access_token":"","expires_in":10}`, `{"access_token":"a\nb","expires_in":10}`, `{"access_token":"a","expires_in":1e9}`,
		`{"access_token":"a","access_token":"b","expires_in":10}`,
	} {
		_, _, err := decodeToken([]byte(body))
		require.Error(t, err, body)
	}
}
