// Package typescript holds an adapter in TypeScript, and its test: it compiles, and stands what every adapter must.
package typescript

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/adaptertest"
	"github.com/ayni-switch/ayni/adapters/examples/plain"
)

// The example is installed and compiled as its README says, and held against the suite.
func TestTheTypeScriptAdapterConforms(t *testing.T) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("NOT TESTED: the adapter in TypeScript needs %s, which is not installed", tool)
		}
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc", "tsconfig.json"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	require.NoError(t, os.CopyFS(filepath.Join(dir, "src"), os.DirFS("src")))
	for _, arguments := range [][]string{{"ci", "--no-audit", "--no-fund"}, {"run", "build"}} {
		cmd := exec.CommandContext(t.Context(), "npm", arguments...)
		cmd.Dir = dir
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", said)
	}
	subject, err := adaptertest.OfPlug(plain.Plug(), func(adaptertest.Link) (*exec.Cmd, error) {
		return exec.Command("node", filepath.Join(dir, "dist", "main.js")), nil
	})
	require.NoError(t, err)
	subject.Lacks = map[adaptertest.Need]string{
		adaptertest.NeedOrders:    "it takes no orders",
		adaptertest.NeedRefunds:   "it collects nothing that could be given back",
		adaptertest.NeedCallbacks: "it asks instead of being called back",
		adaptertest.NeedReserve:   "it sets nothing aside",
		adaptertest.NeedCases:     "it says on its standard error what a person has to look at",
	}
	adaptertest.Run(t, subject)
}
