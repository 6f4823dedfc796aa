package messaging

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/trace"
)

const someSpan = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestMessagesSayWhatTheyFollow(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	alpha, span := r.client(t, "alpha"), trace.Parse(someSpan)
	require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent("a-1")}))
	require.NoError(t, alpha.PublishIntents(trace.With(ctx, span), []Intent{sampleIntent("a-2")}))
	got := r.read(t, "alpha", Position{}, 2)
	require.True(t, got[0].Follows.IsZero())
	require.Equal(t, span, got[1].Follows)

	deliver := Delivery{Participant: "alpha", Kind: PayloadPayout, Number: 1, Payload: payoutTo(t, "alpha", "t-1")}
	require.NoError(t, r.hub.Deliver(trace.With(ctx, span), []Delivery{deliver}))
	require.Equal(t, span, receive(t, alpha, 1)[0].Follows)
}

// What a header says of spans is signed by nobody: whatever it is, the message is the same.
func TestWhatIsNoTraceparentIsDropped(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	conn, _ := r.raw(t, "alpha")
	hostile := [][]string{
		{""}, {someSpan, someSpan}, {strings.ToUpper(someSpan)}, {someSpan + "-more"}, {strings.Repeat("0", 60_000)},
		{"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01"}, {"{\"trace\":1}"}, {"ff" + someSpan[2:]},
	}
	for _, values := range hostile {
		m := nats.NewMsg("intent.alpha")
		m.Header[trace.Header] = values
		m.Data = []byte("x")
		_, err := conn.RequestMsgWithContext(ctx, m)
		require.NoError(t, err)
	}
	for i, m := range r.read(t, "alpha", Position{}, len(hostile)) {
		require.Truef(t, m.Follows.IsZero(), "%.80q", hostile[i])
		require.Equal(t, MessageHash([]byte("x"), ""), m.Hash)
	}
}
