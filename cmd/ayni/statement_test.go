package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/statement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestStatementByCommand(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	asked := func(more ...string) error {
		args := append([]string{"statement", "--database-url", url, "--participant", "mpesa-ke", "--currency", "KES", "--date", "2026-04-13"}, more...)
		out, err := run(t, args...)
		require.Empty(t, out, "not a byte of what cannot be told")
		return err
	}
	require.ErrorIs(t, asked(), ledger.ErrNoAccount)
	require.ErrorIs(t, asked("--format", "pdf"), statement.ErrFormat)
	require.ErrorIs(t, asked("--date", "2999-01-01"), statement.ErrOpenDay)
	require.ErrorContains(t, asked("--date", "13.4.2026"), "no date")
	require.ErrorContains(t, asked("--zone", "Africa/Atlantis"), "Africa/Atlantis")
	require.ErrorContains(t, asked("--currency", "KSH"), "unknown currency")
	_, err := run(t, "statement", "emit", "--database-url", url, "--date", "2026-04-13", "--out", t.TempDir())
	require.ErrorIs(t, err, ledger.ErrNoAccount)
}
