//go:build linux

package crash

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

const (
	provider = "casa-fx"
	settling = 3 * time.Second // after which what was started or killed has recovered
)

// stage is everything that runs: the children, the world outside, and the customers.
type stage struct {
	t            *testing.T
	seed         uint64
	dir          string
	participants []participantConfig
	switchSeed   string
	switchKey    string
	logKey       string
	persons      string
	logVerifier  note.Verifier
	children     map[string]*keeper
	world        *world
	client       *http.Client
	books        *store.Ledger  // of the test itself, opened when PostgreSQL first answered
	hub          *messaging.Hub // likewise, to overhear what participants said

	allowed atomic.Int64 // orders that customers may have placed
	placed  atomic.Int64
	busy    atomic.Bool // faults happen: customers come by all the time
	over    atomic.Bool // the children are being ended

	mu          sync.Mutex
	leader      *keeper   // whose batch came last
	batches     int64     // heard of
	disturbed   time.Time // when a server was last killed
	widowed     time.Time // when the last leader was killed, while nobody has taken over
	takeovers   []time.Duration
	deaths      map[string]int // by what was killed and where
	fatal       error
	errorsSince map[string]int // of engines since the last batch, by text
	errors      map[*keeper]int
	happened    map[string]int // what went wrong without a kill
	usurped     []usurpation
	sample      map[string][]messaging.Received // of what each participant said
}

// openStage starts everything below a folder and waits until customers can be served. postgresDir is "" for
// one below that folder.
func openStage(t *testing.T, seed uint64, postgresDir string) *stage {
	t.Helper()
	s := &stage{
		t: t, seed: seed, dir: pgtest.Folder(t), children: map[string]*keeper{}, deaths: map[string]int{}, errorsSince: map[string]int{}, errors: map[*keeper]int{},
		happened: map[string]int{}, sample: map[string][]messaging.Received{},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
	}
	var err error
	s.participants, err = cast()
	require.NoError(t, err)
	s.makeKeys()
	s.world = newWorld(seed, s.participants, s.adapterURL)

	// What a test leaves behind goes in the opposite order: children, then what they lived on.
	ctx, cancel := context.WithCancelCause(context.Background())
	group, ctx := errgroup.WithContext(ctx)
	t.Cleanup(func() {
		s.over.Store(true)
		cancel(errors.New("the suite is over"))
		if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if s.hub != nil {
			s.hub.Close()
		}
		if s.books != nil {
			s.books.Close()
		}
		s.awaitNobody()
		if t.Failed() {
			s.showLogs()
		}
	})
	rails := s.serveWorld(ctx, group)
	if postgresDir == "" {
		postgresDir = filepath.Join(s.dir, "pg")
	}
	port := freePort(t)
	s.keep(ctx, group, "postgres", func() childConfig { return childConfig{Role: "postgres", Dir: postgresDir} })
	s.keep(ctx, group, "broker", func() childConfig {
		return childConfig{Role: "broker", Dir: filepath.Join(s.dir, "nats"), Port: port, Participants: s.participants}
	})
	waiting, stop := context.WithTimeoutCause(ctx, 2*time.Minute, errors.New("it did not start"))
	defer stop()
	base, err := s.children["postgres"].await(waiting)
	require.NoError(t, err)
	broker, err := s.children["broker"].await(waiting)
	require.NoError(t, err)
	for _, name := range []string{"engine-a", "engine-b"} {
		s.keep(ctx, group, name, func() childConfig {
			return childConfig{
				Role: "engine", Name: name, DatabaseURL: base.URL, BrokerURL: broker.URL, Creds: broker.Creds,
				SwitchSeed: s.switchSeed, LogKey: s.logKey, Persons: s.persons,
			}
		})
	}
	for _, name := range []string{"east", "west"} {
		own := slices.DeleteFunc(slices.Clone(s.participants), func(p participantConfig) bool { return p.Process != name })
		s.keep(ctx, group, name, func() childConfig {
			return childConfig{
				Role: "adapters", Dir: filepath.Join(s.dir, name), Participants: own, BrokerURL: broker.URL, Creds: broker.Creds,
				SwitchKey: s.switchKey, RailsURL: rails,
			}
		})
	}
	s.books, err = store.Open(waiting, base.URL)
	require.NoError(t, err)
	switchKey, err := messaging.NewSigner([]byte(s.switchSeed))
	require.NoError(t, err)
	s.hub, err = messaging.ConnectHub(waiting, messaging.HubConfig{
		Endpoint: messaging.Endpoint{URL: broker.URL, Creds: broker.Creds[hubUser]}, Signer: switchKey,
	})
	require.NoError(t, err)
	s.open(waiting)
	for _, p := range s.participants {
		group.Go(func() error { return s.report(s.crowd(ctx, p)) })
		group.Go(func() error { s.world.deliver(ctx, p.Name); return nil })
		group.Go(func() error { return s.report(s.overhear(ctx, p.Name)) })
	}
	group.Go(func() error { return s.report(s.trickle(ctx)) })
	return s
}

// report keeps what broke in the suite itself for the test to find.
func (s *stage) report(err error) error {
	if err != nil {
		s.fail(err)
	}
	return nil
}

func (s *stage) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fatal = errors.Join(s.fatal, err)
}

func (s *stage) makeKeys() {
	seed, err := messaging.NewSeed()
	require.NoError(s.t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(s.t, err)
	s.switchSeed, s.switchKey = string(seed), signer.PublicKey()
	logKey, public, err := note.GenerateKey(rand.Reader, "crash.test/log")
	require.NoError(s.t, err)
	s.logKey = logKey
	s.persons = filepath.Join(s.dir, "persons.keys")
	_, err = persons.Create(s.persons)
	require.NoError(s.t, err)
	s.logVerifier, err = note.NewVerifier(public)
	require.NoError(s.t, err)
}

// serveWorld answers the rails' side until ctx ends.
func (s *stage) serveWorld(ctx context.Context, group *errgroup.Group) (url string) {
	s.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	mux := http.NewServeMux()
	mux.Handle("POST /{participant}/{what}", s.world)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	return "http://" + listener.Addr().String()
}

// freePort finds a port for the broker, which must come back on the same one.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close() //nolint:errcheck // only asked for its number
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *stage) keep(ctx context.Context, group *errgroup.Group, name string, config func() childConfig) {
	s.t.Helper()
	k, err := newKeeper(s.dir, name, config)
	require.NoError(s.t, err)
	k.said, k.died = s.heard, s.died
	s.children[name] = k
	group.Go(func() error { return k.run(ctx) })
}

func (s *stage) adapterURL(participant string) string {
	at := slices.IndexFunc(s.participants, func(p participantConfig) bool { return p.Name == participant })
	return s.children[s.participants[at].Process].answer().URLs[participant]
}

// heard takes what a child says.
func (s *stage) heard(k *keeper, m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.Error != "":
		s.errorsSince[k.name+": "+m.Error]++
		s.errors[k]++
	case m.Batch > 0:
		s.batches++
		clear(s.errorsSince)
		if !s.widowed.IsZero() && k != s.leader {
			s.takeovers = append(s.takeovers, time.Since(s.widowed))
		}
		s.widowed = time.Time{}
		s.leader = k
	}
}

// died notes the end of a child. One that ended by itself is only started again, unless it says that
// it must not be.
func (s *stage) died(k *keeper, p *process) {
	if s.over.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.cmd.ProcessState.ExitCode() == exitBackwards {
		s.fatal = errors.Join(s.fatal, fmt.Errorf("%s%s found a stream that lost what the ledger has seen", violation, k.name))
	}
	// A takeover is measured where somebody stands by and the servers are well.
	if now := time.Now(); k == s.leader && now.Sub(s.disturbed) > settling && now.Sub(s.other(k).born()) > settling {
		s.widowed = time.Now()
	}
}

// count notes a kill. server says that engines and adapters cannot go on by themselves.
func (s *stage) count(what string, server bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaths[what]++
	if server {
		s.disturbed, s.widowed = time.Now(), time.Time{}
	}
}

// kills counts them all.
func (s *stage) kills() (sum int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.deaths {
		sum += n
	}
	return sum
}

// other is the other engine.
func (s *stage) other(engine *keeper) *keeper {
	if engine == s.children["engine-a"] {
		return s.children["engine-b"]
	}
	return s.children["engine-a"]
}

// leading is the engine whose batch came last, and one that stands by.
func (s *stage) leading() (leader, other *keeper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	leader = s.leader
	if leader == nil {
		leader = s.children["engine-a"]
	}
	return leader, s.other(leader)
}

// open admits the participants, publishes quotes for every pair, and funds everybody.
func (s *stage) open(ctx context.Context) {
	s.t.Helper()
	s.ask(ctx, "provider", settlement.CommandAddParticipant, settlement.AddParticipant{
		Name: provider, Currency: fx.MustCurrency("USD"), Role: settlement.RoleProvider,
		PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1,
	})
	var quotes []fx.Quote
	var done []string
	for _, p := range s.participants {
		s.ask(ctx, "admit "+p.Name, settlement.CommandAddParticipant, settlement.AddParticipant{
			Name: p.Name, Country: p.Country, Currency: p.Currency, Role: settlement.RoleOperator, SigningKey: p.signer().PublicKey(),
			PayoutIncrementMinor: p.Step, PayoutMinMinor: p.Step, PayoutMaxMinor: payoutMax,
		})
		s.fund(ctx, "start", p, p.FundUSD)
		if slices.Contains(done, p.Currency.String()) {
			continue
		}
		done = append(done, p.Currency.String())
		s.ask(ctx, "pool of "+p.Currency.String(), settlement.CommandFund, settlement.Fund{
			Participant: provider, Currency: p.Currency, AmountMinor: p.minor(100_000_000 * 100),
		})
		for _, to := range s.participants {
			if to.Currency == p.Currency || slices.ContainsFunc(quotes, func(q fx.Quote) bool { return q.From == p.Currency && q.To == to.Currency }) {
				continue
			}
			rate, err := fx.ParseRate(fmt.Sprintf("%d/%d", to.PerUSD, p.PerUSD))
			require.NoError(s.t, err)
			quotes = append(quotes, fx.Quote{
				ID: strings.ToLower("q-" + p.Currency.String() + "-" + to.Currency.String()), Provider: provider, From: p.Currency, To: to.Currency,
				Rate: rate, FeeMinor: p.minor(10), Expires: time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second),
			})
		}
	}
	s.ask(ctx, "quotes", settlement.CommandQuotes, settlement.Quotes{Quotes: quotes})
}

func (s *stage) fund(ctx context.Context, occasion string, p participantConfig, usd int64) {
	s.t.Helper()
	s.ask(ctx, "fund "+p.Name+" "+occasion, settlement.CommandFund, settlement.Fund{
		Participant: p.Name, Currency: p.Currency, AmountMinor: p.minor(usd * 100),
	})
}

// ask has the engine carry out a command, through whatever dies meanwhile.
func (s *stage) ask(ctx context.Context, key string, kind settlement.CommandKind, body any) {
	s.t.Helper()
	text, err := json.Marshal(body, json.Deterministic(true))
	require.NoError(s.t, err)
	ctx, cancel := context.WithTimeoutCause(ctx, *patience, errors.New(violation+"nobody carries it out"))
	defer cancel()
	fault, err := persist(ctx, func() (string, error) {
		id, err := s.books.Ask(ctx, key, kind, text)
		if err != nil {
			return "", err
		}
		return s.books.AwaitCommand(ctx, id)
	})
	require.NoError(s.t, err, "%s: %v", key, context.Cause(ctx))
	require.Empty(s.t, fault, key)
}

// postmaster is the server's own pid, 0 where it is away.
func (s *stage) postmaster() int {
	text, err := os.ReadFile(filepath.Join(s.children["postgres"].config().Dir, "postgres", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return pid
}

// awaitNobody makes sure that nobody survives the test, and waits for the server of PostgreSQL, whose
// parent is gone.
func (s *stage) awaitNobody() {
	for _, k := range s.children {
		require.Nil(s.t, k.process(), "%s survives", k.name)
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-look.C {
		pid := s.postmaster()
		if pid == 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
	}
	s.t.Error("PostgreSQL survives")
}

// showLogs shows the end of what each child logged.
func (s *stage) showLogs() {
	for name := range s.children {
		text, err := os.ReadFile(filepath.Join(s.dir, name+".log"))
		if err == nil {
			s.t.Logf("---- the end of %s.log:\n%s", name, text[max(0, len(text)-3000):])
		}
	}
}
