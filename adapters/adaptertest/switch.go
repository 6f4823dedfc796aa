package adaptertest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// us is the adapter's participant, and them the one at the other end, on a broker of the suite's own.
const (
	us   = "alpha"
	them = "beta"
)

// Switch is a switch that the suite plays: it says what it is told to, and notes what the adapter says.
type Switch struct {
	participant string
	endpoint    messaging.Endpoint // the switch's
	own         *ownBroker         // nil where the broker is not ours to stop
	hub         *messaging.Hub
	verifier    *messaging.Verifier
	since       time.Time // what the broker has from before is of other runs
	run         string    // makes message ids and transfers unique on a broker that has seen other runs
	end         func()

	mu     sync.Mutex
	sent   int
	heard  Heard
	fault  error         // what no adapter may say
	news   chan struct{} // closed and made again at every message
	onNews []func(*Heard)
}

// openSwitch starts a broker with the adapter's participant on it, or joins the one given. It is to be closed after an
// error too.
func openSwitch(ctx context.Context, dir string, b *Broker) (s *Switch, link Link, err error) {
	s = &Switch{since: time.Now(), news: make(chan struct{}), heard: emptyHeard(), end: func() {}}
	// By chance, not by the clock: cases that began in one second would have had the same ids, and a broker that they
	// share stores the same outcome once, and an address that one of them left brings another what is meant for it.
	run, err := rand.Int(rand.Reader, big.NewInt(10_000_000_000))
	if err != nil {
		return s, link, fmt.Errorf("adaptertest: %w", err)
	}
	s.run = fmt.Sprintf("%010d", run)
	link.Dir = filepath.Join(dir, "adapter")
	if err := os.MkdirAll(link.Dir, 0o700); err != nil {
		return s, link, err
	}
	if b == nil {
		if s.own, err = startBroker(ctx, dir); err != nil {
			return s, link, err
		}
		b = &s.own.Broker
	}
	if err := patiently(ctx, func() error { return b.provision(ctx) }); err != nil {
		return s, link, err
	}
	s.participant, s.endpoint = b.Participant, messaging.Endpoint{URL: b.URL, Creds: b.Creds}
	link.Participant, link.NATSURL, link.Creds, link.SeedFile = b.Participant, b.URL, b.ClientCreds, b.SeedFile
	key, err := b.key()
	if err != nil {
		return s, link, err
	}
	if s.verifier, err = messaging.NewVerifier(key); err != nil {
		return s, link, err
	}
	signer, err := signerOf(b.SwitchSeed)
	if err != nil {
		return s, link, err
	}
	link.SwitchKey = signer.PublicKey()
	err = s.join(ctx, signer)
	return s, link, err
}

// join connects as the switch and begins to listen.
func (s *Switch) join(ctx context.Context, signer *messaging.Signer) (err error) {
	err = patiently(ctx, func() (err error) {
		s.hub, err = messaging.ConnectHub(ctx, messaging.HubConfig{Endpoint: s.endpoint, Signer: signer})
		return err
	})
	if err != nil {
		return err
	}
	reading, end := context.WithCancel(context.WithoutCancel(ctx))
	in := make(chan messaging.Received)
	var readers sync.WaitGroup
	readers.Go(func() {
		if err := s.hub.Read(reading, s.participant, messaging.Position{}, in); reading.Err() == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.fault = errors.Join(s.fault, err) // what was there is not there any more
		}
	})
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
	s.end = func() {
		end()
		readers.Wait()
		s.hub.Close()
	}
	return nil
}

// Close ends the switch, and its broker where that is its own.
func (s *Switch) Close() {
	s.end()
	if s.own != nil {
		s.own.stop()
	}
}

// Quiet waits until the adapter has acknowledged everything that it was told.
func (s *Switch) Quiet(ctx context.Context) error {
	return s.waits(ctx, "an acknowledgement", func(undelivered, unacknowledged int) bool { return undelivered+unacknowledged == 0 })
}

// Delivered waits until the broker has given the adapter everything that it was told.
func (s *Switch) Delivered(ctx context.Context) error {
	return s.waits(ctx, "a delivery", func(undelivered, _ int) bool { return undelivered == 0 })
}

// waits asks the broker until it says enough, for it does not tell by itself.
func (s *Switch) waits(ctx context.Context, what string, enough func(undelivered, unacknowledged int) bool) error {
	for {
		undelivered, unacknowledged, err := s.hub.Waiting(ctx, s.participant)
		if err == nil && enough(undelivered, unacknowledged) {
			return nil
		}
		if waited := pause(ctx, 10*time.Millisecond); waited != nil {
			return fmt.Errorf("in vain for %s: %w", what, errors.Join(err, waited))
		}
	}
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
