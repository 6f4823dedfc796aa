package gcash_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/gcash"
	"github.com/ayni-switch/ayni/adapters/gcash/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

func TestCallbackOvertakesTheAnswer(t *testing.T) {
	b := newBench(t, kit.Faults{ReorderPct: 100}, nil)
	op := payout("T1P")
	answer := b.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Accepted, answer.State)
	require.Len(t, b.sink.heard, 1, "the callback was there before the answer")
	h := b.sink.next(t)
	assert.Equal(t, adapters.Settled, h.evidence.State)
	assert.Equal(t, answer.RailID, h.railID)
}

func TestQueriesThatDenyWhatWasAccepted(t *testing.T) {
	late := kit.Faults{LateVisiblePct: 100, LateVisibleMS: 600_000}
	b := newBench(t, late, nil)
	op := payout("T1P")
	require.Equal(t, adapters.Accepted, b.rail.Submit(t.Context(), op).State)
	assert.Equal(t, adapters.Settled, b.sink.next(t).evidence.State)
	query := b.rail.Query(t.Context(), op)
	assert.Equal(t, adapters.Unknown, query.State)
	assert.Equal(t, "NOOR", query.Code)
	assert.True(t, query.RetrySafe, "the bank says so, and is wrong; the same id cannot pay twice")
	again := b.rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Unknown, again.State)
	assert.Equal(t, "DUPL", again.Code)

	pay(t, b, "ORDER1", 1000)
	_, found, err := b.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER1"})
	require.NoError(t, err)
	assert.False(t, found)
	require.NoError(t, b.sandbox.SetFaults(kit.Faults{}))
	refund := refundOf("T1R", collected(t, b, "ORDER1"), 1000)
	require.NoError(t, b.sandbox.SetFaults(late))
	settled := b.rail.Submit(t.Context(), refund)
	require.Equal(t, adapters.Settled, settled.State)
	denied := b.rail.Query(t.Context(), refund)
	assert.True(t, denied.RetrySafe)
	assert.Equal(t, settled.RailRef, b.rail.Submit(t.Context(), refund).RailRef, "the same refund, once")

	require.NoError(t, b.sandbox.SetFaults(kit.Faults{}))
	assert.Equal(t, adapters.Settled, b.rail.Query(t.Context(), op).State)
	totals, err := b.sandbox.Totals()
	require.NoError(t, err)
	assert.Equal(t, int64(1), totals[kit.KindPayout][kit.Settled].Count)
	assert.Equal(t, int64(1), totals[kit.KindRefund][kit.Settled].Count)
}

func TestRateLimit(t *testing.T) {
	b := newBench(t, kit.Faults{RatePerS: 1}, nil)
	_, _, err := b.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER1"}) // takes this second's one call
	require.NoError(t, err)
	payoutRefused := b.rail.Submit(t.Context(), payout("T1P"))
	assert.Equal(t, adapters.Unknown, payoutRefused.State)
	assert.True(t, payoutRefused.RetrySafe, "429: nothing was taken")
	refundRefused := b.rail.Submit(t.Context(), refundOf("T1R", "PYMT1", 1))
	assert.Equal(t, adapters.Unknown, refundRefused.State)
	assert.True(t, refundRefused.RetrySafe)
	assert.Equal(t, "REQUEST_TRAFFIC_EXCEED_LIMIT", refundRefused.Code)
	asked := b.rail.Prompt(t.Context(), order("ORDER1"))
	assert.Equal(t, adapters.Unknown, asked.State)
	assert.Equal(t, "REQUEST_TRAFFIC_EXCEED_LIMIT", asked.Code)
	_, _, err = b.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER1"})
	require.ErrorContains(t, err, "REQUEST_TRAFFIC_EXCEED_LIMIT")
	require.NoError(t, b.sandbox.SetFaults(kit.Faults{}))
	assert.Equal(t, adapters.Accepted, b.rail.Submit(t.Context(), payout("T1P")).State)
}

func TestOutages(t *testing.T) {
	for _, outage := range []kit.Outage{kit.OutageRefuse, kit.OutageHang, kit.OutageError} {
		t.Run(string(outage), func(t *testing.T) {
			b := newBench(t, kit.Faults{Outage: outage}, impatient)
			for name, e := range map[string]adapters.Evidence{
				"payout": b.rail.Submit(t.Context(), payout("T1P")), "query": b.rail.Query(t.Context(), payout("T1P")),
				"refund": b.rail.Submit(t.Context(), refundOf("T1R", "PYMT1", 1)), "inquiry": b.rail.Query(t.Context(), refundOf("T1R", "PYMT1", 1)),
			} {
				assert.Equal(t, adapters.Unknown, e.State, name)
				assert.False(t, e.RetrySafe, name)
			}
			assert.Equal(t, adapters.Unknown, b.rail.Prompt(t.Context(), order("ORDER1")).State)
			_, _, err := b.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER1"})
			require.Error(t, err)
			totals, err := b.sandbox.Totals()
			require.NoError(t, err)
			assert.Empty(t, totals)
			require.NoError(t, b.sandbox.SetFaults(kit.Faults{}))
			assert.Equal(t, adapters.Accepted, b.rail.Submit(t.Context(), payout("T1P")).State)
		})
	}
}

// TestPeersWhoseClockOrKeyIsOff: nothing that such a peer says counts, nothing fails for it, and all ends once it is
// mended.
func TestPeersWhoseClockOrKeyIsOff(t *testing.T) {
	for name, faults := range map[string]kit.Faults{
		"clock ahead":  {ClockSkewMS: (gcash.DefaultMaxSkew + time.Minute).Milliseconds()},
		"clock behind": {ClockSkewMS: -(gcash.DefaultMaxSkew + time.Minute).Milliseconds()},
		"expired key":  {ExpiredCertificate: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, faults, nil)
			op, refund := payout("T1P"), refundOf("T1R", "PYMT1", 1)
			e := b.rail.Submit(t.Context(), op)
			assert.Equal(t, adapters.Unknown, e.State)
			assert.Equal(t, faults.ClockSkewMS != 0, e.RetrySafe, "a bank whose clock is off refuses us at its gate; one with an old key takes the payment")
			for _, e := range []adapters.Evidence{b.rail.Query(t.Context(), op), b.rail.Submit(t.Context(), refund), b.rail.Query(t.Context(), refund)} {
				assert.Equal(t, adapters.Unknown, e.State)
			}
			pay(t, b, "ORDER1", 1000)
			_, _, err := b.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER1"})
			require.Error(t, err)

			require.NoError(t, b.sandbox.SetFaults(kit.Faults{}))
			_, found, err := b.rail.Collection(t.Context(), adapters.Order{Ref: "ORDER1"})
			require.NoError(t, err)
			assert.True(t, found)
			assert.NotEqual(t, adapters.Failed, b.rail.Submit(t.Context(), op).State, "sent again, a payment is new or a duplicate")
			assert.Equal(t, adapters.Settled, b.asked(t, op).State)
		})
	}
}

func TestForeignSourceSeesNothing(t *testing.T) {
	elsewhere := netip.MustParsePrefix("203.0.113.0/24")
	b := newBench(t, kit.Faults{}, func(c *gcash.Config, _ *sandbox.Config) { c.CallbackSources = []netip.Prefix{elsewhere} })
	request := callback(t, b, prefix+gcash.PathNotifyPayment, notification(t, "ORDER1"), walletSigner(t, "wallet", "2"), time.Now())
	request.Header.Set("X-Forwarded-For", "203.0.113.7")
	status, _ := send(t, request)
	assert.Equal(t, http.StatusNotFound, status, "a header can say anything")
	status, _ = post(t, b, prefix+gcash.PathStatusReport, report(t, "T1P"), bankSigner(t, secret), time.Now())
	assert.Equal(t, http.StatusNotFound, status)
	assert.Empty(t, b.sink.heard)
}
