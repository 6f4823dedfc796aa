package schema_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// published is where the schema of a message is: those of acmt are in a module that we use.
func published(t *testing.T, message string) string {
	t.Helper()
	if !strings.HasPrefix(message, "acmt.") {
		return filepath.Join(xsdFolder, message+".xsd")
	}
	moov, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/moov-io/iso20022").Output()
	require.NoError(t, err)
	return filepath.Join(strings.TrimSpace(string(moov)), "docs", "specifications", "changeverify_account_identification_2", message+".xsd")
}

// judge asks xmllint, message by message, which of the documents the published schema allows. It skips the test where
// there is no xmllint or no schema.
func judge(t *testing.T, documents map[string][][]byte) map[string][]bool {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("NOT COMPARED: xmllint (package libxml2-utils) is not installed")
	}
	folder := t.TempDir()
	verdicts := map[string][]bool{}
	for message, all := range documents {
		xsd := published(t, message)
		if _, err := os.Stat(xsd); err != nil {
			t.Skipf("NOT COMPARED: the ISO 20022 schema is not at %s", xsd)
		}
		args := []string{"--noout", "--nonet", "--schema", xsd}
		files := make([]string, len(all))
		for i, document := range all {
			files[i] = filepath.Join(folder, fmt.Sprintf("%s-%d.xml", message, i))
			require.NoError(t, os.WriteFile(files[i], document, 0o600))
		}
		out, err := exec.CommandContext(t.Context(), "xmllint", append(args, files...)...).CombinedOutput()
		require.Contains(t, string(out), "validate", "%v", err) // something was judged
		lines := map[string]bool{}
		for line := range strings.Lines(string(out)) {
			lines[strings.TrimSpace(line)] = true
		}
		for _, file := range files {
			verdicts[message] = append(verdicts[message], lines[file+" validates"])
		}
	}
	return verdicts
}

// explain is what xmllint says of one document.
func explain(t *testing.T, message string, document []byte) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", published(t, message), "-")
	c.Stdin = bytes.NewReader(document)
	out, _ := c.CombinedOutput() // it fails where it says no
	return string(out)
}
