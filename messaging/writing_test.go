package messaging

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var drawPosition = rapid.OneOf(rapid.Int64Min(0), rapid.SampledFrom([]int64{0, math.MaxInt64, -1, math.MinInt64}))

// Whatever is said is written to the byte as reflection writes it, or refused for the same fault.
func TestPayloadsAreWhatReflectionMakes(t *testing.T) {
	participant := rapid.OneOf(rapid.Just("alpha"), rapid.Just("alpha"), drawHostile)
	t.Run("intents", rapid.MakeCheck(func(t *rapid.T) {
		to, intents := participant.Draw(t, "participant"), rapid.SliceOfN(rapid.OneOf(drawIntent, hostileIntent), 0, 3).Draw(t, "intents")
		got, err := EncodeIntents(to, intents, testSalter)
		sameBytes(t, got, err, intents, (*reference).intent, func() ([][]byte, error) {
			return referencePackOpen(intents, MaxIntents, func(c *referenceClosing, part []Intent) any { return c.intents(to, part) })
		})
	}))
	t.Run("outcomes", rapid.MakeCheck(func(t *rapid.T) {
		from, outcomes := participant.Draw(t, "participant"), rapid.SliceOfN(hostileOutcome, 0, 3).Draw(t, "outcomes")
		got, err := EncodeOutcomes(from, outcomes, testSalter)
		for n := range outcomes {
			outcomes[n].RailText = referencePrintable(outcomes[n].RailText, MaxRailTextLength)
		}
		sameBytes(t, got, err, outcomes, (*reference).openOutcome, func() ([][]byte, error) {
			return referencePackOpen(outcomes, MaxOutcomes, func(c *referenceClosing, part []Outcome) any { return c.outcomes(from, part) })
		})
	}))
	t.Run("payouts", rapid.MakeCheck(func(t *rapid.T) {
		m := PayoutMessage{
			Participant: participant.Draw(t, "participant"), Batch: drawPosition.Draw(t, "batch"), LogIndex: drawPosition.Draw(t, "index"),
			Instructions: rapid.SliceOfN(rapid.OneOf(drawInstruction, hostileInstruction), 0, 3).Draw(t, "instructions"),
		}
		got, err := EncodePayouts(m)
		sameBytes(t, got, err, m.Instructions, (*reference).instruction, func() ([][]byte, error) {
			return referencePack(m.Instructions, MaxInstructions, func(part []Instruction) any {
				m.Version, m.Instructions = Version, part
				return m
			})
		})
	}))
	t.Run("statuses", rapid.MakeCheck(func(t *rapid.T) {
		m := StatusMessage{
			Participant: participant.Draw(t, "participant"), Batch: drawPosition.Draw(t, "batch"), LogIndex: drawPosition.Draw(t, "index"),
			Changes: rapid.SliceOfN(hostileChange, 0, 3).Draw(t, "changes"),
		}
		got, err := EncodeStatuses(m)
		for n := range m.Changes {
			m.Changes[n].Detail = referencePrintable(m.Changes[n].Detail, MaxDetailLength)
		}
		sameBytes(t, got, err, m.Changes, (*reference).change, func() ([][]byte, error) {
			return referencePack(m.Changes, MaxChanges, func(part []Change) any {
				m.Version, m.Changes = Version, part
				return m
			})
		})
	}))
}

func sameBytes[T any](t *rapid.T, got [][]byte, err error, items []T, check func(*reference, T), wanted func() ([][]byte, error)) {
	var r reference
	for _, item := range items {
		check(&r, item)
	}
	if r.fault != nil {
		var fault *FaultError
		require.ErrorAs(t, err, &fault)
		require.Equal(t, r.fault, fault)
		return
	}
	want, wantErr := wanted()
	require.Equal(t, wantErr == nil, err == nil, "reflection: %v, by hand: %v", wantErr, err)
	if err == nil {
		require.Equal(t, want, got)
	}
}

func TestDeadlinesAreWrittenInUTC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := sampleIntent("a-1")
		i.Deadline = time.Unix(rapid.Int64Range(-70_000_000_000, 260_000_000_000).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).
			In(time.FixedZone("", rapid.IntRange(-86_000, 86_000).Draw(t, "zone")))
		want, wantErr := referencePackOpen([]Intent{i}, 1, func(c *referenceClosing, part []Intent) any { return c.intents("alpha", part) })
		got, err := EncodeIntents("alpha", []Intent{i}, testSalter)
		require.Equal(t, wantErr == nil, err == nil, "reflection: %v, by hand: %v", wantErr, err)
		if err == nil {
			require.Equal(t, want, got)
		}
	})
}

// Only size makes a payload smaller than the limit of items, and then each takes as many as fit.
func TestPackingTakesWhatFits(t *testing.T) {
	small := busy(3*MaxIntents+7, busyIntent)
	payloads, err := EncodeIntents("mpesa-ke", small, testSalter)
	require.NoError(t, err)
	want, err := referencePackOpen(small, MaxIntents, func(c *referenceClosing, part []Intent) any { return c.intents("mpesa-ke", part) })
	require.NoError(t, err)
	assert.Equal(t, want, payloads)

	large := busy(700, busyChange)
	for n := range large {
		large[n].Detail = strings.Repeat("𝄞", MaxDetailLength-n%50)
	}
	payloads, err = EncodeStatuses(StatusMessage{Participant: "mpesa-ke", Changes: large})
	require.NoError(t, err)
	var got []Change
	for n, payload := range payloads {
		require.LessOrEqual(t, len(payload), MaxEnvelopeBytes)
		m, err := DecodeStatus("mpesa-ke", payload)
		require.NoError(t, err)
		got = append(got, m.Changes...)
		if n < len(payloads)-1 && len(m.Changes) < MaxChanges {
			next, err := json.Marshal(large[len(got)])
			require.NoError(t, err)
			assert.Greater(t, len(payload)+len(",")+len(next), MaxEnvelopeBytes, "one more would have fitted")
		}
	}
	assert.Equal(t, large, got)

	name := strings.Repeat("a", MaxEnvelopeBytes+len("mpesa-ke")-oneIntent(t, "mpesa-ke"))
	require.Equal(t, MaxEnvelopeBytes, oneIntent(t, name))
	_, err = EncodeIntents(name+"a", small[:1], testSalter)
	var fault *FaultError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, FaultOversized, fault.Fault)
}

// oneIntent returns the size of a payload with one intent.
func oneIntent(t *testing.T, participant string) int {
	t.Helper()
	payloads, err := EncodeIntents(participant, busy(1, busyIntent), testSalter)
	require.NoError(t, err)
	return len(payloads[0])
}

// Buffers are used again: nothing that was given away may change by it.
func TestPayloadsShareNothing(t *testing.T) {
	first, err := EncodeIntents("alpha", []Intent{sampleIntent("a-1")}, testSalter)
	require.NoError(t, err)
	kept := bytes.Clone(first[0])
	for n := range 10 {
		_, err := EncodeIntents("alpha", []Intent{sampleIntent(fmt.Sprint("b-", n))}, testSalter)
		require.NoError(t, err)
	}
	assert.Equal(t, kept, first[0])
}
