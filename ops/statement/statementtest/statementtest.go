// Package statementtest holds what the switch tells against the official ISO 20022 schemas. Tests skip, and say so, where
// these are not there. Journals are journaltest's (settlement/audit/journal).
package statementtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
