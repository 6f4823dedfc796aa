// Package journaltest holds journals against the programs of others that read them. Tests skip, and say so, where these
// are not installed.
package journaltest

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

// Need skips a test where a program is not installed.
func Need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("NOT READ BY ANOTHER PROGRAM: %s is not installed", program)
	}
}

// Hledger has hledger do something with a journal, and returns what it said. It errs where the journal's assertions do
// not hold.
func Hledger(t *testing.T, journal string, arguments ...string) (string, error) {
	t.Helper()
	Need(t, "hledger")
	return run(t, "hledger", journal, arguments...)
}

// Ledger is Hledger with ledger, which refuses what was not declared.
func Ledger(t *testing.T, journal string, arguments ...string) (string, error) {
	t.Helper()
	Need(t, "ledger")
	return run(t, "ledger", journal, append([]string{"--pedantic", "--explicit"}, arguments...)...)
}

func run(t *testing.T, program, journal string, arguments ...string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "books.journal")
	require.NoError(t, os.WriteFile(file, []byte(journal), 0o600))
	cmd := exec.CommandContext(t.Context(), program, append([]string{"-f", file}, arguments...)...) //nolint:gosec // of the test that asks
	var said, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &failed
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, failed.String())
	}
	return said.String(), nil
}

// Balances has hledger read a journal and say the balances, which it checks the journal's assertions for. They are in
// minor units, by account and unit: "mpesa-ke:position KES". What is zero is not among them. Further arguments are hledger's:
// with --strict, what is not declared is refused, too.
func Balances(t *testing.T, journal string, arguments ...string) map[string]int64 {
	t.Helper()
	out, err := Hledger(t, journal, append([]string{"balance", "--flat", "--no-total", "-O", "csv"}, arguments...)...)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	balances := map[string]int64{}
	for _, row := range rows[1:] {
		for amount := range strings.SplitSeq(row[1], ", ") {
			text, code, _ := strings.Cut(amount, " ")
			m, err := fx.ParseMoney(text, fx.MustCurrency(strings.Trim(code, `"`)))
			require.NoError(t, err, amount)
			balances[row[0]+" "+m.Currency.String()] = m.Minor
		}
	}
	return balances
}
