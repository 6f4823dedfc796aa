package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

var kes = fx.MustCurrency("KES")

func open(t *testing.T, path string) *Ledger {
	t.Helper()
	l, err := OpenLedger(path)
	require.NoError(t, err)
	return l
}

func newBase(t *testing.T, path string, faults Faults) *Base {
	t.Helper()
	b, err := NewBase(Config{LedgerPath: path, Currency: kes, Seed: 7, Faults: faults, SettleDelay: time.Microsecond})
	require.NoError(t, err)
	return b
}

// The dice are part of what a seed means: if these change, so does every seeded run.
func TestDiceAreFixed(t *testing.T) {
	d := Dice{Seed: 42}
	assert.Equal(t, []int{94, 89, 18}, []int{
		d.Percent("decline", "254700000001"), d.Percent("decline", "254700000002"), d.Percent("delay", "254700000001"),
	})
	assert.Equal(t, "BBM4ZT2YDZ", d.Code("receipt", "A1", 10))
	assert.NotEqual(t, d.Code("receipt", "A1", 10), Dice{Seed: 43}.Code("receipt", "A1", 10))
	assert.NotEqual(t, d.Uint64("ab", "c"), d.Uint64("a", "bc"), "kind and key must not run together")
}

func TestDiceSpread(t *testing.T) {
	hits := 0
	for i := range 10_000 {
		if (Dice{Seed: 1}).Percent("decline", fmt.Sprint(i)) < 10 {
			hits++
		}
	}
	assert.InDelta(t, 1000, hits, 150)
}

func TestFateHasNoMemoryAndNoChance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		percent := rapid.IntRange(0, 100)
		f := Faults{
			DeclinePct: percent.Draw(t, "decline"), DelayPct: percent.Draw(t, "delay"), DelayMS: 5,
			LostCallbackPct: percent.Draw(t, "lost"), TimeoutPct: percent.Draw(t, "timeout"),
			ContradictPct: percent.Draw(t, "contradict"), DuplicateCallbackPct: percent.Draw(t, "duplicate"),
		}
		require.NoError(t, f.Validate())
		d := Dice{Seed: rapid.Uint64().Draw(t, "seed")}
		key := rapid.String().Draw(t, "key")
		fate := f.Fate(d, KindPayout, key)
		assert.Equal(t, fate, f.Fate(d, KindPayout, key))

		more := f
		more.DeclinePct = 100
		assert.True(t, more.Fate(d, KindPayout, key).Decline)
		if fate.Decline {
			more.DeclinePct = min(100, f.DeclinePct+1)
			assert.True(t, more.Fate(d, KindPayout, key).Decline, "more faults must keep those that were")
		}
		truth := rapid.Bool().Draw(t, "truth")
		sent := fate.Callbacks(truth)
		if len(sent) > 0 {
			assert.Contains(t, sent, truth)
			assert.False(t, sent[0] && !truth, "a false success never goes first")
		}
	})
}

func TestCallbacks(t *testing.T) {
	for name, c := range map[string]struct {
		fate  Fate
		truth bool
		sent  []bool
	}{
		"plain":                     {Fate{}, true, []bool{true}},
		"lost":                      {Fate{LostCallback: true, DuplicateCallback: true}, true, nil},
		"twice":                     {Fate{DuplicateCallback: true}, false, []bool{false, false}},
		"success, contrary first":   {Fate{Contradict: true, ContradictFirst: true}, true, []bool{false, true}},
		"success, contrary after":   {Fate{Contradict: true}, true, []bool{true, false}},
		"failure, contrary after":   {Fate{Contradict: true, ContradictFirst: true}, false, []bool{false, true}},
		"failure, contrary after 2": {Fate{Contradict: true}, false, []bool{false, true}},
	} {
		assert.Equal(t, c.sent, c.fate.Callbacks(c.truth), name)
	}
}

func TestFaultsOutOfRange(t *testing.T) {
	for _, f := range []Faults{{DeclinePct: 101}, {ErrorPct: -1}, {DelayMS: -1}, {DelayMS: maxDelayMS + 1}} {
		var fault *FaultsError
		require.ErrorAs(t, f.Validate(), &fault)
	}
}

func TestLedgerSurvivesReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	created, isNew, err := l.Create(Operation{
		Kind: KindPayout, ID: "P1", Aliases: []string{"AG_1"}, Account: "254", Minor: 1000, State: Accepted,
	})
	require.NoError(t, err)
	require.True(t, isNew)
	_, _, err = l.Create(Operation{Kind: KindPayout, ID: "P2", Minor: 7, State: Accepted})
	require.NoError(t, err)
	_, err = l.Settle(KindPayout, "P2", "R2")
	require.NoError(t, err)
	attempt, err := l.Attempt(KindPayout, "P1")
	require.NoError(t, err)
	assert.EqualValues(t, 1, attempt)
	require.NoError(t, l.Close())

	l = open(t, path)
	defer func() { require.NoError(t, l.Close()) }()
	again, found, err := l.Find(KindPayout, "AG_1")
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, created, again)
	attempt, err = l.Attempt(KindPayout, "P1")
	require.NoError(t, err)
	assert.EqualValues(t, 2, attempt)
	totals, err := l.Totals()
	require.NoError(t, err)
	assert.Equal(t, Totals{KindPayout: {Accepted: {1, 1000}, Settled: {1, 7}}}, totals)
}

func TestLedgerRefusesSecondOpener(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	defer func() { require.NoError(t, l.Close()) }()
	_, err := OpenLedger(path)
	require.Error(t, err)
}

func TestLedgerIsIdempotent(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer func() { require.NoError(t, l.Close()) }()
	var created sync.Map
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			op, isNew, err := l.Create(Operation{Kind: KindPayout, ID: "same", Minor: int64(i), State: Accepted})
			assert.NoError(t, err)
			if isNew {
				_, twice := created.LoadOrStore("winner", op.Minor)
				assert.False(t, twice, "created twice")
			}
		})
	}
	group.Wait()
	winner, _ := created.Load("winner")
	op, found, err := l.Get(KindPayout, "same")
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, winner, op.Minor)

	for range 2 {
		op, err = l.Settle(KindPayout, "same", "R")
		require.NoError(t, err)
		assert.Equal(t, Settled, op.State)
	}
	var conflict *ConflictError
	_, err = l.Decline(KindPayout, "same", "1")
	require.ErrorAs(t, err, &conflict)
	_, err = l.Settle(KindPayout, "same", "other receipt")
	require.ErrorAs(t, err, &conflict)
	_, err = l.Settle(KindPayout, "absent", "R")
	require.ErrorAs(t, err, &conflict)
	require.NoError(t, l.Alias(KindPayout, "same", "AG"))
	_, _, err = l.Create(Operation{Kind: KindPayout, ID: "thief", Aliases: []string{"AG"}, State: Accepted})
	require.ErrorAs(t, err, &conflict)
	_, found, err = l.Get(KindPayout, "thief")
	require.NoError(t, err)
	assert.False(t, found, "a refused operation must leave nothing")
}

func TestEachKeepsKindsApart(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer func() { require.NoError(t, l.Close()) }()
	for _, op := range []Operation{
		{Kind: "a", ID: "2", State: Settled}, {Kind: "a", ID: "1", State: Settled},
		{Kind: "ab", ID: "1", State: Settled}, {Kind: "b", ID: "1", State: Settled},
	} {
		_, _, err := l.Create(op)
		require.NoError(t, err)
	}
	var seen []string
	require.NoError(t, l.Each("a", func(op Operation) bool { seen = append(seen, op.Kind+op.ID); return true }))
	assert.Equal(t, []string{"a1", "a2"}, seen)
}

func TestWorkersRunInOrderOfDue(t *testing.T) {
	w := NewWorkers(1)
	order := make(chan string, 3)
	hold := make(chan struct{})
	require.NoError(t, w.Later(0, func(context.Context) { <-hold }))
	require.NoError(t, w.Later(20*time.Millisecond, func(context.Context) { order <- "late" }))
	require.NoError(t, w.Later(0, func(context.Context) { order <- "first" }))
	require.NoError(t, w.Later(time.Millisecond, func(context.Context) { order <- "second" }))
	close(hold)
	assert.Equal(t, []string{"first", "second", "late"}, []string{<-order, <-order, <-order})
	w.Close()
	require.ErrorIs(t, w.Later(0, func(context.Context) {}), ErrClosed)
}

func TestWorkersCloseWaits(t *testing.T) {
	w := NewWorkers(4)
	started := make(chan struct{})
	finished := false
	require.NoError(t, w.Later(0, func(ctx context.Context) {
		close(started)
		<-ctx.Done()
		finished = true
	}))
	<-started
	w.Close()
	assert.True(t, finished, "Close returned before the job did")
}

func TestStrikesHitTheFirstAttemptOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	b := newBase(t, path, Faults{ErrorPct: 100})
	strike, err := b.Strike(KindPayout, "P1", b.Fate(KindPayout, "254"))
	require.NoError(t, err)
	assert.Equal(t, StrikeError, strike)
	require.NoError(t, b.Close())

	b = newBase(t, path, Faults{ErrorPct: 100})
	defer func() { require.NoError(t, b.Close()) }()
	strike, err = b.Strike(KindPayout, "P1", b.Fate(KindPayout, "254"))
	require.NoError(t, err)
	assert.Equal(t, NoStrike, strike, "the attempt before the restart counts")

	require.NoError(t, b.SetFaults(Faults{TimeoutPct: 100}))
	accepted := 0
	for i := range 200 {
		account := fmt.Sprint(i)
		strike, err := b.Strike(KindPayout, account, b.Fate(KindPayout, account))
		require.NoError(t, err)
		require.Contains(t, []Strike{StrikeTimeout, StrikeTimeoutAccepted}, strike)
		if strike == StrikeTimeoutAccepted {
			accepted++
		}
	}
	assert.InDelta(t, 100, accepted, 40)
}

func TestDecideMeetsTheSameFateAfterRestart(t *testing.T) {
	decide := func(path string, between func(b *Base) *Base) []Operation {
		b := newBase(t, path, Faults{DeclinePct: 30})
		for i := range 50 {
			_, _, err := b.Ledger.Create(Operation{
				Kind: KindPayout, ID: fmt.Sprint(i), FateKey: fmt.Sprint(i % 20), Minor: 100, State: Accepted,
			})
			require.NoError(t, err)
		}
		b = between(b)
		defer func() { require.NoError(t, b.Close()) }()
		undecided, err := b.Undecided()
		require.NoError(t, err)
		require.Len(t, undecided, 50)
		decided := make([]Operation, 0, len(undecided))
		for _, op := range undecided {
			op, err := b.Decide(op, "R"+op.ID, []string{"1", "2"})
			require.NoError(t, err)
			again, err := b.Decide(op, "other", []string{"3"})
			require.NoError(t, err)
			require.Equal(t, op, again)
			decided = append(decided, op)
		}
		return decided
	}
	path := filepath.Join(t.TempDir(), "killed.db")
	killed := decide(path, func(b *Base) *Base {
		require.NoError(t, b.Close())
		return newBase(t, path, Faults{DeclinePct: 30})
	})
	whole := decide(filepath.Join(t.TempDir(), "whole.db"), func(b *Base) *Base { return b })
	assert.Equal(t, whole, killed)
	states := map[State]int{}
	for _, op := range whole {
		states[op.State]++
	}
	assert.Positive(t, states[Settled])
	assert.Positive(t, states[Declined])
}

func TestBook(t *testing.T) {
	b := newBase(t, filepath.Join(t.TempDir(), "ledger.db"), Faults{})
	defer func() { require.NoError(t, b.Close()) }()
	payment := CustomerPayment{OrderRef: "O1", Payer: "254", Amount: fx.Money{Minor: 500, Currency: kes}}
	_, created, err := b.Book(payment, "R1")
	require.NoError(t, err)
	assert.True(t, created)
	_, created, err = b.Book(payment, "R1")
	require.NoError(t, err)
	assert.False(t, created)
	var conflict *ConflictError
	other := payment
	other.Amount.Minor++
	_, _, err = b.Book(other, "R1")
	require.ErrorAs(t, err, &conflict)
	other.OrderRef, other.Amount.Currency = "O2", fx.MustCurrency("INR")
	_, _, err = b.Book(other, "R2")
	require.ErrorAs(t, err, &conflict)
}

func TestAdmin(t *testing.T) {
	b := newBase(t, filepath.Join(t.TempDir(), "ledger.db"), Faults{})
	defer func() { require.NoError(t, b.Close()) }()
	mux := http.NewServeMux()
	b.Mount(mux)
	call := func(method, path, body string) (int, string) {
		recorder := httptest.NewRecorder()
		mux.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
		return recorder.Code, recorder.Body.String()
	}
	status, _ := call(http.MethodPut, "/admin/faults", `{"decline_pct":5,"delay_ms":20}`)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, Faults{DeclinePct: 5, DelayMS: 20}, b.Faults())
	for _, bad := range []string{`{"decline_pct":101}`, `{"declinepct":1}`, `{`, `{"decline_pct":1,"decline_pct":2}`} {
		status, _ = call(http.MethodPut, "/admin/faults", bad)
		assert.Equal(t, http.StatusBadRequest, status, bad)
	}
	assert.Equal(t, 5, b.Faults().DeclinePct)
	_, _, err := b.Book(CustomerPayment{OrderRef: "O1", Payer: "254", Amount: fx.Money{Minor: 500, Currency: kes}}, "R1")
	require.NoError(t, err)
	status, body := call(http.MethodGet, "/admin/ledger", "")
	assert.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, `{"collection":{"settled":{"count":1,"minor":500}}}`, body)
}
