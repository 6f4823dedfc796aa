package pool_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const (
	poolName = "chama-nairobi"
	patience = 30 * time.Second
)

var kes, php = fx.MustCurrency("KES"), fx.MustCurrency("PHP")

// till prices by one rate and notes what was paid for: a Runner's face.
type till struct {
	mu     sync.Mutex
	orders map[string]adapters.OrderAnswer
	paid   map[string]int
	states map[string]adapters.OrderState
}

func newTill() *till {
	return &till{orders: map[string]adapters.OrderAnswer{}, paid: map[string]int{}, states: map[string]adapters.OrderState{}}
}

const rate = 2 // KES for a PHP

func (x *till) PlaceOrders(_ context.Context, requests []adapters.OrderRequest) ([]adapters.OrderAnswer, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var answers []adapters.OrderAnswer
	for _, r := range requests {
		destination, err := r.Amount.Money()
		if err != nil {
			return nil, err
		}
		x.orders[r.Ref] = adapters.OrderAnswer{
			Ref: r.Ref, State: adapters.OrderOpen, Destination: r.Amount,
			Source: messaging.NewAmount(fx.Money{Minor: destination.Minor * rate, Currency: kes}),
		}
		answers = append(answers, x.orders[r.Ref])
	}
	return answers, nil
}

func (x *till) Order(ref string) (adapters.OrderStatus, bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	answer, found := x.orders[ref]
	answer.State = x.states[ref]
	return adapters.OrderStatus{OrderAnswer: answer}, found, nil
}

func (x *till) Collected(_ context.Context, c adapters.Collection) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.paid[c.OrderRef]++
	x.states[c.OrderRef] = adapters.OrderState(messaging.StatePaid)
	return nil
}

func (x *till) Evidence(context.Context, string, string, adapters.Evidence) error { return nil }

// commune is a pool in a real PostgreSQL, with its members' devices.
type commune struct {
	*pool.Node

	t    *testing.T
	cfg  pool.Config
	url  string
	till *till
	stop func()
	acts int
}

func found(t *testing.T) *commune {
	t.Helper()
	c := &commune{t: t, url: pgtest.New(t), till: newTill()}
	require.NoError(t, store.Migrate(t.Context(), c.url, poolName))
	secret, public, err := diary.GenerateKey(poolName)
	require.NoError(t, err)
	keys, err := persons.Create(filepath.Join(t.TempDir(), "persons.keys"))
	require.NoError(t, err)
	c.cfg = pool.Config{
		Name: poolName, Currency: kes, Account: messaging.Party{Name: "Chama", Account: "chama"},
		Key: secret, Public: public, Salts: diary.GenerateSaltKey(), Persons: keys,
	}
	c.start()
	t.Cleanup(func() { c.stop() })
	rules, err := charter.Read(canonical(t))
	require.NoError(t, err)
	founding := decide.Founding{Charter: canonical(t)}
	hash := rules.Hash()
	for i := range 3 {
		founding.Founders = append(founding.Founders, decide.Founder{Key: public32(member(i)), Person: act.Commit([]byte{byte(i)})})
	}
	answer, err := c.Found(t.Context(), founding)
	require.NoError(t, err)
	require.Empty(t, answer.Fault, answer.Detail)
	for i := range 3 {
		c.done(i, "agree", decide.Agreement{Charter: hex.EncodeToString(hash[:])})
	}
	return c
}

// start opens the node, as after a crash: nothing of before is in memory.
func (c *commune) start() {
	c.t.Helper()
	var err error
	c.cfg.Store, err = store.Open(c.t.Context(), c.url, poolName)
	require.NoError(c.t, err)
	c.Node, err = pool.Open(c.t.Context(), c.cfg)
	require.NoError(c.t, err)
	_, err = c.Rail(c.till)
	require.NoError(c.t, err)
	c.Join(c.till)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	c.stop = func() {
		cancel()
		assert.NoError(c.t, <-ended)
		c.cfg.Store.Close()
	}
}

func canonical(t *testing.T) []byte {
	t.Helper()
	text, err := decidetest.Rules().Canonical()
	require.NoError(t, err)
	return text
}

func member(i int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "member %d", i))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public32(key ed25519.PrivateKey) act.Key {
	return act.Key(key.Public().(ed25519.PublicKey)) //nolint:forcetypeassert,errcheck // it is one
}

func (c *commune) say(i int, kind string, body any, closed ...[]byte) (decide.Answer, error) {
	c.t.Helper()
	c.acts++
	open, err := act.New(act.Act{
		By: fmt.Sprintf("m%d", i+1), Expires: time.Now().Add(time.Hour), ID: fmt.Sprintf("node-%04d", c.acts), Kind: kind, Pool: poolName, Version: 1,
	}, body)
	require.NoError(c.t, err)
	return c.Act(c.t.Context(), act.Sign(member(i), open), closed)
}

func (c *commune) done(i int, kind string, body any, closed ...[]byte) string {
	c.t.Helper()
	answer, err := c.say(i, kind, body, closed...)
	require.NoError(c.t, err)
	require.Empty(c.t, answer.Fault, answer.Detail)
	return answer.Made
}

func (c *commune) contribute(id, reference string, minor int64) adapters.Evidence {
	c.t.Helper()
	rail, err := c.Rail(c.till)
	require.NoError(c.t, err)
	return rail.Submit(c.t.Context(), adapters.Operation{
		ID: id, Kind: messaging.KindPayout, Amount: fx.Money{Minor: minor, Currency: kes},
		Beneficiary: messaging.Party{Name: "Chama", Account: "chama"}, Reference: reference,
	})
}

func (c *commune) balance(account string) (minor int64) {
	c.View(func(s *decide.State) { minor = s.Balance(account, kes) })
	return minor
}

var maria = messaging.Party{Name: "Maria Santos", Account: "+639171234567"}

func medicine(t *testing.T) (decide.Proposing, []byte) {
	t.Helper()
	blob, err := act.Close([16]byte{7}, maria)
	require.NoError(t, err)
	subject, err := audit.Canonical(decide.Payout{
		Fund: "main", To: "gcash-ph", Beneficiary: act.Commit(blob), Amount: decide.Amount{Minor: 2_000_00, Unit: php},
		Fixed: fx.FixedDestination, MaxCost: 4_500_00, Reference: "medicine",
	})
	require.NoError(t, err)
	return decide.Proposing{Decision: charter.Payout, Subject: subject, Expires: time.Now().Add(time.Hour).UTC().Truncate(time.Second)}, blob
}

func (c *commune) ballot(id string) decide.Ballot {
	var b decide.Ballot
	c.View(func(s *decide.State) {
		p := s.Proposal(id)
		b = decide.Ballot{Proposal: id, Hash: hex.EncodeToString(p.Hash[:]), Choice: decide.For}
	})
	return b
}

func (c *commune) awaitPayout(id string, want decide.PayoutState) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		var state decide.PayoutState
		c.View(func(s *decide.State) { state = s.Proposal(id).Payout })
		return state == want
	}, patience, 10*time.Millisecond)
}

func TestAPayoutIsPaidOnceWhateverDies(t *testing.T) {
	c := found(t)
	require.Equal(t, adapters.Settled, c.contribute("op1", "m1 main", 5_000_00).State)
	require.Equal(t, adapters.Settled, c.contribute("op1", "m1 main", 5_000_00).State, "the same money again is booked once")
	assert.EqualValues(t, 5_000_00, c.balance("fund/main"))

	proposing, blob := medicine(t)
	_, err := c.say(0, "propose", proposing)
	var closed *pool.ClosedError
	require.ErrorAs(t, err, &closed, "what nobody can pay is not voted on")
	id := c.done(0, "propose", proposing, blob)
	c.done(0, "vote", c.ballot(id))
	c.stop()
	c.start() // everything is decided again
	c.done(1, "vote", c.ballot(id))
	c.awaitPayout(id, decide.PayoutPaid)
	assert.EqualValues(t, 1_000_00, c.balance("fund/main"))
	assert.Len(t, c.till.paid, 1)
	c.stop()
	c.start()
	assert.EqualValues(t, 4_000_00, c.balance("received/outside"))

	findings, err := c.cfg.Store.Check(t.Context(), verifier(t, c))
	require.NoError(t, err)
	for _, f := range findings {
		assert.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}

func TestAReturnGoesBackIntoTheFund(t *testing.T) {
	c := found(t)
	c.contribute("op1", "m1", 5_000_00)
	proposing, blob := medicine(t)
	id := c.done(0, "propose", proposing, blob)
	c.done(0, "vote", c.ballot(id))
	c.done(1, "vote", c.ballot(id))
	c.awaitPayout(id, decide.PayoutPaid)
	var order string
	c.View(func(s *decide.State) { order = s.Proposal(id).Order })
	rail, err := c.Rail(c.till)
	require.NoError(t, err)
	op := adapters.Operation{ID: "op2", Kind: messaging.KindRefund, Amount: fx.Money{Minor: 4_000_00, Currency: kes}, CollectionOrder: order}
	for range 2 {
		require.Equal(t, adapters.Settled, rail.Submit(t.Context(), op).State)
	}
	assert.EqualValues(t, 5_000_00, c.balance("fund/main"))
	assert.Equal(t, adapters.Settled, rail.Query(t.Context(), op).State)
	op.ID, op.CollectionOrder = "op3", "another"
	assert.Equal(t, adapters.Failed, rail.Submit(t.Context(), op).State)
}

func TestWhatIsPersonalIsErased(t *testing.T) {
	c := found(t)
	c.contribute("op1", "m1", 5_000_00)
	proposing, blob := medicine(t)
	id := c.done(0, "propose", proposing, blob)
	var party messaging.Party
	require.True(t, c.Closed(act.Commit(blob), &party))
	assert.Equal(t, maria, party)
	for logged, err := range c.cfg.Store.Entries(t.Context(), 1<<30) {
		require.NoError(t, err)
		for _, line := range logged.Blobs {
			assert.NotContains(t, string(line), "Maria")
		}
	}
	c.stop()
	require.NoError(t, c.cfg.Persons.Destroy(persons.Person{Participant: poolName, Account: maria.Account}))
	c.start()
	assert.False(t, c.Closed(act.Commit(blob), &party))
	c.done(1, "vote", c.ballot(id))
}

func verifier(t *testing.T, c *commune) note.Verifier {
	t.Helper()
	v, err := audit.ParseKey(c.cfg.Public)
	require.NoError(t, err)
	return v
}
