package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// suggested is what a shell is given for the last word.
func suggested(t *testing.T, args ...string) string {
	t.Helper()
	out, err := run(t, append([]string{"__complete"}, args...)...)
	require.NoError(t, err)
	return out
}

func TestCompletion(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	_, err := run(t, "context", "set", "nairobi", "--as", "Asha")
	require.NoError(t, err)
	assert.Contains(t, suggested(t, "participant", "list", "--context", ""), "nairobi")
	assert.Contains(t, suggested(t, "context", "use", ""), "nairobi")
	assert.Contains(t, suggested(t, "participant", "list", "-o", ""), "csv")
	assert.Contains(t, suggested(t, "ledger", "command", ""), "suspend")
	assert.Contains(t, suggested(t, "adapter", "init", ""), "mpesa")
	assert.Contains(t, suggested(t, "reconcile", "--rail", ""), "gcash")
	assert.Contains(t, suggested(t, "participant", "show", ""), ":4", "no names, and no files, where nothing is known of a ledger")
	out, err := run(t, "completion", "bash")
	require.NoError(t, err)
	assert.Contains(t, out, "__complete")

	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	require.NoError(t, lead.Write(t.Context(), lead.Encode(&ledger.Batch{
		ID: 1, DecidedAt: time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC), Checkpoint: ledger.Checkpoint{Size: 1},
		Participants: []settlement.Participant{{
			ID: 1, Name: "alpha-ke", Country: "KE", Currency: fx.MustCurrency("KES"), Role: settlement.RoleOperator,
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1,
		}},
	})))
	t.Setenv("AYNI_DATABASE_URL", url)
	page, err := run(t, "top", "--once")
	require.NoError(t, err)
	assert.Contains(t, page, "batch 1\n")
	code, said, _ := ended(t, "doctor", "-o", "csv")
	assert.Equal(t, exit.Findings, code, "tests have a server that does not flush")
	assert.Contains(t, said, "fail,fsync,")
	assert.Contains(t, suggested(t, "participant", "show", ""), "alpha-ke\tKE KES")
	assert.Contains(t, suggested(t, "statement", "--participant", ""), "alpha-ke")
	assert.NotContains(t, suggested(t, "participant", "show", "alpha-ke", ""), "alpha-ke\t")
}
