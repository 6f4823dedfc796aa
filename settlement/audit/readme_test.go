package audit_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// blocks of the README: a shell's commands, and what they print, if anything.
var blocks = regexp.MustCompile("(?s)\n```sh\n(.*?)\n```\n(?:```text\n(.*?\n)```\n)?")

// The README's worked example is what a shell says of the frozen export, block by block.
func TestReadmeByHand(t *testing.T) {
	for _, tool := range []string{"sh", "sha256sum", "basenc", "split", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the README's commands are not run: %v", err)
		}
	}
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	found := blocks.FindAllSubmatch(page, -1)
	require.Greater(t, len(found), 5)
	const between = "--- next block ---\n"
	var script strings.Builder
	for _, block := range found {
		script.Write(block[1])
		script.WriteString("\nprintf '%s' '" + between + "'\n")
	}
	sh := exec.CommandContext(t.Context(), "sh", "-e")
	sh.Stdin = strings.NewReader(script.String())
	var wrong bytes.Buffer
	sh.Stderr = &wrong
	out, err := sh.Output()
	require.NoError(t, err, wrong.String())
	printed := strings.Split(string(out), between)
	require.Len(t, printed, len(found)+1)
	for i, block := range found {
		require.Equal(t, string(block[2]), printed[i], "%s", block[1])
	}
}
