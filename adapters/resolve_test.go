package adapters

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestNobodyCallsFailedWhatMayStillBePaid holds when a person may say that an operation failed.
func TestNobodyCallsFailedWhatMayStillBePaid(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	of := func(change func(*liveOperation)) string {
		op := &liveOperation{operation: operation{State: Unknown, Operation: Operation{Submitted: now.Add(-time.Hour)}}}
		change(op)
		why, _ := op.mayPay(now, 2*time.Hour)
		return why
	}
	for name, allowed := range map[string]func(*liveOperation){
		"never submitted":        func(o *liveOperation) { o.State, o.Submitted = Instructed, time.Time{} },
		"refused by the rail":    func(o *liveOperation) { o.Claim = &claim{State: Failed} },
		"not known to the rail":  func(o *liveOperation) { o.Missing, o.RailID = missingAfter, "R1" },
		"longer than rails take": func(o *liveOperation) { o.Submitted = now.Add(-2 * time.Hour) },
	} {
		assert.Empty(t, of(allowed), name)
	}
	for name, refused := range map[string]func(*liveOperation){
		"unknown":              func(*liveOperation) {},
		"accepted":             func(o *liveOperation) { o.State = Accepted },
		"submitted again soon": func(o *liveOperation) { o.State, o.doubt, o.SentMS = Instructed, true, now.UnixMilli() },
		"sent lately":          func(o *liveOperation) { o.Submitted, o.SentMS = now.Add(-time.Hour*99), now.UnixMilli() },
		"sent nobody knows when": func(o *liveOperation) {
			o.State, o.doubt, o.Submitted = Instructed, true, now.Add(-time.Hour*99)
		},
		"being asked about": func(o *liveOperation) { o.busy, o.Submitted = true, now.Add(-time.Hour*99) },
		"said to be paid":   func(o *liveOperation) { o.Claim, o.SaidDone = &claim{State: Failed}, true },
	} {
		assert.NotEmpty(t, of(refused), name)
	}
	rapid.Check(t, func(t *rapid.T) {
		op := &liveOperation{operation: operation{
			State:     rapid.SampledFrom([]State{Instructed, Accepted, Unknown}).Draw(t, "state"),
			Operation: Operation{Submitted: now.Add(-time.Duration(rapid.Int64Range(1, int64(99*time.Hour)).Draw(t, "age")))},
			SaidDone:  rapid.Bool().Draw(t, "said"), Missing: rapid.IntRange(0, missingAfter).Draw(t, "missing"),
		}, doubt: rapid.Bool().Draw(t, "doubt"), busy: rapid.Bool().Draw(t, "busy")}
		why, until := op.mayPay(now, 0)
		if op.State == Instructed {
			op.SentMS = op.Submitted.UnixMilli()
			why, until = op.mayPay(now, 0)
		}
		if why != "" && !op.busy {
			later, _ := op.mayPay(until, 0)
			assert.Empty(t, later, "there is a time at which it ends")
			assert.True(t, until.After(now))
		}
	})
}

// TestAFailureTooSoonIsRefused asks a person to wait for the rail.
func TestAFailureTooSoonIsRefused(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(_ *RunnerConfig, rail *scriptRail) {
		rail.noCall = true
		rail.caps.Timers.FirstQuery = patience
	})
	r.instruct(instruction("t1", 100_00, accountWith(t, fateTimeoutAfter)))
	r.until("unknown", func() bool { return r.unknowns["t1/payout"] == 1 })
	var early *MayPayError
	require.ErrorAs(t, a.Resolve(t.Context(), "t1P", Resolution{State: Failed, Operator: "Wanjiru", Reason: "impatience"}), &early)
	assert.True(t, early.Until.After(time.Now()))
	o, found, err := a.Operation("t1P")
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, Unknown, o.State)
	assert.Equal(t, early.Why, o.MayPay)
	assert.Empty(t, r.finals)
	_, found, err = a.Operation("t2P")
	require.NoError(t, err)
	assert.False(t, found)
}
