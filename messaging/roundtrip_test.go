package messaging

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func sampleIntent(id string) Intent {
	return Intent{
		ID: id, CreditorParticipant: "beta",
		Debtor:      Party{Name: "Wanjikũ Mwangi", Account: "254700000001", Address: "Nairobi"},
		Creditor:    Party{Name: "अनिता शर्मा", Account: "anita@upi", Country: "IN", Town: "Pune"},
		Source:      Amount{Amount: "1250.00", Currency: "KES"},
		Destination: Amount{Amount: "812.34", Currency: "INR"},
		Quote:       "q-1", Fixed: "source",
		Deadline: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Purpose:  "FAMI", Reference: "school fees",
	}
}

func sampleOutcome(transfer string) Outcome {
	return Outcome{
		Transfer: transfer, Kind: KindPayout, State: OutcomePaid, Amount: Amount{Amount: "812.34", Currency: "INR"},
		RailRef: "R1", RailCode: "00", RailText: "ok", ResolvedBy: "query",
	}
}

func sampleInstruction(transfer string) Instruction {
	i := sampleIntent("i-1")
	return Instruction{
		Transfer: transfer, Kind: KindPayout, Intent: i.ID, Amount: i.Destination,
		Debtor: i.Debtor, Creditor: i.Creditor, Counterparty: "beta", Reference: i.Reference,
	}
}

func payoutTo(tb testing.TB, participant, transfer string) []byte {
	tb.Helper()
	payloads, err := EncodePayouts(PayoutMessage{
		Participant: participant, Batch: 1, LogIndex: 2, Instructions: []Instruction{sampleInstruction(transfer)},
	})
	require.NoError(tb, err)
	require.Len(tb, payloads, 1)
	return payloads[0]
}

func TestRoundTripBothWays(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	alpha := r.client(t, "alpha")

	require.NoError(t, alpha.PublishIntents(ctx, []Intent{sampleIntent("a-1"), sampleIntent("a-2")}))
	require.NoError(t, alpha.PublishOutcomes(ctx, []Outcome{sampleOutcome("t-1")}))
	health := RailHealth{State: RailDown, Since: sampleIntent("a-1").Deadline, At: sampleIntent("a-1").Deadline.Add(time.Minute), Waiting: 7}
	require.NoError(t, alpha.PublishHealth(ctx, health))
	require.NoError(t, alpha.PublishHealth(ctx, health), "the same is stored once")
	health.At = health.At.Add(time.Minute)
	require.NoError(t, alpha.PublishHealth(ctx, health))
	got := r.read(t, "alpha", Position{}, 4)
	for n, m := range got {
		assert.Equal(t, uint64(n+1), m.Sequence)
		assert.Equal(t, r.keys["alpha"].PublicKey(), m.Key)
		open, _ := Open(m.Payload)
		require.NoError(t, Verify(r.keys["alpha"].PublicKey(), m.Kind, open, m.Signature))
		assert.WithinDuration(t, time.Now(), m.Time, time.Minute)
	}
	intents, err := DecodeIntents("alpha", got[0].Payload)
	require.NoError(t, err)
	require.Len(t, intents, 2)
	assert.Nil(t, intents[1].Fault)
	assert.Equal(t, sampleIntent("a-2"), intents[1].Intent)
	outcomes, err := DecodeOutcomes("alpha", got[1].Payload)
	require.NoError(t, err)
	assert.Equal(t, []Outcome{sampleOutcome("t-1")}, outcomes)
	none, said, err := DecodeReport("alpha", got[3].Payload)
	require.NoError(t, err)
	assert.Empty(t, none)
	assert.Equal(t, &health, said)

	statuses, err := EncodeStatuses(StatusMessage{
		Participant: "alpha", Changes: []Change{{Intent: "a-1", Transfer: "t-9", State: StateCleared}},
	})
	require.NoError(t, err)
	require.NoError(t, r.hub.Publish(ctx, []Outgoing{
		{Participant: "alpha", Kind: PayloadPayout, ID: "p1", Payload: payoutTo(t, "alpha", "t-7")},
		{Participant: "alpha", Kind: PayloadStatus, ID: "s1", Payload: statuses[0]},
		{Kind: PayloadLog, ID: "l1", Payload: []byte(`{}`)},
	}))
	in := receive(t, alpha, 2)
	require.NotNil(t, in[0].Payout)
	assert.Equal(t, sampleInstruction("t-7"), in[0].Payout.Instructions[0])
	require.NotNil(t, in[1].Status)
	assert.Equal(t, StateCleared, in[1].Status.Changes[0].State)
	assert.Equal(t, uint64(2), in[1].Sequence)
}

func TestManyMessagesKeepTheirOrder(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	const n = 400
	var out []Outgoing
	for i := range n {
		for _, p := range []string{"alpha", "beta"} {
			out = append(out, Outgoing{
				Participant: p, Kind: PayloadPayout, ID: fmt.Sprintf("p-%d", i), Payload: payoutTo(t, p, fmt.Sprintf("t-%d", i)),
			})
		}
	}
	started := time.Now()
	require.NoError(t, r.hub.Publish(ctx, out))
	t.Logf("published %d in %s", len(out), time.Since(started))
	started = time.Now()
	for i, in := range receive(t, r.client(t, "alpha"), n) {
		require.Equal(t, fmt.Sprintf("t-%d", i), in.Payout.Instructions[0].Transfer)
	}
	t.Logf("received %d in %s", n, time.Since(started))
}
