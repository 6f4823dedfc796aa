package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A waker that is set again wakes at the new moment only.
func TestWakerIsSetAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		a := newWaker(time.Now)
		<-a.timer.C
		a.set(began.Add(time.Hour), true)
		a.set(began.Add(time.Minute), true)
		<-a.timer.C
		require.Equal(t, time.Minute, time.Since(began))
		a.set(began.Add(time.Hour), true)
		a.set(time.Time{}, false)
		select {
		case <-a.timer.C:
			require.Fail(t, "there was nothing to wake for")
		case <-time.After(2 * time.Hour):
		}
		a.set(began, true)
		<-a.timer.C
		require.Equal(t, 2*time.Hour+time.Minute, time.Since(began), "what is past is due now")
	})
}
