package engine_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/engine"
)

// Real servers: one is held by a list that only this engine has the key to, one is recalled, one settles by
// itself; and without the key the ledger is decided again to the byte.
func TestLivesReplayFromTheLedger(t *testing.T) {
	s := newScene(t)
	paying, rest := context.WithCancel(t.Context())
	paid := make(chan error, 1)
	go func() { paid <- s.pay(paying, "gcash-ph") }()

	screen := decide.KeyedScreen{Key: []byte("a key of this test")}
	listed, recalled, gross := s.intent(1), s.intent(2), s.intent(4)
	hash := screen.Hash(listed.Creditor.Account)
	stop := s.lead("first", screen)
	require.Empty(t, s.told(settlement.CommandScreen, settlement.ScreenList{Name: "list", Version: 1, Accounts: [][]byte{hash[:]}}))
	require.Empty(t, s.told(settlement.CommandGross, settlement.Gross{From: kes, To: php, ThresholdMinor: 100_04}))
	require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{listed}))
	s.awaitStates(map[messaging.State]int64{messaging.StateQueued: 1})
	require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{gross, s.intent(5)}))
	s.awaitStates(map[messaging.State]int64{messaging.StateQueued: 1, messaging.StatePaid: 2})
	stop()
	stop = s.lead("second", screen)
	recalled.Creditor.Account = listed.Creditor.Account
	require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{recalled}))
	s.awaitStates(map[messaging.State]int64{messaging.StateQueued: 2, messaging.StatePaid: 2})
	require.NoError(t, s.clients["mpesa-ke"].PublishRecalls(t.Context(), []messaging.Recall{{Intent: recalled.ID, Reason: "CUST"}, {Intent: gross.ID, Reason: "CUST"}}))
	s.awaitStates(map[messaging.State]int64{messaging.StateQueued: 1, messaging.StateExpired: 1, messaging.StatePaid: 2})
	s.ask(settlement.CommandRelease, settlement.Verdict{Transfer: s.transferOf(listed.ID), AskedBy: "Asha", ApprovedBy: "Ben", Reason: "another person"})
	s.awaitStates(map[messaging.State]int64{messaging.StateExpired: 1, messaging.StatePaid: 3})
	stop()
	rest()
	require.ErrorIs(t, <-paid, context.Canceled)

	findings, err := s.books.Check(t.Context(), s.public)
	require.NoError(t, err)
	for _, f := range findings {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
	batches, err := engine.Replay(t.Context(), s.books)
	require.NoError(t, err)
	require.Positive(t, batches)
	s.checkSeesThroughLives()
}

// checkSeesThroughLives is checkSeesThrough for what this file's test brings about.
func (s *scene) checkSeesThroughLives() {
	owner, err := pgx.Connect(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer owner.Close(context.WithoutCancel(s.t.Context())) //nolint:errcheck // the test is over
	_, err = owner.Exec(s.t.Context(), "SET ledger.change_the_past = 'on'")
	require.NoError(s.t, err)
	for _, m := range []struct{ invariant, change, undo string }{
		{"lives_have_causes", "UPDATE ledger.life_event SET kind = 'opened' WHERE kind = 'released'", "UPDATE ledger.life_event SET kind = 'released' WHERE kind = 'opened'"},
		{"lives_have_causes", "UPDATE ledger.life_event SET kind = 'asked', about = 'payout' WHERE kind = 'gross'", "UPDATE ledger.life_event SET kind = 'gross', about = '' WHERE kind = 'asked'"},
		{"lives_have_causes", "UPDATE ledger.participant SET reserves = true WHERE name = 'gcash-ph'", "UPDATE ledger.participant SET reserves = false"},
		{"lives_have_causes", "UPDATE ledger.rule SET command = command + 100", "UPDATE ledger.rule SET command = command - 100"},
		{"postings_have_causes", "UPDATE ledger.life_event SET kind = 'released' WHERE kind = 'gross'",
			"UPDATE ledger.life_event e SET kind = 'gross' WHERE kind = 'released' AND EXISTS (SELECT FROM ledger.posting p WHERE p.transfer = e.transfer AND p.kind = 'gross')"},
	} {
		_, err := owner.Exec(s.t.Context(), m.change)
		require.NoError(s.t, err, m.change)
		findings, err := s.books.Check(s.t.Context(), s.public)
		require.NoError(s.t, err)
		broken := map[string]bool{}
		for _, f := range findings {
			broken[f.Name] = !f.OK
		}
		assert.True(s.t, broken[m.invariant], "%s should break %s: %v", m.change, m.invariant, findings)
		_, err = owner.Exec(s.t.Context(), m.undo)
		require.NoError(s.t, err, m.undo)
	}
	findings, err := s.books.Check(s.t.Context(), s.public)
	require.NoError(s.t, err)
	for _, f := range findings {
		require.True(s.t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}

// awaitStates waits until transfers are in these states and no others.
func (s *scene) awaitStates(want map[messaging.State]int64) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		states, err := s.books.States(ctx)
		require.NoError(s.t, err)
		if assert.ObjectsAreEqual(want, states) {
			return
		}
		select {
		case <-s.notices: // something happened: look again
		case <-ctx.Done():
			require.Equal(s.t, want, states)
			return
		}
	}
}

// transferOf is the switch's id of an intent.
func (s *scene) transferOf(intent string) string {
	owner, err := pgx.Connect(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer owner.Close(context.WithoutCancel(s.t.Context())) //nolint:errcheck // only reading
	var id settlement.TransferID
	require.NoError(s.t, owner.QueryRow(s.t.Context(), `SELECT transfer FROM ledger.intent WHERE id = $1`, intent).Scan(&id))
	return id.String()
}
