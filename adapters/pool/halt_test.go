package pool_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// A node whose database goes away has decided what it could not keep: it halts, says so to everybody, and the next one
// goes on from what was kept.
func TestANodeThatCannotWriteHalts(t *testing.T) {
	url := pgtest.New(t)
	c := pooltest.Found(t, url, decidetest.Rules(), 3)
	c.Contribute("op1", "m1 main", 5_000_00)
	c.Stop()

	cfg := c.Config
	var err error
	cfg.Store, err = store.Open(t.Context(), url, cfg.Name)
	require.NoError(t, err)
	n, err := pool.Open(t.Context(), cfg)
	require.NoError(t, err)
	_, err = store.Open(t.Context(), url, cfg.Name)
	var inUse *store.InUseError
	require.ErrorAs(t, err, &inUse, "two nodes never write")
	ended := make(chan error, 1)
	go func() { ended <- n.Run(t.Context()) }()
	cfg.Store.Close()

	rail, err := n.Rail(nil)
	require.NoError(t, err)
	op := adapters.Operation{
		ID: "op2", Kind: messaging.KindPayout, Amount: fx.Money{Minor: 7_00, Currency: decidetest.KES},
		Beneficiary: cfg.Account, Reference: "m2 main",
	}
	evidence := rail.Submit(t.Context(), op)
	assert.Equal(t, adapters.Unknown, evidence.State, "nobody knows whether it was booked")
	var halted *pool.HaltedError
	require.ErrorAs(t, evidence.Err, &halted)
	require.ErrorAs(t, <-ended, &halted)
	_, err = n.Found(t.Context(), decide.Founding{})
	require.ErrorAs(t, err, &halted)

	c.Start()
	assert.EqualValues(t, 5_000_00, c.Balance("fund/main"))
	assert.Equal(t, adapters.Settled, c.Contribute("op2", "m2 main", 7_00).State, "asked again, it is booked once")
	assert.EqualValues(t, 5_007_00, c.Balance("fund/main"))
}
