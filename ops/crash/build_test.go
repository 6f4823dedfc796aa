//go:build linux

package crash

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// violation begins each line that says what an invariant found broken.
const violation = "VIOLATED: "

// build makes the binary that runs the suite: with failpoints, without the race detector, and without
// the safeguard that a further tag removes.
func build(t *testing.T, tags ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "crash.test")
	c := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", binary, "-tags", strings.Join(append(tags, "failpoints"), ","), ".")
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return binary
}

// run runs one test of a binary and shows what it says. It returns all of it, and how it ended.
func run(t *testing.T, binary, test string, flags ...string) (said string, err error) {
	t.Helper()
	var all bytes.Buffer
	c := exec.CommandContext(t.Context(), binary, append([]string{"-test.run", "^" + test + "$", "-test.v", "-test.timeout", "0"}, flags...)...)
	c.Env = append(os.Environ(), inside+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	c.Stdout = io.MultiWriter(&all, t.Output())
	c.Stderr = c.Stdout
	err = startAndWait(c)
	return all.String(), err
}

// again hands the present test over to the binary built for it. It returns false in that binary, where
// the test is to be run.
func again(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inside) != "" {
		return false
	}
	if testing.Short() {
		t.Skip("SKIPPED: kills processes for minutes; run without -short")
	}
	said, err := run(t, build(t), t.Name(), "-crash-kills", fmt.Sprint(*kills), "-crash-transfers", fmt.Sprint(*transfers),
		"-crash-seed", fmt.Sprint(*seed), "-crash-for", forTime.String(), "-crash-patience", patience.String())
	require.NoError(t, err)
	if skipped := regexp.MustCompile(`(?m)SKIPPED: .*`).FindString(said); skipped != "" {
		t.Skip(skipped)
	}
	return true
}

// cause is the first violation in what a run said, "" where there is none.
func cause(said string) string {
	_, found, _ := strings.Cut(said, violation)
	line, _, _ := strings.Cut(found, "\n")
	return line
}
