package view_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/persons"
)

func TestMembersSeeTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.open()
	home, err := w.Overview(t.Context(), saver)
	require.NoError(t, err)
	assert.Equal(t, person(saver).Name, home.You.Name)
	require.NotNil(t, home.Turn)
	assert.Equal(t, 1, home.Turn.Round)
	require.Len(t, home.Due, 1)
	assert.Equal(t, fx.Money{Minor: each - inTurn, Currency: kes}, home.Due[0].Amount)
	assert.Equal(t, fx.Money{Minor: worked, Currency: hours}, home.Credit[0].Amount)
	assert.Equal(t, 2, home.ToSign)
	kinds := func(member string) (all []string) {
		home, err := w.Overview(t.Context(), member)
		require.NoError(t, err)
		for _, notice := range home.Notices {
			all = append(all, notice.Kind)
		}
		return all
	}
	assert.Subset(t, kinds(saver), []string{"collect", "turn"})
	assert.Subset(t, kinds(heard), []string{"sanction"})

	paid, err := w.Contributions(t.Context(), facing)
	require.NoError(t, err)
	require.Len(t, paid.Paid, 2)
	assert.Equal(t, "m2 reserve canary-reference", paid.Paid[0].Reference)
	assert.Equal(t, []fx.Money{{Minor: paidIn + 1, Currency: kes}}, paid.Totals)
	assert.Equal(t, facing, paid.PayIn[0].Reference)

	turns, err := w.Turns(t.Context(), saver)
	require.NoError(t, err)
	require.Len(t, turns.Groups, 1)
	assert.Equal(t, []fx.Money{{Minor: 2 * each, Currency: kes}}, turns.Groups[0].Pot)
}

func TestPayoutsSayAllThatIsSigned(t *testing.T) {
	w := newWorld(t)
	w.open()
	shown, err := w.Proposal(t.Context(), facing, w.help)
	require.NoError(t, err)
	for _, fact := range []web.Fact{
		{Name: "beneficiary", Value: maria.Account + ", " + maria.Name}, {Name: "to", Value: "gcash-ph"},
		{Name: "amount", Value: fx.Money{Minor: sent, Currency: php}.String()},
		{Name: "max_cost", Value: fx.Money{Minor: cost + 1, Currency: kes}.String()},
		{Name: "reference", Value: "canary-medicine"},
	} {
		assert.Contains(t, shown.Facts, fact)
	}
	assert.Equal(t, "paid", shown.State)
	assert.Equal(t, "for", shown.Mine)
	assert.Len(t, shown.Votes, 2)
	assert.True(t, slices.ContainsFunc(shown.Facts, func(f web.Fact) bool { return f.Name == "expires" }))
	_, err = w.Proposal(t.Context(), gone, w.help)
	require.ErrorIs(t, err, web.ErrNotShown)
	_, err = w.Proposal(t.Context(), facing, "p999")
	require.ErrorIs(t, err, web.ErrUnknown)
}

func TestAPayoutThatWaitsSaysWhyToItsVoters(t *testing.T) {
	w := newWorld(t)
	ask := w.helpFor(treasurer)
	ask.Body = w.Proposing(charter.Payout, decide.Payout{
		Fund: "main", To: "gcash-ph", Amount: decide.Amount{Minor: 50, Unit: php}, Fixed: fx.FixedDestination,
		MaxCost: decide.Amount{Minor: 50*pooltest.Rate - 1, Unit: kes}, // what it costs is more
	})
	draft, err := w.Compose(t.Context(), ask)
	require.NoError(t, err)
	require.True(t, w.signs(t, treasurer, draft).Accepted)
	page, err := w.Proposals(t.Context(), facing)
	require.NoError(t, err)
	var id string
	for _, p := range page.Open {
		if p.Kind == string(charter.Payout) {
			id = p.ID
		}
	}
	w.Approve(id, treasurer, facing)
	w.AwaitPayout(id, decide.PayoutDue)
	waits := func(member string) bool {
		shown, err := w.Proposal(t.Context(), member, id)
		require.NoError(t, err)
		return slices.ContainsFunc(shown.Facts, func(f web.Fact) bool { return f.Name == "waits" })
	}
	require.Eventually(t, func() bool { return waits(facing) }, patience, 10*time.Millisecond)
	assert.False(t, waits(heard), "who has no vote is not told what may name an account")
}

func TestWhoIsErasedIsShownAsSuch(t *testing.T) {
	w := newWorld(t)
	w.Stop()
	for _, account := range []string{maria.Account, receiver} {
		require.NoError(t, w.Config.Persons.Destroy(persons.Person{Participant: w.Config.Name, Account: account}))
	}
	w.Start()
	w.View = view.New(w.Node, w.Config.Store)
	shown, err := w.Proposal(t.Context(), facing, w.help)
	require.NoError(t, err)
	assert.Contains(t, shown.Facts, web.Fact{Name: "beneficiary", Value: "(erased)"})
	people, err := w.Members(t.Context(), receiver)
	require.NoError(t, err)
	for _, m := range people.Members {
		if m.ID == receiver {
			assert.Empty(t, m.Name)
		}
	}
}

func TestKeysAreOfMembersNow(t *testing.T) {
	w := newWorld(t)
	member := func(key act.Key) string {
		id, err := w.MemberOf(t.Context(), key[:])
		if err != nil {
			require.ErrorIs(t, err, web.ErrUnknown)
		}
		return id
	}
	assert.Equal(t, facing, member(pooltest.Public(facing)))
	assert.Equal(t, newcomer, member(pooltest.Public(newcomer)))
	assert.Empty(t, member(pooltest.Public(gone)))
	w.Done(facing, "new_key", decide.NewKey{Key: pooltest.Public("other"), Proof: act.Sign(pooltest.Key("other"), []byte(facing)).Signature})
	assert.Empty(t, member(pooltest.Public(facing)))
	assert.Equal(t, facing, member(pooltest.Public("other")))
}

func TestTheReportIsOfTheRecords(t *testing.T) {
	w := newWorld(t)
	report, err := w.Report(t.Context(), auditor)
	require.NoError(t, err)
	require.Len(t, report.Principles, 8)
	assert.Contains(t, report.Principles[0].Data, "Members: 5, of them pools: 0. Left: 1. Excluded: 0.")
	_, err = w.Report(t.Context(), "")
	require.ErrorIs(t, err, web.ErrNotShown, "decisions are not the public's")
	public, err := w.Public(t.Context())
	require.NoError(t, err)
	assert.False(t, public.Report)
	assert.Equal(t, []string{string(charter.SectionBalance)}, public.Shown)
}

// A page that waits for PostgreSQL keeps nobody from the node.
func TestReadingHoldsNoLock(t *testing.T) {
	w := newWorld(t)
	conn, err := pgx.Connect(t.Context(), w.url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE "+store.Schema(w.Config.Name)+".line IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	read := make(chan error, 1)
	go func() {
		_, err := w.Book(t.Context(), facing, "")
		read <- err
	}()
	require.Eventually(t, func() bool {
		var waiting int
		require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted").Scan(&waiting))
		return waiting > 0
	}, patience, 5*time.Millisecond)
	looked := make(chan struct{})
	go func() {
		w.Commune.View(func(*decide.State) {})
		close(looked)
	}()
	select {
	case <-looked:
	case <-time.After(patience):
		t.Error("the page holds the node's lock")
	}
	require.NoError(t, tx.Rollback(t.Context()))
	require.NoError(t, <-read)
}

const patience = 20 * time.Second
