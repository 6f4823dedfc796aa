package messaging

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
)

// fuzzSeeds are one sound payload per kind, and some that are not.
func fuzzSeeds(f *testing.F) {
	f.Helper()
	bundled := sampleIntent("a-2")
	legs, err := NewBundle("b-1", []Leg{LegOf("beta", &bundled), LegOf("alpha", &bundled)})
	require.NoError(f, err)
	bundled.Bundle = &legs[1]
	intents, err := EncodeIntents("alpha", []Intent{sampleIntent("a-1"), bundled}, testSalter)
	require.NoError(f, err)
	outcomes, err := EncodeOutcomes("alpha", []Outcome{sampleOutcome("t-1")}, testSalter)
	require.NoError(f, err)
	payouts, err := EncodePayouts(PayoutMessage{Participant: "alpha", Instructions: []Instruction{sampleInstruction("t-1")}})
	require.NoError(f, err)
	statuses, err := EncodeStatuses(StatusMessage{Participant: "alpha", Changes: []Change{{Intent: "a-1", State: StateCleared}}})
	require.NoError(f, err)
	recalls, err := EncodeRecalls("alpha", []Recall{{Intent: "a-1", Reason: "CUST"}})
	require.NoError(f, err)
	health, err := EncodeHealth("alpha", RailHealth{State: RailDown, Since: sampleIntent("a-1").Deadline, At: sampleIntent("a-1").Deadline, Waiting: 7})
	require.NoError(f, err)
	f.Add(health)
	f.Add(recalls[0])
	f.Add(intents[0])
	f.Add(outcomes[0])
	f.Add(payouts[0])
	f.Add(statuses[0])
	f.Add(envelope(soundIntent, "null", `{"id":"a-1","id":"a-1"}`))
	f.Add(envelope("{}", "[[]]", `"\ud800"`))
	for _, payload := range closedSeeds() {
		f.Add(payload)
	}
	f.Add([]byte("\xff\x00"))
	f.Add([]byte(nil))
}

// Whatever comes in, the decoder answers with values within the limits or a *FaultError.
func FuzzDecodeIntents(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		decoded, recalls, err := DecodeRequests("alpha", payload)
		requireFault(t, err)
		sameOpen(t, payload)
		require.LessOrEqual(t, len(decoded), MaxIntents)
		require.LessOrEqual(t, len(recalls), MaxRecalls)
		_, err = EncodeRecalls("alpha", recalls)
		require.NoError(t, err)
		var sound []Intent
		for _, d := range decoded {
			require.True(t, jsontext.Value(d.Raw).IsValid())
			_ = d.Intent.Check() // a fault or none, but no panic
			if b := d.Intent.Bundle; b != nil {
				_ = b.Check(LegOf("alpha", &d.Intent)) // likewise
			}
			if d.Fault == nil {
				sound = append(sound, d.Intent)
			}
		}
		_, err = EncodeIntents("alpha", sound, testSalter) // what was accepted can be said again
		require.NoError(t, err)
	})
}

func FuzzDecodeOutcomes(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		_, health, err := DecodeReport("alpha", payload)
		requireFault(t, err)
		sameOpenReport(t, payload)
		outcomes, err := DecodeOutcomes("alpha", payload)
		requireFault(t, err)
		_, err = EncodeOutcomes("alpha", outcomes, testSalter)
		require.NoError(t, err)
		if health != nil {
			_, err = EncodeHealth("alpha", *health)
			require.NoError(t, err)
		}
	})
}

func FuzzDecodePayout(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		m, err := DecodePayout("alpha", payload)
		if requireFault(t, err); err == nil {
			_, err = EncodePayouts(*m)
			require.NoError(t, err)
		}
	})
}

func FuzzDecodeStatus(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		m, err := DecodeStatus("alpha", payload)
		if requireFault(t, err); err == nil {
			_, err = EncodeStatuses(*m)
			require.NoError(t, err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	seed, err := NewSeed()
	require.NoError(f, err)
	signer, err := NewSigner(seed)
	require.NoError(f, err)
	payload := []byte("payload")
	signature, err := signer.Sign(PayloadIntent, payload)
	require.NoError(f, err)
	f.Add(signer.PublicKey(), signature)
	f.Add("U", "")
	f.Add("", "=")
	f.Fuzz(func(t *testing.T, key, other string) {
		err := Verify(key, PayloadIntent, payload, other)
		requireFault(t, err)
		if key == signer.PublicKey() {
			require.Equal(t, other == signature, err == nil, "exactly one text is the signature")
		}
	})
}

func requireFault(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		var fault *FaultError
		require.ErrorAs(t, err, &fault)
	}
}
