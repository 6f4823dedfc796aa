package adapter

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/adapters/bulk"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// TestRun: an adapter by its configuration file alone, at a real broker and beside its rail's sandbox, answers its operator
// and takes files of payments.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	server, err := messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: filepath.Join(dir, "broker"), Participants: []string{"momo-gh"}})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	require.NoError(t, server.Provision(t.Context()))
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	key, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "seed"), seed, 0o600))

	ctx, stop := context.WithCancel(t.Context())
	group, ctx := errgroup.WithContext(ctx)
	t.Cleanup(func() {
		stop()
		assert.NoError(t, group.Wait())
	})
	plug, found := rails.Find("momo")
	require.True(t, found)
	settings := make(chan string, 1)
	group.Go(func() error {
		operator := Sandbox{
			Plug: plug, Dir: filepath.Join(dir, "sandbox"), Listen: "127.0.0.1:0", Admin: "127.0.0.1:0",
			CallbackURL: "http://127.0.0.1:1", Currency: fx.MustCurrency("EUR"), Seed: 1,
		}
		return operator.Run(ctx, func(_, _ net.Addr, file string) { settings <- file })
	})
	var text []byte
	select {
	case file := <-settings:
		text, err = os.ReadFile(file)
		require.NoError(t, err)
	case <-ctx.Done():
		require.NoError(t, context.Cause(ctx))
	}
	cfg, err := ParseConfig(fmt.Appendf(nil, `
participant: momo-gh
store: %s
listen: 127.0.0.1:0
callbacks: 127.0.0.1:0
switch: {url: %q, credentials: %q, key: %s, signing_seed: "file:%s"}
agents: {GXCHPHM2XXX: gcash-ph}
rail: momo
settings:
%s`, filepath.Join(dir, "store"), server.URL(), server.CredsFile("momo-gh"), key.PublicKey(), filepath.Join(dir, "seed"), indented(text)))
	require.NoError(t, err)
	listening := make(chan net.Addr, 1)
	group.Go(func() error {
		return Run(ctx, cfg, slog.New(slog.DiscardHandler), func(listen, _ net.Addr) { listening <- listen })
	})
	var url string
	select {
	case at := <-listening:
		url = "http://" + at.String()
	case <-ctx.Done():
		require.NoError(t, context.Cause(ctx))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/stats", http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusOK, response.StatusCode)

	payments := filepath.Join(dir, "payments.csv")
	require.NoError(t, os.WriteFile(payments, []byte(bulk.Header+"\n1,gcash-ph,Ama,233200000001,,Maria,09170000001,,12.00,EUR,,,\n"), 0o600))
	file, err := bulk.Client{URL: url}.Send(ctx, payments)
	require.NoError(t, err)
	assert.Equal(t, 1, file.Lines)
}

// indented puts a file's text two spaces in.
func indented(text []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		b.WriteString("  " + line)
	}
	return b.String()
}
