package backup_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Units are what systemd takes, the program itself aside, which is not installed here.
func TestUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not on this machine")
	}
	units, err := filepath.Glob("../systemd/*.service")
	require.NoError(t, err)
	require.Len(t, units, 4)
	dir := t.TempDir()
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		require.NoError(t, err)
		for _, hardening := range []string{"DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "MemoryMax=", "StateDirectory="} {
			require.Contains(t, string(text), hardening, unit)
		}
		file := filepath.Join(dir, filepath.Base(unit))
		require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "/usr/local/bin/ayni", "/bin/true")), 0o600))
		out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.NotContains(t, string(out), filepath.Base(unit)+":", "%s", out)
	}
}
