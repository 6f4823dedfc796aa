package adapters

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

// TestReversedPayment shows a person a payment that the rail took back, once, also after a restart, and moves nothing.
func TestReversedPayment(t *testing.T) {
	r, dir := newRig(t), t.TempDir()
	a := r.adapter(dir, func(_ *RunnerConfig, rail *scriptRail) { rail.noCall = true })
	r.open()
	a.passed(t, "message durable")
	ctx := context.Background()
	_, err := a.PlaceOrders(ctx, []OrderRequest{request("V1", 100_00)})
	require.NoError(t, err)
	paid := Collection{OrderRef: "V1", RailRef: "r1", Amount: fx.Money{Minor: 100_00, Currency: kes}, Payer: "254700000001"}
	require.NoError(t, a.Collected(ctx, paid))
	r.until("the intent", func() bool { return len(r.intents) == 1 })
	for range 2 {
		require.NoError(t, a.Reversed(ctx, paid))
	}
	require.NoError(t, a.Reversed(ctx, Collection{OrderRef: "V2", RailRef: "r2", Amount: paid.Amount}))
	require.Error(t, a.Reversed(ctx, Collection{OrderRef: "V1", Amount: paid.Amount}))
	list, err := a.Exceptions(10)
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, ExceptionReversed, list[0].Kind)
	assert.Equal(t, "r1", list[0].Subject)
	assert.Contains(t, list[0].Detail, "taken up for order V1")
	assert.Contains(t, list[1].Detail, "not taken up")
	a.stop()
	assert.Equal(t, 2, r.adapter(dir, nil).Stats().Exceptions[ExceptionReversed])
	assert.Len(t, r.intents, 1)
}
