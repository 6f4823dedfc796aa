package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/reconcile"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// run runs the command line.
func run(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	var said bytes.Buffer
	c := newCommand()
	c.SetArgs(args)
	c.SetOut(&said)
	err = c.ExecuteContext(t.Context())
	return said.String(), err
}

func TestParticipantsByCommand(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	at := []string{"--database-url", url}
	add := func(key string) []string {
		return append([]string{
			"participant", "add", "alpha-ke", "--country", "KE", "--currency", "KES", "--signing-key", key, "--payout-min-minor", "100",
			"--payout-max-minor", "1000000", "--as", "Asha", "--reason", "signed contract",
		}, at...)
	}
	_, err = run(t, add(string(seed))...)
	require.ErrorContains(t, err, "public key")
	require.NotContains(t, err.Error(), string(seed))
	out, err := run(t, add(signer.PublicKey())...)
	require.NoError(t, err)
	require.Contains(t, out, "request 1: add alpha-ke")
	_, err = run(t, append([]string{"participant", "approve", "1", "--as", "Asha", "--reason", "mine"}, at...)...)
	require.ErrorIs(t, err, ledger.ErrSamePerson)
	out, err = run(t, append([]string{"participant", "list"}, at...)...)
	require.NoError(t, err)
	require.Contains(t, out, "waits for a second person")
	out, err = run(t, append([]string{"participant", "approve", "1", "--as", "Ben", "--reason", "not known to us", "--refuse"}, at...)...)
	require.NoError(t, err)
	require.Contains(t, out, "refused")
	out, err = run(t, append([]string{"participant", "show", "alpha-ke"}, at...)...)
	require.NoError(t, err)
	require.Contains(t, out, "refused by Ben (not known to us)")
	for _, args := range [][]string{
		{"participant", "show", "nobody"}, {"participant", "limits", "nobody", "--payout-max-minor", "5", "--as", "Asha", "--reason", "why"},
		{"participant", "approve", "x", "--as", "Ben", "--reason", "why"}, {"participant", "rotate", "alpha-ke", "--as", "Asha", "--reason", "why"}, {"participant", "suspend", "alpha-ke", "--as", "Asha"},
	} {
		_, err := run(t, append(args, at...)...)
		require.Error(t, err, args)
	}
	_, err = run(t, "participant", "list")
	require.ErrorContains(t, err, "--database-url")
}

func TestRailsAreShownAsTheirParticipantsSay(t *testing.T) {
	since := time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC)
	rails := []ledger.RailStanding{
		{Participant: "alpha-ke", State: messaging.RailUp, Since: since}, {Participant: "beta-ph", State: messaging.RailDown, Since: since, Waiting: 12},
		{Participant: "gamma-ug", State: ledger.RailSilent, Since: since, Waiting: 3},
	}
	for name, want := range map[string]string{
		"alpha-ke": "up", "beta-ph": "down since 2026-04-13T06:00:00Z, 12 waited when it spoke last",
		"gamma-ug": "silent since 2026-04-13T06:00:00Z, 3 waited when it spoke last", "never-in": "up",
	} {
		require.Equal(t, want, railOf(name, rails))
	}
}

func TestReconcileByCommand(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	dir := t.TempDir()
	statement, settings := filepath.Join(dir, "statement.csv"), filepath.Join(dir, "mpesa.yaml")
	require.NoError(t, os.WriteFile(statement, []byte("Receipt No.,Completion Time,Transaction Status,Paid In,Withdrawn,A/C No.\n"+
		"TDD0000001,13-04-2026 10:00:00,Completed,500.00,,ORDER1\n"), 0o600))
	require.NoError(t, os.WriteFile(settings, []byte("currency: KES\n"), 0o600))
	out, err := run(t, "reconcile", "--database-url", url, "--participant", "mpesa-ke", "--day", "2026-04-13",
		"--rail", "mpesa", "--statement", statement, "--settings", settings)
	require.ErrorIs(t, err, errDiffers)
	require.Contains(t, out, "missing_in_log")
	require.Contains(t, out, "TDD0000001")
	out, err = run(t, "reconcile", "differences", "--database-url", url)
	require.NoError(t, err)
	id := strings.Split(out, "\n")[1][:16]
	out, err = run(t, "reconcile", "resolve", id, "--how", "explained", "--reason", "paid to another desk", "--as", "Asha", "--database-url", url)
	require.NoError(t, err)
	require.Contains(t, out, "request 1")
	out, err = run(t, "reconcile", "approve", "1", "--as", "Ben", "--reason", "seen", "--database-url", url)
	require.NoError(t, err)
	require.Contains(t, out, "decided")
	out, err = run(t, "reconcile", "--database-url", url, "--participant", "mpesa-ke", "--day", "2026-04-13",
		"--rail", "mpesa", "--statement", statement, "--settings", settings)
	require.NoError(t, err, "nothing is open")
	require.Regexp(t, "reconciliation 2: mpesa-ke 2026-04-13: 0 of 1 lines matched", out)
	require.Regexp(t, "explained by Asha, approved by Ben, 20[^ ]+Z: paid to another desk", out)
	fetched := filepath.Join(dir, "fetched")
	_, err = run(t, "reconcile", "fetch", "--day", "2026-04-13", "--rail", "mpesa", "--settings", settings, "--out", fetched)
	require.ErrorIs(t, err, reconcile.ErrNoStatement)
	require.NoFileExists(t, fetched)
}
