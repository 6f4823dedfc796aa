package store_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const pool = "chama-nairobi"

var (
	kes   = fx.MustCurrency("KES")
	begun = time.Date(2026, 11, 2, 6, 0, 0, 1000, time.UTC)
)

// node is a pool that writes made-up entries: its state is what accounts hold.
type node struct {
	test  *testing.T // whose end is the node's
	store *store.Store
	url   string
	log   *diary.Log
	key   string
	holds map[string]int64 // KES by account
	keys  note.Signer
	salts diary.SaltKey
}

func open(t *testing.T) *node {
	t.Helper()
	n := &node{test: t, url: pgtest.New(t), holds: map[string]int64{}, salts: diary.GenerateSaltKey()}
	require.NoError(t, store.Migrate(t.Context(), n.url, pool))
	secret, public, err := diary.GenerateKey(pool)
	require.NoError(t, err)
	n.key = public
	n.keys, err = note.NewSigner(secret)
	require.NoError(t, err)
	n.start()
	return n
}

// start begins as a node does, with an empty log.
func (n *node) start() {
	t := n.test
	t.Helper()
	var err error
	n.store, err = store.Open(t.Context(), n.url, pool)
	require.NoError(t, err)
	t.Cleanup(n.store.Close)
	n.log, err = diary.NewLog(n.keys, n.verifier(t), n.salts)
	require.NoError(t, err)
}

func (n *node) verifier(t *testing.T) note.Verifier {
	t.Helper()
	key, err := audit.ParseKey(n.key)
	require.NoError(t, err)
	return key
}

// paid is an entry in which a member pays dues into the fund.
func (n *node) paid(t *testing.T, member string, minor int64) store.Append {
	t.Helper()
	from, fund := "member/"+member+"/dues", "fund/welfare"
	lines := make([]diary.Line, 2)
	var err error
	lines[0], err = diary.NewLine("contributions", "paid", map[string]int64{"minor": minor}, member)
	require.NoError(t, err)
	lines[1], err = diary.NewLine("balance", "holds", map[string]int64{"minor": n.holds[fund] + minor})
	require.NoError(t, err)
	draft, err := n.log.Draft(lines)
	require.NoError(t, err)
	return store.Append{
		Draft:    draft,
		Input:    store.Input{Kind: "act", At: begun.Add(time.Duration(draft.Index) * time.Hour), Body: []byte(`{"by":"` + member + `"}`), Key: "k", Signature: []byte{1}},
		Act:      member + "/" + draft.Lines[0].Commitment.String()[:8],
		Postings: []store.Posting{{Debit: from, Credit: fund, Amount: fx.Money{Minor: minor, Currency: kes}}},
		Balances: []store.Balance{
			{Account: from, Amount: fx.Money{Minor: n.holds[from] - minor, Currency: kes}},
			{Account: fund, Amount: fx.Money{Minor: n.holds[fund] + minor, Currency: kes}},
		},
	}
}

// write appends and takes.
func (n *node) write(t *testing.T, a store.Append) {
	t.Helper()
	require.NoError(t, n.store.Append(t.Context(), a))
	require.NoError(t, n.log.Take(a.Draft))
	for _, b := range a.Balances {
		n.holds[b.Account] = b.Amount.Minor
	}
}

func (n *node) check(t *testing.T) {
	t.Helper()
	findings, err := n.store.Check(context.WithoutCancel(t.Context()), n.verifier(t))
	require.NoError(t, err)
	require.Len(t, findings, 6)
	for _, f := range findings {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}

func TestWhatIsAppendedIsLoadedAgain(t *testing.T) {
	n := open(t)
	n.check(t)
	var written []store.Append
	for i, member := range []string{"m1", "m2", "m1"} {
		a := n.paid(t, member, int64(100+i))
		n.write(t, a)
		written = append(written, a)
	}
	n.check(t)
	signed := n.log.Checkpoint()
	n.store.Close()

	require.NoError(t, store.Migrate(t.Context(), n.url, pool), "migrating twice is migrating once")
	n.start()
	i := 0
	for record, err := range n.store.Load(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, written[i].Input, record.Input)
		require.Equal(t, written[i].Draft.Entry, record.Entry)
		require.NoError(t, record.Check())
		require.NoError(t, n.log.Add(record.Entry))
		i++
	}
	require.Equal(t, 3, i)
	size, newest, err := n.store.Newest(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, size)
	require.Equal(t, signed, newest)
	require.NoError(t, n.log.Resume(newest))
	n.write(t, n.paid(t, "m3", 5))
	n.check(t)
}
