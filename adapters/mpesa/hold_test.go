package mpesa

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/messaging"
)

func TestHold(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	h := &hold{period: 5 * time.Minute}
	assert.Nil(t, h.admit("P1", at(0)))
	h.refuse(codeBadInitiator, "bad initiator", at(0))
	held := h.admit("P2", at(4))
	require.NotNil(t, held)
	assert.Equal(t, codeBadInitiator, held.Code)
	assert.Equal(t, at(5), held.Until)
	assert.Nil(t, h.admit("P2", at(5)), "one goes to try")
	assert.Nil(t, h.admit("P2", at(6)), "and may be sent again")
	assert.NotNil(t, h.admit("P3", at(6)), "no other does")
	h.decided("P1")
	assert.NotNil(t, h.admit("P3", at(6)), "what was sent before the refusal proves nothing")
	h.refuse(codeBadInitiator, "bad initiator", at(6))
	assert.NotNil(t, h.admit("P3", at(10)))
	assert.Nil(t, h.admit("P3", at(11)))
	h.decided("P3")
	assert.Nil(t, h.admit("P4", at(11)))
}

func TestHoldsByKind(t *testing.T) {
	now := time.Now()
	for code, all := range map[string]bool{codeNoRole: false, codeBadInitiator: true, codeLockedCredential: true} {
		h := newHolds(time.Minute)
		h.refuse(messaging.KindRefund, code, "no", now)
		assert.NotNil(t, h[messaging.KindRefund].admit("R1", now), code)
		assert.Equal(t, all, h[messaging.KindPayout].admit("P1", now) != nil, code)
		h.proved()
		assert.Equal(t, !all, h[messaging.KindRefund].admit("R1", now) != nil, "a question that is answered proves the initiator, not the role")
	}
}

// However refusals and attempts follow each other: while the account is refused, a period lies between the
// refusal or the last operation that was sent to try, and the next one.
func TestHoldSendsOneForEveryPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const period = 10 * time.Second
		h := &hold{period: period}
		now := time.Unix(1_700_000_000, 0)
		h.refuse(codeBadInitiator, "", now)
		trial, since := "", now
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, period - 1, period}).Draw(t, "pass"))
			operation := rapid.SampledFrom([]string{"P1", "P2", "P3", "P4"}).Draw(t, "operation")
			if sent := h.admit(operation, now) == nil; sent && operation != trial {
				require.GreaterOrEqual(t, now.Sub(since), period)
				trial, since = operation, now
			}
			if rapid.Bool().Draw(t, "refused") {
				h.refuse(codeBadInitiator, "", now)
				trial, since = "", now
			}
		}
	})
}
