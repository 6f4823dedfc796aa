package deliver_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/webhook"
)

// answering is a server that hears a request, says some bytes, others again and again until the caller leaves, and then is
// silent. One that speaks first is another matter: its caller hangs up if it notices before it has asked.
func answering(t *testing.T, first, again string) string {
	t.Helper()
	on, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = on.Close() })
	go func() {
		for {
			conn, err := on.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close() //nolint:errcheck // of a test
				if _, err := conn.Read(make([]byte, 1<<16)); err != nil {
					return
				}
				if _, err := conn.Write([]byte(first)); err != nil {
					return
				}
				for again != "" {
					if _, err := conn.Write([]byte(again)); err != nil {
						return
					}
				}
				_, _ = io.Copy(io.Discard, conn)
			}()
		}
	}()
	return "http://" + on.Addr().String()
}

// Receivers that want to keep us busy, or have us go elsewhere.
func TestHostileReceivers(t *testing.T) {
	r := newRig(t)
	elsewhere := newReceiver(t, always(200))
	redirecting := httptest.NewServer(http.RedirectHandler(elsewhere.server.URL, http.StatusTemporaryRedirect))
	t.Cleanup(redirecting.Close)
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(tls.Close)
	endpoints := map[string]struct {
		e      webhook.Endpoint
		state  webhook.DeliveryState
		reason string
	}{}
	for name, c := range map[string]struct {
		url    string
		state  webhook.DeliveryState
		reason string
	}{
		"an endless body":      {answering(t, "HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", 1<<16)), webhook.Delivered, ""},
		"a body that drips":    {answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", ""), webhook.Delivered, ""},
		"endless headers":      {answering(t, "HTTP/1.1 200 OK\r\n", "X-A: "+strings.Repeat("x", 1000)+"\r\n"), webhook.Waiting, "the connection broke"},
		"headers that stop":    {answering(t, "HTTP/1.1 200 OK\r\nX-A: ", ""), webhook.Waiting, "it did not answer in time"},
		"no HTTP":              {answering(t, "SSH-2.0-OpenSSH\r\n", ""), webhook.Waiting, "the connection broke"},
		"nothing":              {answering(t, "", ""), webhook.Waiting, "it did not answer in time"},
		"endless preliminary":  {answering(t, "", "HTTP/1.1 100 Continue\r\n\r\n"), webhook.Waiting, "the connection broke"},
		"a redirect":           {redirecting.URL, webhook.Waiting, "it answered 307"},
		"a forged certificate": {tls.URL, webhook.Waiting, "its certificate was not believed"},
		"no such name":         {"https://nobody.invalid/", webhook.Waiting, "its name was not found"},
	} {
		endpoints[name] = struct {
			e      webhook.Endpoint
			state  webhook.DeliveryState
			reason string
		}{r.endpoint("", c.url), c.state, c.reason}
	}
	d := r.deliverer()
	d.Timeout = 700 * time.Millisecond
	r.run(d)
	id := r.tell("mpesa-ke")[0]
	for name, want := range endpoints {
		d := r.await(want.e, id, func(d webhook.Delivery) bool { return d.Attempts > 0 })
		assert.Equal(t, want.state, d.State, name)
		assert.Equal(t, want.reason, d.Last.Reason, name)
	}
	require.Empty(t, elsewhere.seen(), "nobody has us go elsewhere")
}

// Where this machine is not to be reached, it is not, whatever name leads there.
func TestPrivateAddressesAreRefusedWhenConnecting(t *testing.T) {
	r := newRig(t)
	to := newReceiver(t, always(200))
	_, port, err := net.SplitHostPort(to.server.Listener.Addr().String())
	require.NoError(t, err)
	d := r.deliverer()
	d.Loopback = false
	r.run(d)
	for _, url := range []string{to.server.URL, "http://localhost:" + port, "http://0.0.0.0:" + port, "http://[::ffff:127.0.0.1]:" + port, "http://10.255.255.1/", "http://169.254.169.254/"} {
		e := r.endpoint("mpesa-ke", url)
		id := r.tell("mpesa-ke")[0]
		d := r.await(e, id, func(d webhook.Delivery) bool { return d.Attempts > 0 })
		assert.Equal(t, "its address leads into a private network", d.Last.Reason, url)
	}
	require.Empty(t, to.seen())
}
