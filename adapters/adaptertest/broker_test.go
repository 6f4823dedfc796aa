package adaptertest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/adaptertest"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// On a broker that others run, all cases are played on one stage, and what earlier runs left there counts for nothing.
func TestOnABrokerOfOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, err := messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: dir, Participants: []string{"gamma"}})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	broker := adaptertest.Broker{
		URL: server.URL(), Creds: server.CredsFile("switch"), Provisioner: server.CredsFile("provisioner"),
		Participant: "gamma", ClientCreds: server.CredsFile("gamma"),
		SeedFile: seedFile(t, dir, "gamma"), SwitchSeed: seedFile(t, dir, "switch"),
	}
	chosen := func(c adaptertest.Case) bool {
		return c.Group == "happy" || c.Group == "budget" || c.Name == "not-the-switch" || strings.HasPrefix(c.Name, "payout-")
	}
	for range 2 {
		s := plainSubject(t, sound)
		s.Broker = &broker
		passed := 0
		err := adaptertest.Play(t.Context(), s, chosen, func(r adaptertest.Result) {
			require.NoError(t, r.Err, r.Case)
			if r.Skipped == "" {
				passed++
			}
		})
		require.NoError(t, err)
		assert.Greater(t, passed, 10)
	}
}

// Nothing can be said of the rail where there is none to look into: the switch's side is held against itself.
func TestWithoutALookAtTheRail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, err := messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: dir, Participants: []string{"gamma"}})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	s := plainSubject(t, sound)
	var rail adaptertest.Joined
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { rail.Rail.ServeHTTP(w, r) }))
	t.Cleanup(at.Close)
	rail, err = s.Rail(adapters.SandboxOptions{
		Config: sandbox.Config{LedgerPath: filepath.Join(dir, "ledger.db")}, Dir: dir, URL: at.URL, CallbackURL: at.URL,
		Timers: adapters.Timers{FirstQuery: 50 * time.Millisecond, QueryEvery: 100 * time.Millisecond, QueryEveryMax: time.Second},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, rail.Rail.Close()) })
	settings := filepath.Join(dir, "settings.yaml")
	require.NoError(t, os.WriteFile(settings, rail.Settings, 0o600))

	command := s.Command
	s.Rail, s.Terms = nil, rail.Terms
	s.Command = func(l adaptertest.Link) (cmd *exec.Cmd, err error) {
		if cmd, err = command(l); err == nil {
			cmd.Env = append(cmd.Env, blindSettings+"="+settings)
		}
		return cmd, err
	}
	s.Broker = &adaptertest.Broker{
		URL: server.URL(), Creds: server.CredsFile("switch"), Provisioner: server.CredsFile("provisioner"),
		Participant: "gamma", ClientCreds: server.CredsFile("gamma"),
		SeedFile: seedFile(t, dir, "gamma"), SwitchSeed: seedFile(t, dir, "switch"),
	}
	played := map[string]bool{}
	err = adaptertest.Play(t.Context(), s, func(c adaptertest.Case) bool { return c.Group == "happy" || c.Group == "crash" }, func(r adaptertest.Result) {
		require.NoError(t, r.Err, r.Case)
		played[r.Case] = r.Skipped == ""
	})
	require.NoError(t, err)
	assert.True(t, played["happy/payout"])
	assert.True(t, played["crash/payout-told"])
	assert.False(t, played["crash/payout-answer-ready"])
}

func seedFile(t *testing.T, dir, name string) string {
	t.Helper()
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	path := filepath.Join(dir, name+".seed")
	require.NoError(t, os.WriteFile(path, seed, 0o600))
	return path
}
