package pools_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/pools/poolstest"
)

func decided(v *village, kind charter.Kind, subject any, closed ...[]byte) {
	v.T.Helper()
	id := v.Done(pooltest.ID(0), "propose", v.Proposing(kind, subject), closed...)
	v.Approve(id, pooltest.ID(0), pooltest.ID(1))
}

// afterwards is a day that lines of logs can say.
func afterwards(days int) time.Time {
	return time.Now().Add(time.Duration(days) * 24 * time.Hour).UTC().Truncate(time.Second)
}

// An emergency of one pool, a pledge of another: the directory shows both by each one's log, what was drawn, and nothing
// that a pool does not show.
func TestWhatPoolsShow(t *testing.T) {
	payer := found(t, nairobi, "KES", nil, charter.SectionPledges, charter.SectionBalance, charter.SectionMembers, charter.SectionNeeds)
	declarer := found(t, manila, "PHP", pool.Peers{nairobi: payer.url}, charter.SectionPledges)
	silent := found(t, "stokvel-joburg", "ZAR", nil)
	d := poolstest.Directory(t, memory(t), payer.known(), declarer.known(), silent.known())

	payer.Contribute("in1", "m1 main", 9_000_00)
	payer.Done("m2", "post", decide.Posting{Kind: board.Need, Category: "childcare", Urgency: 2, Quantity: 3, Unit: board.Hour, Until: afterwards(3)})
	decided(payer, charter.Pledging, decide.Pledge{
		Pool: manila, Key: declarer.Config.Public, Kinds: []string{"flood"}, Fund: "main", EachMinor: 3_000_00, TotalMinor: 5_000_00, Until: afterwards(20),
	})
	e := looked(t, d, nairobi)
	require.Equal(t, pools.Current, e.State, e.Why)
	assert.Equal(t, "The village of chama-nairobi", e.Card.Title)
	assert.Equal(t, []string{"balance", "needs", "members", "pledges"}, e.Card.Shown, "in the charter's order")
	kes := fx.MustCurrency("KES")
	assert.Equal(t, []pools.Fund{{Name: "main", Amount: fx.Money{Minor: 9_000_00, Currency: kes}}}, e.Card.Funds)
	assert.Equal(t, 2, e.Card.Members)
	require.Len(t, e.Card.Postings, 1)
	assert.Equal(t, "childcare", e.Card.Postings[0].Category)
	require.Len(t, e.Card.Pledges, 1)
	assert.Equal(t, fx.Money{Minor: 5_000_00, Currency: kes}, e.Card.Pledges[0].Total)
	assert.Positive(t, e.Card.Unshown)
	assert.Empty(t, pools.Emergencies(d.All(), time.Now()))

	blob, whoever := declarer.Close(messaging.Party{Name: "Barangay San Roque", Account: "+639170000001"})
	decided(declarer, charter.Emergency, decide.Declaration{
		Emergency: "flood", Needed: "Water\nand rice.", Until: afterwards(5), To: "gcash-ph", Beneficiary: whoever,
	}, blob)
	require.Eventually(t, func() (kept bool) {
		payer.View(func(s *decide.State) { kept = len(s.Promises()[0].Kept) == 1 })
		return kept
	}, time.Minute, 10*time.Millisecond)
	payer.AwaitPayout("p2", decide.PayoutPaid)
	looked(t, d, manila)
	looked(t, d, nairobi)
	found := pools.Emergencies(d.All(), time.Now())
	require.Len(t, found, 1)
	assert.Equal(t, manila, found[0].Pool)
	assert.Equal(t, "Water and rice.", found[0].Needed)
	assert.True(t, found[0].Open)
	owed := fx.Money{Minor: 3_000_00, Currency: kes}
	assert.Equal(t, []pools.Answer{{Pool: nairobi, Pledge: "p1", State: "paid", Amount: owed}}, found[0].Answers)
	assert.Equal(t, []fx.Money{owed}, found[0].Paid)
	assert.Empty(t, found[0].Coming)
	assert.Equal(t, []pools.Tie{{
		From: nairobi, To: manila, Kind: pools.Aids, Pledged: []fx.Money{{Minor: 5_000_00, Currency: kes}}, Paid: []fx.Money{owed},
	}}, pools.Ties(d.All(), time.Now()))
	assert.Empty(t, pools.Ties(d.All(), afterwards(21))[0].Pledged, "a pledge ends")
	assert.False(t, pools.Emergencies(d.All(), afterwards(6))[0].Open, "so does an emergency")

	require.Eventually(t, func() bool {
		before := looked(t, d, manila).Card
		return looked(t, d, manila).Card == before
	}, time.Minute, time.Second, "where nothing happened the log is not fetched again, once the node has published it")

	hidden := looked(t, d, "stokvel-joburg")
	assert.Equal(t, pools.Current, hidden.State, hidden.Why)
	assert.False(t, hidden.Public(), "it shows nothing to everybody")
	assert.Zero(t, hidden.Card.Lines)
	assert.Positive(t, hidden.Card.Unshown)
}

// A whole log, of which nothing is hidden, is decided again.
func TestAWholeLog(t *testing.T) {
	v := found(t, nairobi, "KES", nil, charter.Sections()...)
	e := looked(t, poolstest.Directory(t, memory(t), v.known()), nairobi)
	require.Equal(t, pools.Current, e.State, e.Why)
	assert.Positive(t, e.Card.Lines)
	assert.False(t, e.Card.Through.IsZero())
}

func TestWhoCannotBeKnown(t *testing.T) {
	good := pools.Known{Participant: nairobi, Address: "https://chama.example/pool/", LogKey: key(t, nairobi)}
	_, err := pools.New(pools.Config{Known: []pools.Known{good}})
	require.NoError(t, err)
	for name, bad := range map[string][]pools.Known{
		"twice": {good, good}, "name": {{Participant: "No Name", Address: good.Address, LogKey: good.LogKey}},
		"address": {{Participant: nairobi, Address: "ftp://chama.example", LogKey: good.LogKey}},
		"query":   {{Participant: nairobi, Address: "https://chama.example?a=b", LogKey: good.LogKey}},
		"key":     {{Participant: nairobi, Address: good.Address, LogKey: "none"}},
		"another": {{Participant: nairobi, Address: good.Address, LogKey: key(t, manila)}},
	} {
		_, err := pools.New(pools.Config{Known: bad})
		var unknown *pools.KnownError
		require.ErrorAs(t, err, &unknown, name)
	}
	d := poolstest.Directory(t, nil)
	_, err = d.Find(nairobi)
	require.ErrorIs(t, err, pools.ErrUnknown)
	require.ErrorIs(t, d.Look(t.Context(), nairobi), pools.ErrUnknown)
}
