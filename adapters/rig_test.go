package adapters

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	us   = "alpha"
	them = "beta"
	// patience is longer than the broker waits before it repeats what a killed adapter did not acknowledge.
	patience = 75 * time.Second
)

// rig is a real broker with a switch that the test plays.
type rig struct {
	t      *testing.T
	server *messaging.Server
	hub    *messaging.Hub
	keys   map[string][]byte // seeds
	sent   int

	mu       sync.Mutex
	news     chan struct{}               // closed and made again at every message
	intents  map[string]map[string]int   // intent id → exact bytes → times
	finals   map[string]map[string]int   // transfer/kind → outcome → times
	unknowns map[string]int              // transfer/kind → times
	last     map[string]messaging.Intent // by id
	recalls  []messaging.Recall
	healths  []messaging.RailHealth
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{
		t: t, keys: map[string][]byte{}, news: make(chan struct{}),
		intents: map[string]map[string]int{}, finals: map[string]map[string]int{},
		unknowns: map[string]int{}, last: map[string]messaging.Intent{},
	}
	for _, name := range []string{"switch", us} {
		seed, err := messaging.NewSeed()
		require.NoError(t, err)
		r.keys[name] = seed
	}
	ctx, cancel := context.WithCancel(context.Background())
	server, err := messaging.StartServer(ctx, messaging.ServerConfig{Dir: t.TempDir(), Participants: []string{us}})
	require.NoError(t, err)
	require.NoError(t, server.Provision(ctx))
	hub, err := messaging.ConnectHub(ctx, messaging.HubConfig{Endpoint: server.HubEndpoint(), Signer: r.signer("switch")})
	require.NoError(t, err)
	r.server, r.hub = server, hub
	in := make(chan messaging.Received)
	var readers sync.WaitGroup
	readers.Go(func() { _ = hub.Read(ctx, us, messaging.Position{}, in) })
	readers.Go(func() {
		for {
			select {
			case m := <-in:
				r.take(m)
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		readers.Wait()
		hub.Close()
		server.Close()
	})
	return r
}

func (r *rig) signer(name string) *messaging.Signer {
	s, err := messaging.NewSigner(r.keys[name])
	require.NoError(r.t, err)
	return s
}

// take notes what the adapter said.
func (r *rig) take(m messaging.Received) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch m.Kind {
	case messaging.PayloadIntent:
		intents, recalls, err := messaging.DecodeRequests(us, m.Payload)
		if err != nil {
			r.t.Errorf("intents: %v", err)
		}
		r.recalls = append(r.recalls, recalls...)
		for _, i := range intents {
			if i.Fault != nil {
				r.t.Errorf("intent %s: %v", i.Intent.ID, i.Fault)
			}
			count(r.intents, i.Intent.ID, string(i.Raw))
			r.last[i.Intent.ID] = i.Intent
		}
	case messaging.PayloadOutcome:
		outcomes, health, err := messaging.DecodeReport(us, m.Payload)
		if err != nil {
			r.t.Errorf("outcomes: %v", err)
		}
		if health != nil {
			r.healths = append(r.healths, *health)
		}
		for _, o := range outcomes {
			id := o.Transfer + "/" + string(o.Kind)
			if o.State == messaging.OutcomeUnknown {
				r.unknowns[id]++
			} else {
				count(r.finals, id, fmt.Sprintf("%+v", o))
			}
		}
	default:
		r.t.Errorf("an adapter does not say %q", m.Kind)
	}
	close(r.news)
	r.news = make(chan struct{})
}

func count(in map[string]map[string]int, key, value string) {
	if in[key] == nil {
		in[key] = map[string]int{}
	}
	in[key][value]++
}

// until waits for messages until done says so.
func (r *rig) until(what string, done func() bool) {
	r.t.Helper()
	timeout := time.After(patience)
	for {
		r.mu.Lock()
		ok, news := done(), r.news
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-news:
		case <-timeout:
			require.FailNow(r.t, "timeout", "waiting for %s", what)
		}
	}
}

func (r *rig) send(kind messaging.PayloadKind, payloads [][]byte, err error) {
	r.t.Helper()
	require.NoError(r.t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, payload := range payloads {
		r.sent++
		require.NoError(r.t, r.hub.Publish(ctx, []messaging.Outgoing{{
			Participant: us, Kind: kind, ID: fmt.Sprintf("test-%d", r.sent), Payload: payload,
		}}))
	}
}

func (r *rig) instruct(instructions ...messaging.Instruction) {
	r.t.Helper()
	payloads, err := messaging.EncodePayouts(messaging.PayoutMessage{
		Participant: us, Batch: 1, LogIndex: 1, Instructions: instructions,
	})
	r.send(messaging.PayloadPayout, payloads, err)
}

func (r *rig) tell(changes ...messaging.Change) {
	r.t.Helper()
	payloads, err := messaging.EncodeStatuses(messaging.StatusMessage{Participant: us, Batch: 1, LogIndex: 1, Changes: changes})
	r.send(messaging.PayloadStatus, payloads, err)
}

// open tells the adapter whom it can pay and at which rate.
func (r *rig) open() {
	r.t.Helper()
	payloads, err := messaging.EncodeStatuses(messaging.StatusMessage{
		Participant: us, Batch: 1, LogIndex: 1,
		Quotes: []fx.Quote{{
			ID: "q1", Provider: "provider", From: kes, To: inr, Rate: fx.MustRate("0.65"),
			Expires: time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond),
		}},
		Peers: []messaging.Peer{{
			Participant: them, Country: "IN", Currency: "INR",
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 10_000_000,
		}},
	})
	r.send(messaging.PayloadStatus, payloads, err)
}

// adapter is a Runner in this process on the scripted rail.
type adapter struct {
	*Runner
	rail   *scriptRail
	client *messaging.Client
	stop   func()
	points chan string // failpoints as they are passed, as far as anybody listens
}

func (r *rig) adapter(dir string, configure func(*RunnerConfig, *scriptRail)) *adapter {
	r.t.Helper()
	a := &adapter{points: make(chan string, 1024)}
	salter, err := Salter(dir, us)
	require.NoError(r.t, err)
	client, err := messaging.ConnectClient(context.Background(), messaging.ClientConfig{
		Endpoint: r.server.ParticipantEndpoint(us), Participant: us,
		Signer: r.signer(us), Salter: salter, SwitchKey: r.signer("switch").PublicKey(),
	})
	require.NoError(r.t, err)
	a.client = client
	cfg := RunnerConfig{
		Participant: us, Dir: dir, Switch: client, Republish: 100 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(r.t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
		failpoint: func(name string) {
			select {
			case a.points <- name:
			default:
			}
		},
	}
	rail, err := newScriptRail(filepath.Join(dir, "truth.jsonl"), nil)
	require.NoError(r.t, err)
	a.rail = rail
	if configure != nil {
		configure(&cfg, rail)
	}
	cfg.Rail = func(sink Sink) (Rail, error) {
		rail.sink = sink
		if rail.reserves {
			return reservingRail{rail}, nil
		}
		if rail.prompts {
			return promptingRail{rail}, nil
		}
		return rail, nil
	}
	a.Runner, err = NewRunner(cfg)
	require.NoError(r.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	a.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("run: %v", err)
		}
		if err := rail.Close(); err != nil {
			r.t.Errorf("rail: %v", err)
		}
		client.Close()
	})
	r.t.Cleanup(a.stop)
	a.passed(r.t, "running")
	return a
}

// passed waits until the adapter has passed a failpoint.
func (a *adapter) passed(t *testing.T, name string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case p := <-a.points:
			if p == name {
				return
			}
		case <-timeout:
			require.FailNow(t, "timeout", "waiting for %q", name)
		}
	}
}

func request(ref string, minor int64) OrderRequest {
	return OrderRequest{
		Ref: ref, Payer: party("payer" + ref), To: them, Creditor: party("creditor" + ref),
		Fixed: fx.FixedSource, Amount: messaging.NewAmount(fx.Money{Minor: minor, Currency: kes}),
	}
}
