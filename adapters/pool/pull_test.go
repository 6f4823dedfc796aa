package pool_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// register notes what members are asked for.
type register struct {
	mu      sync.Mutex
	orders  map[string]adapters.OrderRequest
	asked   []string // references of orders, as often as asked
	fault   error    // after the order was noted
	pending bool
	looked  int // at what is pending
}

func (x *register) Reaches(participant string) bool { return participant == "mpesa-ke" }

func (x *register) Ask(_ context.Context, participant string, r adapters.OrderRequest) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if before, twice := x.orders[r.Ref]; participant != "mpesa-ke" || twice && before != r {
		return &pool.NotAskedError{Why: "another order, or another rail"}
	}
	x.orders[r.Ref] = r
	x.asked = append(x.asked, r.Ref)
	return x.fault
}

func (x *register) Pending(context.Context, string, string) (bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.looked++
	return x.pending, nil
}

func (x *register) set(fault error, pending bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.fault, x.pending = fault, pending
}

func (x *register) await(t *testing.T, asked int) {
	t.Helper()
	require.Eventually(t, func() bool { x.mu.Lock(); defer x.mu.Unlock(); return len(x.asked) >= asked }, 30*time.Second, 10*time.Millisecond)
}

func (x *register) awaitLook(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { x.mu.Lock(); defer x.mu.Unlock(); return x.looked > 0 }, 30*time.Second, 10*time.Millisecond)
}

var wanjiku = messaging.Party{Name: "Wanjiku", Account: "254712345678"}

func TestAMemberIsAskedOnceWhateverDies(t *testing.T) {
	c := commune{pooltest.Found(t, pgtest.New(t), decidetest.Rules(), 3)}
	rail := &register{orders: map[string]adapters.OrderRequest{}, fault: errors.New("it died")}
	c.Stop()
	c.Config.Collectors = rail
	c.Start()
	consent := decide.Collecting{
		Participant: "mpesa-ke", Each: decide.Amount{Minor: 300_00, Unit: decidetest.KES},
		Until: c.Clock().Add(200 * 24 * time.Hour).UTC().Truncate(time.Second),
	}
	blob, name := c.Close(wanjiku)
	consent.Payer = name
	_, err := c.Say(pooltest.ID(2), "collect_me", consent)
	var closed *pool.ClosedError
	require.ErrorAs(t, err, &closed, "whom nobody knows is not asked")
	c.Done(pooltest.ID(2), "collect_me", consent, blob)

	c.Pass(31 * 24 * time.Hour)
	rail.await(t, 1) // and whether it was asked is not known
	c.Stop()
	rail.set(nil, true)
	c.Start()
	rail.await(t, 2)
	awaitAsked(t, c)
	c.Stop()
	c.Start()
	require.Len(t, rail.orders, 1, "it is one order")
	first := rail.orders[rail.asked[0]]
	assert.Equal(t, adapters.OrderRequest{
		Ref: first.Ref, Payer: wanjiku, To: poolName, Creditor: c.Config.Account, Fixed: fx.FixedDestination,
		Amount:    messaging.NewAmount(fx.Money{Minor: 300_00, Currency: decidetest.KES}),
		Reference: "m3 dues",
	}, first)
	c.View(func(s *decide.State) { assert.Empty(t, s.Asks(c.Clock().UTC()), "after it was asked, it is not again") })

	require.Equal(t, adapters.Settled, c.Contribute("op1", first.Reference, 300_00).State)
	c.Pass(25 * time.Hour)
	rail.awaitLook(t) // the order is pending: no other is made
	c.Stop()
	require.Len(t, rail.orders, 1)
	rail.set(nil, false)
	c.Start()
	rail.await(t, 3)
	c.Stop()
	require.Len(t, rail.orders, 2)
	assert.Equal(t, messaging.NewAmount(fx.Money{Minor: 200_00, Currency: decidetest.KES}), rail.orders[rail.asked[2]].Amount, "the rest")
	c.Start()
	var party messaging.Party
	require.True(t, c.Closed(act.Commit(blob), &party))
}

// awaitAsked waits until the log has it that nobody is to be asked.
func awaitAsked(t *testing.T, c commune) {
	t.Helper()
	require.Eventually(t, func() bool {
		left := 0
		c.View(func(s *decide.State) { left = len(s.Asks(c.Clock().UTC())) })
		return left == 0
	}, 30*time.Second, 10*time.Millisecond)
}
