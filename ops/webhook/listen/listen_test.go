package listen_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/webhook"
	"github.com/ayni-switch/ayni/ops/webhook/listen"
)

func TestListen(t *testing.T) {
	keys, err := webhook.NewKeys([]byte(strings.Repeat("k", 32)))
	require.NoError(t, err)
	key, err := keys.Of(1, []byte("salt"), 1)
	require.NoError(t, err)
	on, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var out bytes.Buffer
	l := &listen.Listener{Keys: []string{key.Public()}, Out: &out}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx, on) }()
	post := func(body, sent string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+on.Addr().String(), strings.NewReader(sent))
		require.NoError(t, err)
		webhook.Sign(r.Header, "evt_1", time.Now(), []byte(body), key)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	require.Equal(t, http.StatusNoContent, post(`{"a":1}`, `{"a":1}`))
	require.Equal(t, http.StatusUnauthorized, post(`{"a":1}`, `{"a":2}`))
	require.Equal(t, http.StatusRequestEntityTooLarge, post("", strings.Repeat("x", 2<<20)))
	stop()
	require.NoError(t, <-ended)
	require.Equal(t, "evt_1 {\"a\":1}\nrefused: not signed by that key, or too old\n", out.String())
}
