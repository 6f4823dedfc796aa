package adaptertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// Broker is where the switch is played, when it is not in this process.
type Broker struct {
	URL, Creds  string // as the switch
	Provisioner string // credentials of who may make streams; "" for the switch's
	Participant string
	SeedFile    string // of the participant's signing key: the adapter's process is given its path
	Key         string // the public half; the switch knows no more. "" where SeedFile is there
	ClientCreds string // the participant's
	SwitchSeed  string // file of the switch's signing seed
}

// us is the adapter's participant, and them the one at the other end, on a broker of the suite's own.
const (
	us   = "alpha"
	them = "beta"
)

// Switch is a switch that the suite plays: it says what it is told to, and notes what the adapter says.
type Switch struct {
	participant string
	endpoint    messaging.Endpoint // the switch's
	hub         *messaging.Hub
	verifier    *messaging.Verifier
	since       time.Time // what the broker has from before is of other runs
	run         string    // makes message ids and transfers unique on a broker that has seen other runs
	close       func()

	mu     sync.Mutex
	sent   int
	heard  Heard
	fault  error         // what no adapter may say
	news   chan struct{} // closed and made again at every message
	onNews []func(*Heard)
}

// Heard is what the adapter has said.
type Heard struct {
	Intents  map[string]map[string]int    // by id, by exact bytes: how often
	Intent   map[string]messaging.Intent  // by id
	Finals   map[string]map[string]int    // by transfer/kind, by what it says: how often
	Final    map[string]messaging.Outcome // by transfer/kind: the first
	Unknowns map[string]int               // by transfer/kind
	Recalls  map[string]string            // by intent: the reason
}

func emptyHeard() Heard {
	return Heard{
		Intents: map[string]map[string]int{}, Intent: map[string]messaging.Intent{},
		Finals: map[string]map[string]int{}, Final: map[string]messaging.Outcome{},
		Unknowns: map[string]int{}, Recalls: map[string]string{},
	}
}

// subject is how Heard calls a transfer's instruction.
func subject(transfer string, kind messaging.Kind) string { return transfer + "/" + string(kind) }

// openSwitch starts a broker with the adapter's participant on it, or joins the one given.
func openSwitch(ctx context.Context, dir string, b *Broker) (*Switch, Link, error) {
	s := &Switch{
		participant: us, run: time.Now().UTC().Format("0102150405"), news: make(chan struct{}),
		heard: emptyHeard(),
	}
	link := Link{Dir: filepath.Join(dir, "adapter")}
	if err := os.MkdirAll(link.Dir, 0o700); err != nil {
		return nil, Link{}, err
	}
	var switchSeed []byte
	var endpoint messaging.Endpoint
	stop := func() {}
	if b == nil {
		seed, err := messaging.NewSeed()
		if err != nil {
			return nil, Link{}, err
		}
		link.SeedFile = filepath.Join(dir, "adapter.seed")
		if err := os.WriteFile(link.SeedFile, seed, 0o600); err != nil {
			return nil, Link{}, err
		}
		if switchSeed, err = messaging.NewSeed(); err != nil {
			return nil, Link{}, err
		}
		server, err := messaging.StartServer(ctx, messaging.ServerConfig{
			Dir: filepath.Join(dir, "broker"), Participants: []string{us},
		})
		if err != nil {
			return nil, Link{}, err
		}
		stop = server.Close
		if err := server.Provision(ctx); err != nil {
			stop()
			return nil, Link{}, err
		}
		endpoint, link.NATSURL, link.Creds = server.HubEndpoint(), server.URL(), server.CredsFile(us)
	} else {
		var err error
		s.participant, s.since = b.Participant, time.Now()
		endpoint = messaging.Endpoint{URL: b.URL, Creds: b.Creds}
		link.NATSURL, link.Creds, link.SeedFile = b.URL, b.ClientCreds, b.SeedFile
		if switchSeed, err = os.ReadFile(b.SwitchSeed); err != nil {
			return nil, Link{}, err
		}
		if err := messaging.Provision(ctx, messaging.Endpoint{URL: b.URL, Creds: cmp.Or(b.Provisioner, b.Creds)}, []string{b.Participant}); err != nil {
			return nil, Link{}, err
		}
	}
	link.Participant = s.participant
	err := s.join(ctx, endpoint, switchSeed, b, &link, stop)
	if err != nil {
		stop()
		return nil, Link{}, err
	}
	return s, link, nil
}

// join connects as the switch and begins to listen.
func (s *Switch) join(ctx context.Context, endpoint messaging.Endpoint, seed []byte, b *Broker, link *Link, stop func()) error {
	signer, err := messaging.NewSigner(seed)
	if err != nil {
		return err
	}
	key, err := participantKey(b, link.SeedFile)
	if err != nil {
		return err
	}
	if s.verifier, err = messaging.NewVerifier(key); err != nil {
		return err
	}
	link.SwitchKey, s.endpoint = signer.PublicKey(), endpoint
	if s.hub, err = messaging.ConnectHub(ctx, messaging.HubConfig{Endpoint: endpoint, Signer: signer}); err != nil {
		return err
	}
	reading, end := context.WithCancel(context.WithoutCancel(ctx))
	in := make(chan messaging.Received)
	var readers sync.WaitGroup
	readers.Go(func() { _ = s.hub.Read(reading, s.participant, messaging.Position{}, in) })
	readers.Go(func() {
		for {
			select {
			case m := <-in:
				s.take(m)
			case <-reading.Done():
				return
			}
		}
	})
	s.close = func() {
		end()
		readers.Wait()
		s.hub.Close()
		stop()
	}
	return nil
}

func participantKey(b *Broker, seedFile string) (string, error) {
	if b != nil && b.Key != "" {
		return b.Key, nil
	}
	seed, err := os.ReadFile(seedFile)
	if err != nil {
		return "", err
	}
	signer, err := messaging.NewSigner(seed)
	if err != nil {
		return "", err
	}
	return signer.PublicKey(), nil
}

// Close ends the switch, and its broker where that is its own.
func (s *Switch) Close() { s.close() }

// take notes what the adapter said.
func (s *Switch) take(m messaging.Received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Time.Before(s.since) {
		return
	}
	if err := s.note(m); err != nil {
		s.fault = errors.Join(s.fault, fmt.Errorf("message %d of the adapter (%s): %w", m.Sequence, m.Kind, err))
	}
	for _, look := range s.onNews {
		look(&s.heard)
	}
	close(s.news)
	s.news = make(chan struct{})
}

func (s *Switch) note(m messaging.Received) error {
	if err := s.verifier.Verify(m.Kind, m.Payload, m.Signature); err != nil {
		return err
	}
	switch m.Kind {
	case messaging.PayloadIntent:
		intents, recalls, err := messaging.DecodeRequests(s.participant, m.Payload)
		if err != nil {
			return err
		}
		for _, r := range recalls {
			s.heard.Recalls[r.Intent] = r.Reason
		}
		for _, i := range intents {
			if i.Fault != nil {
				return fmt.Errorf("intent %q: %w", i.Intent.ID, i.Fault)
			}
			count(s.heard.Intents, i.Intent.ID, string(i.Raw))
			s.heard.Intent[i.Intent.ID] = i.Intent
		}
	case messaging.PayloadOutcome:
		outcomes, err := messaging.DecodeOutcomes(s.participant, m.Payload)
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			name := subject(o.Transfer, o.Kind)
			if o.State == messaging.OutcomeUnknown {
				s.heard.Unknowns[name]++
				continue
			}
			count(s.heard.Finals, name, fmt.Sprintf("%+v", o))
			if _, known := s.heard.Final[name]; !known {
				s.heard.Final[name] = o
			}
		}
	case messaging.PayloadPayout, messaging.PayloadStatus, messaging.PayloadLog:
		return errors.New("no adapter says that")
	}
	return nil
}

func count(in map[string]map[string]int, key, value string) {
	if in[key] == nil {
		in[key] = map[string]int{}
	}
	in[key][value]++
}

// Until waits until what the adapter has said is enough, or ctx ends.
func (s *Switch) Until(ctx context.Context, what string, enough func(*Heard) bool) error {
	for {
		s.mu.Lock()
		ok, news := enough(&s.heard), s.news
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("in vain for %s: %w", what, context.Cause(ctx))
		}
	}
}

// Look shows what the adapter has said. The errors are what it must not say.
func (s *Switch) Look(look func(*Heard) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.fault, look(&s.heard))
}

// watch has look called at every message, until the switch ends.
func (s *Switch) watch(look func(*Heard)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onNews = append(s.onNews, look)
}

// number makes a name that no other run on this broker has used.
func (s *Switch) number() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	return fmt.Sprintf("%s%05d", s.run, s.sent)
}

// Instruct publishes instructions, in one message where they fit.
func (s *Switch) Instruct(ctx context.Context, instructions ...messaging.Instruction) error {
	payloads, err := messaging.EncodePayouts(messaging.PayoutMessage{
		Participant: s.participant, Batch: 1, LogIndex: 1, Instructions: instructions,
	})
	if err != nil {
		return err
	}
	return s.send(ctx, messaging.PayloadPayout, payloads)
}

// Tell publishes changes of transfers, quotes and peers.
func (s *Switch) Tell(ctx context.Context, m messaging.StatusMessage) error {
	m.Participant, m.Batch, m.LogIndex = s.participant, 1, 1
	payloads, err := messaging.EncodeStatuses(m)
	if err != nil {
		return err
	}
	return s.send(ctx, messaging.PayloadStatus, payloads)
}

// Mail publishes several messages in one. The parts are payloads of the kind that names them.
func (s *Switch) Mail(ctx context.Context, instructions []messaging.Instruction) error {
	var parts []byte
	for n, in := range instructions {
		payloads, err := messaging.EncodePayouts(messaging.PayoutMessage{
			Participant: s.participant, Batch: 1, LogIndex: 1, Instructions: []messaging.Instruction{in},
		})
		if err != nil {
			return err
		}
		if n > 0 {
			parts = append(parts, ',')
		}
		parts = append(append(append(parts, "\n{\"payout\":"...), payloads[0]...), '}')
	}
	mail := fmt.Appendf(nil, `{"version":1,"participant":%q,"mail":[%s`+"\n]}", s.participant, parts)
	return s.send(ctx, messaging.PayloadStatus, [][]byte{mail})
}

// forge publishes an instruction as somebody who has the broker's leave and not the switch's key.
func (s *Switch) forge(ctx context.Context, in messaging.Instruction) error {
	seed, err := messaging.NewSeed()
	if err != nil {
		return err
	}
	signer, err := messaging.NewSigner(seed)
	if err != nil {
		return err
	}
	hub, err := messaging.ConnectHub(ctx, messaging.HubConfig{Endpoint: s.endpoint, Signer: signer})
	if err != nil {
		return err
	}
	defer hub.Close()
	payloads, err := messaging.EncodePayouts(messaging.PayoutMessage{
		Participant: s.participant, Batch: 1, LogIndex: 1, Instructions: []messaging.Instruction{in},
	})
	if err != nil {
		return err
	}
	return hub.Publish(ctx, []messaging.Outgoing{{
		Participant: s.participant, Kind: messaging.PayloadPayout, ID: "m" + s.number(), Payload: payloads[0],
	}})
}

func (s *Switch) send(ctx context.Context, kind messaging.PayloadKind, payloads [][]byte) error {
	for _, payload := range payloads {
		if err := s.hub.Publish(ctx, []messaging.Outgoing{{
			Participant: s.participant, Kind: kind, ID: "m" + s.number(), Payload: payload,
		}}); err != nil {
			return err
		}
	}
	return nil
}
