package engine_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/audit/witness"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// heard passes on what an engine says in its log, as far as there is room.
type heard chan slog.Record

func (heard) Enabled(context.Context, slog.Level) bool { return true }
func (h heard) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h heard) WithGroup(string) slog.Handler          { return h }
func (h heard) Handle(_ context.Context, r slog.Record) error {
	select {
	case h <- r:
	default:
	}
	return nil
}

// until waits for a word at a level.
func (h heard) until(t *testing.T, level slog.Level, word string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case r := <-h:
			if r.Level == level && strings.Contains(r.Message, word) {
				return
			}
		case <-timeout:
			require.FailNow(t, "timeout", "nothing was said of %q", word)
		}
	}
}

// opened is a witness of a log, which nobody can reach before it is served.
func opened(t *testing.T, name, logKey string) *witness.Witness {
	t.Helper()
	w, err := witness.Open(witness.Config{Folder: t.TempDir(), Name: name, Logs: []string{logKey}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

// serve serves a witness on an address until the test ends.
func serve(t *testing.T, w *witness.Witness, address string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- w.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close() //nolint:errcheck // only its number is wanted
	return listener.Addr().String()
}

// liar cosigns, by its own good key, another tree than the one that it was asked about.
func liar(t *testing.T) (key audit.CosignerKey, url string) {
	t.Helper()
	_, secret, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	cosigner, err := audit.NewCosigner("liar.example", secret)
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		text := "ayni.test/log\n1000000\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		signed, _ := note.Sign(&note.Note{Text: text}, cosigner.At(time.Now()))
		_, _ = rw.Write(signed[len(text)+1:])
	}))
	t.Cleanup(server.Close)
	return cosigner.Key(), server.URL
}

// waitingWindow closes a window in which mpesa-ke owes, by instruction, with an engine that leads.
func (s *scene) waitingWindow(policy string) {
	require.Empty(s.t, s.told(settlement.CommandWitnesses, settlement.Witnesses{Policy: policy}))
	require.Empty(s.t, s.told(settlement.CommandSettlementMethod, settlement.SettlementMethod{Participant: "mpesa-ke", Method: settlement.MethodInstructed}))
	require.NoError(s.t, s.clients["mpesa-ke"].PublishIntents(s.t.Context(), []messaging.Intent{s.intent(1), s.intent(2)}))
	timeout := time.After(patience)
	for cleared := 0; cleared < 2; {
		select {
		case n := <-s.notices:
			cleared += n.Cleared
		case <-timeout:
			require.FailNow(s.t, "timeout", "waiting for two transfers to clear")
		}
	}
	require.Empty(s.t, s.told(settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "end of day"}))
}

// instructedNets are those whose nets the settlement agent is written for, by instruction.
func (s *scene) instructedNets() (names []string) {
	reader, err := store.OpenReader(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer reader.Close()
	today := ledger.Period{From: time.Now().Add(-24 * time.Hour), Until: time.Now().Add(time.Hour)}
	require.NoError(s.t, reader.Books(s.t.Context(), today, func(b *store.Books) error {
		all, err := b.NetObligations(s.t.Context())
		for _, o := range all {
			if o.Instruction != "" || o.Participant == "mpesa-ke" {
				names = append(names, o.Participant)
			}
		}
		return err
	}))
	return names
}

// count counts by SQL.
func (s *scene) count(query string) (n int64) {
	owner, err := pgx.Connect(s.t.Context(), s.url)
	require.NoError(s.t, err)
	require.NoError(s.t, owner.QueryRow(s.t.Context(), query).Scan(&n))
	require.NoError(s.t, owner.Close(s.t.Context()))
	return n
}

// Real servers, two of three witnesses, one of them down and one that lies: a closed window's instructions wait, across
// engines, until the second cosigns. Another ledger under the log's key is noticed, and nothing of it is told.
func TestInstructionsWaitForTwoOfThreeWitnesses(t *testing.T) {
	s := newScene(t)
	said := make(heard, 10_000)
	s.log = slog.New(said)
	first, second := opened(t, "first.example", s.logKey), opened(t, "second.example", s.logKey)
	addresses := [2]string{freeAddress(t), freeAddress(t)}
	serve(t, first, addresses[0])
	liarKey, liarURL := liar(t)
	policy := fmt.Sprintf("log %s\nwitness first %s http://%s\nwitness second %s http://%s\nwitness liar %s %s\n"+
		"group two 2 first second liar\nquorum two\n", s.logKey, first.Key(), addresses[0], second.Key(), addresses[1], liarKey, liarURL)

	told := make(chan messaging.SettlementInstruction, 10)
	listening, rest := context.WithCancel(t.Context())
	received := make(chan error, 1)
	go func() {
		received <- s.clients["mpesa-ke"].Receive(listening, func(_ context.Context, in messaging.Incoming) error {
			if in.Status != nil {
				for _, i := range in.Status.Settlements {
					told <- i
				}
			}
			return nil
		})
	}()
	stop := s.lead("one")
	s.waitingWindow(policy)
	said.until(t, slog.LevelWarn, "too few witnesses")
	stop() // and what waits outlives the engine
	stop = s.lead("two")
	said.until(t, slog.LevelWarn, "too few witnesses")
	require.EqualValues(t, 1, s.count(`SELECT count(*) FROM ledger.instruction`))
	require.Zero(t, s.count(`SELECT count(*) FROM ledger.instruction_told`))
	require.Empty(t, told)
	require.Empty(t, s.instructedNets(), "nor is a pacs.009 written for the agent")

	serve(t, second, addresses[1])
	select {
	case i := <-told:
		require.Equal(t, "pay_in", i.Kind)
	case <-time.After(patience):
		require.FailNow(t, "timeout", "waiting to be told")
	}
	stop()
	rest()
	require.ErrorIs(t, <-received, context.Canceled)
	require.EqualValues(t, 1, s.count(`SELECT count(*) FROM ledger.instruction_told`))
	require.Equal(t, []string{"mpesa-ke"}, s.instructedNets())
	findings, err := s.books.Check(t.Context(), s.public)
	require.NoError(t, err)
	for _, f := range findings {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
	_, err = engine.Replay(t.Context(), s.books)
	require.NoError(t, err)

	t.Run("split view", func(t *testing.T) {
		other := newScene(t)
		other.signer, other.log = s.signer, slog.New(said)
		stop := other.lead("from a copy")
		defer stop()
		other.waitingWindow(policy)
		said.until(t, slog.LevelError, "split view") // both are ahead of it
		for n := range 60 {                          // until it has caught up
			other.ask(settlement.CommandPatience, settlement.Patience{Participant: "gcash-ph", Seconds: int64(100 + n)})
		}
		for held := ""; held == ""; {
			said.until(t, slog.LevelError, "split view")
			health, err := first.Health()
			require.NoError(t, err)
			held = health.Logs[0].HeldFor
		}
		require.EqualValues(t, 1, other.count(`SELECT count(*) FROM ledger.instruction`))
		kept, err := other.books.SplitViews(t.Context(), 10) // the alarm before the last is kept
		require.NoError(t, err)
		require.NotEmpty(t, kept)
		require.NotEmpty(t, kept[0].Said)
		require.Zero(t, other.count(`SELECT count(*) FROM ledger.instruction_told`))
	})
}

// Whatever proofs are asked for, the ledger has their hashes.
func TestLedgerHasTheHashesOfItsTree(t *testing.T) {
	s := newScene(t)
	stop := s.lead("one")
	require.Empty(t, s.told(settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "end of day"}))
	stop()
	for n := range 40 {
		s.ask(settlement.CommandPatience, settlement.Patience{Participant: "gcash-ph", Seconds: int64(100 + n)})
	}
	stop = s.lead("two")
	require.Empty(t, s.told(settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "night"}))
	stop()
	size, signed, err := s.books.NewestCheckpoint(t.Context())
	require.NoError(t, err)
	newest, err := audit.OpenCheckpoint(signed, s.public)
	require.NoError(t, err)
	require.Equal(t, size, newest.Size)
	owner, err := pgx.Connect(t.Context(), s.url)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	hashes := s.books.Hashes(t.Context())
	for index := range size {
		var body []byte
		require.NoError(t, owner.QueryRow(t.Context(), `SELECT body FROM ledger.log_entry WHERE index = $1`, index).Scan(&body))
		path, err := tlog.ProveRecord(size, index, hashes)
		require.NoError(t, err)
		require.NoError(t, tlog.CheckRecord(path, size, newest.Root, index, audit.Leaf(body)))
		root, err := tlog.TreeHash(index+1, hashes)
		require.NoError(t, err)
		proof, err := tlog.ProveTree(size, index+1, hashes)
		require.NoError(t, err)
		require.NoError(t, tlog.CheckTree(proof, size, newest.Root, index+1, root))
	}
}
