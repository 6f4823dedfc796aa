package top

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Books is where figures come from. *store.Ledger is one.
type Books interface {
	Pulse(ctx context.Context, after int64) (*ledger.Pulse, error)
	QueuedValues(ctx context.Context) ([]ledger.QueuedValue, error)
	Rails(ctx context.Context) ([]ledger.RailStanding, error)
	Windows(ctx context.Context) ([]ledger.Window, error)
}

// Every is how often the page is drawn, and as often it has what the terminal's size is.
const Every = time.Second

// Look takes a snapshot.
func Look(ctx context.Context, books Books, now time.Time) (s Snapshot, err error) {
	s.At = now
	var errs [4]error
	s.Pulse, errs[0] = books.Pulse(ctx, 0)
	s.Queued, errs[1] = books.QueuedValues(ctx)
	s.Rails, errs[2] = books.Rails(ctx)
	s.Windows, errs[3] = books.Windows(ctx)
	return s, errors.Join(errs[:]...)
}

// Follow shows snapshots until ctx ends, or somebody at the terminal says q: a page that is drawn again on a terminal,
// a line each elsewhere. A database that is away for a while is an alarm on the page. The first look must succeed.
func Follow(ctx context.Context, books Books, in io.Reader, out io.Writer) error {
	s, err := Look(ctx, books, time.Now())
	if err != nil {
		return err
	}
	draw := func(s Snapshot) error {
		_, err := fmt.Fprintln(out, Line(s))
		return err
	}
	quit := make(<-chan struct{})
	if keys, screen, ok := terminal(in, out); ok {
		before, err := term.MakeRaw(int(keys.Fd()))
		if err != nil {
			return fmt.Errorf("top: %w", err)
		}
		defer term.Restore(int(keys.Fd()), before)    //nolint:errcheck // nothing is left to do about it
		fmt.Fprint(out, "\x1b[?1049h\x1b[?25l")       //nolint:errcheck // the alternate screen, without a cursor; drawing tells
		defer fmt.Fprint(out, "\x1b[?25h\x1b[?1049l") //nolint:errcheck // and back
		quit = quits(keys)
		draw = func(s Snapshot) error { return page(screen, s) }
	}
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		if err := draw(s); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-quit:
			return nil
		case <-ctx.Done():
			return nil
		}
		if next, err := Look(ctx, books, time.Now()); err == nil {
			s = next
		} else if s.At = time.Now(); ctx.Err() == nil {
			s.Fault = "the database does not answer: " + err.Error()
		}
	}
}

// terminal tells whether somebody sits before both.
func terminal(in io.Reader, out io.Writer) (keys, screen *os.File, ok bool) {
	keys, isFile := in.(*os.File)
	screen, alsoFile := out.(*os.File)
	return keys, screen, isFile && alsoFile && show.IsTerminal(keys) && show.IsTerminal(screen)
}

// page draws over the page before, at the size that the terminal has now.
func page(screen *os.File, s Snapshot) error {
	width, height, err := term.GetSize(int(screen.Fd()))
	if err != nil {
		return fmt.Errorf("top: %w", err)
	}
	lines := strings.ReplaceAll(Render(s, width, height), "\n", "\x1b[K\r\n")
	_, err = fmt.Fprint(screen, "\x1b[H"+lines+"\x1b[K\x1b[J")
	return err
}

// quits is closed when somebody presses q, or Ctrl-C, which a raw terminal hands over as a key.
func quits(keys io.Reader) <-chan struct{} {
	quit := make(chan struct{})
	go func() {
		defer close(quit)
		pressed := make([]byte, 16)
		for {
			n, err := keys.Read(pressed)
			if err != nil || slices.ContainsFunc(pressed[:n], func(key byte) bool { return key == 'q' || key == 'Q' || key == 3 }) {
				return
			}
		}
	}()
	return quit
}
