//go:build linux

package crash

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The suite is worth what it notices: without one safeguard it must fail, with all of them pass.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: builds and kills for minutes; run without -short")
	}
	short := []string{"-crash-kills", "20", "-crash-transfers", "4000", "-crash-patience", "10s", "-crash-seed", "7"}
	whole := []string{"-crash-kills", "10", "-crash-transfers", "2000", "-crash-seed", "7"}
	for _, safeguard := range []string{"", "deduplication", "position", "epoch", "sum", "unknown", "cap"} {
		name, tags := "none", []string(nil)
		if safeguard != "" {
			name, tags = safeguard, []string{"mutant_" + safeguard}
		}
		t.Run(name, func(t *testing.T) {
			if safeguard == "" {
				_, err := run(t, build(t), "TestCrash", whole...)
				require.NoError(t, err)
				return
			}
			requireConsulted(t, safeguard)
			said, err := run(t, build(t, tags...), "TestCrash", short...)
			require.Error(t, err, "nobody noticed")
			require.NotEmpty(t, cause(said), "it failed, but not for a broken invariant")
			t.Logf("noticed: %s", cause(said))
		})
	}
}

// requireConsulted skips a mutant that no code asks about yet: it would be the switch itself.
func requireConsulted(t *testing.T, safeguard string) {
	t.Helper()
	constant := "mutant." + strings.ToUpper(safeguard[:1]) + safeguard[1:]
	for _, folder := range []string{"decide", "engine", "store"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "settlement", folder, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			if bytes.Contains(text, []byte(constant)) {
				return
			}
		}
	}
	t.Fatalf("nothing in settlement consults %s", constant)
}
