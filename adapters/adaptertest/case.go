package adaptertest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
)

// Case is one thing that an adapter must stand.
type Case struct {
	Group, Name string
	Needs       []Need
	Faults      sandbox.Faults         // of the rail, from the start
	Timers      func(*adapters.Timers) // changes those of the adapter; nil for none
	Limit       time.Duration          // 0 for the usual
	Play        func(ctx context.Context, s *Stage) error
}

// usualLimit is longer than a broker waits before it repeats what a killed adapter did not acknowledge, twice, and than
// a busy machine takes to start a process or two.
const usualLimit = 2 * time.Minute

// Result is what came of a case.
type Result struct {
	Case    string // group/name
	Skipped string // why it was not played
	Err     error  // nil where it passed
	Took    time.Duration
}

// Cases are all of them, in the order in which they are played.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{
		happy(), unknown(), duplicate(), crash(), callback(), refunds(), limits(), reserve(), faulty(), budget(), talk(), brokers(), day(), volume(),
	} {
		all = append(all, group...)
	}
	return all
}

// skip says why a subject cannot play a case; "" where it can.
func (c Case) skip(s Subject) string {
	for _, n := range c.Needs {
		if why := s.lack(n); why != "" {
			return why
		}
	}
	return ""
}

// play plays the case on a stage of its own in dir.
func (c Case) play(ctx context.Context, subject Subject, dir string) error {
	ctx, done := c.limited(ctx)
	defer done()
	stage, err := openStage(ctx, subject, c, dir)
	if err != nil {
		return err
	}
	defer stage.Close()
	return c.playOn(ctx, stage)
}

func (c Case) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := c.Limit
	if limit == 0 {
		limit = usualLimit
	}
	return context.WithTimeoutCause(ctx, limit, errors.New("its time is over"))
}

// skipped is what a case returns that found nothing to do.
type skipped string

func (s skipped) Error() string { return string(s) }

// playOn plays the case, and closes the books, whatever came of it.
func (c Case) playOn(ctx context.Context, stage *Stage) error {
	err := c.Play(ctx, stage)
	if ended := stage.alive(); ended != nil {
		err = errors.Join(err, ended)
	}
	if stage.Subject.Broker == nil {
		stage.Kill() // what it still had in its hands is in its store or at the rail
	} else if err == nil {
		err = stage.Switch.Quiet(ctx) // or the next case would find what this one has not acknowledged
	}
	books := stage.Switch.Look(func(h *Heard) error { return stage.Books.Conserve(h, stage.Rail) })
	if _, none := errors.AsType[skipped](err); none {
		if books == nil {
			return err
		}
		err = nil
	}
	if err = errors.Join(err, books); err != nil {
		if log := stage.journal.String(); log != "" {
			err = fmt.Errorf("%w\nthe adapter logged:\n%s", err, log)
		}
	}
	return err
}

// atOnce is how many cases are played at a time: they wait more than they work.
const atOnce = 4

// Main runs a program's tests, so many of them at a time, unless -parallel says otherwise.
func Main(m *testing.M) int {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			return 2
		}
	}
	return m.Run()
}

// Run plays every case as a parallel test.
func Run(t *testing.T, s Subject) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Group+"/"+c.Name, func(t *testing.T) {
			if why := c.skip(s); why != "" {
				t.Skip(why)
			}
			if c.Group == "volume" && testing.Short() {
				t.Skip("volume takes long")
			}
			t.Parallel()
			err := c.play(t.Context(), s, t.TempDir())
			if why, none := errors.AsType[skipped](err); none {
				t.Skip(why)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Play plays the cases that chosen takes, one after the other, and tells what came of each. On a Broker that is given,
// all are played on one stage: what one case left there would reach the adapter of the next. Errors are ctx's, or say
// that there is no stage.
func Play(ctx context.Context, s Subject, chosen func(Case) bool, told func(Result)) (err error) {
	dir, err := os.MkdirTemp("", "ayni-conformance-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var shared *Stage
	if s.Broker != nil {
		if shared, err = openStage(ctx, s, Case{}, dir); err != nil {
			return err
		}
		defer shared.Close()
	}
	for n, c := range Cases() {
		if !chosen(c) {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r := Result{Case: c.Group + "/" + c.Name, Skipped: c.skip(s)}
		began := time.Now()
		switch {
		case r.Skipped != "":
		case shared == nil:
			r.Err = c.play(ctx, s, filepath.Join(dir, strconv.Itoa(n)))
		case c.Timers != nil:
			r.Skipped = "on a broker that is given, all cases share one adapter, with the timers of the first"
		default:
			r.Err = c.playShared(ctx, shared)
		}
		if why, none := errors.AsType[skipped](r.Err); none {
			r.Skipped, r.Err = string(why), nil
		}
		r.Took = time.Since(began)
		told(r)
	}
	return nil
}

// playShared plays the case on a stage that others have played on.
func (c Case) playShared(ctx context.Context, s *Stage) error {
	ctx, done := c.limited(ctx)
	defer done()
	if s.Rail != nil {
		if err := s.SetFaults(c.Faults); err != nil {
			return err
		}
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	return c.playOn(ctx, s)
}
