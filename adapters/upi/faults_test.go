package upi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
	"github.com/ayni-switch/ayni/adapters/upi/sandbox"
)

// The webhook is there before the answer that gives the id to match it with.
func TestReorder(t *testing.T) {
	r := newRig(t, kit.Faults{ReorderPct: 100}, nil)
	overtaken := 0 // not always: an answer waits for its webhook a moment only
	for n := range 10 {
		e := r.submit(payout(n))
		overtaken += len(r.sink.calls)
		require.Equal(t, adapters.Accepted, e.State)
		h := r.sink.next(t)
		assert.Equal(t, e.RailID, h.railID)
		assert.Equal(t, adapters.Settled, h.evidence.State)
	}
	assert.Positive(t, overtaken)

	require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
	r.sink.next(t)
	_, found, err := r.rail.Collection(t.Context(), adapters.Order{Ref: "R1", Created: time.Now()})
	require.NoError(t, err)
	assert.True(t, found, "the answer overtakes its Ack, and waits for it")
}

// A PSP that does not show yet what it took is no reason to call it gone, where it said that it took it.
func TestLateVisible(t *testing.T) {
	r := newRig(t, kit.Faults{LateVisiblePct: 100, LateVisibleMS: 600_000}, nil)
	op := payout(1)
	accepted := r.submit(op)
	require.Equal(t, adapters.Accepted, accepted.State)
	op.RailID = accepted.RailID
	e := r.query(op)
	assert.Equal(t, adapters.Unknown, e.State)
	assert.False(t, e.RetrySafe)
	assert.Equal(t, upi.APINotFound, e.Code)
	require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
	_, found, err := r.rail.Collection(t.Context(), adapters.Order{Ref: "R1", Created: time.Now()})
	require.NoError(t, err)
	assert.False(t, found)

	require.NoError(t, r.sandbox.SetFaults(kit.Faults{}))
	assert.Equal(t, adapters.Settled, r.final(op).State)
}

func TestTooFast(t *testing.T) {
	r := newRig(t, kit.Faults{RatePerS: 1}, nil)
	states := map[bool]int{}
	for n := range 4 {
		e := r.submit(payout(n))
		states[e.RetrySafe]++
		assert.Contains(t, []adapters.State{adapters.Accepted, adapters.Unknown}, e.State)
	}
	assert.Positive(t, states[false])
	assert.Positive(t, states[true], "a gate that keeps a call away says that nothing happened")
}

func TestOutage(t *testing.T) {
	r := newRig(t, kit.Faults{}, func(c *upi.Config, _ *sandbox.Config) { c.Timers.SubmitTimeout = time.Second })
	for _, outage := range []kit.Outage{kit.OutageRefuse, kit.OutageHang, kit.OutageError} {
		require.NoError(t, r.sandbox.SetFaults(kit.Faults{Outage: outage}))
		e := r.submit(payout(1))
		assert.Equal(t, adapters.Unknown, e.State, outage)
		assert.False(t, e.RetrySafe, "%s: what was sent may have been taken", outage)
		require.Error(t, e.Err)
		assert.Equal(t, adapters.Unknown, r.query(payout(1)).State)
		_, _, err := r.rail.Collection(t.Context(), adapters.Order{Ref: "R1", Created: time.Now()})
		require.Error(t, err)
	}
	require.NoError(t, r.sandbox.SetFaults(kit.Faults{}))
	require.Equal(t, adapters.Accepted, r.submit(payout(1)).State)
	assert.Equal(t, adapters.Settled, r.sink.next(t).evidence.State)
}

// The PSP's clock says nothing about money.
func TestClockSkew(t *testing.T) {
	for _, skew := range []int64{-600_000, 600_000} {
		r := newRig(t, kit.Faults{ClockSkewMS: skew}, wholeWay)
		require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
		assert.Equal(t, payment().Amount, r.sink.next(t).collection.Amount)
		_, found, err := r.rail.Collection(t.Context(), adapters.Order{Ref: "R1", Created: time.Now()})
		require.NoError(t, err)
		assert.True(t, found)
		require.Equal(t, adapters.Accepted, r.submit(payout(1)).State)
	}
}

// What an ended certificate signs counts for nothing, and does after it was renewed.
func TestExpiredCertificate(t *testing.T) {
	r := newRig(t, kit.Faults{ExpiredCertificate: true}, func(c *upi.Config, _ *sandbox.Config) { c.CheckTimeout = time.Second })
	require.NoError(t, r.sandbox.Pay(t.Context(), payment()))
	order := adapters.Order{Ref: "R1", Created: time.Now()}
	_, found, err := r.rail.Collection(t.Context(), order)
	require.Error(t, err)
	assert.False(t, found)
	require.NoError(t, r.sandbox.SetFaults(kit.Faults{}))
	c, found, err := r.rail.Collection(t.Context(), order)
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, payment().Amount, c.Amount)
	r.silent()
}

// The adapter pins one certificate, and it too ends.
func TestPinnedCertificateEnds(t *testing.T) {
	signer, ended, err := sandbox.NewIdentity("ended", time.Now().Add(-2*365*24*time.Hour))
	require.NoError(t, err)
	body, err := request("R1").Marshal(signer)
	require.NoError(t, err)
	_, err = upi.NewVerifier(ended).Open(body)
	var signature *upi.SignatureError
	require.ErrorAs(t, err, &signature)
	r := newRig(t, kit.Faults{}, func(c *upi.Config, _ *sandbox.Config) { c.CollectionCertificate = ended })
	status, _ := r.post(prefix+upi.PathPay, "", body)
	assert.Equal(t, http.StatusUnauthorized, status)
	r.silent()
}
