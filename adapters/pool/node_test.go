package pool_test

import (
	"os"
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
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const poolName = "chama-nairobi"

var php = fx.MustCurrency("PHP")

// commune is a chama of three.
type commune struct{ *pooltest.Commune }

func found(t *testing.T) commune {
	t.Helper()
	return commune{pooltest.Found(t, pgtest.New(t), decidetest.Rules(), 3)}
}

var maria = messaging.Party{Name: "Maria Santos", Account: "+639171234567"}

func medicine(t *testing.T) (decide.Proposing, []byte) {
	t.Helper()
	blob, err := act.Close([16]byte{7}, maria)
	require.NoError(t, err)
	subject, err := audit.Canonical(decide.Payout{
		Fund: "main", To: "gcash-ph", Beneficiary: act.Commit(blob), Amount: decide.Amount{Minor: 2_000_00, Unit: php},
		Fixed: fx.FixedDestination, MaxCost: decide.Amount{Minor: 4_500_00, Unit: decidetest.KES}, Reference: "medicine",
	})
	require.NoError(t, err)
	return decide.Proposing{Decision: charter.Payout, Subject: subject, Expires: time.Now().Add(time.Hour).UTC().Truncate(time.Second)}, blob
}

func TestAPayoutIsPaidOnceWhateverDies(t *testing.T) {
	c := found(t)
	require.Equal(t, adapters.Settled, c.Contribute("op1", "m1 main", 5_000_00).State)
	require.Equal(t, adapters.Settled, c.Contribute("op1", "m1 main", 5_000_00).State, "the same money again is booked once")
	assert.EqualValues(t, 5_000_00, c.Balance("fund/main"))

	proposing, blob := medicine(t)
	_, err := c.Say(pooltest.ID(0), "propose", proposing)
	var closed *pool.ClosedError
	require.ErrorAs(t, err, &closed, "what nobody can pay is not voted on")
	id := c.Done(pooltest.ID(0), "propose", proposing, blob)
	c.Done(pooltest.ID(0), "vote", c.Ballot(id))
	c.Stop()
	c.Start() // everything is decided again
	c.Done(pooltest.ID(1), "vote", c.Ballot(id))
	c.AwaitPayout(id, decide.PayoutPaid)
	assert.EqualValues(t, 1_000_00, c.Balance("fund/main"))
	assert.Equal(t, 1, c.Till.Paid())
	c.Stop()
	c.Start()
	assert.EqualValues(t, 4_000_00, c.Balance("received/outside"))

	findings, err := c.Config.Store.Check(t.Context(), verifier(t, c))
	require.NoError(t, err)
	for _, f := range findings {
		assert.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}

func TestAReturnGoesBackIntoTheFund(t *testing.T) {
	c := found(t)
	c.Contribute("op1", "m1", 5_000_00)
	proposing, blob := medicine(t)
	id := c.Done(pooltest.ID(0), "propose", proposing, blob)
	c.Done(pooltest.ID(0), "vote", c.Ballot(id))
	c.Done(pooltest.ID(1), "vote", c.Ballot(id))
	c.AwaitPayout(id, decide.PayoutPaid)
	var order string
	c.View(func(s *decide.State) { order = s.Proposal(id).Order })
	rail, err := c.Rail(c.Till)
	require.NoError(t, err)
	op := adapters.Operation{ID: "op2", Kind: messaging.KindRefund, Amount: fx.Money{Minor: 4_000_00, Currency: decidetest.KES}, CollectionOrder: order}
	for range 2 {
		require.Equal(t, adapters.Settled, rail.Submit(t.Context(), op).State)
	}
	assert.EqualValues(t, 5_000_00, c.Balance("fund/main"))
	assert.Equal(t, adapters.Settled, rail.Query(t.Context(), op).State)
	op.ID, op.CollectionOrder = "op3", "another"
	assert.Equal(t, adapters.Failed, rail.Submit(t.Context(), op).State)
}

func TestWhatIsPersonalIsErased(t *testing.T) {
	c := found(t)
	c.Contribute("op1", "m1", 5_000_00)
	proposing, blob := medicine(t)
	id := c.Done(pooltest.ID(0), "propose", proposing, blob)
	var party messaging.Party
	require.True(t, c.Closed(act.Commit(blob), &party))
	assert.Equal(t, maria, party)
	for logged, err := range c.Config.Store.Entries(t.Context(), 1<<30) {
		require.NoError(t, err)
		for _, line := range logged.Blobs {
			assert.NotContains(t, string(line), "Maria")
		}
	}
	c.Stop()
	require.NoError(t, c.Config.Persons.Destroy(persons.Person{Participant: poolName, Account: maria.Account}))
	c.Start()
	assert.False(t, c.Closed(act.Commit(blob), &party))
	c.Done(pooltest.ID(1), "vote", c.Ballot(id))
}

func verifier(t *testing.T, c commune) note.Verifier {
	t.Helper()
	v, err := audit.ParseKey(c.Config.Public)
	require.NoError(t, err)
	return v
}
