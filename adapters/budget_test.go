package adapters

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever prompts the questions, a rail that says so is asked neither too soon nor too often.
func TestBudgetHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		timers := Timers{
			QueryNotBefore: time.Duration(rapid.IntRange(0, 200).Draw(t, "not before")) * time.Second,
			QueriesMost:    rapid.IntRange(1, mostBudget).Draw(t, "most"),
			QueriesWithin:  time.Duration(rapid.IntRange(1, 500).Draw(t, "within")) * time.Second,
		}
		start := time.UnixMilli(1_800_000_000_000)
		var o operation
		o.noteCall(true, start)
		var asked []time.Time
		for now := start; now.Before(start.Add(2000 * time.Second)); {
			now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "prompt")) * time.Second)
			if o.soonest(timers).After(now) {
				continue
			}
			o.noteCall(false, now)
			if rapid.IntRange(0, 9).Draw(t, "made") == 0 {
				o.forgetCall(false)
				continue
			}
			asked = append(asked, now)
		}
		for i, at := range asked {
			require.False(t, at.Before(start.Add(timers.QueryNotBefore)), "too soon")
			if before := i - timers.QueriesMost; before >= 0 {
				require.GreaterOrEqual(t, at.Sub(asked[before]), timers.QueriesWithin, "too often")
			}
		}
	})
}

// TestBudgetOutlivesRestarts has callbacks and restarts prompt questions without a pause.
func TestBudgetOutlivesRestarts(t *testing.T) {
	const notBefore, most, within = 200 * time.Millisecond, 2, 600 * time.Millisecond
	r, dir := newRig(t), t.TempDir()
	var mu sync.Mutex
	var submitted time.Time
	var asked []time.Time
	start := func() *adapter {
		return r.adapter(dir, func(_ *RunnerConfig, rail *scriptRail) {
			rail.noCall, rail.undecided = true, true
			rail.caps.Timers.QueryNotBefore, rail.caps.Timers.QueriesMost, rail.caps.Timers.QueriesWithin = notBefore, most, within
			rail.caps.Timers.OpenFor = 3 * within
			rail.called = func(kind string) {
				mu.Lock()
				defer mu.Unlock()
				if kind == "submit" {
					submitted = time.Now()
				} else {
					asked = append(asked, time.Now())
				}
			}
		})
	}
	a := start()
	r.instruct(instruction("t1", 100_00, accountWith(t, fateLostCallback)))
	a.passed(t, "after submit")
	for questions := 0; questions < 4*most; {
		_ = a.Evidence(context.Background(), "t1P", "railt1P", Evidence{State: Settled, Origin: FromCallback}) // it may be stopping
		mu.Lock()
		more := len(asked) > questions
		questions = len(asked)
		mu.Unlock()
		if more && questions%3 == 0 {
			a.stop()
			a = start()
		}
	}
	require.Eventually(t, func() bool { return a.Stats().Exceptions[ExceptionOpenLong] == 1 }, patience, 5*time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	const written = 150 * time.Millisecond // a call may be so much later than what was written down about it
	for i, at := range asked {
		assert.GreaterOrEqual(t, at.Sub(submitted), notBefore-written, "too soon")
		if i >= most {
			assert.GreaterOrEqual(t, at.Sub(asked[i-most]), within-written, "too often")
		}
	}
}
