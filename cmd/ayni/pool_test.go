package main

import (
	"bufio"
	"context"
	"fmt"
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

	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// treasurer is somebody who does what the README says, in a folder, with the program itself.
type treasurer struct {
	t      *testing.T
	dir    string
	port   string
	code   string // that the last invitation printed
	serve  *exec.Cmd
	output map[string]string // of each command, by its line
}

func newTreasurer(t *testing.T) *treasurer {
	t.Helper()
	x := &treasurer{t: t, dir: pgtest.Folder(t), output: map[string]string{}}
	self, err := os.Executable()
	require.NoError(t, err)
	bin := filepath.Join(x.dir, "bin")
	require.NoError(t, os.Mkdir(bin, 0o755))
	program := fmt.Appendf(nil, "#!/bin/sh\n%s=1 exec %s \"$@\"\n", asAyni, self)
	require.NoError(t, os.WriteFile(filepath.Join(bin, "ayni"), program, 0o755))
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, x.port, err = net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	t.Cleanup(func() {
		if x.serve != nil {
			_ = x.serve.Process.Kill()
		}
	})
	return x
}

// shell is a line of the README as a shell runs it: on a port of the test's own.
func (x *treasurer) shell(ctx context.Context, line string) *exec.Cmd {
	line = strings.ReplaceAll(line, "CODE", x.code)
	switch {
	case strings.HasPrefix(line, "ayni pool init"):
		line += " --listen 127.0.0.1:" + x.port
	case strings.HasPrefix(line, "ayni pool key new"):
		line += " --node http://127.0.0.1:" + x.port
	case strings.HasPrefix(line, "ayni pool serve"):
		line = "exec " + line
	}
	c := exec.CommandContext(ctx, "sh", "-c", line)
	c.Dir = x.dir
	c.Env = append(os.Environ(), "PATH="+filepath.Join(x.dir, "bin")+":"+os.Getenv("PATH"))
	c.Stdin = strings.NewReader("yes\n")
	return c
}

var (
	told   = regexp.MustCompile(`ayni pool join (\S+)`)
	atNode = regexp.MustCompile(`^ayni pool (export|check|erase)`)
)

func (x *treasurer) does(line string) string {
	x.t.Helper()
	if strings.HasPrefix(line, "ayni pool serve") {
		return x.starts(line)
	}
	if x.serve != nil && atNode.MatchString(line) {
		x.stops()
	}
	c := x.shell(x.t.Context(), line)
	var complaints strings.Builder
	c.Stderr = &complaints
	out, err := c.Output()
	require.NoError(x.t, err, "%s\n%s%s", line, out, &complaints)
	if found := told.FindStringSubmatch(string(out)); found != nil {
		x.code = found[1]
	}
	x.output[line] = string(out)
	return string(out)
}

// fails does what is refused, and returns why.
func (x *treasurer) fails(line, answer string) string {
	x.t.Helper()
	c := x.shell(x.t.Context(), line)
	c.Stdin = strings.NewReader(answer + "\n")
	out, err := c.CombinedOutput()
	require.Error(x.t, err, "%s\n%s", line, out)
	return string(out)
}

func (x *treasurer) starts(line string) string {
	x.t.Helper()
	x.serve = x.shell(context.WithoutCancel(x.t.Context()), line)
	x.serve.Stderr = os.Stderr
	out, err := x.serve.StdoutPipe()
	require.NoError(x.t, err)
	require.NoError(x.t, x.serve.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(x.t, err)
	require.Contains(x.t, said, "http://127.0.0.1:"+x.port)
	return said
}

// stops ends the node as Ctrl-C does.
func (x *treasurer) stops() {
	x.t.Helper()
	require.NoError(x.t, x.serve.Process.Signal(syscall.SIGINT))
	require.NoError(x.t, x.serve.Wait())
	x.serve = nil
}

// commands are the lines of the README's shell blocks, in order.
func commands(t *testing.T) (lines []string) {
	t.Helper()
	text, err := os.ReadFile("../../adapters/pool/README.md")
	require.NoError(t, err)
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", "")) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// readsOtherwise has the log read by somebody who is not admitted yet, and by the public.
func (x *treasurer) readsOtherwise() {
	x.t.Helper()
	x.does("ayni pool log hers --device zawadi.key")
	assert.Contains(x.t, x.does("ayni audit verify hers"), "lines shown")
	origin := "http://127.0.0.1:" + x.port
	require.Eventually(x.t, func() bool { // it is published some seconds later
		x.does("ayni audit mirror " + origin + "/log/ public --log-key \"$(cat copy/keys/log)\"")
		return strings.HasPrefix(x.does("ayni audit verify public"), "a view of 17 entries: 0 lines shown")
	}, time.Minute, 500*time.Millisecond)
	assert.Contains(x.t, x.does("ayni pool public "+origin), "chama-nairobi")
}

func TestTreasurersFirstDayIsAsTheREADMESays(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts some forty programs")
	}
	began := time.Now()
	x := newTreasurer(t)
	said := func(line, what string) {
		t.Helper()
		flat := strings.Join(strings.Fields(x.output[line]), " ")
		assert.Contains(t, flat, what, "%s\n%s", line, x.output[line])
	}
	for _, line := range commands(t) {
		x.does(line)
		if line == "ayni audit verify copy" {
			x.readsOtherwise()
		}
	}
	said("ayni pool members --device amina.key", "Amina Otieno")
	said("ayni pool contributions --device wanjiru.key", "2000.00 KES")
	said("ayni pool proposal p1 --device wanjiru.key", "1200.00 KES")
	said("ayni pool proposal p1 --device wanjiru.key", "state paid")
	said("ayni pool book --device wanjiru.key", "1300.00 KES")
	said("ayni pool proposals --device amina.key", "admission")
	said("ayni audit verify copy", "all as logged") // a chama shows its members everything
	said("ayni audit verify whole", "all as logged")
	said("ayni pool check chama", "true")
	x.starts("ayni pool serve chama")
	assert.NotContains(t, x.does("ayni pool members --device amina.key"), "Zawadi", "who is erased has no name")
	assert.Contains(t, x.fails("ayni pool cash out p1 --device chidi.key", "yes"), "not_now")
	assert.Contains(t, x.fails("ayni pool cash in m1 5 KES --device wanjiru.key", "yes"), "\"ayni pool charter show\" says who may")
	assert.Contains(t, x.fails("ayni pool leave --device chidi.key", "no"), "nobody said yes")
	require.NoError(t, x.serve.Process.Kill())
	require.Error(t, x.serve.Wait())
	x.starts("ayni pool serve chama") // at once: its PostgreSQL ended with it
	assert.Contains(t, strings.Join(strings.Fields(x.does("ayni pool proposal p1 --device amina.key")), " "), "state paid")
	x.stops()
	t.Logf("the first day took %s", time.Since(began).Round(time.Second))
}
