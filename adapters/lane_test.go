package adapters

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLaneOfAnEndpointThatIsDown has thousands wait for an endpoint that is down: one call tries it now and then, and
// when it is up they all go, each once.
func TestLaneOfAnEndpointThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tasks, outage, open = 10_000, time.Minute, time.Second
		l := newLane("script", "submit", 16, 0, open)
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		var mu sync.Mutex
		calls, done := 0, map[string]int{}
		finished := make(chan struct{})
		attend := func(task task) {
			var err error
			made := l.call(func() error {
				if err = nil; time.Since(start) < outage {
					err = errors.New("down")
				}
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			if made {
				calls++
			}
			if !made || err != nil {
				l.add(task)
				return
			}
			if done[task.key]++; len(done) == tasks {
				close(finished)
			}
		}
		for i := range tasks {
			l.add(task{bucketOperations, fmt.Sprint(i)})
		}
		end := make(chan struct{})
		go func() { defer close(end); l.run(ctx, attend) }()
		<-finished
		cancel()
		<-end
		failed := calls - tasks
		assert.LessOrEqual(t, failed, breakerCalls+16+int(outage/open), "calls while it was down")
		assert.GreaterOrEqual(t, failed, int(outage/open)/2, "it has to be tried")
		for key, times := range done {
			require.Equal(t, 1, times, key)
		}
		assert.Less(t, time.Since(start), outage+3*open)
		assert.Zero(t, l.waiting())
	})
}

func TestLaneKeepsToTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane("script", "query", 16, 10, time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		start, calls := time.Now(), make(chan time.Duration, 100)
		for i := range cap(calls) {
			l.add(task{bucketOperations, fmt.Sprint(i)})
			l.add(task{bucketOperations, fmt.Sprint(i)}) // it waits already
		}
		go l.run(ctx, func(task) { calls <- time.Since(start) })
		for i := range cap(calls) {
			at := <-calls
			assert.InDelta(t, (time.Duration(i) * 100 * time.Millisecond).Seconds(), at.Seconds(), 0.01)
		}
		synctest.Wait()
		assert.Empty(t, calls)
	})
}

// TestHangingSubmissionsLeaveQueriesAlone fills every place for submissions.
func TestHangingSubmissionsLeaveQueriesAlone(t *testing.T) {
	r := newRig(t)
	hang := make(chan struct{})
	var hanging atomic.Bool
	a := r.adapter(t.TempDir(), func(c *RunnerConfig, rail *scriptRail) {
		c.Workers = 4
		rail.called = func(kind string) {
			if kind == "submit" && hanging.Load() {
				<-hang
			}
		}
	})
	defer close(hang)
	r.instruct(instruction("first", 100_00, accountWith(t, fateTimeoutAfter)))
	r.until("unknown", func() bool { return r.unknowns["first/payout"] == 1 })
	hanging.Store(true)
	for i := range 8 {
		r.instruct(instruction(fmt.Sprintf("t%d", i), 100_00, accountWith(t, fateAtOnce)))
	}
	r.until("the outcome", func() bool { return len(r.finals["first/payout"]) == 1 })
	assert.Equal(t, 0, a.Stats().Waiting["query"])
}
