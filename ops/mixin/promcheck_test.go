package mixin

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Prometheus's own parser takes the rules and the dashboards' queries, and in its engine every alert fires when it should
// and is quiet when it should. The checker is a module of its own (testdata/promcheck), and the only thing that this may
// lack is the modules that it needs.
func TestPrometheusTakesTheRules(t *testing.T) {
	command := exec.CommandContext(t.Context(), "go", "test", "-mod=readonly", "-count=1", ".")
	command.Dir, command.Env = filepath.Join("testdata", "promcheck"), append(os.Environ(), "GOWORK=off")
	out, err := command.CombinedOutput()
	if err != nil && strings.Contains(string(out), "[setup failed]") && !strings.Contains(string(out), "SECURITY ERROR") {
		t.Skipf("NOT CHECKED BY PROMETHEUS: its modules cannot be fetched: %s", out)
	}
	require.NoError(t, err, "%s", out)
}
