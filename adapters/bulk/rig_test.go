package bulk

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

const patience = 90 * time.Second

// stillRail is a rail on which nothing happens.
type stillRail struct{}

func (stillRail) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{Rail: "still", Currency: kes, Timers: adapters.Timers{
		SubmitTimeout: time.Second, FirstQuery: time.Second, QueryEvery: time.Second, QueryEveryMax: time.Second, CollectionEvery: time.Second,
	}}
}
func (stillRail) Submit(context.Context, adapters.Operation) adapters.Evidence {
	return adapters.Evidence{State: adapters.Unknown}
}
func (stillRail) Query(context.Context, adapters.Operation) adapters.Evidence {
	return adapters.Evidence{State: adapters.Unknown}
}
func (stillRail) Collection(context.Context, adapters.Order) (adapters.Collection, bool, error) {
	return adapters.Collection{}, false, nil
}
func (stillRail) Handler() http.Handler { return http.NotFoundHandler() }

// adapter is a desk and its runner, running.
type adapter struct {
	*Desk
	runner *adapters.Runner
	stop   func() error // nil where it ended well
	done   <-chan struct{}
}

// errKilled is how a desk ends at a failpoint.
var errKilled = errors.New("killed by the test")

// adapter opens and runs a desk. dies may be nil; once it says so at a failpoint, nothing goes on there or
// at any later one.
func (s *testSwitch) adapter(dir string, dies func(name string) bool, configure ...func(*Config)) *adapter {
	s.t.Helper()
	salter, err := adapters.Salter(dir, us)
	require.NoError(s.t, err)
	client, err := messaging.ConnectClient(context.Background(), messaging.ClientConfig{
		Endpoint: s.server.ParticipantEndpoint(us), Participant: us,
		Signer: s.signer(us), Salter: salter, SwitchKey: s.signer("switch").PublicKey(),
	})
	require.NoError(s.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	dead := false
	log := slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	if dies != nil {
		log = slog.New(slog.DiscardHandler) // it will complain, rightly
	}
	cfg := Config{
		Participant: us, Dir: filepath.Join(dir, "bulk"), Switch: client, Republish: 200 * time.Millisecond, Logger: log,
		failpoint: func(name string) error {
			mu.Lock()
			defer mu.Unlock()
			if dead = dead || dies != nil && dies(name); dead {
				cancel()
				return errKilled
			}
			return nil
		},
	}
	for _, c := range configure {
		c(&cfg)
	}
	a := &adapter{}
	a.Desk, err = Open(cfg)
	require.NoError(s.t, err)
	a.runner, err = adapters.NewRunner(adapters.RunnerConfig{
		Participant: us, Dir: dir, Switch: a.Desk, Logger: log,
		Rail: func(adapters.Sink) (adapters.Rail, error) { return stillRail{}, nil },
	})
	require.NoError(s.t, err)
	done := make(chan struct{})
	var failed error
	go func() {
		failed = a.Run(ctx, a.runner)
		close(done)
	}()
	a.done = done
	a.stop = sync.OnceValue(func() error {
		cancel()
		<-done
		client.Close()
		return failed
	})
	s.t.Cleanup(func() { _ = a.stop() })
	return a
}

// until waits for a file to be as wanted.
func (a *adapter) until(t *testing.T, sha string, want func(File) bool) (f File) {
	t.Helper()
	require.Eventually(t, func() bool {
		var err error
		f, err = a.File(sha)
		return err == nil && want(f)
	}, patience, 5*time.Millisecond, "%+v", f)
	return f
}

func finished(f File) bool { return f.State == Finished }

func (a *adapter) resultRows(t *testing.T, sha string) [][]string {
	t.Helper()
	var text strings.Builder
	require.NoError(t, a.Results(t.Context(), &text, sha))
	rows, err := csv.NewReader(strings.NewReader(text.String())).ReadAll()
	require.NoError(t, err)
	require.Equal(t, ResultsHeader, strings.Join(rows[0], ","))
	return rows[1:]
}

// fates are what becomes of lines, by the first letters of the creditor's account, in their order.
var fates = []string{"pay", "pay", "pay", "pay", "pay", "reject", "expire", "return", "twice", "full", "silent", "bad"}

func lineID(n int) string { return fmt.Sprintf("salary-%07d", n) }

// writeLine writes the n-th line of a file. ids repeat the reference, so that the switch sees whose it is.
func writeLine(w io.Writer, n int, fate string) {
	to, amount, currency := near, n%9_000+100, "KES"
	switch n % 3 {
	case 0:
		to = them
	case 1:
		to, currency = them, "INR"
	}
	id, name := lineID(n), fmt.Sprintf(`"Wanjiku ""W"" Nº %d, Nairobi"`, n)
	if fate == "bad" {
		switch n % 4 {
		case 0:
			name = `a "loose quote`
		case 1:
			amount = -1
		case 2:
			to = "omega"
		case 3:
			currency = "XXX"
		}
	}
	_, _ = fmt.Fprintf(w, "%s,%s,Employer Ltd,254700000001,,%s,%s-%d,,%d.05,%s,%s,,\n", id, to, name, fate, n, amount, currency, id)
}

// want is the state in which a line ends.
func want(fate string) State {
	switch fate {
	case "bad":
		return Invalid
	case "reject":
		return State(messaging.StateRejected)
	case "expire":
		return State(messaging.StateExpired)
	case "return":
		return State(messaging.StateReturned)
	default:
		return State(messaging.StatePaid)
	}
}

// writeFile writes a file of lines with every fate and returns its path.
func writeFile(t *testing.T, lines int, fateOf func(n int) string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "salaries.csv")
	f, err := os.Create(path)
	require.NoError(t, err)
	w := bufio.NewWriterSize(f, 1<<16)
	_, _ = fmt.Fprintln(w, Header)
	for n := range lines {
		writeLine(w, n, fateOf(n))
	}
	require.NoError(t, w.Flush())
	require.NoError(t, f.Close())
	return path
}

func everyFate(n int) string { return fates[n%len(fates)] }

func (a *adapter) takeFile(t *testing.T, path string) (f File, fresh bool, err error) {
	t.Helper()
	in, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = in.Close() }()
	return a.Take(t.Context(), in)
}
