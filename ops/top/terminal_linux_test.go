package top_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/ayni-switch/ayni/ops/top"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// terminal is a pseudo-terminal: what a program has, and somebody who looks at it and presses keys.
type terminal struct {
	*testing.T
	program, person *os.File

	mu   sync.Mutex
	seen bytes.Buffer
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("SKIPPED: this machine has no pseudo-terminals: %v", err)
	}
	t.Cleanup(func() { _ = person.Close() })
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0))
	program, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = program.Close() })
	x := &terminal{T: t, program: program, person: person}
	go func() {
		part := make([]byte, 4096)
		for {
			n, err := person.Read(part)
			x.mu.Lock()
			x.seen.Write(part[:n])
			x.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return x
}

func (x *terminal) size(columns, rows uint16) {
	x.Helper()
	require.NoError(x, unix.IoctlSetWinsize(int(x.person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows}))
}

func (x *terminal) press(keys string) {
	x.Helper()
	_, err := x.person.WriteString(keys)
	require.NoError(x, err)
}

func (x *terminal) all() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.seen.String()
}

// pages are what was drawn whole so far, without what moves the cursor.
func (x *terminal) pages() (all []string) {
	parts := strings.Split(x.all(), "\x1b[H")
	for _, part := range parts[1:] {
		if page, _, whole := strings.Cut(part, "\x1b[J"); whole {
			all = append(all, strings.ReplaceAll(page, "\x1b[K", ""))
		}
	}
	return all
}

var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// fits tells whether a page is within a size.
func fits(page string, columns, rows int) bool {
	lines := strings.Split(page, "\r\n")
	for _, line := range lines {
		if utf8.RuneCountInString(colours.ReplaceAllString(line, "")) > columns {
			return false
		}
	}
	return len(lines) <= rows
}

// atNoon is a busy switch, that stays as it is.
type atNoon struct{}

func (atNoon) Pulse(context.Context, int64) (*ledger.Pulse, error) { return busy().Pulse, nil }

func (atNoon) QueuedValues(context.Context) ([]ledger.QueuedValue, error) { return busy().Queued, nil }

func (atNoon) Rails(context.Context) ([]ledger.RailStanding, error) { return busy().Rails, nil }

func (atNoon) Windows(context.Context) ([]ledger.Window, error) { return busy().Windows, nil }

// Somebody at a terminal sees the page, makes the window smaller, presses keys, quits, and has the terminal back as it was.
func TestSomebodyAtATerminal(t *testing.T) {
	x := newTerminal(t)
	x.size(120, 40)
	before, err := unix.IoctlGetTermios(int(x.program.Fd()), unix.TCGETS)
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- top.Follow(t.Context(), atNoon{}, x.program, x.program) }()

	const patience = time.Minute
	require.Eventually(t, func() bool { return len(x.pages()) > 0 }, patience, time.Millisecond)
	assert.True(t, strings.HasPrefix(x.all(), "\x1b[?1049h\x1b[?25l"), "on a screen of its own, without a cursor")
	first := x.pages()[0]
	for _, row := range []string{"batch 81204", "mpesa-ke", "upi-in", "window 4 of east failed"} {
		assert.Contains(t, first, row)
	}
	raw, err := unix.IoctlGetTermios(int(x.program.Fd()), unix.TCGETS)
	require.NoError(t, err)
	assert.Zero(t, raw.Lflag&unix.ECHO, "keys are not shown")

	x.size(38, 5)
	x.press("x\x1b[A ") // which mean nothing
	require.Eventually(t, func() bool {
		all := x.pages()
		return len(all) > 1 && fits(all[len(all)-1], 38, 5)
	}, patience, time.Millisecond)
	assert.False(t, fits(first, 38, 5), "it was larger before")
	select {
	case err := <-ended:
		require.FailNow(t, "it ended by a key that means nothing", "%v", err)
	default:
	}
	x.press("q")
	require.NoError(t, <-ended)
	require.Eventually(t, func() bool { return strings.HasSuffix(x.all(), "\x1b[?25h\x1b[?1049l") }, patience, time.Millisecond, "the screen from before, with its cursor")
	after, err := unix.IoctlGetTermios(int(x.program.Fd()), unix.TCGETS)
	require.NoError(t, err)
	assert.Equal(t, before, after)
	assert.NotContains(t, x.all(), "x\x1b[A", "nothing was echoed")
}
