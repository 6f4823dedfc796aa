package docs_test

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/docs"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// pages are the paths of all pages.
func pages(t *testing.T) (names []string) {
	t.Helper()
	require.NoError(t, fs.WalkDir(docs.Pages, ".", func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			names = append(names, path)
		}
		return err
	}))
	require.NotEmpty(t, names)
	return names
}

func text(t *testing.T, name string) string {
	t.Helper()
	page, err := fs.ReadFile(docs.Pages, name)
	require.NoError(t, err)
	return string(page)
}

var links = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Every page is reached from the first one, and no link leads nowhere.
func TestLinksLeadSomewhere(t *testing.T) {
	reached := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		if reached[name] {
			return
		}
		reached[name] = true
		for _, found := range links.FindAllStringSubmatch(text(t, name), -1) {
			target, _, _ := strings.Cut(found[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			to := filepath.ToSlash(filepath.Join(filepath.Dir(name), target))
			_, err := os.Stat(to)
			assert.NoError(t, err, "%s links to %s", name, target)
			if err == nil && !strings.HasPrefix(to, "..") {
				follow(to)
			}
		}
	}
	follow("README.md")
	for _, name := range pages(t) {
		assert.True(t, reached[name], "no page links to %s", name)
	}
}

// ayni builds the program, and returns the folder that it is in.
func ayni(t *testing.T) string {
	t.Helper()
	dir := pgtest.Folder(t)
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "ayni"), "../../cmd/ayni").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

// blocks of a page: a shell's commands, and what they print, if the page says so. There, … stands for anything.
var blocks = regexp.MustCompile("(?s)\n```sh\n(.*?)\n```\n(?:```text\n(.*?\n)```\n)?")

// Every command of every page is run as it stands, page by page in an empty folder, and prints what the page says.
func TestCommandsDoWhatThePagesSay(t *testing.T) {
	if testing.Short() {
		t.Skip("it plays days; run without -short")
	}
	path := ayni(t) + ":" + os.Getenv("PATH")
	for _, name := range pages(t) {
		found := blocks.FindAllStringSubmatch(text(t, name), -1)
		if len(found) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if strings.Contains(found[0][1], "git clone "+home) && exec.CommandContext(t.Context(), "git", "rev-parse", "HEAD").Run() != nil {
				t.Skip("SKIPPED: this is no checkout that could be cloned")
			}
			printed := shell(t, path, found)
			for i, block := range found {
				if block[2] != "" {
					assert.Regexp(t, pattern(block[2]), printed[i], "%s", block[1])
				}
			}
		})
	}
}

// Whoever comes new has sent a transfer after ten commands.
func TestANewcomerNeedsTenCommands(t *testing.T) {
	commands := 0
	for _, block := range blocks.FindAllStringSubmatch(text(t, "tutorial.md"), -1) {
		commands += len(strings.Split(block[1], "\n"))
	}
	assert.LessOrEqual(t, commands, 10)
	assert.Greater(t, commands, 5)
}

const (
	home = "https://github.com/ayni-switch/ayni" // where pages clone from; a test clones this checkout instead
	port = "127.0.0.1:8080"                      // where pages have the console; a test has it elsewhere
)

// free is an address that nobody listens at.
func free(t *testing.T) string {
	t.Helper()
	on, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, on.Close())
	return on.Addr().String()
}

// cloning has git take this checkout for our home.
func cloning(t *testing.T) []string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	return []string{
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=url." + root + ".insteadOf", "GIT_CONFIG_VALUE_0=" + home,
		"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*",
	}
}

// margin is how long before the tests' deadline a page's commands have to end.
const margin = 20 * time.Second

// shell runs a page's blocks, one after the other in one shell, and returns what each printed. What they left running
// in the background ends with it.
func shell(t *testing.T, path string, blocks [][]string) []string {
	t.Helper()
	const between = "--- next block ---\n"
	var script strings.Builder
	elsewhere := free(t)
	for _, block := range blocks {
		fmt.Fprintf(&script, "%s\nprintf '%%s' '%s'\n", strings.ReplaceAll(block[1], port, elsewhere), between)
	}
	ctx, cancel := t.Context(), context.CancelFunc(func() {})
	if deadline, has := t.Deadline(); has { // while this process still lives to end what runs
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
	}
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-e")
	sh.Cancel = func() error { return syscall.Kill(-sh.Process.Pid, syscall.SIGKILL) }
	sh.Dir = pgtest.Folder(t)
	sh.Env = append(append(os.Environ(), "PATH="+path, "NO_COLOR=1"), cloning(t)...)
	sh.SysProcAttr = ownGroup()
	sh.Stdin = strings.NewReader(script.String())
	out, err := os.Create(filepath.Join(t.TempDir(), "out")) // a file: what runs on in the background may keep it
	require.NoError(t, err)
	defer out.Close() //nolint:errcheck // only read from here on
	complaints, err := os.Create(filepath.Join(t.TempDir(), "err"))
	require.NoError(t, err)
	defer complaints.Close() //nolint:errcheck // likewise
	sh.Stdout, sh.Stderr = out, complaints
	err = sh.Run()
	_ = syscall.Kill(-sh.Process.Pid, syscall.SIGKILL) // nobody may be left
	said, readErr := os.ReadFile(out.Name())
	require.NoError(t, readErr)
	wrong, readErr := os.ReadFile(complaints.Name())
	require.NoError(t, readErr)
	require.NoError(t, err, "%s\n%s", said, wrong)
	printed := strings.Split(string(said), between)
	require.Len(t, printed, len(blocks)+1)
	return printed
}

// pattern is what a text block means: each of its lines is printed, in that order, with anything for … and between them.
func pattern(block string) string {
	var all []string
	for line := range strings.Lines(block) {
		parts := strings.Split(strings.TrimSpace(line), "…")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(strings.TrimSpace(parts[i]))
		}
		all = append(all, strings.Join(parts, ".*"))
	}
	return "(?s)" + strings.Join(all, ".*")
}
