package messaging

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rig is a real embedded server with two participants, the switch and its signing keys.
type rig struct {
	dir    string
	server *Server
	hub    *Hub
	keys   map[string]*Signer
}

// testSalter is every participant's.
var testSalter = NewSalter([SaltSecretSize]byte([]byte("thirty-two bytes of a test's own")))

const patience = 20 * time.Second

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{dir: t.TempDir(), keys: map[string]*Signer{}}
	for _, name := range []string{userSwitch, "alpha", "beta"} {
		r.keys[name] = newSigner(t)
	}
	r.start(t)
	return r
}

func newSigner(t *testing.T) *Signer {
	t.Helper()
	seed, err := NewSeed()
	require.NoError(t, err)
	s, err := NewSigner(seed)
	require.NoError(t, err)
	return s
}

// start starts the server on the rig's folder, and the switch on the server.
func (r *rig) start(t *testing.T) {
	t.Helper()
	ctx := testContext(t)
	server, err := StartServer(ctx, ServerConfig{Dir: r.dir, Participants: []string{"alpha", "beta"}, Log: testLog(t)})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	require.NoError(t, server.Provision(ctx))
	hub, err := ConnectHub(ctx, HubConfig{Endpoint: server.HubEndpoint(), Signer: r.keys[userSwitch], Log: testLog(t)})
	require.NoError(t, err)
	t.Cleanup(hub.Close)
	r.server, r.hub = server, hub
}

func (r *rig) stop() {
	r.hub.Close()
	r.server.Close()
}

func (r *rig) client(t *testing.T, participant string) *Client {
	t.Helper()
	c, err := ConnectClient(testContext(t), ClientConfig{
		Endpoint: r.server.ParticipantEndpoint(participant), Participant: participant,
		Signer: r.keys[participant], Salter: testSalter, SwitchKey: r.keys[userSwitch].PublicKey(), Log: testLog(t),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// read reads n messages of a participant from a position.
func (r *rig) read(t *testing.T, participant string, after Position, n int) []Received {
	t.Helper()
	ctx, cancel := context.WithCancel(testContext(t))
	out, done := make(chan Received), make(chan error, 1)
	go func() { done <- r.hub.Read(ctx, participant, after, out) }()
	var messages []Received
	for len(messages) < n {
		select {
		case m := <-out:
			messages = append(messages, m)
		case err := <-done:
			cancel()
			require.NoError(t, err)
		}
	}
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	return messages
}

// untilAcknowledged waits until the broker has taken note of what a participant acknowledged: nobody tells it
// when that is.
func (r *rig) untilAcknowledged(t *testing.T, participant string, sequence uint64) {
	t.Helper()
	require.Eventually(t, func() bool {
		c, err := r.hub.js.Consumer(testContext(t), StreamTo(participant), consumer)
		return err == nil && c.CachedInfo().AckFloor.Stream >= sequence
	}, patience, time.Millisecond)
}

// receive receives n messages at a client.
func receive(t *testing.T, c *Client, n int) []Incoming {
	t.Helper()
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	var messages []Incoming
	err := c.Receive(ctx, func(_ context.Context, in Incoming) error {
		if messages = append(messages, in); len(messages) == n {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	return messages
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func testLog(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
