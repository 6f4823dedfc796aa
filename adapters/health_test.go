package adapters

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
)

// TestSwitchIsToldThatTheRailIsDown has a rail refuse every connection, and come back.
func TestSwitchIsToldThatTheRailIsDown(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), func(c *RunnerConfig, rail *scriptRail) {
		c.BreakerOpen = 200 * time.Millisecond
		rail.refuses.Store(true)
	})
	const payouts = 40
	var all []messaging.Instruction
	for i := range payouts {
		all = append(all, instruction(fmt.Sprintf("t%d", i), 100_00, accountWith(t, fateAtOnce)))
	}
	before := time.Now()
	r.instruct(all...)
	var down, up messaging.RailHealth
	r.until("that it is down", func() bool {
		if len(r.healths) == 1 {
			down = r.healths[0]
		}
		return len(r.healths) == 1 && len(r.finals) == 0
	})
	assert.Equal(t, messaging.RailDown, down.State)
	assert.EqualValues(t, payouts, down.Waiting)
	assert.WithinRange(t, down.Since, before, time.Now())
	assert.False(t, down.At.Before(down.Since))
	assert.Equal(t, messaging.RailDown, a.Stats().Health.State)

	answer := httptest.NewRecorder()
	a.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/health", nil))
	var health Health
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &health))
	assert.Equal(t, "running", health.Status, "the adapter is well")
	assert.Equal(t, messaging.RailDown, health.Health.State)
	assert.True(t, health.Health.Since.Equal(down.Since))

	a.rail.refuses.Store(false)
	r.until("that it is up again", func() bool {
		if len(r.healths) == 2 {
			up = r.healths[1]
		}
		return len(r.healths) == 2
	})
	assert.Equal(t, messaging.RailUp, up.State)
	assert.True(t, up.Since.After(down.Since))
	r.until("the payouts", func() bool { return len(r.finals) == payouts })
	assert.Zero(t, a.Stats().Health.Waiting)
}

func TestWhatIsSaidOfARail(t *testing.T) {
	at := time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC)
	health := func(state messaging.RailState, after time.Duration) messaging.RailHealth {
		return messaging.RailHealth{State: state, At: at.Add(after)}
	}
	var nothing messaging.RailHealth
	for name, c := range map[string]struct {
		now, told messaging.RailHealth
		want      bool
	}{
		"up since ever":             {health(messaging.RailUp, 0), nothing, false},
		"down":                      {health(messaging.RailDown, 0), nothing, true},
		"up again":                  {health(messaging.RailUp, time.Second), health(messaging.RailDown, 0), true},
		"up as was said":            {health(messaging.RailUp, time.Hour), health(messaging.RailUp, 0), false},
		"down as was said":          {health(messaging.RailDown, sayEvery-1), health(messaging.RailDown, 0), false},
		"down, once more":           {health(messaging.RailDown, sayEvery), health(messaging.RailDown, 0), true},
		"down at once after up":     {health(messaging.RailDown, sayAfter-1), health(messaging.RailUp, 0), false},
		"down a while after up":     {health(messaging.RailDown, sayAfter), health(messaging.RailUp, 0), true},
		"up and down since up last": {health(messaging.RailUp, sayAfter), health(messaging.RailUp, 0), false},
	} {
		assert.Equal(t, c.want, toTell(c.now, c.told), name)
	}
	assert.Greater(t, sayAfter, messaging.DownAgain, "or it would not count")
	assert.Less(t, 2*sayEvery, messaging.DownHolds, "one may get lost")
}

// TestAnEndpointIsDown looks at the ways in which a lane finds out, and at how it finds out that it is over.
func TestAnEndpointIsDown(t *testing.T) {
	broken := errors.New("broken")
	calls := func(l *lane, n int, err error) {
		for range n {
			l.call(func() error { return err })
		}
	}
	synctest.Test(t, func(t *testing.T) {
		l := newLane("script", "submit", 16, 0, time.Second)
		assert.False(t, l.down(true, time.Now()), "unheard of")
		calls(l, breakerCalls, broken)
		assert.True(t, l.down(false, time.Now()), "the breaker is open")
		<-time.After(time.Second + time.Millisecond)
		assert.True(t, l.down(true, time.Now()), "half open, and the call that tries it is to come")
		assert.False(t, l.down(false, time.Now()), "half open, and there is none")
		calls(l, 1, nil)
		assert.False(t, l.down(true, time.Now()))

		calls(l, downCalls-1, broken)
		<-time.After(downFor)
		assert.False(t, l.down(true, time.Now()), "a few only")
		calls(l, 1, broken)
		assert.True(t, l.down(true, time.Now()), "too few for the breaker, and no other came through")
		assert.False(t, l.down(false, time.Now()), "and none will, for now")
		calls(l, 1, nil)
		assert.False(t, l.down(true, time.Now()))

		calls(l, downCalls, broken)
		assert.False(t, l.down(true, time.Now()), "at one moment only")
		<-time.After(downFor)
		assert.True(t, l.down(true, time.Now()))
	})
}

// TestAnswerSaysThatThePayoutMayWait prices orders to a rail that is down, and to the same once it is up again.
func TestAnswerSaysThatThePayoutMayWait(t *testing.T) {
	r := newRig(t)
	a := r.adapter(t.TempDir(), nil)
	r.open()
	a.passed(t, "message durable")
	peer := messaging.Peer{Participant: them, Country: "IN", Currency: "INR", PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 10_000_000}
	since := time.Now().Add(-time.Minute).UTC().Truncate(time.Microsecond)
	tell := func(down time.Time) {
		peer.DownSince = down
		payloads, err := messaging.EncodeStatuses(messaging.StatusMessage{Participant: us, Batch: 1, LogIndex: 1, Peers: []messaging.Peer{peer}})
		r.send(messaging.PayloadStatus, payloads, err)
		a.passed(t, "message durable")
	}
	place := func(ref string) OrderAnswer {
		answers, err := a.PlaceOrders(context.Background(), []OrderRequest{request(ref, 100_00)})
		require.NoError(t, err)
		require.Empty(t, answers[0].Fault, answers[0].Detail)
		return answers[0]
	}
	assert.Zero(t, place("A1").DownSince)
	tell(since)
	down := place("A2")
	assert.Equal(t, since, down.DownSince)
	tell(time.Time{})
	assert.Zero(t, place("A3").DownSince)
	assert.Equal(t, down, place("A2"), "the same order gets the same answer")
}
