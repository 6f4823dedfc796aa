// Package statementtest holds what the switch tells against programs of others: the official ISO 20022 schemas and
// hledger. Tests skip, and say so, where these are not there.
package statementtest

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

const namespace = "urn:iso:std:iso:20022:tech:xsd:"

// Validate holds every message below a folder against the official schema that it names, in the folder of schemas.
func Validate(t *testing.T, dir, schemas string) {
	t.Helper()
	if _, err := os.Stat(schemas); err != nil {
		t.Skipf("NOT VALIDATED: the ISO 20022 schemas are not at %s", schemas)
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("NOT VALIDATED: xmllint (package libxml2-utils) is not installed")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*.xml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	byMessage := map[string][]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		_, message, found := strings.Cut(string(data), namespace)
		require.True(t, found, file)
		message, _, _ = strings.Cut(message, `"`)
		byMessage[message] = append(byMessage[message], file)
	}
	for message, of := range byMessage {
		args := append([]string{"--noout", "--nonet", "--schema", filepath.Join(schemas, message+".xsd")}, of...)
		out, err := exec.CommandContext(t.Context(), "xmllint", args...).CombinedOutput() //nolint:gosec // files of the test that asks
		require.NoError(t, err, "%s", out)
	}
	t.Logf("%d messages of %d kinds are valid", len(files), len(byMessage))
}

// Balances has hledger read a journal and say the balances, which it checks the journal's assertions for. They are in
// minor units, by account and unit: "mpesa-ke:position KES". What is zero is not among them.
func Balances(t *testing.T, journal string) map[string]int64 {
	t.Helper()
	if _, err := exec.LookPath("hledger"); err != nil {
		t.Skip("NOT READ BY ANOTHER PROGRAM: hledger is not installed")
	}
	file := filepath.Join(t.TempDir(), "books.journal")
	require.NoError(t, os.WriteFile(file, []byte(journal), 0o600))
	out, err := exec.CommandContext(t.Context(), "hledger", "-f", file, "balance", "--flat", "--no-total", "-O", "csv").CombinedOutput() //nolint:gosec // files of the test that asks
	require.NoError(t, err, "%s", out)
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
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
