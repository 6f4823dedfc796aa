package messaging

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// deliveries are payouts of one transfer each, numbered from first on, to a participant.
func deliveries(tb testing.TB, participant string, first, last int64) (all []Delivery) {
	tb.Helper()
	for n := first; n <= last; n++ {
		all = append(all, Delivery{Participant: participant, Kind: PayloadPayout, Number: n, Payload: payoutTo(tb, participant, fmt.Sprint("t-", n))})
	}
	return all
}

// anotherHub is the switch once more, which knows nothing of what the first one did.
func (r *rig) anotherHub(t *testing.T) *Hub {
	t.Helper()
	hub, err := ConnectHub(testContext(t), HubConfig{Endpoint: r.server.HubEndpoint(), Signer: r.keys[userSwitch], Log: testLog(t)})
	require.NoError(t, err)
	t.Cleanup(hub.Close)
	return hub
}

// heard are the transfers that alpha is told to pay out, and in how many messages.
func (r *rig) heard(t *testing.T, n int) (transfers []string, messages uint64) {
	t.Helper()
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	err := r.client(t, "alpha").Receive(ctx, func(_ context.Context, in Incoming) error {
		transfers, messages = append(transfers, in.Payout.Instructions[0].Transfer), in.Sequence
		if len(transfers) >= n {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	return transfers, messages
}

func numberedFrom(first, last int64) (transfers []string) {
	for n := first; n <= last; n++ {
		transfers = append(transfers, fmt.Sprint("t-", n))
	}
	return transfers
}

func TestDeliverStoresEachOnce(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	_, found, err := r.hub.LastDelivery(ctx, "alpha")
	require.NoError(t, err)
	assert.False(t, found)
	require.NoError(t, r.hub.Deliver(ctx, deliveries(t, "alpha", 1, 3)))
	require.NoError(t, r.hub.Deliver(ctx, deliveries(t, "alpha", 1, 3)))
	require.NoError(t, r.anotherHub(t).Deliver(ctx, deliveries(t, "alpha", 2, 5)))
	// The first hub's idea of where the stream ends is old.
	require.NoError(t, r.hub.Deliver(ctx, deliveries(t, "alpha", 4, 6)))
	// Somebody with the switch's key says something in between.
	require.NoError(t, r.hub.Publish(ctx, []Outgoing{{Participant: "alpha", Kind: PayloadPayout, ID: "foreign", Payload: payoutTo(t, "alpha", "t-foreign")}}))
	require.NoError(t, r.hub.Deliver(ctx, deliveries(t, "alpha", 6, 7)))
	transfers, messages := r.heard(t, 8)
	assert.Equal(t, append(append(numberedFrom(1, 6), "t-foreign"), "t-7"), transfers)
	assert.Equal(t, uint64(5), messages, "what comes together is one message")
	last, found, err := r.hub.LastDelivery(ctx, "alpha")
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, deliveries(t, "alpha", 7, 7)[0], last)
	require.NoError(t, r.hub.Deliver(ctx, deliveries(t, "alpha", 8, 9)))
	last, _, err = r.hub.LastDelivery(ctx, "alpha")
	require.NoError(t, err)
	assert.Equal(t, deliveries(t, "alpha", 9, 9)[0], last, "the last part of a mail")
}

func TestDeliverSurvivesTheBrokersRestart(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.hub.Deliver(testContext(t), deliveries(t, "alpha", 1, 4)))
	r.stop()
	r.start(t)
	require.NoError(t, r.hub.Deliver(testContext(t), deliveries(t, "alpha", 3, 6)))
	transfers, _ := r.heard(t, 6)
	assert.Equal(t, numberedFrom(1, 6), transfers)
}

// A leader that was replaced and does not know it yet sends the same as its successor.
func TestDeliverOfTwoLeadersAtOnce(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	const last = 300
	var group errgroup.Group
	for range 3 {
		hub := r.anotherHub(t)
		group.Go(func() error {
			for first := int64(1); first <= last; {
				until := min(first+rand.Int64N(9), last)
				if hub.Deliver(ctx, deliveries(t, "alpha", max(first-2, 1), until)) == nil {
					first = until + 1
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	transfers, _ := r.heard(t, last)
	assert.Equal(t, numberedFrom(1, last), transfers)
}

func TestDeliverPacksWhatFits(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	var all []Delivery
	var want []string
	for n := range int64(2*MaxParts + 5) {
		d := deliveries(t, "alpha", n+1, n+1)[0]
		if n%100 == 7 { // many spaces: almost as large as a message may be
			d.Payload = append(bytes.TrimSuffix(d.Payload, []byte("}")), bytes.Repeat([]byte(" "), MaxEnvelopeBytes-len(d.Payload)-int(n)%3)...)
			d.Payload = append(d.Payload, '}')
		}
		all, want = append(all, d), append(want, fmt.Sprint("t-", n+1))
	}
	require.NoError(t, r.hub.Deliver(ctx, all))
	transfers, messages := r.heard(t, len(want))
	assert.Equal(t, want, transfers)
	assert.Less(t, messages, uint64(20))

	all = deliveries(t, "beta", 1, 2)
	all[1].Payload = append(all[1].Payload, make([]byte, MaxEnvelopeBytes)...)
	var fault *FaultError
	require.ErrorAs(t, r.hub.Deliver(ctx, all), &fault)
	require.Error(t, r.hub.Deliver(ctx, []Delivery{{Participant: "beta", Kind: PayloadIntent, Number: 1}}))
	require.Error(t, r.hub.Deliver(ctx, []Delivery{{Participant: "beta", Kind: PayloadStatus}}))
	all = deliveries(t, "beta", 1, 2)
	all[0], all[1] = all[1], all[0]
	require.Error(t, r.hub.Deliver(ctx, all), "out of order")
	require.Error(t, r.hub.Deliver(ctx, deliveries(t, "nobody", 1, 1)))
}
