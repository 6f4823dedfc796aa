package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/screen"
)

// screener is one that tests make.
type screener func(ctx context.Context, asked []screen.Question) ([]screen.Answer, error)

func (s screener) Screen(ctx context.Context, asked []screen.Question) ([]screen.Answer, error) {
	return s(ctx, asked)
}

// Real servers: one is denied, one held, one let pass as an exception, one simply passes; and without the lists the
// ledger is decided again to the byte.
func TestScreeningReplaysWithoutTheLists(t *testing.T) {
	s := newScene(t)
	paying, rest := context.WithCancel(t.Context())
	paid := make(chan error, 1)
	go func() { paid <- s.pay(paying, "gcash-ph") }()
	denied, held, excepted := s.intent(1), s.intent(2), s.intent(4)
	list, err := screen.NewList(screen.Lists{Name: "scheme-7", Entries: []screen.Entry{
		{Decision: screen.Deny, Accounts: []string{denied.Creditor.Account}}, {Decision: screen.Hold, Accounts: []string{held.Debtor.Account}},
		{Decision: screen.Allow, Accounts: []string{excepted.Creditor.Account}}, {Decision: screen.Deny, Names: []string{"Grace Otieno"}},
	}})
	require.NoError(t, err)
	excepted.Creditor.Name = "Otieno, Grace"
	s.screener = list
	stop := s.lead("first")
	require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{denied, held, excepted, s.intent(5)}))
	s.awaitStates(map[messaging.State]int64{messaging.StateRejected: 1, messaging.StateQueued: 1, messaging.StatePaid: 2})
	require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{s.intent(7), denied}))
	s.awaitStates(map[messaging.State]int64{messaging.StateRejected: 1, messaging.StateQueued: 1, messaging.StatePaid: 3})
	stop()

	s.screener = screener(func(context.Context, []screen.Question) ([]screen.Answer, error) {
		return nil, errors.New("out of order")
	})
	stop = s.lead("second")
	require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{s.intent(8)}))
	s.awaitStates(map[messaging.State]int64{messaging.StateRejected: 1, messaging.StateQueued: 2, messaging.StatePaid: 3})
	stop()

	var late context.CancelFunc
	hung, late := context.WithCancel(t.Context())
	s.screener = screener(func(context.Context, []screen.Question) ([]screen.Answer, error) {
		<-hung.Done() // whatever its time
		return nil, hung.Err()
	})
	stop = s.lead("third")
	require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{s.intent(10)}))
	s.awaitStates(map[messaging.State]int64{messaging.StateRejected: 1, messaging.StateQueued: 3, messaging.StatePaid: 3})
	require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{s.intent(11)}))
	s.awaitStates(map[messaging.State]int64{messaging.StateRejected: 1, messaging.StateQueued: 4, messaging.StatePaid: 3})
	late()
	require.Empty(t, s.told(settlement.CommandRelease, settlement.Verdict{Transfer: s.transferOf(held.ID), AskedBy: "Asha", ApprovedBy: "Ben", Reason: "another person"}))
	s.awaitStates(map[messaging.State]int64{messaging.StateRejected: 1, messaging.StateQueued: 3, messaging.StatePaid: 4})
	stop()
	rest()
	require.ErrorIs(t, <-paid, context.Canceled)

	owner, err := pgx.Connect(t.Context(), s.url)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	rows, err := owner.Query(t.Context(), `SELECT concat_ws(' ', decision, list, rule) FROM ledger.screen_verdict ORDER BY batch, sequence, place`)
	require.NoError(t, err)
	said, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	unanswered := "hold screening unanswered"
	require.Equal(t, []string{"deny scheme-7 account", "hold scheme-7 account", "allow scheme-7 account", unanswered, unanswered, unanswered}, said)
	s.sound()
	batches, err := engine.Replay(t.Context(), s.books)
	require.NoError(t, err)
	require.Positive(t, batches)

	_, err = owner.Exec(t.Context(), "SET ledger.change_the_past = 'on'")
	require.NoError(t, err)
	for _, m := range []struct{ change, undo string }{
		{"UPDATE ledger.screen_verdict SET decision = 'allow' WHERE decision = 'deny'", "UPDATE ledger.screen_verdict SET decision = 'deny' WHERE place = 0 AND list = 'scheme-7'"},
		{"UPDATE ledger.screen_verdict SET list = 'x' || list WHERE decision = 'hold'", "UPDATE ledger.screen_verdict SET list = substr(list, 2) WHERE decision = 'hold'"},
	} {
		_, err := owner.Exec(t.Context(), m.change)
		require.NoError(t, err)
		findings, err := s.books.Check(t.Context(), s.public)
		require.NoError(t, err)
		for _, f := range findings {
			assert.Equal(t, f.Name != "screening_is_recorded", f.OK, "%s: %s", f.Name, f.Detail)
		}
		var diverged *engine.DivergedError
		_, err = engine.Replay(t.Context(), s.books)
		require.ErrorAs(t, err, &diverged)
		_, err = owner.Exec(t.Context(), m.undo)
		require.NoError(t, err)
	}
	s.sound()
}

// sound wants every invariant to hold.
func (s *scene) sound() {
	findings, err := s.books.Check(s.t.Context(), s.public)
	require.NoError(s.t, err)
	for _, f := range findings {
		require.True(s.t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}
