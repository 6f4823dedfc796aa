package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/fx"
)

// exec runs SQL as the superuser, in the pool's schema.
func (n *node) exec(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), n.url)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	_, err = conn.Exec(t.Context(), "SET search_path = "+store.Schema(pool))
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
}

// read starts anew from what is kept.
func (n *node) read(t *testing.T) (entries int) {
	t.Helper()
	n.store.Close()
	n.start()
	clear(n.holds)
	for record, err := range n.store.Load(t.Context()) {
		require.NoError(t, err)
		require.NoError(t, n.log.Add(record.Entry))
		entries++
	}
	if entries > 0 {
		_, newest, err := n.store.Newest(t.Context())
		require.NoError(t, err)
		require.NoError(t, n.log.Resume(newest))
	}
	balances, err := n.store.Balances(t.Context(), "")
	require.NoError(t, err)
	for _, b := range balances {
		n.holds[b.Account] = b.Amount.Minor
	}
	return entries
}

// The database refuses what does not hang together, nothing of it is written, and the node has to start anew.
func TestABrokenEntryIsNotWritten(t *testing.T) {
	n := open(t)
	n.write(t, n.paid(t, "m1", 100))
	for name, broken := range map[string]func(a *store.Append){
		"no line":           func(a *store.Append) { a.Draft.Lines = nil },
		"a line less":       func(a *store.Append) { a.Draft.Lines = a.Draft.Lines[:1] },
		"lines exchanged":   func(a *store.Append) { a.Draft.Lines[0], a.Draft.Lines[1] = a.Draft.Lines[1], a.Draft.Lines[0] },
		"a blob of another": func(a *store.Append) { a.Draft.Lines[0].Blob = a.Draft.Lines[1].Blob },
		"an empty entry":    func(a *store.Append) { a.Draft.Entry = nil },
		"no balances":       func(a *store.Append) { a.Balances = nil },
		"a balance missing": func(a *store.Append) { a.Balances = a.Balances[:1] },
		"a wrong balance":   func(a *store.Append) { a.Balances[1].Amount.Minor++ },
		"a balance of nothing": func(a *store.Append) {
			a.Balances = append(a.Balances, store.Balance{Account: "x", Amount: fx.Money{Currency: kes}})
		},
		"a balance twice":           func(a *store.Append) { a.Balances = append(a.Balances, a.Balances[0]) },
		"a balance without posting": func(a *store.Append) { a.Postings = nil },
		"nothing moved":             func(a *store.Append) { a.Postings[0].Amount.Minor = 0 },
		"less than nothing moved":   func(a *store.Append) { a.Postings[0].Amount.Minor = -5 },
		"moved to itself":           func(a *store.Append) { a.Postings[0].Credit = a.Postings[0].Debit },
		"moved from nowhere":        func(a *store.Append) { a.Postings[0].Debit = "" },
		"in another unit":           func(a *store.Append) { a.Postings[0].Amount.Currency = fx.MustCurrency("UGX") },
		"signed by nobody":          func(a *store.Append) { a.Input.Key = "" },
		"without signature":         func(a *store.Append) { a.Input.Signature = nil },
		"a clock that is lost":      func(a *store.Append) { a.Input.At = a.Input.At.Add(time.Nanosecond) },
		"an act again":              func(a *store.Append) { a.Act = "again" },
	} {
		t.Run(name, func(t *testing.T) {
			if name == "an act again" {
				a := n.paid(t, "m1", 1)
				a.Act = "again"
				n.write(t, a)
			}
			size := n.log.Size()
			a := n.paid(t, "m1", 50)
			broken(&a)
			require.Error(t, n.store.Append(t.Context(), a))
			var stopped *store.StoppedError
			require.ErrorAs(t, n.store.Append(t.Context(), n.paid(t, "m1", 50)), &stopped, "its state is ahead of the log")
			require.EqualValues(t, size, n.read(t))
			n.write(t, n.paid(t, "m1", 1))
			n.check(t)
		})
	}
}

func TestWhatIsCommittedIsOnTheDisk(t *testing.T) {
	n := open(t)
	n.exec(t, `CREATE TABLE seen (setting text); GRANT INSERT ON seen TO PUBLIC;
		CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
		CREATE TRIGGER see AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION see()`)
	n.write(t, n.paid(t, "m1", 100)) // on a server that flushes nothing by itself: see pgtest
	n.exec(t, `DO $$ BEGIN ASSERT (SELECT setting FROM seen) = 'on'; END $$`)
}

// One node writes. Another is refused while it runs, and finds its index taken where the lock was lost.
func TestTwoNodesNeverWrite(t *testing.T) {
	n := open(t)
	_, err := store.Open(t.Context(), n.url, pool)
	var inUse *store.InUseError
	require.ErrorAs(t, err, &inUse)
	n.write(t, n.paid(t, "m1", 100))

	zombie := *n
	n.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	require.Eventually(t, func() bool { // the server lets go of the lock as its session ends
		second, err := store.Open(t.Context(), n.url, pool)
		if err != nil {
			require.ErrorAs(t, err, &inUse)
			return false
		}
		n.store = second
		t.Cleanup(second.Close)
		return true
	}, 10*time.Second, time.Millisecond)
	require.Error(t, zombie.store.Append(t.Context(), zombie.paid(t, "m1", 7)), "its session is gone, and with it the right to write")

	asleep := n.paid(t, "m2", 5)
	n.write(t, n.paid(t, "m1", 3))
	var fenced *store.FencedError
	require.ErrorAs(t, n.store.Append(t.Context(), asleep), &fenced, "decided from an older state")
	require.Equal(t, store.FencedError{Index: 1, Size: 2}, *fenced)
	n.read(t)
	n.check(t)
}

// An Append that was given up is there whole or not at all.
func TestAnAppendGivenUpIsWholeOrNothing(t *testing.T) {
	n := open(t)
	for range 8 {
		size := n.log.Size()
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(size%5)*500*time.Microsecond)
		a := n.paid(t, "m1", 1)
		err := n.store.Append(ctx, a)
		cancel()
		if err == nil {
			require.NoError(t, n.log.Take(a.Draft))
		}
		entries := int64(n.read(t))
		require.True(t, entries == size || entries == size+1)
		require.True(t, err != nil || entries == size+1)
		n.check(t)
		if entries == size {
			n.write(t, n.paid(t, "m1", 1))
		}
	}
}

func TestAReaderDoesNotWrite(t *testing.T) {
	n := open(t)
	reader, err := store.OpenReader(t.Context(), n.url, pool)
	require.NoError(t, err)
	defer reader.Close()
	require.Error(t, reader.Append(t.Context(), n.paid(t, "m1", 1)))
	n.write(t, n.paid(t, "m1", 1))
	logged, err := reader.Entry(t.Context(), 0)
	require.NoError(t, err)
	require.NoError(t, logged.Check())
	var unknown *store.UnknownError
	_, err = reader.Entry(t.Context(), 1)
	require.ErrorAs(t, err, &unknown)
}

// What the database keeps is written as an export and as views, which verify.
func TestTheStoreIsExported(t *testing.T) {
	n := open(t)
	dir, part := t.TempDir()+"/export", t.TempDir()+"/view"
	for range 2 {
		for _, member := range []string{"m1", "m2", "m3"} {
			n.write(t, n.paid(t, member, 10))
		}
		require.NoError(t, diary.WriteExport(t.Context(), dir, n.key, n.store))
		mine := diary.View{Member: "m2"}.Shows(func(string, string) bool { return false })
		require.NoError(t, diary.WriteView(t.Context(), part, n.key, n.store, mine))
	}
	report := verify(t, n.key, dir, true)
	require.EqualValues(t, 12, report.Shown)
	require.Zero(t, report.Hidden)
	report = verify(t, n.key, part, false)
	require.EqualValues(t, 2, report.Shown)
	require.EqualValues(t, 10, report.Hidden)
}
