package messaging

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRestartKeepsDataAndCredentials(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	alpha := r.client(t, "alpha")
	require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent("a-1")}))
	first := r.read(t, "alpha", Position{}, 1)[0]
	require.NoError(t, r.hub.Publish(ctx, []Outgoing{{Participant: "alpha", Kind: PayloadPayout, ID: "p1", Payload: payoutTo(t, "alpha", "t-1")}}))
	old, err := os.ReadFile(r.server.CredsFile("alpha"))
	require.NoError(t, err)
	alpha.Close()
	r.stop()

	r.start(t)
	copied := filepath.Join(t.TempDir(), "copy.creds")
	require.NoError(t, os.WriteFile(copied, old, 0o600))
	again, err := ConnectClient(ctx, ClientConfig{
		Endpoint: Endpoint{URL: r.server.URL(), Creds: copied}, Participant: "alpha",
		Signer: r.keys["alpha"], Salter: testSalter, SwitchKey: r.keys[userSwitch].PublicKey(),
	})
	require.NoError(t, err)
	defer again.Close()
	require.NoError(t, again.PublishIntents(ctx, []Intent{sampleIntent("a-1")})) // a duplicate across the restart
	require.NoError(t, again.PublishIntents(ctx, []Intent{sampleIntent("a-2")}))
	second := r.read(t, "alpha", first.Position(), 1)[0]
	assert.Equal(t, uint64(2), second.Sequence)
	assert.Equal(t, first.StreamCreated, second.StreamCreated)
	assert.Equal(t, "t-1", receive(t, again, 1)[0].Payout.Instructions[0].Transfer)
}

// The reader and the receiver outlive a restart of the broker below them, on the same port.
func TestReadersSurviveARestart(t *testing.T) {
	r := newRig(t)
	r.stop()
	ctx := testContext(t)
	start := func(port int) *Server {
		s, err := StartServer(ctx, ServerConfig{Dir: r.dir, Participants: []string{"alpha", "beta"}, Port: port})
		require.NoError(t, err)
		return s
	}
	server := start(0)
	var port int
	_, err := fmt.Sscanf(server.URL(), "nats://127.0.0.1:%d", &port)
	require.NoError(t, err)
	hub, err := ConnectHub(ctx, HubConfig{
		Endpoint: Endpoint{URL: server.URL(), Creds: credsFile(r.dir, userSwitch)}, Signer: r.keys[userSwitch], Log: testLog(t),
	})
	require.NoError(t, err)
	defer hub.Close()
	alpha, err := ConnectClient(ctx, ClientConfig{
		Endpoint: Endpoint{URL: server.URL(), Creds: server.CredsFile("alpha")}, Participant: "alpha",
		Signer: r.keys["alpha"], Salter: testSalter, SwitchKey: hub.PublicKey(), Log: testLog(t),
	})
	require.NoError(t, err)
	defer alpha.Close()

	running, cancel := context.WithCancel(ctx)
	out, in := make(chan Received), make(chan Incoming)
	ended := make(chan error, 2)
	go func() { ended <- hub.Read(running, "alpha", Position{}, out) }()
	go func() {
		ended <- alpha.Receive(running, func(_ context.Context, m Incoming) error { in <- m; return nil })
	}()
	say := func(n int) {
		id := fmt.Sprint("m-", n)
		require.Eventually(t, func() bool {
			return alpha.PublishIntents(ctx, []Intent{sampleIntent(id)}) == nil &&
				hub.Publish(ctx, []Outgoing{{Participant: "alpha", Kind: PayloadPayout, ID: id, Payload: payoutTo(t, "alpha", id)}}) == nil
		}, patience, 50*time.Millisecond)
		assert.Equal(t, uint64(n), (<-out).Sequence)
		assert.Equal(t, id, (<-in).Payout.Instructions[0].Transfer)
	}
	say(1)
	server.Close()
	server = start(port)
	defer server.Close()
	say(2)
	say(3)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.ErrorIs(t, <-ended, context.Canceled)
}

func TestStreamThatWentBackwardsHalts(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	say := func(ids ...string) {
		alpha := r.client(t, "alpha")
		defer alpha.Close()
		for _, id := range ids {
			require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent(id)}))
		}
	}
	requireBackwards := func(after Position, found string) {
		t.Helper()
		err := r.hub.Read(ctx, "alpha", after, make(chan Received))
		var backwards *BackwardsError
		require.ErrorAs(t, err, &backwards)
		require.Contains(t, backwards.Found, found)
	}
	say("a-1", "a-2", "a-3")
	position := r.read(t, "alpha", Position{}, 3)[2].Position()

	ahead := position
	ahead.Sequence = 9
	requireBackwards(ahead, "3 as its last message")
	other := position
	other.Hash[0]++
	requireBackwards(other, "another message at 3")
	younger := position
	younger.StreamCreated = younger.StreamCreated.Add(time.Microsecond)
	requireBackwards(younger, "a stream created")

	r.stop()
	require.NoError(t, os.RemoveAll(filepath.Join(r.dir, "streams")))
	r.start(t)
	say("a-1", "a-2", "a-3", "a-4") // the same messages again: only the stream's birth tells
	requireBackwards(position, "a stream created")
}

func TestTakenPortIsSaidAtOnce(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, listener.Close()) }()
	started := time.Now()
	_, err = StartServer(testContext(t), ServerConfig{Dir: t.TempDir(), Port: listener.Addr().(*net.TCPAddr).Port})
	require.ErrorContains(t, err, "address already in use")
	assert.Less(t, time.Since(started), startTimeout/4)
}

// A server that others run, with one account and no credentials, serves the same subjects.
func TestExternalServerWithOneAccount(t *testing.T) {
	ns, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
		JetStreamMaxStore: storeBytes, NoSigs: true, NoLog: true,
	})
	require.NoError(t, err)
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	require.True(t, ns.ReadyForConnections(patience))
	ctx, endpoint := testContext(t), Endpoint{URL: ns.ClientURL()}
	require.NoError(t, Provision(ctx, endpoint, []string{"alpha"}))

	r := &rig{keys: map[string]*Signer{userSwitch: newSigner(t), "alpha": newSigner(t)}}
	r.hub, err = ConnectHub(ctx, HubConfig{Endpoint: endpoint, Signer: r.keys[userSwitch]})
	require.NoError(t, err)
	t.Cleanup(r.hub.Close)
	alpha, err := ConnectClient(ctx, ClientConfig{
		Endpoint: endpoint, Participant: "alpha", Signer: r.keys["alpha"], Salter: testSalter, SwitchKey: r.hub.PublicKey(),
	})
	require.NoError(t, err)
	t.Cleanup(alpha.Close)
	require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent("a-1")}))
	assert.Equal(t, PayloadIntent, r.read(t, "alpha", Position{}, 1)[0].Kind)
	require.NoError(t, r.hub.Publish(ctx, []Outgoing{{Participant: "alpha", Kind: PayloadPayout, ID: "1", Payload: payoutTo(t, "alpha", "t-1")}}))
	assert.NotNil(t, receive(t, alpha, 1)[0].Payout)
}

func TestReadNeedsAStream(t *testing.T) {
	r := newRig(t)
	err := r.hub.Read(testContext(t), "nobody", Position{}, make(chan Received))
	require.ErrorContains(t, err, "FROM_nobody")
}

func TestDuplicateIDs(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	out := func(id, transfer string) Outgoing {
		return Outgoing{Participant: "alpha", Kind: PayloadPayout, ID: id, Payload: payoutTo(t, "alpha", transfer)}
	}
	require.NoError(t, r.hub.Publish(ctx, []Outgoing{out("1", "t-1"), out("2", "t-2")}))
	require.NoError(t, r.hub.Publish(ctx, []Outgoing{out("1", "t-1"), out("2", "t-2"), out("3", "t-3")}))
	// Out of order among what is stored: the pipeline's condition fails, and one by one it holds.
	require.NoError(t, r.hub.Publish(ctx, []Outgoing{out("1", "t-1"), out("4", "t-4"), out("2", "t-2"), out("5", "t-5")}))
	err := r.hub.Publish(ctx, []Outgoing{out("2", "t-other")})
	var duplicate *DuplicateError
	require.ErrorAs(t, err, &duplicate)
	assert.Equal(t, uint64(2), duplicate.Sequence)
	for n, in := range receive(t, r.client(t, "alpha"), 5) {
		assert.Equal(t, fmt.Sprint("t-", n+1), in.Payout.Instructions[0].Transfer)
	}
}

// A participant cannot make another's message a duplicate: each has its own stream.
func TestDuplicateIDsOfTwoParticipantsAreApart(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	for _, p := range []string{"alpha", "beta"} {
		require.NoError(t, r.client(t, p).Send(ctx, Message{Kind: PayloadIntent, ID: "same", Payload: []byte(p)}))
		assert.Equal(t, p, string(r.read(t, p, Position{}, 1)[0].Payload))
	}
}

func TestReceiveHandsOverAgainUntilHandledInOrder(t *testing.T) {
	r := newRig(t)
	const n = 6
	var out []Outgoing
	for i := range n {
		id := fmt.Sprint("t-", i)
		out = append(out, Outgoing{Participant: "alpha", Kind: PayloadPayout, ID: id, Payload: payoutTo(t, "alpha", id)})
	}
	require.NoError(t, r.hub.Publish(testContext(t), out))

	ctx, cancel := context.WithCancel(testContext(t))
	var seen []uint64
	err := r.client(t, "alpha").Receive(ctx, func(_ context.Context, in Incoming) error {
		seen = append(seen, in.Sequence)
		if len(seen) == 2 || len(seen) == 3 {
			return errors.New("not now")
		}
		if in.Sequence == 4 {
			r.untilAcknowledged(t, "alpha", 3)
			cancel() // dies in the middle: the rest was fetched and not acknowledged
			return ctx.Err()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []uint64{1, 2, 2, 2, 3, 4}, seen)

	started := time.Now()
	in := receive(t, r.client(t, "alpha"), 3)
	assert.Equal(t, []uint64{4, 5, 6}, []uint64{in[0].Sequence, in[1].Sequence, in[2].Sequence})
	assert.Less(t, time.Since(started), ackWait/2, "the broker's patience was not waited for")
}

func TestReceiveBatch(t *testing.T) {
	r := newRig(t)
	const n = 150
	var out []Outgoing
	for i := range n {
		id := fmt.Sprint("t-", i)
		out = append(out, Outgoing{Participant: "alpha", Kind: PayloadPayout, ID: id, Payload: payoutTo(t, "alpha", id)})
	}
	require.NoError(t, r.hub.Publish(testContext(t), out))
	ctx, cancel := context.WithCancel(testContext(t))
	var seen, calls int
	err := r.client(t, "alpha").ReceiveBatch(ctx, 100, func(_ context.Context, messages []Incoming) error {
		calls++
		assert.LessOrEqual(t, len(messages), 100)
		for _, m := range messages {
			seen++
			assert.Equal(t, uint64(seen), m.Sequence)
		}
		if seen == n {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, n, seen)
	assert.Less(t, calls, n)
}

func TestLoneMessageIsDeliveredAtOnce(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(testContext(t))
	out, done := make(chan Received), make(chan error, 1)
	go func() { done <- r.hub.Read(ctx, "alpha", Position{}, out) }()
	alpha := r.client(t, "alpha")
	var slowest time.Duration
	for n := range 20 {
		started := time.Now()
		require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent(fmt.Sprint("a-", n))}))
		<-out
		slowest = max(slowest, time.Since(started))
	}
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	t.Logf("slowest %s", slowest)
	assert.Less(t, slowest, time.Second)
}

func TestShutdownLeavesNoGoroutine(t *testing.T) {
	before := ours()
	t.Run("life", func(t *testing.T) {
		r := newRig(t)
		ctx := testContext(t)
		alpha := r.client(t, "alpha")
		require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent("a-1")}))
		r.read(t, "alpha", Position{}, 1)
		require.NoError(t, r.hub.Publish(ctx, []Outgoing{{Participant: "alpha", Kind: PayloadPayout, ID: "1", Payload: payoutTo(t, "alpha", "t-1")}}))
		receive(t, alpha, 1)
	})
	require.Eventually(t, func() bool { return len(ours()) <= len(before) }, patience, 20*time.Millisecond,
		"goroutines left: %s", strings.Join(ours(), "\n\n"))
}

// ours lists the goroutines that run code of the broker, its client or this package, the test apart.
func ours() (stacks []string) {
	buffer := make([]byte, 4<<20)
	buffer = buffer[:runtime.Stack(buffer, true)]
	for _, stack := range strings.Split(string(buffer), "\n\n")[1:] {
		if strings.Contains(stack, "nats-io") || strings.Contains(stack, "ayni/messaging.(") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
