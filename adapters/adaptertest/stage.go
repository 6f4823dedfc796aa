package adaptertest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// Stage is what one case is played on: a broker with the played switch, a rail, the taps between, and the adapter's
// process.
type Stage struct {
	Subject   Subject
	Switch    *Switch
	Rail      sandbox.Server // nil where there is none to look into
	Requests  *Tap           // adapter → rail
	Callbacks *Tap           // rail → adapter
	Books     *Books
	Terms     Terms

	link    Link
	joined  Joined
	journal journal
	faults  sandbox.Faults
	orders  *http.Client

	mu   sync.Mutex
	life *life
	made uint64
}

// quick are the timers of an adapter under test: what takes minutes in production takes moments.
var quick = adapters.Timers{
	SubmitTimeout: time.Second, FirstQuery: 50 * time.Millisecond, QueryEvery: 50 * time.Millisecond,
	QueryEveryMax: 500 * time.Millisecond, CollectionEvery: 100 * time.Millisecond,
	QueryNotBefore: time.Millisecond, QueriesMost: 8, QueriesWithin: 100 * time.Millisecond, OpenFor: time.Hour,
}

// openStage sets everything up and starts the adapter.
func openStage(ctx context.Context, subject Subject, c Case, dir string) (s *Stage, err error) {
	s = &Stage{
		Subject: subject, Books: newBooks(), Terms: subject.Terms, faults: c.Faults,
		orders: &http.Client{Timeout: tapDeadline, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if subject.Broker != nil { // other runs have had people paid there
		s.made = uint64(time.Now().Unix()%9_000) * 10_000 //nolint:gosec // after 1970
	}
	if s.Switch, s.link, err = openSwitch(ctx, dir, subject.Broker); err != nil {
		return nil, err
	}
	scheme := "http"
	if c.Faults.ExpiredCertificate && subject.Secure {
		scheme = "https"
	}
	if s.Requests, err = openTap(ctx, scheme); err != nil {
		return nil, err
	}
	if s.Callbacks, err = openTap(ctx, "http"); err != nil {
		return nil, err
	}
	s.Callbacks.Set(toURL(func() string { return s.where().Callbacks }))
	if subject.Rail != nil {
		if err := s.openRail(c, dir); err != nil {
			return nil, err
		}
	}
	if err := s.board(ctx); err != nil {
		return nil, err
	}
	err = s.Start(ctx)
	return s, err
}

func (s *Stage) openRail(c Case, dir string) error {
	folder := filepath.Join(dir, "rail")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	timers := quick
	if c.Timers != nil {
		c.Timers(&timers)
	}
	joined, err := s.Subject.Rail(adapters.SandboxOptions{
		Config: sandbox.Config{LedgerPath: filepath.Join(folder, "ledger.db"), Seed: 1, Faults: c.Faults},
		Dir:    folder, URL: s.Requests.URL(), CallbackURL: s.Callbacks.URL() + "/rail", Timers: timers,
	})
	if err != nil {
		return err
	}
	s.Rail, s.Terms, s.joined = joined.Rail, joined.Terms, joined
	s.Requests.Set(joined.Rail)
	if secure, ok := joined.Rail.(interface{ TLS() *tls.Config }); ok {
		s.Requests.Identify(secure.TLS())
	}
	s.link.RailURL, s.link.Settings = s.Requests.URL(), filepath.Join(dir, "settings.yaml")
	return os.WriteFile(s.link.Settings, joined.Settings, 0o600)
}

// board tells the adapter whom its customers can pay.
func (s *Stage) board(ctx context.Context) error {
	return s.Switch.Tell(ctx, messaging.StatusMessage{Peers: []messaging.Peer{{
		Participant: them, Country: "KE", Currency: s.Terms.Currency.String(),
		PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: s.Terms.Most,
	}}})
}

// Close ends everything.
func (s *Stage) Close() {
	s.Kill()
	if s.Requests != nil {
		s.Requests.Close()
	}
	if s.Callbacks != nil {
		s.Callbacks.Close()
	}
	if s.Rail != nil {
		_ = s.Rail.Close() // what it has not written, it has not done
	}
	if s.Switch != nil {
		s.Switch.Close()
	}
}

// startLimit is how long an adapter may take to say where it listens.
const startLimit = time.Minute

// Start begins a life of the adapter; it does nothing where one is under way.
func (s *Stage) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Subject.Command == nil || (s.life != nil && !s.life.over()) {
		return nil
	}
	ctx, done := context.WithTimeout(ctx, startLimit)
	defer done()
	cmd, err := s.Subject.Command(s.link)
	if err != nil {
		return err
	}
	cmd.Env = append(append(os.Environ(), cmd.Env...), s.link.Environ()...)
	if s.life, err = begin(ctx, cmd, &s.journal); err != nil {
		return fmt.Errorf("%w; it logged: %s", err, &s.journal)
	}
	return nil
}

// Kill ends the adapter's life as a loss of power would. Where it has none, or is not ours to kill, nothing happens.
func (s *Stage) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life != nil {
		s.life.kill()
		s.life = nil
	}
}

// alive fails where the adapter's process ended by itself.
func (s *Stage) alive() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life != nil && s.life.over() {
		return fmt.Errorf("the adapter ended by itself: %s", s.life.cmd.ProcessState)
	}
	return nil
}

func (s *Stage) where() Listening {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.Subject.Command == nil:
		return s.Subject.Running
	case s.life == nil || s.life.over():
		return Listening{}
	}
	return s.life.where
}

// SetFaults switches the rail's faults.
func (s *Stage) SetFaults(faults sandbox.Faults) error { return s.Rail.SetFaults(faults) }

// person is somebody with an account that nobody else has.
func (s *Stage) person() messaging.Party {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return messaging.Party{Name: fmt.Sprintf("Person %d", s.made), Account: s.Subject.Account(s.made), Address: "1 Market Street"}
}
