package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/mixin"
)

var (
	shellBlock = regexp.MustCompile("(?s)\n```sh\n(.*?)\n```\n")
	inText     = regexp.MustCompile(`"ayni ([a-z -]+?)(?: [A-Z]+)?"`)
)

// runbooks are the pages of all alerts, by name.
func runbooks(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := fs.Glob(mixin.Files, "runbooks/*.md")
	require.NoError(t, err)
	for _, file := range files {
		text, err := mixin.Files.ReadFile(file)
		require.NoError(t, err)
		all[file] = string(text)
	}
	require.NotEmpty(t, all)
	return all
}

// Every command that a runbook speaks of is one of ours.
func TestRunbooksNameCommandsThatAreThere(t *testing.T) {
	found := 0
	for file, text := range runbooks(t) {
		for _, named := range inText.FindAllStringSubmatch(text, -1) {
			found++
			c, rest, err := newCommand().Find(strings.Fields(named[1]))
			require.NoError(t, err, "%s: ayni %s", file, named[1])
			assert.False(t, !c.Runnable() || len(rest) > 0, "%s: there is no ayni %s", file, named[1])
		}
	}
	assert.Positive(t, found)
}

// place is what runbooks write in capitals, and what that is in the market.
type place struct{ name, is string }

// elsewhere are commands of machines that the market has not: of a journal, of other disks, of somebody's witness.
var elsewhere = regexp.MustCompile(`^(journalctl |iostat |df -h /|curl -s http://WITNESS/)`)

// followsRunbooks runs every command of every runbook on the market, as somebody at night would.
func (m *market) followsRunbooks(env []string, places ...place) {
	m.t.Helper()
	self, err := os.Executable()
	require.NoError(m.t, err)
	path := filepath.Join(m.dir, "bin")
	require.NoError(m.t, os.MkdirAll(path, 0o700))
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec %q \"$@\"\n", asAyni, self)
	require.NoError(m.t, os.WriteFile(filepath.Join(path, "ayni"), []byte(script), 0o700))
	env = append(append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"), "XDG_CONFIG_HOME="+m.dir), env...)
	ran := map[string]bool{}
	pages := runbooks(m.t)
	for _, file := range slices.Sorted(maps.Keys(pages)) {
		for _, block := range shellBlock.FindAllStringSubmatch(pages[file], -1) {
			for line := range strings.SplitSeq(block[1], "\n") {
				if ran[line] || elsewhere.MatchString(line) {
					continue
				}
				ran[line] = true
				m.follows(env, file, line, places)
			}
		}
	}
	assert.Greater(m.t, len(ran), 20)
}

// follows runs one line. What it greps for may not be there on a quiet day; what it greps in is.
func (m *market) follows(env []string, file, line string, places []place) {
	m.t.Helper()
	script := line
	for _, p := range places {
		script = strings.ReplaceAll(script, p.name, p.is)
	}
	script, _, _ = strings.Cut(script, " | grep ")
	script = strings.Replace(script, "curl -s", "curl -sS --fail-with-body", 1) // an answer that is none is told of
	script = regexp.MustCompile(`^ayni top$`).ReplaceAllString(script, "ayni top --once")
	program, arguments, _ := strings.Cut(script, " ")
	if program == "ayni" { // which shows help of what it does not know
		c, _, err := newCommand().Find(strings.Fields(arguments))
		require.NoError(m.t, err, "%s: %s", file, line)
		require.True(m.t, c.HasParent(), "%s: %s", file, line)
	}
	if _, err := exec.LookPath(program); err != nil && program != "ayni" {
		m.t.Logf("SKIPPED %s: %s: there is no %s here", file, line, program)
		return
	}
	c := exec.CommandContext(m.t.Context(), "sh", "-e", "-c", script)
	c.Env, c.Dir = env, m.dir
	out, err := c.CombinedOutput()
	assert.NoError(m.t, err, "%s: %s\n%s", file, line, out)
	assert.NotEmpty(m.t, out, "%s: %s prints nothing", file, line)
}
