// Package poolstest serves pools' nodes, such as those of a demo that has ended, for tests of what shows them.
package poolstest

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/testdata"
)

// Serve takes up every pool of a demo's folder and database, serves their nodes until the test ends, and returns a
// directory that has looked at each once.
func Serve(t *testing.T, url, dir string) *pools.Directory {
	t.Helper()
	cast, err := testdata.Participants()
	require.NoError(t, err)
	var known []pools.Known
	for _, p := range cast {
		if p.Role == testdata.RolePool {
			known = append(known, Node(t, open(t, url, filepath.Join(dir, "pools", p.Name), p)))
		}
	}
	require.NotEmpty(t, known)
	d := Directory(t, Memory(t, url), known...)
	for _, k := range known {
		require.NoError(t, d.Look(t.Context(), k.Participant))
		e, err := d.Find(k.Participant)
		require.NoError(t, err)
		require.Equal(t, pools.Current, e.State, "%s: %s", k.Participant, e.Why)
	}
	return d
}

// Memory is that of a database for tests.
func Memory(t *testing.T, url string) *pools.Store {
	t.Helper()
	require.NoError(t, pools.Migrate(t.Context(), url))
	memory, err := pools.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(memory.Close)
	return memory
}

// Directory is of some pools, none of which was looked at.
func Directory(t *testing.T, memory pools.Memory, known ...pools.Known) *pools.Directory {
	t.Helper()
	d, err := pools.New(pools.Config{Known: known, Memory: memory, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return d
}

// open takes a pool up where it ended.
func open(t *testing.T, url, dir string, p testdata.Participant) *pool.Home {
	t.Helper()
	home, err := pool.Open(t.Context(), pool.Config{
		Name: p.Name, Dir: dir, DatabaseURL: url, Currency: p.Currency, Account: messaging.Party{Name: p.Name, Account: p.Name},
	})
	require.NoError(t, err)
	t.Cleanup(home.Close)
	return home
}

// Node serves a pool's node until the test ends.
func Node(t *testing.T, home *pool.Home) pools.Known {
	t.Helper()
	on, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	origin := "http://" + on.Addr().String()
	site, err := pool.NewSite(home, filepath.Join(t.TempDir(), "public"), origin, time.UTC, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- site.Run(ctx, on) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
	})
	return pools.Known{Participant: home.Name, Address: origin, LogKey: home.Public}
}
