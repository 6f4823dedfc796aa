package gsma_test

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
	"github.com/ayni-switch/ayni/adapters/gsma"
	"github.com/ayni-switch/ayni/adapters/gsma/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// passing are headers that are of the moment, or of the connection.
var passing = []string{"Accept-Encoding", "Authorization", "Content-Length", "User-Agent", "X-Date"}

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

var changes = map[string]func(*gsma.Config){
	"inttransfer": func(c *gsma.Config) { c.PayoutType, c.OriginCountry = gsma.TypeInternational, "KE" },
	"wallet": func(c *gsma.Config) {
		c.PartyKey, c.CallbackBaseURL, c.PayoutType = "walletid", "", gsma.TypeTransfer
	},
}

// What goes over the wire is what somebody has looked at.
func TestWire(t *testing.T) {
	order := adapters.Order{
		Ref: "O1", Payer: messaging.Party{Name: "Ama", Account: "233244000001"}, Source: payout(50).Amount, Reference: "Fees",
	}
	named := order
	named.AskFor = "TX1"
	accepted := payout(1)
	accepted.RailID = "be77f48f-2433-4bfa-8cdd-aaf058a400de"
	reversal := adapters.Operation{ID: "O1L", Kind: messaging.KindRefund, Amount: order.Source, CollectionRef: "TX1"}
	for name, send := range map[string]func(*rig){
		"payout":      func(r *rig) { r.rail.Submit(r.t.Context(), payout(1)) },
		"inttransfer": func(r *rig) { r.rail.Submit(r.t.Context(), payout(2)) },
		"wallet":      func(r *rig) { r.rail.Submit(r.t.Context(), payout(3)) },
		"reversal":    func(r *rig) { r.rail.Submit(r.t.Context(), reversal) },
		"prompt":      func(r *rig) { r.rail.Prompt(r.t.Context(), order) },
		"state":       func(r *rig) { r.rail.Query(r.t.Context(), accepted) },
		"response":    func(r *rig) { r.rail.Query(r.t.Context(), payout(1)) },
		"transaction": func(r *rig) { _, _, _ = r.rail.Collection(r.t.Context(), named) },
		"heartbeat":   func(r *rig) { _, _ = r.rail.Heartbeat(r.t.Context()) },
		"balance":     func(r *rig) { _, _ = r.rail.Balances(r.t.Context()) },
	} {
		r := newRig(t, kit.Faults{}, func(c *gsma.Config, _ *sandbox.Config) {
			if change := changes[name]; change != nil {
				change(c)
			}
		})
		sent := make(chan []byte, 1)
		r.api.set(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.URL.Path == sandbox.PathToken {
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
