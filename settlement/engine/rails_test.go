package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Real servers: a rail goes down, another engine takes the lead, the rail is silent for too long, goes down again and
// comes back. Everybody hears of it, the ledger replays to the byte, and the check sees through every change of it.
func TestRailsSpeakThroughRealServers(t *testing.T) {
	s := newScene(t)
	told := make(chan messaging.Peer, 100)
	listening, rest := context.WithCancel(t.Context())
	heard := make(chan error, 1)
	go func() {
		heard <- s.clients["mpesa-ke"].Receive(listening, func(_ context.Context, in messaging.Incoming) error {
			if in.Status != nil {
				for _, p := range in.Status.Peers {
					if p.Participant == "gcash-ph" {
						told <- p
					}
				}
			}
			return nil
		})
	}()
	await := func(down time.Time) {
		t.Helper()
		timeout := time.After(patience)
		for {
			select {
			case p := <-told:
				if p.DownSince.Equal(down) {
					return
				}
			case <-timeout:
				require.FailNow(t, "timeout", "waiting to hear that gcash-ph is down since %s", down)
			}
		}
	}
	say := func(state messaging.RailState, since, at time.Time) {
		t.Helper()
		require.NoError(t, s.clients["gcash-ph"].PublishHealth(t.Context(), messaging.RailHealth{State: state, Since: since, At: at, Waiting: 12}))
	}
	standing := func() ledger.RailStanding {
		t.Helper()
		rails, err := s.books.Rails(t.Context())
		require.NoError(t, err)
		require.Len(t, rails, 1)
		return rails[0]
	}

	now := time.Now().UTC().Truncate(time.Microsecond)
	first, second := now.Add(-time.Minute), now.Add(-time.Second)
	stop := s.lead("first")
	say(messaging.RailDown, first, now)
	await(first)
	require.Equal(t, messaging.RailDown, standing().State)
	require.EqualValues(t, 12, standing().Waiting)
	stop()
	stop = s.lead("second")
	say(messaging.RailUp, now, now.Add(time.Second))
	await(time.Time{})
	stop()
	s.ahead = messaging.DownAgain
	stop = s.lead("third")
	say(messaging.RailDown, second, now.Add(2*time.Second))
	await(second)
	stop()
	s.ahead += messaging.DownHolds // and nobody has said it again
	stop = s.lead("fourth")
	await(time.Time{})
	stop()
	rest()
	require.ErrorIs(t, <-heard, context.Canceled)
	require.Equal(t, ledger.RailSilent, standing().State)
	require.EqualValues(t, 12, standing().Waiting, "as was said last")

	findings, err := s.books.Check(t.Context(), s.public)
	require.NoError(t, err)
	for _, f := range findings {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
	batches, err := engine.Replay(t.Context(), s.books)
	require.NoError(t, err)
	require.Positive(t, batches)
	s.checkSeesThroughRails()
}

// checkSeesThroughRails is checkSeesThrough for what this file's test brings about.
func (s *scene) checkSeesThroughRails() {
	owner, err := pgx.Connect(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer owner.Close(context.WithoutCancel(s.t.Context())) //nolint:errcheck // the test is over
	_, err = owner.Exec(s.t.Context(), "SET ledger.change_the_past = 'on'")
	require.NoError(s.t, err)
	for _, m := range []struct{ change, undo string }{
		{"UPDATE ledger.rail_health SET waiting = waiting + 1", "UPDATE ledger.rail_health SET waiting = waiting - 1"},
		{"UPDATE ledger.rail_health SET since = since - interval '1 s'", "UPDATE ledger.rail_health SET since = since + interval '1 s'"},
		{"UPDATE ledger.rail_health SET said_at = said_at - interval '1 s'", "UPDATE ledger.rail_health SET said_at = said_at + interval '1 s'"},
		{"UPDATE ledger.rail_health SET participant = 1", "UPDATE ledger.rail_health SET participant = 2"},
		{"UPDATE ledger.rail_health SET sequence = sequence + 1", "UPDATE ledger.rail_health SET sequence = sequence - 1"},
		{"UPDATE ledger.rail_health SET place = place + 1", "UPDATE ledger.rail_health SET place = place - 1"},
		{"UPDATE ledger.rail_health SET state = 'down' WHERE state = 'up'", "UPDATE ledger.rail_health h SET state = 'up' WHERE batch = (SELECT max(batch) FROM ledger.rail_health WHERE batch < (SELECT max(batch) FROM ledger.rail_health WHERE state = 'down'))"},
		{"UPDATE ledger.batch SET decided_at = decided_at - interval '1 minute' WHERE id = (SELECT batch FROM ledger.rail_health WHERE state = 'silent')",
			"UPDATE ledger.batch SET decided_at = decided_at + interval '1 minute' WHERE id = (SELECT batch FROM ledger.rail_health WHERE state = 'silent')"},
	} {
		_, err := owner.Exec(s.t.Context(), m.change)
		require.NoError(s.t, err, m.change)
		findings, err := s.books.Check(s.t.Context(), s.public)
		require.NoError(s.t, err)
		broken := map[string]bool{}
		for _, f := range findings {
			broken[f.Name] = !f.OK
		}
		assert.True(s.t, broken["rails_spoke_for_themselves"], "%s should break it: %v", m.change, findings)
		_, err = owner.Exec(s.t.Context(), m.undo)
		require.NoError(s.t, err, m.undo)
	}
	findings, err := s.books.Check(s.t.Context(), s.public)
	require.NoError(s.t, err)
	for _, f := range findings {
		require.True(s.t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}
