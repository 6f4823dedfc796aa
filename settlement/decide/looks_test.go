package decide

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// What people look at is what the batches did, whatever a day brought.
func TestLooksShowWhatHappened(t *testing.T) {
	for seed := range 3 {
		t.Run(fmt.Sprint("day ", seed), func(t *testing.T) { looked(t, rapid.Custom(anyDay).Example(seed)) })
	}
	t.Run("bundles", func(t *testing.T) { looked(t, rapid.Custom(anyBundleDay).Example(1)) })
	for _, seed := range []int{3, 16} {
		t.Run(fmt.Sprint("village ", seed), func(t *testing.T) { looked(t, rapid.Custom(anyVillageDay).Example(seed)) })
	}
}

func looked(t *testing.T, w *world) {
	t.Helper()
	books := stored(t, w)
	lead, err := books.TakeLead(t.Context(), "test") // stored went on from the state that it holds
	require.NoError(t, err)
	defer lead.Release()
	snapshot, err := lead.Load(t.Context())
	require.NoError(t, err)
	w.state, err = Restore(snapshot)
	require.NoError(t, err)
	past := pastOf(w)
	looksFind(t, books, w, past)
	looksTell(t, books, w, past)
	looksStand(t, books, w)
	looksWindows(t, books, w)
	looksPulse(t, books, w, past)
	looksProve(t, books, w)
}

// What waits is what waits after each batch, also for whoever asked after the one before.
func TestWaitingFollowsTheLedger(t *testing.T) {
	w := rapid.Custom(anyVillageDay).Example(3)
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	all := w.batches
	for i, b := range all {
		for _, c := range w.inputs[i].Commands {
			_, err := books.Ask(t.Context(), c.Key, c.Kind, c.Body)
			require.NoError(t, err)
		}
		b.Checkpoint = ledger.Checkpoint{Size: int64(i) + 1, Note: "unsigned in this test"}
		require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
		want, got := []settlement.TransferID{}, []settlement.TransferID{}
		w.batches = all[:i+1]
		for _, p := range pastOf(w) {
			if !p.State.Final() {
				want = append(want, p.ID)
			}
		}
		require.NoError(t, books.EachTransfer(t.Context(), ledger.TransferFilter{Waiting: true}, func(x ledger.FoundTransfer) error {
			got = append(got, x.ID)
			return nil
		}))
		require.Equal(t, want, got, "after batch %d", b.ID)
	}
}

// pastTransfer is a transfer as its batches made it.
type pastTransfer struct {
	ledger.FoundTransfer
	moved    map[int64]bool // batches that moved it, or its return, or heard of it
	states   []ledger.TransferState
	back     settlement.TransferID
	receipts []string
}

// pastOf are all transfers but returns, newest first.
func pastOf(w *world) []*pastTransfer {
	all, original := map[settlement.TransferID]*pastTransfer{}, map[settlement.TransferID]*pastTransfer{}
	name := func(id int32) string { return w.state.participants[id-1].Name }
	for _, b := range w.batches {
		for _, x := range b.Transfers {
			if x.ReturnOf != 0 {
				original[x.ID] = all[x.ReturnOf]
				all[x.ReturnOf].back = x.ID
				continue
			}
			all[x.ID] = &pastTransfer{moved: map[int64]bool{}, FoundTransfer: ledger.FoundTransfer{
				ID: x.ID, Intent: x.Intent, Debtor: name(x.Debtor), Creditor: name(x.Creditor), Source: x.Source, Destination: x.Destination,
				ReceivedAt: x.ReceivedAt.UTC(), AcceptedAt: b.DecidedAt.UTC(), Deadline: x.Deadline.UTC(),
			}}
			original[x.ID] = all[x.ID]
		}
		for _, e := range b.Events {
			original[e.Transfer].moved[b.ID] = true
			if p := all[e.Transfer]; p != nil {
				p.State, p.Reason, p.Batch, p.Since = e.State, e.Reason, b.ID, b.DecidedAt.UTC()
				p.states = append(p.states, ledger.TransferState{State: e.State, Reason: e.Reason, Batch: b.ID, At: b.DecidedAt.UTC(), LogIndex: b.LogIndex})
			}
		}
		for _, o := range b.Outcomes {
			if p := original[o.Transfer]; p != nil {
				p.moved[b.ID] = true
				p.receipts = append(p.receipts, o.Outcome.RailRef)
			}
		}
	}
	past := make([]*pastTransfer, 0, len(all))
	for _, p := range all { // in any order: sorted below
		past = append(past, p)
	}
	slices.SortFunc(past, func(a, b *pastTransfer) int { return cmp.Compare(b.ID, a.ID) })
	return past
}

// looksFind holds pages of every size and filter, put together, against what there is.
func looksFind(t *testing.T, books *store.Ledger, w *world, past []*pastTransfer) {
	t.Helper()
	found := func(f ledger.TransferFilter, is func(*pastTransfer) bool) {
		t.Helper()
		want := []ledger.FoundTransfer{}
		for _, p := range past {
			if is(p) {
				want = append(want, p.FoundTransfer)
			}
		}
		for _, size := range []int{1 + len(past)/3, 500} {
			got := []ledger.FoundTransfer{}
			f.Limit, f.Cursor = size, ""
			for {
				page, err := books.FindTransfers(t.Context(), f)
				require.NoError(t, err)
				require.LessOrEqual(t, len(page.Transfers), size)
				got = append(got, page.Transfers...)
				if f.Cursor = page.Next; f.Cursor == "" {
					break
				}
			}
			require.Equal(t, want, got, "%+v", f)
		}
		got := []ledger.FoundTransfer{}
		f.Limit, f.Cursor = 0, ""
		require.NoError(t, books.EachTransfer(t.Context(), f, func(x ledger.FoundTransfer) error {
			got = append(got, x)
			return nil
		}))
		require.Equal(t, want, got, "%+v", f)
	}
	found(ledger.TransferFilter{}, func(*pastTransfer) bool { return true })
	found(ledger.TransferFilter{Waiting: true}, func(p *pastTransfer) bool { return !p.State.Final() })
	for _, state := range []messaging.State{messaging.StateQueued, messaging.StateCleared, messaging.StatePaid, messaging.StateReturnPending, messaging.StateReturned, messaging.StateExpired} {
		found(ledger.TransferFilter{State: state}, func(p *pastTransfer) bool { return p.State == state })
	}
	for _, who := range w.state.participants {
		found(ledger.TransferFilter{Scope: who.Name}, func(p *pastTransfer) bool { return p.Debtor == who.Name || p.Creditor == who.Name })
		found(ledger.TransferFilter{Debtor: who.Name, Waiting: true}, func(p *pastTransfer) bool { return p.Debtor == who.Name && !p.State.Final() })
		found(ledger.TransferFilter{Creditor: who.Name, Currency: kes, MinMinor: 1000, MaxMinor: 100_000}, func(p *pastTransfer) bool {
			return p.Creditor == who.Name && (p.Source.Currency == kes && p.Source.Minor >= 1000 && p.Source.Minor <= 100_000 ||
				p.Destination.Currency == kes && p.Destination.Minor >= 1000 && p.Destination.Minor <= 100_000)
		})
	}
	found(ledger.TransferFilter{Scope: "nobody"}, func(*pastTransfer) bool { return false })
	for _, b := range w.batches {
		found(ledger.TransferFilter{Batch: b.ID}, func(p *pastTransfer) bool { return p.moved[b.ID] })
		found(ledger.TransferFilter{From: b.DecidedAt}, func(p *pastTransfer) bool { return !p.AcceptedAt.Before(b.DecidedAt) })
		found(ledger.TransferFilter{Until: b.DecidedAt}, func(p *pastTransfer) bool { return p.AcceptedAt.Before(b.DecidedAt) })
	}
	for _, p := range past {
		is := func(x *pastTransfer) bool { return x == p }
		found(ledger.TransferFilter{Text: p.ID.String()}, is)
		found(ledger.TransferFilter{Text: p.ID.String(), Scope: "fx-house"}, func(*pastTransfer) bool { return false })
		found(ledger.TransferFilter{Text: p.Intent}, func(x *pastTransfer) bool { return x.Intent == p.Intent })
		if p.back > 0 {
			found(ledger.TransferFilter{Text: p.back.String()}, is)
		}
		for _, ref := range p.receipts {
			if ref != "" {
				found(ledger.TransferFilter{Text: ref}, func(x *pastTransfer) bool { return slices.Contains(x.receipts, ref) })
			}
		}
	}
}

// looksTell holds each transfer's story against what its batches wrote.
func looksTell(t *testing.T, books *store.Ledger, w *world, past []*pastTransfer) {
	t.Helper()
	for _, p := range past {
		s, err := books.Transfer(t.Context(), p.ID)
		require.NoError(t, err)
		require.Equal(t, p.FoundTransfer, s.FoundTransfer)
		for i := range s.States {
			s.States[i].WrittenAt = time.Time{}
		}
		require.Equal(t, p.states, s.States)
		require.Equal(t, p.back > 0, s.Return != nil)
		require.Equal(t, p.State == messaging.StateQueued, s.Waits != nil)
		var postings, lives, outcomes, charges int
		for _, b := range w.batches {
			mine := func(id settlement.TransferID) bool { return id == p.ID || id == p.back && id > 0 }
			for _, x := range b.Postings {
				if mine(x.Transfer) {
					require.Equal(t, x.ID, s.Postings[postings].ID)
					require.Equal(t, x.Debit, s.Postings[postings].Debit.Account)
					require.Equal(t, x.Currency, s.Postings[postings].Amount.Currency)
					postings++
				}
			}
			for _, e := range b.Life {
				if mine(e.Transfer) {
					require.Equal(t, e.Kind, s.Life[lives].Kind)
					lives++
				}
			}
			for _, o := range b.Outcomes {
				if o.Transfer == p.ID {
					require.Equal(t, o.Verdict, s.Outcomes[outcomes].Verdict)
					outcomes++
				}
			}
			for _, c := range b.Charges {
				if c.Transfer == p.ID {
					charges++
				}
			}
			for _, n := range b.Intents {
				if n.Transfer == p.ID {
					require.Equal(t, n.Hash, s.Hash)
					require.Equal(t, n.Sequence, s.Message)
					require.Equal(t, n.Place, s.Place)
				}
			}
		}
		require.Len(t, s.Postings, postings)
		require.Len(t, s.Life, lives)
		require.Len(t, s.Outcomes, outcomes)
		require.Len(t, s.Charges, charges)
		looksWait(t, w, s)
		if s.Window.ID > 0 {
			window, err := books.WindowStory(t.Context(), s.Window.ID)
			require.NoError(t, err)
			cleared := s.States[slices.IndexFunc(s.States, func(v ledger.TransferState) bool { return v.State == messaging.StateCleared })].Batch
			require.LessOrEqual(t, window.Batches.First, cleared)
			require.GreaterOrEqual(t, window.Batches.Last, cleared)
		}
	}
}

// looksWait holds why a transfer waits against what the engine has in memory.
func looksWait(t *testing.T, w *world, s *ledger.TransferStory) {
	t.Helper()
	if s.Waits == nil {
		return
	}
	x := w.state.open[s.ID]
	switch l := x.life; {
	case l != nil && l.held:
		require.Equal(t, ledger.WaitHeld, s.Waits.Cause)
	case l != nil && !l.late.IsZero():
		require.Equal(t, ledger.WaitClosed, s.Waits.Cause)
		require.Equal(t, l.late.UTC(), s.Waits.Until)
	case l != nil && l.reserving:
		require.Equal(t, ledger.WaitReserving, s.Waits.Cause)
	default:
		require.Contains(t, []ledger.WaitCause{ledger.WaitLegs, ledger.WaitLiquidity, ledger.WaitTurn}, s.Waits.Cause)
	}
	require.Equal(t, s.Waits.Cause == ledger.WaitLiquidity, len(s.Waits.Lacks) > 0)
}

func looksStand(t *testing.T, books *store.Ledger, w *world) {
	t.Helper()
	all, err := books.Standings(t.Context(), "")
	require.NoError(t, err)
	at, accounts := map[int64]ledger.Standing{}, 0
	for _, s := range all {
		if s.Account > 0 {
			at[s.Account] = s
		}
		own, err := books.Standings(t.Context(), s.Participant)
		require.NoError(t, err)
		for _, o := range own {
			require.Equal(t, s.Participant, o.Participant)
		}
		if s.Participant != ledger.SchemeName {
			require.Contains(t, own, s)
		}
	}
	for _, a := range w.state.accounts {
		if !a.mayOwe() {
			continue
		}
		accounts++
		s := at[a.ID]
		require.Equal(t, a.balance(), s.PositionMinor)
		require.Equal(t, w.state.prefund(a), s.PrefundMinor)
		require.Equal(t, a.creditLineMinor, s.CreditLineMinor)
		require.Equal(t, w.state.available(a), s.AvailableMinor)
		require.Equal(t, s.AvailableMinor == 0 && s.PositionMinor < 0, s.UsedBP == 10_000)
		require.Equal(t, s.PositionMinor >= 0, s.UsedBP == 0)
	}
	require.Len(t, at, accounts)
	open, err := books.OpenInstructions(t.Context(), "", 500)
	require.NoError(t, err)
	want := 0
	for _, i := range w.state.instructions {
		if !i.PaidIn {
			want++
		}
	}
	require.Len(t, open, want)
	holds, err := books.Holds(t.Context(), 500)
	require.NoError(t, err)
	held := 0
	for _, x := range w.state.open {
		if x.life != nil && x.life.held {
			held++
		}
	}
	require.Len(t, holds, held)
}

func looksWindows(t *testing.T, books *store.Ledger, w *world) {
	t.Helper()
	nets := map[settlement.WindowID]map[int64][2]int64{}
	states := map[settlement.WindowID]settlement.WindowState{}
	defaults := map[settlement.WindowID]int{}
	for _, b := range w.batches {
		for _, e := range b.WindowEvents {
			states[e.Window] = e.State
		}
		for _, n := range b.WindowNets {
			if nets[n.Window] == nil {
				nets[n.Window] = map[int64][2]int64{}
			}
			nets[n.Window][n.Account] = [2]int64{n.GrossIn, n.GrossOut}
		}
		for _, s := range b.DefaultSteps {
			defaults[s.Window]++
		}
	}
	var listed []ledger.ListedWindow
	for before := settlement.WindowID(0); ; before = listed[len(listed)-1].ID {
		page, err := books.WindowStories(t.Context(), before, 2)
		require.NoError(t, err)
		if listed = append(listed, page...); len(page) == 0 {
			break
		}
	}
	require.Len(t, listed, len(states))
	for _, x := range listed {
		s, err := books.WindowStory(t.Context(), x.ID)
		require.NoError(t, err)
		require.Equal(t, x, s.ListedWindow)
		require.Equal(t, states[x.ID], s.State)
		require.Len(t, s.Defaults, defaults[x.ID])
		want := nets[x.ID]
		if s.State == settlement.WindowOpen {
			want = map[int64][2]int64{}
			for _, a := range w.state.accounts {
				if a.mayOwe() && w.state.groupOf(a.Currency).window.ID == x.ID && (a.grossIn > 0 || a.grossOut > 0) {
					want[a.ID] = [2]int64{a.grossIn, a.grossOut}
				}
			}
		}
		got := map[int64][2]int64{}
		for _, n := range s.Nets {
			got[n.Account] = [2]int64{n.InMinor, n.OutMinor}
		}
		if len(want) > 0 || len(got) > 0 {
			require.Equal(t, want, got, "window %d, %s", x.ID, s.State)
		}
	}
}

func looksPulse(t *testing.T, books *store.Ledger, w *world, past []*pastTransfer) {
	t.Helper()
	for after := range int64(len(w.batches)) {
		p, err := books.Pulse(t.Context(), after)
		require.NoError(t, err)
		require.Equal(t, int64(len(w.batches)), p.Newest.ID)
		since := int64(0)
		for _, b := range w.batches {
			if b.ID > after {
				since += int64(b.Accepted)
			}
		}
		if after > 0 { // before, only those of the newest batch's day
			require.Equal(t, since, p.Accepted)
			ended := map[messaging.State]int64{}
			for _, x := range past {
				if x.State.Final() && x.Batch > after {
					ended[x.State]++
				}
			}
			require.Equal(t, [3]int64{ended[messaging.StatePaid], ended[messaging.StateReturned], ended[messaging.StateExpired]}, [3]int64{p.Paid, p.Returned, p.Expired})
		}
	}
	values, err := books.QueuedValues(t.Context())
	require.NoError(t, err)
	queued, got := map[string]int64{}, map[string]int64{}
	for _, x := range past {
		if x.State == messaging.StateQueued {
			queued[x.Source.Currency.String()] += x.Source.Minor
		}
	}
	for _, v := range values {
		got[v.Value.Currency.String()] = v.Value.Minor
	}
	require.Equal(t, queued, got)
	minutes, err := books.Minutes(t.Context(), dawn.Add(-24*time.Hour), dawn.AddDate(10, 0, 0))
	require.NoError(t, err)
	batches := int64(0)
	for _, m := range minutes {
		batches += m.Batches
	}
	require.Equal(t, int64(len(w.batches)), batches)
	looksRemember(t, books, minutes)
	var listed []ledger.ListedBatch
	for before := int64(math.MaxInt64); ; before = listed[len(listed)-1].ID {
		page, err := books.ListBatches(t.Context(), before, 3)
		require.NoError(t, err)
		if listed = append(listed, page...); len(page) == 0 {
			break
		}
	}
	require.Len(t, listed, len(w.batches))
	for i, b := range listed {
		s, err := books.BatchStory(t.Context(), b.ID)
		require.NoError(t, err)
		require.Equal(t, b, s.ListedBatch)
		was := w.batches[len(w.batches)-1-i]
		require.Equal(t, was.Clearing, s.Clearing)
		require.Len(t, s.Moved, len(was.Balances))
		for k, m := range s.Moved {
			require.Equal(t, was.Balances[k].Credits-was.Balances[k].Debits, m.BalanceMinor)
		}
	}
}

// looksRemember asks for parts of the time again: what is remembered changes no answer.
func looksRemember(t *testing.T, books *store.Ledger, minutes []ledger.Minute) {
	t.Helper()
	step := max(1, len(minutes)/4)
	for first := 0; first < len(minutes); first += step {
		for last := first; last < len(minutes); last += step {
			got, err := books.Minutes(t.Context(), minutes[first].Begins, minutes[last].Begins.Add(time.Minute))
			require.NoError(t, err)
			require.Equal(t, minutes[first:last+1], got)
		}
	}
}

// looksProve holds the steps of each batch against what its entry commits to.
func looksProve(t *testing.T, books *store.Ledger, w *world) {
	t.Helper()
	ids := make([]int64, len(w.batches))
	for i, b := range w.batches {
		ids[i] = b.ID
	}
	got, err := books.Steps(t.Context(), ids...)
	require.NoError(t, err)
	for i, b := range w.batches {
		steps := audit.KeepSteps()
		Steps(steps, b, w.state)
		require.Equal(t, steps.Lines(), got[i].Lines)
		require.Equal(t, b.Log[0].Body, got[i].Entry)
	}
}
