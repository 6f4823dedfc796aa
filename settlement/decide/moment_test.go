package decide

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

// A day without any input: the state machine tells every moment that matters, and no batch is decided at another.
func TestMomentsAreToldOfADayWithoutInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		clock := func() time.Time { return dawn.Add(time.Since(began)) }
		w := funded(t)
		w.do(settlement.CommandHours, settlement.Hours{Currency: ugx, Late: schedule.Queue, Closed: []settlement.Closed{{From: dawn, Until: dawn.Add(20 * time.Minute)}}})
		late := w.intent("late", "mpesa-ke", "momo-ug", 10_000)
		held := w.intent("held", "mpesa-ke", "gcash-ph", 100_00)
		held.Deadline = dawn.Add(50 * time.Minute)
		m := w.intents("mpesa-ke", w.intent("silent", "mpesa-ke", "gcash-ph", 100_00), late, held)
		w.hit(m, 2)
		w.decide(nil, m)

		wakes := time.NewTimer(0)
		var at []time.Duration
		var what []string
		<-wakes.C
		for range 20 {
			due, ok := w.state.nextDue(clock())
			if !ok {
				break
			}
			wakes.Reset(max(due.Sub(clock()), 0))
			<-wakes.C
			w.now = clock()
			if due, ok := w.state.nextDue(w.now); !ok || due.After(w.now) {
				continue // it was due, and cleared meanwhile: no batch
			}
			b := w.decide(nil)
			at = append(at, w.now.Sub(dawn))
			did := ""
			for _, e := range b.Life {
				did += string(e.Kind) + " "
			}
			for _, e := range b.Events {
				did += string(e.State) + " "
			}
			what = append(what, did)
		}
		require.Equal(t, []time.Duration{
			15 * time.Minute, 20 * time.Minute, 35 * time.Minute, 45 * time.Minute, 50 * time.Minute, 65 * time.Minute,
			105 * time.Minute, 125 * time.Minute, 225 * time.Minute, 245 * time.Minute, 465 * time.Minute, 485 * time.Minute,
			945 * time.Minute, 965 * time.Minute,
		}, at)
		require.Equal(t, []string{
			"asked ", "opened cleared ", "asked ", "asked ", "expired ", "asked ", "asked ", "asked ", "asked ", "asked ", "asked ", "asked ",
			"unheard ", "unheard ",
		}, what)
		_, ok := w.state.nextDue(clock())
		require.False(t, ok, "now it is for people")
		require.Len(t, w.state.open, 2)
	})
}
