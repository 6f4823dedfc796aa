package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestRequestsByCommand(t *testing.T) {
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	body := filepath.Join(t.TempDir(), "body.json")
	on := func(args ...string) (string, error) {
		return run(t, append(append([]string{"request"}, args...), "--database-url", url)...)
	}
	makes := func(kind, text string) (string, error) {
		require.NoError(t, os.WriteFile(body, []byte(text), 0o600))
		return on("make", kind, "--body", body, "--reason", "the bank's letter", "--as", "Asha")
	}
	out, err := makes("fund", `{"participant":"alpha-ke", "currency":"KES", "amount_minor":9007199254740993, "evidence":"E1"}`)
	require.NoError(t, err)
	require.Contains(t, out, "request 1: Book 90071992547409.93 KES as alpha-ke's prefunding")
	for kind, text := range map[string]string{"fund": `{"participant":"alpha-ke"}`, "add": `{}`, "party": `{}`, "suspend": `[`} {
		_, err := makes(kind, text)
		require.Error(t, err, kind)
	}
	_, err = on("make", "fund", "--body", body, "--as", "Asha")
	require.Error(t, err, "without a reason")
	out, err = makes("resolve_operation", `{"participant":"alpha-ke","id":"T1P","ended":"paid","rail_ref":"R1","evidence":"line 7"}`)
	require.NoError(t, err)
	require.Contains(t, out, "request 2")

	out, err = on("list")
	require.NoError(t, err)
	require.Contains(t, out, "operation T1P was paid under receipt R1")
	require.Contains(t, out, "waiting")
	out, err = on("show", "1")
	require.NoError(t, err)
	require.Contains(t, out, "beware: no participant alpha-ke")
	require.Contains(t, out, `"amount_minor":9007199254740993`, "exactly what is done")
	require.Contains(t, out, "asked by Asha")
	_, err = on("approve", "1", "--as", "asha", "--reason", "mine")
	require.ErrorIs(t, err, ledger.ErrSamePerson)
	out, err = on("refuse", "1", "--as", "Ben", "--reason", "no such money")
	require.NoError(t, err)
	require.Contains(t, out, "refused")
	_, err = on("approve", "1", "--as", "Chao", "--reason", "after all")
	require.ErrorIs(t, err, ledger.ErrDecided)
	out, err = on("list")
	require.NoError(t, err)
	require.NotContains(t, out, "KES")
	out, err = on("list", "--all")
	require.NoError(t, err)
	require.Regexp(t, `1 .* refused .*KES`, out)
	for _, args := range [][]string{{"show", "x"}, {"show", "9"}, {"approve", "9", "--as", "Ben", "--reason", "why"}} {
		_, err := on(args...)
		require.Error(t, err, args)
	}
}
