package bank_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/bank"
	"github.com/ayni-switch/ayni/adapters/bank/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

const (
	patience  = 30 * time.Second // a signal that takes longer is not coming
	prefix    = "/in_0123456789abcdefghijkl"
	ourToken  = "a token that we show"
	bankToken = "a token that the bank shows"
	bankBIC   = "AYNIXXBKXXX"
	agentBIC  = "GXCHPHM2XXX" // of the participant beyond
)

var (
	euro     = fx.MustCurrency("EUR")
	ourAgent = iso20022.Agent{Other: "ayni"}
)

// impatient are timers that leave a test no time to wait.
var impatient = adapters.Timers{
	SubmitTimeout: 500 * time.Millisecond, FirstQuery: 50 * time.Millisecond,
	QueryEvery: 50 * time.Millisecond, QueryEveryMax: time.Second, CollectionEvery: time.Second,
}

// playedSwitch is a switch with one other participant, "beyond". It pays every intent, but for those whose creditor is
// in fate.
type playedSwitch struct {
	mu       sync.Mutex
	fate     map[string]messaging.State       // by the creditor's account
	recalled map[string]messaging.RecallState // likewise
	recalls  int
	seen     map[string]messaging.Intent
	intents  int
	outcomes chan messaging.Outcome
	inbox    chan messaging.Incoming
	taken    atomic.Int64 // messages that the Runner has dealt with
}

func newSwitch() *playedSwitch {
	s := &playedSwitch{
		fate: map[string]messaging.State{}, recalled: map[string]messaging.RecallState{}, seen: map[string]messaging.Intent{},
		outcomes: make(chan messaging.Outcome, 8192), inbox: make(chan messaging.Incoming, 8192),
	}
	s.inbox <- messaging.Incoming{Status: &messaging.StatusMessage{
		Version: messaging.Version, Participant: "bank", Peers: []messaging.Peer{{
			Participant: "beyond", Country: "PH", Currency: "EUR", PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1_000_000,
		}},
	}}
	return s
}

func (s *playedSwitch) PublishIntents(_ context.Context, intents []messaging.Intent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var changes []messaging.Change
	for _, i := range intents {
		if _, again := s.seen[i.ID]; !again {
			s.intents++
		}
		s.seen[i.ID] = i
		change := messaging.Change{Intent: i.ID, Transfer: "T" + i.ID, State: messaging.StatePaid}
		if state, ok := s.fate[i.Creditor.Account]; ok {
			change.State, change.Reason = state, "AC04"
		}
		changes = append(changes, change)
	}
	s.inbox <- messaging.Incoming{Status: &messaging.StatusMessage{Version: messaging.Version, Participant: "bank", Changes: changes}}
	return nil
}

// PublishRecalls answers as recalled says of the creditor's account: pending for a word that never comes, and refused
// for none. What is recalled expires.
func (s *playedSwitch) PublishRecalls(_ context.Context, recalls []messaging.Recall) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, recall := range recalls {
		s.recalls++
		answer := messaging.RecallAnswer{Intent: recall.Intent, Transfer: "T" + recall.Intent, State: messaging.RecallRefused, Reason: recall.Reason}
		var changes []messaging.Change
		if state, ok := s.recalled[s.seen[recall.Intent].Creditor.Account]; ok {
			answer.State = state
		}
		if answer.State == messaging.RecallAccepted {
			changes = []messaging.Change{{Intent: recall.Intent, Transfer: "T" + recall.Intent, State: messaging.StateExpired, Reason: recall.Reason}}
		}
		s.inbox <- messaging.Incoming{Status: &messaging.StatusMessage{
			Version: messaging.Version, Participant: "bank", Recalls: []messaging.RecallAnswer{answer}, Changes: changes,
		}}
	}
	return nil
}

func (s *playedSwitch) PublishHealth(context.Context, messaging.RailHealth) error { return nil }

func (s *playedSwitch) PublishOutcomes(_ context.Context, outcomes []messaging.Outcome) error {
	for _, o := range outcomes {
		s.outcomes <- o
	}
	return nil
}

func (s *playedSwitch) ReceiveBatch(ctx context.Context, _ int, handler func(context.Context, []messaging.Incoming) error) error {
	for {
		select {
		case message := <-s.inbox:
			if err := handler(ctx, []messaging.Incoming{message}); err != nil {
				return err
			}
			s.taken.Add(1)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// published counts the intents that the switch saw.
func (s *playedSwitch) published() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.intents
}

// rig is a Runner with the bank's rail, its switch and its sandbox, each behind a real HTTP server.
type rig struct {
	t         *testing.T
	sandbox   *sandbox.Server
	runner    *adapters.Runner
	rail      *bank.Rail
	link      *playedSwitch
	config    bank.Config
	callbacks *httptest.Server
	requests  atomic.Int64 // that reached the bank
	dir       string       // of the Runner
	make      func(adapters.Sink) (*bank.Rail, error)
	handler   *swap
	stop      func() // ends the Runner, once
}

// swap serves whatever handler it holds, so that a URL can exist before its server.
type swap struct {
	mu      sync.Mutex
	handler http.Handler
}

func (s *swap) set(h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = h
}

func (s *swap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	h := s.handler
	s.mu.Unlock()
	h.ServeHTTP(w, r)
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: h, ReadHeaderTimeout: patience}}
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// newRig starts all of it. spoil may change the adapter's configuration first, and be nil.
func newRig(t *testing.T, faults kit.Faults, spoil func(*bank.Config)) *rig {
	t.Helper()
	r := &rig{t: t, link: newSwitch()}
	handler := &swap{handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })}
	r.callbacks = serve(t, handler)
	var err error
	r.sandbox, err = sandbox.New(sandbox.Config{
		Config:      kit.Config{LedgerPath: filepath.Join(t.TempDir(), "ledger"), Currency: euro, Seed: 7, Faults: faults},
		CallbackURL: r.callbacks.URL + prefix, BIC: bankBIC, Agent: ourAgent, Token: ourToken, BankToken: bankToken, PayoutMaxMinor: 10_000_000,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.sandbox.Close()) })
	r.config = bank.Config{
		Currency: euro, PayoutMaxMinor: 10_000_000, ConfirmAboveMinor: 100_000, CallbackPrefix: prefix, BaseURL: serve(t, http.HandlerFunc(r.counted)).URL,
		Token: ourToken, BankToken: bankToken, Agent: ourAgent, BankBIC: bankBIC, Participants: map[string]string{agentBIC: "beyond"},
		Timers: impatient,
	}
	if spoil != nil {
		spoil(&r.config)
	}
	r.dir = filepath.Join(t.TempDir(), "runner")
	r.make = func(sink adapters.Sink) (*bank.Rail, error) { return bank.New(r.config, sink) }
	r.run()
	r.handler = handler
	handler.set(r.rail.Handler())
	return r
}

// restart ends the Runner and starts another one on its folder.
func (r *rig) restart() {
	r.t.Helper()
	r.stop()
	r.run()
	r.handler.set(r.rail.Handler())
}

// run starts the Runner, with a rail that is made for it.
func (r *rig) run() {
	t := r.t
	t.Helper()
	var err error
	r.runner, err = adapters.NewRunner(adapters.RunnerConfig{
		Participant: "bank", Dir: r.dir, Switch: r.link, Workers: 64, BreakerOpen: 100 * time.Millisecond,
		Rail: func(sink adapters.Sink) (adapters.Rail, error) {
			var err error
			r.rail, err = r.make(sink)
			return r.rail, err
		},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- r.runner.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(r.stop)
	require.Eventually(t, func() bool {
		_, _, err := r.runner.Order("NOBODY")
		return err == nil && r.link.taken.Load() > 0 // it runs, again where it ran before, and was told who takes part
	}, patience, time.Millisecond, "the switch's first word")
}

// counted is the sandbox behind a counter.
func (r *rig) counted(w http.ResponseWriter, q *http.Request) {
	r.requests.Add(1)
	r.sandbox.ServeHTTP(w, q)
}

// call sends a message as the bank does, and returns the answer.
func (r *rig) call(path, token string, message []byte) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.callbacks.URL+prefix+path, bytes.NewReader(message))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", bank.ContentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

func (r *rig) post(path, token string, message []byte) (int, []byte) {
	r.t.Helper()
	status, body, err := r.call(path, token, message)
	require.NoError(r.t, err)
	return status, body
}

// told sends a message and reads the pacs.002 that answers it.
func (r *rig) told(path string, message []byte) iso20022.StatusReport {
	r.t.Helper()
	status, body := r.post(path, bankToken, message)
	require.Equal(r.t, http.StatusOK, status, string(body))
	report, err := iso20022.ParseStatusReport(body)
	require.NoError(r.t, err)
	return report
}

// taken waits until the bank knows that a customer's payment was taken.
func (r *rig) taken(id string) (paid kit.Operation) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		stored, found, err := r.sandbox.Ledger.Get("delivery", id)
		require.NoError(r.t, err)
		paid = stored
		return found && paid.State == kit.Settled
	}, patience, time.Millisecond, "payment %s", id)
	return paid
}

// secret reads what a sandbox keeps in a file.
func secret(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(text)
}
