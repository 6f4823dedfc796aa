package adapters

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func runStore(t *testing.T, s *store) (stop func() error) {
	t.Helper()
	stopped, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.run(stopped) }()
	return func() error {
		close(stopped)
		return <-done
	}
}

// TestStoreCoalesces writes from many sides and finds few commits, and everything after a restart.
func TestStoreCoalesces(t *testing.T) {
	dir := t.TempDir()
	s, err := openStore(dir, us)
	require.NoError(t, err)
	stop := runStore(t, s)
	start := time.Now()
	const writers, each = 64, 200
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := range each {
				done := make(chan error, 1)
				s.write(func(err error) { done <- err }, record{bucketOrders, fmt.Sprintf("%d/%d", w, n), n})
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	commits, writes := s.counts()
	t.Logf("%d durable writes in %v by %d commits", writes, took, commits)
	assert.Equal(t, int64(writers*each), writes)
	assert.Less(t, commits, int64(writers*each/8))
	s.write(nil, record{bucketOrders, "last", 1}, record{bucketOrders, "last", 2})
	require.NoError(t, stop())
	var failed error
	s.write(func(err error) { failed = err }, record{bucketOrders, "late", 1})
	require.ErrorIs(t, failed, errStoreClosed)

	_, err = openStore(dir, "beta")
	require.ErrorContains(t, err, `belongs to participant "alpha"`)
	again, err := openStore(dir, us)
	require.NoError(t, err)
	_, err = openStore(dir, us)
	var inUse *StoreInUseError
	require.ErrorAs(t, err, &inUse)
	var value int
	found, err := again.get(bucketOrders, "last", &value)
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, 2, value, "the later of two writes")
	require.NoError(t, again.db.Close())
}

// TestStoreStopsWhenTheDiskFails tells everybody who waits, and takes nothing more.
func TestStoreStopsWhenTheDiskFails(t *testing.T) {
	s, err := openStore(t.TempDir(), us)
	require.NoError(t, err)
	require.NoError(t, s.db.Close()) // every commit fails from here on
	stop := runStore(t, s)
	told := make(chan error, 1)
	s.write(func(err error) { told <- err }, record{bucketOrders, "a", 1})
	require.Error(t, <-told)
	require.Error(t, stop())
	var failed error
	s.write(func(err error) { failed = err })
	require.Error(t, failed)
}

func TestScheduleHandsOutInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, out := newSchedule(), make(chan task)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.run(ctx, out) }()
		start := time.Now()
		a, b, c := task{bucketOrders, "a"}, task{bucketOrders, "b"}, task{bucketOperations, "a"}
		s.by(a, start.Add(3*time.Second))
		s.by(b, start.Add(2*time.Second))
		s.by(c, start.Add(5*time.Second))
		s.by(c, start.Add(9*time.Second)) // later than known: no news
		s.by(a, start.Add(1*time.Second)) // sooner
		for _, want := range []struct {
			task task
			at   time.Duration
		}{{a, time.Second}, {b, 2 * time.Second}, {c, 5 * time.Second}} {
			assert.Equal(t, want.task, <-out)
			assert.Equal(t, want.at, time.Since(start))
		}
		s.by(b, time.Time{})
		assert.Equal(t, b, <-out)
		cancel()
		<-done
	})
}
