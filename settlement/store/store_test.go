package store_test

import (
	"context"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

var kes, ugx = fx.MustCurrency("KES"), fx.MustCurrency("UGX")

func open(t *testing.T) (*store.Ledger, string) {
	t.Helper()
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	require.NoError(t, store.Migrate(t.Context(), url), "migrating twice is migrating once")
	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(books.Close)
	return books, url
}

// batch is a small sound batch: two accounts in KES, one in UGX, one posting.
func batch() *ledger.Batch {
	return &ledger.Batch{
		ID: 1, Window: 1, DecidedAt: time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC),
		Accounts: []ledger.Account{
			{ID: 1, Kind: ledger.Agent, Currency: kes}, {ID: 2, Participant: 1, Kind: ledger.Settlement, Currency: kes},
			{ID: 3, Kind: ledger.Agent, Currency: ugx},
		},
		Postings:   []ledger.Posting{{ID: 1, Kind: ledger.PostFund, Debit: 1, Credit: 2, AmountMinor: 5, Currency: kes}},
		Balances:   []ledger.Balance{{Account: 1, Debits: 5}, {Account: 2, Credits: 5}},
		Checkpoint: ledger.Checkpoint{Size: 1, Note: "unsigned in this test"},
	}
}

func TestRunningRolesCannotChangeThePast(t *testing.T) {
	books, url := open(t)
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	require.NoError(t, lead.Write(t.Context(), lead.Encode(batch())))
	for _, role := range []string{"ayni_engine", "ayni_reader", "ayni_auditor", "ayni_pii", "ayni_migrator"} {
		conn, err := pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), "SET ROLE "+role)
		require.NoError(t, err)
		for _, change := range []string{
			"UPDATE ledger.posting SET amount = 6", "DELETE FROM ledger.posting", "TRUNCATE ledger.posting",
			"UPDATE ledger.balance SET credits = 6", "DELETE FROM ledger.batch", "UPDATE ledger.log_entry SET body = ''",
			"DROP TABLE ledger.posting", "ALTER TABLE ledger.posting DISABLE TRIGGER ALL",
		} {
			_, err := conn.Exec(t.Context(), change)
			var refused *pgconn.PgError
			require.ErrorAs(t, err, &refused, "%s as %s", change, role)
			require.Equal(t, "42501", refused.Code, "insufficient privilege for %s as %s", change, role)
		}
		require.NoError(t, conn.Close(t.Context()))
	}
}

// Batches that only write an account's balance again, as moved prefunding does to a position, take no place on a page.
func TestPagesOfAnAccountThatHardlyMoves(t *testing.T) {
	books, _ := open(t)
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	first := batch()
	first.Participants = []settlement.Participant{{ID: 1, Name: "alpha-ke", Country: "KE", Currency: kes, Role: settlement.RoleOperator, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1}}
	require.NoError(t, lead.Write(t.Context(), lead.Encode(first)))
	for id, moved := int64(2), int64(5); id <= 40; id++ {
		b := batch()
		b.ID, b.DecidedAt, b.Accounts, b.Postings, b.Checkpoint.Size = id, b.DecidedAt.Add(time.Duration(id)*time.Second), nil, nil, id
		if id%13 == 0 {
			moved++
			b.Postings = []ledger.Posting{{ID: id, Kind: ledger.PostFund, Debit: 1, Credit: 2, AmountMinor: 1, Currency: kes}}
		}
		b.Balances = []ledger.Balance{{Account: 1, Debits: moved}, {Account: 2, Credits: moved}}
		require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
	}
	f := ledger.AccountFilter{Participant: "alpha-ke", Currency: kes, Limit: 1, Until: first.DecidedAt.Add(time.Hour)}
	for _, want := range []int64{5, 6, 7, 8} {
		page, err := books.AccountPage(t.Context(), f)
		require.NoError(t, err)
		require.Len(t, page.Lines, 1)
		require.Equal(t, want, page.Lines[0].BalanceMinor)
		f.Cursor = page.Next
	}
	require.Empty(t, f.Cursor)
	moved, err := books.MovedBatches(t.Context(), "alpha-ke", kes, ledger.Span{First: 1, Last: 40}, 50)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 13, 26, 39}, moved)
}

func TestDatabaseRefusesABrokenBatch(t *testing.T) {
	books, _ := open(t)
	for name, broken := range map[string]func(*ledger.Batch){
		"posting across currencies": func(b *ledger.Batch) { b.Postings[0].Credit = 3 },
		"posting to no account":     func(b *ledger.Batch) { b.Postings[0].Credit = 9 },
		"posting of nothing":        func(b *ledger.Batch) { b.Postings[0].AmountMinor = 0 },
		"past its liquidity": func(b *ledger.Batch) {
			b.Liquidity = []ledger.Liquidity{{Account: 2, PrefundMinor: 5, PositionMinor: -6}}
		},
		"balance that nobody posted": func(b *ledger.Batch) { b.Balances[1].Credits = 6 },
		"posting without a balance":  func(b *ledger.Batch) { b.Balances = b.Balances[:1] },
		"posting twice": func(b *ledger.Batch) {
			b.Postings = append(b.Postings, b.Postings[0])
			b.Postings[1].ID = 2
		},
		"two final states": func(b *ledger.Batch) {
			b.Events = []ledger.Event{{Transfer: 1, State: messaging.StatePaid}, {Transfer: 1, State: messaging.StateReturned}}
		},
		"window settled before it closed": func(b *ledger.Batch) {
			b.WindowEvents = []ledger.WindowEvent{{Window: 1, State: settlement.WindowOpen}, {Window: 1, State: settlement.WindowSettled}}
		},
		"window settled twice": func(b *ledger.Batch) {
			b.WindowEvents = []ledger.WindowEvent{
				{Window: 1, State: settlement.WindowClosed}, {Window: 1, State: settlement.WindowSettled}, {Window: 1, State: settlement.WindowSettled},
			}
		},
		"credit line above its target's bounds": func(b *ledger.Batch) {
			b.CreditLines = []ledger.CreditLine{{Account: 2, AmountMinor: 5, TargetMinor: 6}}
		},
		"same entry proves twice": func(b *ledger.Batch) {
			key := ledger.EvidenceKey{Currency: kes, Reference: "E"}
			b.Evidence = []ledger.Evidence{{EvidenceKey: key, Command: 1}, {EvidenceKey: key, Command: 2}}
		},
		"one state twice": func(b *ledger.Batch) {
			b.Events = []ledger.Event{{Transfer: 1, State: messaging.StateCleared}, {Transfer: 1, State: messaging.StateCleared}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			lead, err := books.TakeLead(t.Context(), "test")
			require.NoError(t, err)
			defer lead.Release()
			b := batch()
			broken(b)
			require.Error(t, lead.Write(t.Context(), lead.Encode(b)))
			snapshot, err := lead.Load(t.Context())
			require.NoError(t, err)
			require.Zero(t, snapshot.LastBatch, "nothing of it is there")
			require.Empty(t, snapshot.Accounts)
		})
	}
}

func TestSettledMeansSettled(t *testing.T) {
	books, _ := open(t)
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	b := batch()
	b.WindowEvents = []ledger.WindowEvent{
		{Window: 1, State: settlement.WindowOpen}, {Window: 1, State: settlement.WindowClosed}, {Window: 1, State: settlement.WindowSettled},
	}
	require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
	next := &ledger.Batch{ID: 2, DecidedAt: b.DecidedAt, Checkpoint: ledger.Checkpoint{Size: 2}}
	next.WindowEvents = []ledger.WindowEvent{{Window: 1, State: settlement.WindowFailed}}
	var refused *pgconn.PgError
	require.ErrorAs(t, lead.Write(t.Context(), lead.Encode(next)), &refused)
	require.Equal(t, "23000", refused.Code)
}

func TestFencedLeaderWritesNothing(t *testing.T) {
	books, url := open(t)
	first, err := books.TakeLead(t.Context(), "first")
	require.NoError(t, err)
	defer first.Release()

	waiting, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = books.TakeLead(waiting, "second")
	require.ErrorIs(t, err, context.DeadlineExceeded, "one leads at a time")

	// The epoch moves on without the lock changing hands, as after a network split: the check must hold
	// by itself.
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "UPDATE ledger.lease SET epoch = epoch + 1")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	var fenced *ledger.FencedError
	require.ErrorAs(t, first.Write(t.Context(), first.Encode(batch())), &fenced)
	require.Equal(t, fenced.Mine+1, fenced.Current)
}

// A leader that hangs is ended by who waits, and finds out when it wakes. Engines log in as one user that is no
// superuser, as in production.
func TestLeaderThatDoesNotRenewIsReplaced(t *testing.T) {
	_, address := open(t)
	owner, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	_, err = owner.Exec(t.Context(), "CREATE ROLE lease_test LOGIN IN ROLE ayni_engine")
	require.NoError(t, err)
	defer func() {
		_, err := owner.Exec(context.WithoutCancel(t.Context()), "DROP ROLE lease_test")
		assert.NoError(t, err)
	}()
	login, err := url.Parse(address)
	require.NoError(t, err)
	login.User = url.User("lease_test")
	books, err := store.Open(t.Context(), login.String())
	require.NoError(t, err)
	defer books.Close()

	first, err := books.TakeLead(t.Context(), "first")
	require.NoError(t, err)
	defer first.Release()
	_, err = owner.Exec(t.Context(), "UPDATE ledger.lease_renewal SET renewed_at = now() - interval '1 minute'")
	require.NoError(t, err)
	second, err := books.TakeLead(t.Context(), "second")
	require.NoError(t, err)
	defer second.Release()
	require.Error(t, first.Write(t.Context(), first.Encode(batch())))
	require.NoError(t, second.Write(t.Context(), second.Encode(batch())))
	var fenced *ledger.FencedError
	require.ErrorAs(t, books.RenewLead(t.Context(), first.Epoch()), &fenced)
	require.Equal(t, second.Epoch(), fenced.Current)
}

func TestStreamPositionMovesOnlyFromWhereTheBatchBegan(t *testing.T) {
	books, _ := open(t)
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	at := func(sequence uint64) messaging.Position {
		return messaging.Position{StreamCreated: time.Unix(1, 0).UTC(), Sequence: sequence, Hash: [32]byte{byte(sequence)}}
	}
	b := batch()
	b.Positions = []ledger.StreamPosition{{Participant: 1, New: at(3)}}
	require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
	for _, old := range []messaging.Position{{}, at(2), {StreamCreated: at(3).StreamCreated, Sequence: 3, Hash: [32]byte{9}}} {
		b = &ledger.Batch{ID: 2, DecidedAt: b.DecidedAt, Checkpoint: ledger.Checkpoint{Size: 2}, Positions: []ledger.StreamPosition{{Participant: 1, Old: old, New: at(4)}}}
		var moved *ledger.PositionError
		require.ErrorAs(t, lead.Write(t.Context(), lead.Encode(b)), &moved)
	}
	b.Positions[0].Old = at(3)
	require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
}

func TestCommandsAreAskedOnceAndInOrder(t *testing.T) {
	books, _ := open(t)
	woken := make(chan struct{}, 100)
	watching, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- books.WatchCommands(watching, func() { woken <- struct{}{} }) }()
	<-woken

	var group sync.WaitGroup
	for _, key := range []string{"a", "b", "c", "d", "e", "a", "b"} {
		group.Go(func() {
			_, err := books.Ask(t.Context(), key, settlement.CommandCloseWindow, []byte(`{"reason":"`+key+`"}`))
			assert.NoError(t, err)
		})
	}
	group.Wait()
	<-woken
	_, err := books.Ask(t.Context(), "a", settlement.CommandCloseWindow, []byte(`{"reason":"other"}`))
	require.ErrorIs(t, err, ledger.ErrCommandChanged)
	commands, err := books.Commands(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, commands, 5)
	for i, c := range commands {
		require.EqualValues(t, i+1, c.ID)
	}
	stop()
	require.ErrorIs(t, <-done, context.Canceled)
}
