package messaging

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// raw is a user's bare connection over TCP, and what the broker refused it.
func (r *rig) raw(t *testing.T, user string) (*nats.Conn, chan error) {
	t.Helper()
	refused := make(chan error, 64)
	conn, err := nats.Connect(r.server.URL(), nats.UserCredentials(credsFile(r.dir, user)),
		nats.CustomInboxPrefix(inbox(user)),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return conn, refused
}

func requireRefused(t *testing.T, refused chan error, subject string) {
	t.Helper()
	select {
	case err := <-refused:
		require.ErrorIs(t, err, nats.ErrPermissionViolation)
		require.Contains(t, strings.ToLower(err.Error()), strings.ToLower(fmt.Sprintf("%q", subject)))
	case <-time.After(patience):
		t.Fatalf("%s was not refused", subject)
	}
}

func TestParticipantMayOnlySayItsOwn(t *testing.T) {
	r := newRig(t)
	conn, refused := r.raw(t, "alpha")
	for _, subject := range []string{
		"intent.beta", "outcome.beta", "payout.alpha", "status.beta", "log", "intent.alpha.x",
		"$JS.API.INFO", "$JS.API.STREAM.LIST", "$JS.API.STREAM.INFO.FROM_alpha",
		"$JS.API.STREAM.CREATE.MINE", "$JS.API.STREAM.UPDATE.FROM_alpha", "$JS.API.STREAM.DELETE.FROM_alpha",
		"$JS.API.STREAM.PURGE.FROM_alpha", "$JS.API.STREAM.MSG.DELETE.FROM_alpha", "$JS.API.STREAM.MSG.GET.TO_beta",
		"$JS.API.CONSUMER.CREATE.TO_beta", "$JS.API.CONSUMER.CREATE.TO_alpha.other", "$JS.API.CONSUMER.DELETE.TO_alpha.adapter",
		"$JS.API.CONSUMER.MSG.NEXT.TO_beta.adapter", "$JS.API.CONSUMER.RESET.TO_beta.adapter",
		"$JS.ACK.TO_beta.adapter.1.1.1.1.0", "$SYS.REQ.SERVER.PING", "_INBOX.switch.x",
	} {
		require.NoError(t, conn.Publish(subject, []byte("x")))
		requireRefused(t, refused, subject)
	}
	for _, subject := range []string{"status.beta", "payout.alpha", ">", "intent.*", "_INBOX.>", "_INBOX.beta.>", "$JS.ACK.>", "log"} {
		_, err := conn.SubscribeSync(subject)
		require.NoError(t, err)
		requireRefused(t, refused, subject)
	}
}

func TestSwitchCannotChangeStreams(t *testing.T) {
	r := newRig(t)
	for user, subjects := range map[string][]string{
		userSwitch: {
			"$JS.API.STREAM.CREATE.MINE", "$JS.API.STREAM.UPDATE.FROM_alpha", "$JS.API.STREAM.DELETE.FROM_alpha",
			"$JS.API.STREAM.PURGE.FROM_alpha", "$JS.API.STREAM.MSG.DELETE.FROM_alpha", "$JS.API.STREAM.RESTORE.FROM_alpha",
			"$JS.API.CONSUMER.DELETE.TO_alpha.adapter", "$JS.API.CONSUMER.CREATE.TO_alpha.adapter",
			"$JS.API.CONSUMER.DURABLE.CREATE.TO_alpha.adapter", "intent.alpha", "outcome.alpha",
		},
		userProvisioner: {"$JS.API.STREAM.DELETE.FROM_alpha", "$JS.API.STREAM.PURGE.FROM_alpha", "intent.alpha", "payout.alpha"},
	} {
		conn, refused := r.raw(t, user)
		for _, subject := range subjects {
			require.NoError(t, conn.Publish(subject, []byte(`{}`)))
			requireRefused(t, refused, subject)
		}
	}
}

func TestRollupAndExpiryHeadersDoNothing(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	alpha := r.client(t, "alpha")
	require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent("a-1")}))
	conn, _ := r.raw(t, "alpha")
	for header, value := range map[string]string{"Nats-Rollup": "all", "Nats-TTL": "1s"} {
		m := nats.NewMsg("intent.alpha")
		m.Header.Set(header, value)
		m.Data = []byte("x")
		answer, err := conn.RequestMsgWithContext(ctx, m)
		require.NoError(t, err)
		var ack struct {
			Error *struct{ Description string } `json:"error"`
		}
		require.NoError(t, json.Unmarshal(answer.Data, &ack))
		require.NotNil(t, ack.Error, "%s: %s", header, answer.Data)
	}
	require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent("a-2")}))
	assert.Len(t, r.read(t, "alpha", Position{}, 2), 2)
}

// A sender can write any header: the broker's own Status too, which must not hide the message.
func TestForgedStatusHeaderHidesNothing(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	conn, _ := r.raw(t, "alpha")
	for _, status := range []string{"100", "404", "409", "503"} {
		m := nats.NewMsg("intent.alpha")
		m.Header.Set("Status", status)
		_, err := conn.RequestMsgWithContext(ctx, m)
		require.NoError(t, err)
	}
	got := r.read(t, "alpha", Position{}, 4)
	_, err := DecodeIntents("alpha", got[3].Payload)
	assert.ErrorContains(t, err, string(FaultSyntax))
}

// Nor can it wedge its reader by headers that are none: the position after such a message holds.
func TestMalformedHeadersWedgeNothing(t *testing.T) {
	r := newRig(t)
	wires := make(dialed, 1)
	conn, err := nats.Connect(r.server.URL(), nats.UserCredentials(credsFile(r.dir, "alpha")), nats.SetCustomDialer(wires))
	require.NoError(t, err)
	defer conn.Close()
	wire := <-wires
	var after Position
	for n, header := range []string{
		"NATS/1.0\r\nno colon\r\n\r\n", "NATS/1.0 5\r\n\r\n", "noise", "NATS/1.0 503\r\n\r\n",
		"NATS/1.0\r\n" + HeaderSignature + ": a\r\n" + HeaderSignature + ": b\r\n\r\n",
		"NATS/1.0\r\nayni-signature: \x00\xff\r\n\r\n",
	} {
		for _, payload := range []string{"", "x"} {
			_, err := fmt.Fprintf(wire, "HPUB intent.alpha %d %d\r\n%s%s\r\n", len(header), len(header)+len(payload), header, payload)
			require.NoError(t, err)
			m := r.read(t, "alpha", after, 1)[0]
			require.Equal(t, payload, string(m.Payload), "header %d", n)
			after = m.Position()
		}
	}
	require.Equal(t, uint64(12), after.Sequence)
}

func TestSignatures(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	alpha, own := r.client(t, "alpha"), r.keys["alpha"]
	payloads, err := EncodeIntents("alpha", []Intent{sampleIntent("a-1")}, testSalter)
	require.NoError(t, err)
	payload := payloads[0]
	sign := func(s *Signer, kind PayloadKind) string {
		open, _ := Open(payload)
		signature, err := s.Sign(kind, open)
		require.NoError(t, err)
		return signature
	}
	require.NoError(t, alpha.Send(ctx,
		Message{Kind: PayloadIntent, ID: "good", Payload: payload, Signature: sign(own, PayloadIntent)},
		Message{Kind: PayloadIntent, ID: "missing", Payload: payload},
		Message{Kind: PayloadIntent, ID: "other key", Payload: payload, Signature: sign(r.keys["beta"], PayloadIntent)},
		Message{Kind: PayloadIntent, ID: "other kind", Payload: payload, Signature: sign(own, PayloadOutcome)},
		Message{Kind: PayloadIntent, ID: "other bytes", Payload: append([]byte(" "), payload...), Signature: sign(own, PayloadIntent)},
		Message{Kind: PayloadIntent, ID: "padded", Payload: payload, Signature: sign(own, PayloadIntent) + "=="},
	))
	verifier, err := NewVerifier(own.PublicKey())
	require.NoError(t, err)
	for n, m := range r.read(t, "alpha", Position{}, 6) {
		open, _ := Open(m.Payload)
		err := verifier.Verify(m.Kind, open, m.Signature)
		if n == 0 {
			require.NoError(t, err)
			continue
		}
		var fault *FaultError
		require.ErrorAs(t, err, &fault, "message %d", n)
		require.Equal(t, FaultSignature, fault.Fault)
	}
}

func TestUnsignedMessageFromTheSwitchStopsTheClient(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	conn, _ := r.raw(t, userSwitch)
	_, err := conn.RequestWithContext(ctx, "payout.alpha", payoutTo(t, "alpha", "t-1"))
	require.NoError(t, err)
	for range 2 { // it was not acknowledged: it stops the next one too
		err = r.client(t, "alpha").Receive(ctx, func(context.Context, Incoming) error {
			t.Error("handed over")
			return nil
		})
		var fault *FaultError
		require.ErrorAs(t, err, &fault)
		require.Equal(t, FaultSignature, fault.Fault)
	}
}

func TestNoiseCostsOnlyItsConnection(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	alpha := r.client(t, "alpha")
	noise := bytes.Repeat([]byte{0xff, 0x00, 'P', 'U', 'B', ' '}, 10<<20/6)
	address := strings.TrimPrefix(r.server.URL(), "nats://")

	for name, head := range map[string]string{
		"stranger":           "",
		"stranger's message": fmt.Sprintf("PUB intent.alpha %d\r\n", len(noise)),
		"long line":          "CONNECT {" + strings.Repeat(" ", 64<<10),
	} {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		_, _ = conn.Write(append([]byte(head), noise...)) // fails once the server hung up
		_, err = io.Copy(io.Discard, conn)                // ends when the server hung up
		if err != nil {
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, name)
		}
		require.NoError(t, conn.Close())
	}

	// A participant that is let in and then announces 10 MB is cut off too.
	wires := make(dialed, 1)
	conn, err := nats.Connect(r.server.URL(), nats.UserCredentials(credsFile(r.dir, "beta")), nats.NoReconnect(),
		nats.SetCustomDialer(wires))
	require.NoError(t, err)
	defer conn.Close()
	closed := conn.StatusChanged(nats.CLOSED)
	_, _ = (<-wires).Write(append(fmt.Appendf(nil, "PUB intent.beta %d\r\n", len(noise)), noise...))
	select {
	case <-closed:
	case <-ctx.Done():
		t.Fatal("the connection was not closed")
	}

	require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent("a-1")}))
	r.read(t, "alpha", Position{}, 1)
}

// dialed dials and keeps the connection below the client.
type dialed chan net.Conn

func (d dialed) Dial(network, address string) (net.Conn, error) {
	wire, err := net.Dial(network, address)
	if err == nil {
		d <- wire
	}
	return wire, err
}

func TestOversizedReachesTheSwitchOrIsRefused(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	alpha := r.client(t, "alpha")
	require.NoError(t, alpha.Send(ctx, Message{Kind: PayloadIntent, ID: "big", Payload: make([]byte, MaxEnvelopeBytes+1)}))
	_, err := DecodeIntents("alpha", r.read(t, "alpha", Position{}, 1)[0].Payload)
	var fault *FaultError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, FaultOversized, fault.Fault)

	err = alpha.Send(ctx, Message{Kind: PayloadIntent, ID: "huge", Payload: make([]byte, maxMessageBytes+1)})
	var refused *PublishError
	require.ErrorAs(t, err, &refused)
	require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent("a-1")}))
}

func TestSecretsAreTheOwnersOnly(t *testing.T) {
	r := newRig(t)
	for _, pattern := range []string{"creds/*", "keys/*"} {
		files, err := filepath.Glob(filepath.Join(r.dir, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			info, err := os.Stat(file)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
		}
	}
}

func TestWeakerStreamIsRefused(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	require.NoError(t, r.server.Provision(ctx)) // idempotent
	conn, err := r.server.endpoint(userProvisioner).connect(userProvisioner, nil)
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	weak := streamConfig(StreamFrom("gamma"), "intent.gamma", "outcome.gamma")
	weak.PersistMode = jetstream.AsyncPersistMode
	_, err = js.CreateStream(ctx, weak)
	require.NoError(t, err)
	err = Provision(ctx, r.server.endpoint(userProvisioner), []string{"gamma"})
	require.ErrorContains(t, err, "acknowledges before it flushes")
	weak = streamConfig(StreamFrom("delta"), "intent.delta", "outcome.delta")
	weak.DenyPurge = false
	_, err = js.CreateStream(ctx, weak)
	require.NoError(t, err)
	err = Provision(ctx, r.server.endpoint(userProvisioner), []string{"delta"})
	require.ErrorContains(t, err, "it can be purged")
	require.ErrorContains(t, Provision(ctx, r.server.endpoint(userProvisioner), []string{"Bad.Name"}), "cannot name")
}
