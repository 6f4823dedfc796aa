package decide

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// unheard is a world in which two payouts and two refunds wait at rails that were asked in vain: of one each the rail said
// that it does not know.
func unheard(t *testing.T) (w *world, payouts, refunds []messaging.Instruction) {
	t.Helper()
	w = funded(t)
	b := w.decide(nil, w.intents("mpesa-ke", w.intent("a", "mpesa-ke", "gcash-ph", 100_00), w.intent("b", "mpesa-ke", "gcash-ph", 100_00),
		w.intent("c", "mpesa-ke", "gcash-ph", 100_00), w.intent("d", "mpesa-ke", "gcash-ph", 100_00)))
	payouts = instructions(t, b, "gcash-ph")
	doubt := func(i messaging.Instruction) messaging.Outcome {
		o := paid(i)
		o.State = messaging.OutcomeUnknown
		return o
	}
	b = w.decide(nil, w.outcomes("gcash-ph", doubt(payouts[1]), doubt(payouts[2]), failed(payouts[2]), failed(payouts[3])))
	refunds = instructions(t, b, "mpesa-ke")
	require.Len(t, refunds, 2)
	w.decide(nil, w.outcomes("mpesa-ke", doubt(refunds[0])))
	for due, ok := w.state.nextDue(w.now); ok; due, ok = w.state.nextDue(w.now) {
		w.now = due
		w.decide(nil)
	}
	return w, payouts, refunds
}

func TestWhatPeopleAttendTo(t *testing.T) {
	w, _, _ := unheard(t)
	books := stored(t, w)
	loads, err := books.RailLoads(t.Context())
	require.NoError(t, err)
	require.Len(t, loads, 2)
	for _, l := range loads {
		require.Equal(t, []int64{2, 1}, []int64{l.Told, l.Unknown}, l.Participant)
	}
	open, err := books.Exceptions(t.Context(), "gcash-ph", true, 10)
	require.NoError(t, err)
	require.Len(t, open, 2)

	w, payouts, refunds := unheard(t)
	w.decide(nil, w.outcomes("gcash-ph", paid(payouts[0])), w.outcomes("mpesa-ke", paid(refunds[0])))
	w.decide(nil, w.outcomes("gcash-ph", failed(payouts[0]))) // against what is final
	w.decide(nil, w.outcomes("gcash-ph", failed(payouts[1]))) // its refund is asked for
	open, err = stored(t, w).Exceptions(t.Context(), "", true, 10)
	require.NoError(t, err)
	require.Len(t, open, 2)
	require.Equal(t, []string{"gcash-ph", "outcome", "payout"}, []string{open[0].Participant, open[0].Kind, open[0].About})
	require.Equal(t, []string{"mpesa-ke", "unheard", "refund"}, []string{open[1].Participant, open[1].Kind, open[1].About})
}

// attends holds what the books say of rails and of cases for people against the state that the same batches made.
func attends(t *testing.T, w *world, books *store.Ledger) {
	t.Helper()
	loads, err := books.RailLoads(t.Context())
	require.NoError(t, err)
	told, unknown := map[string]int64{}, map[string]int64{}
	for _, l := range loads {
		told[l.Participant] = l.Told
		require.False(t, l.ToldSince.IsZero(), l.Participant)
		require.Equal(t, l.Unknown == 0, l.UnknownSince.IsZero(), l.Participant)
		if l.Unknown > 0 {
			unknown[l.Participant] = l.Unknown
		}
	}
	wantTold, wantUnknown := w.atRails()
	require.Equal(t, wantTold, told)
	require.Equal(t, wantUnknown, unknown)

	all, err := books.Exceptions(t.Context(), "", false, 10_000)
	require.NoError(t, err)
	require.Len(t, all, forAPerson(w.batches))
	open, err := books.Exceptions(t.Context(), "", true, 10_000)
	require.NoError(t, err)
	require.Subset(t, all, open)
	byName := 0
	for _, p := range w.state.participants {
		of, err := books.Exceptions(t.Context(), p.Name, false, 10_000)
		require.NoError(t, err)
		for _, e := range of {
			require.Equal(t, p.Name, e.Participant)
		}
		byName += len(of)
	}
	require.Len(t, all, byName, "each is about one rail")
	isOpen := map[ledger.Exception]bool{}
	for _, e := range open {
		isOpen[e] = true
	}
	for _, e := range all {
		if e.Kind == "unheard" {
			id, err := settlement.ParseTransferID(e.Transfer)
			require.NoError(t, err)
			waits := w.state.open[id]
			require.Equal(t, waits != nil && string(waits.awaited()) == e.About, isOpen[e], "%+v", e)
		}
	}
}

// atRails counts what rails were told and have not ended, and of which of it they said that they do not know, by name.
func (w *world) atRails() (told, unknown map[string]int64) {
	type word struct {
		of   settlement.TransferID
		kind messaging.Kind
	}
	doubted := map[word]bool{}
	for _, b := range w.batches {
		for _, o := range b.Outcomes {
			if o.Outcome.State == messaging.OutcomeUnknown {
				doubted[word{o.Transfer, o.Outcome.Kind}] = true
			}
		}
	}
	told, unknown = map[string]int64{}, map[string]int64{}
	for _, t := range w.state.open {
		if t.state != messaging.StateCleared {
			continue
		}
		rail, about := t.Creditor, word{t.ID, messaging.KindPayout}
		if t.original != nil {
			rail, about = t.Debtor, word{t.ReturnOf, messaging.KindRefund}
		}
		name := w.state.participants[rail-1].Name
		told[name]++
		if doubted[about] {
			unknown[name]++
		}
	}
	return told, unknown
}
