package momo_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/momo"
	"github.com/ayni-switch/ayni/adapters/momo/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// passing are headers that are of the moment, or of the connection.
var passing = []string{"Accept-Encoding", "Authorization", "Content-Length", "User-Agent"}

// wire writes a request as it went over it, headers in order, addresses left out.
func wire(t *testing.T, r *rig, req *http.Request) []byte {
	t.Helper()
	body, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s\n", req.Method, req.URL.RequestURI())
	var names []string
	for name := range req.Header {
		if !slices.Contains(passing, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&text, "%s: %s\n", name, strings.ReplaceAll(req.Header.Get(name), r.adapter, "https://adapter.example"))
	}
	if len(body) > 0 {
		fmt.Fprintf(&text, "\n%s\n", body)
	}
	return text.Bytes()
}

var changes = map[string]func(*momo.Config){
	"remittance": func(c *momo.Config) {
		c.Product, c.SubscriptionKey = momo.Remittance, adapters.NewSecret("remittance-key")
		c.APIUser, c.APIKey = "remitter", adapters.NewSecret("pass")
	},
	"transfer-by-polling": func(c *momo.Config) { c.CallbackBaseURL = "" },
}

// What goes over the wire is what somebody has looked at.
func TestWire(t *testing.T) {
	for name, send := range map[string]func(*rig){
		"transfer":            func(r *rig) { r.rail.Submit(r.t.Context(), payout(1)) },
		"remittance":          func(r *rig) { r.rail.Submit(r.t.Context(), payout(2)) },
		"transfer-by-polling": func(r *rig) { r.rail.Submit(r.t.Context(), payout(3)) },
		"status":              func(r *rig) { r.rail.Query(r.t.Context(), payout(1)) },
		"balance":             func(r *rig) { _, _ = r.rail.Balances(r.t.Context()) },
	} {
		r := newRig(t, kit.Faults{}, func(c *momo.Config, _ *sandbox.Config) {
			if change := changes[name]; change != nil {
				change(c)
			}
		})
		sent := make(chan []byte, 1)
		r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if strings.HasSuffix(req.URL.Path, "/token/") {
				r.sandbox.ServeHTTP(w, req)
				return
			}
			sent <- wire(t, r, req)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		send(r)
		got, file := <-sent, filepath.Join("testdata", name+".http")
		if *update {
			require.NoError(t, os.WriteFile(file, got, 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), name)
	}
}
