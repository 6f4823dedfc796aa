package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
)

// backwards is an intent of gcash-ph to mpesa-ke.
func (s *scene) backwards(n int) messaging.Intent {
	quote := fx.Quote{ID: "q2", Provider: "fx-house", From: php, To: kes, Rate: fx.MustRate("2.2"), Expires: s.quote.Expires}
	conversion, err := quote.Convert(fx.FixedSource, fx.Money{Minor: 80_00, Currency: php})
	require.NoError(s.t, err)
	i := s.intent(n)
	i.CreditorParticipant, i.Quote = "mpesa-ke", quote.ID
	i.Debtor, i.Creditor = i.Creditor, i.Debtor
	i.Source, i.Destination = messaging.NewAmount(conversion.Source), messaging.NewAmount(conversion.Destination)
	return i
}

// bundled makes intents the legs of a bundle; those of mpesa-ke come first.
func (s *scene) bundled(id string, ofKenya int, intents ...messaging.Intent) []messaging.Intent {
	legs := make([]messaging.Leg, len(intents))
	for n := range intents {
		legs[n] = messaging.LegOf(names[min(n/ofKenya, 1)], &intents[n])
	}
	all, err := messaging.NewBundle(id, legs)
	require.NoError(s.t, err)
	for n := range intents {
		intents[n].Bundle = &all[n]
	}
	return intents
}

// Real servers, and another leader while bundles are open: one clears as a whole, though one of its senders has nothing
// but what the others send it; one is recalled in part, and one refused in part.
func TestBundlesAcrossLeaders(t *testing.T) {
	s := newScene(t)
	s.ask(settlement.CommandQuotes, settlement.Quotes{Quotes: []fx.Quote{
		{ID: "q2", Provider: "fx-house", From: php, To: kes, Rate: fx.MustRate("2.2"), Expires: s.quote.Expires},
	}})
	paying, rest := context.WithCancel(t.Context())
	paid := make(chan error, len(names))
	for _, name := range names {
		go func() { paid <- s.pay(paying, name) }()
	}
	send := func(from string, intents ...messaging.Intent) {
		require.NoError(t, s.clients[from].PublishIntents(t.Context(), intents))
	}
	whole := s.bundled("round-1", 2, s.intent(1), s.intent(2), s.backwards(4))
	recalled := s.bundled("round-2", 2, s.intent(11), s.intent(12), s.backwards(14))
	unknown := s.intent(21)
	unknown.CreditorParticipant = "nobody"
	refused := s.bundled("round-3", 1, unknown, s.backwards(24))

	stop := s.lead("first")
	send("gcash-ph", whole[2], recalled[2])
	send("mpesa-ke", whole[0], recalled[0], refused[0])
	s.awaitStates(map[messaging.State]int64{messaging.StateQueued: 4, messaging.StateRejected: 1})
	stop()
	stop = s.lead("second")
	send("mpesa-ke", whole[1])
	s.awaitStates(map[messaging.State]int64{messaging.StateQueued: 2, messaging.StateRejected: 1, messaging.StatePaid: 3})
	require.NoError(t, s.clients["gcash-ph"].PublishRecalls(t.Context(), []messaging.Recall{{Intent: recalled[2].ID, Reason: "CUST"}}))
	s.awaitStates(map[messaging.State]int64{messaging.StateExpired: 2, messaging.StateRejected: 1, messaging.StatePaid: 3})
	stop()
	stop = s.lead("third")
	send("mpesa-ke", recalled[1])
	send("gcash-ph", refused[1])
	s.awaitStates(map[messaging.State]int64{messaging.StateExpired: 2, messaging.StateRejected: 3, messaging.StatePaid: 3})
	stop()
	rest()
	for range names {
		require.ErrorIs(t, <-paid, context.Canceled)
	}
	require.Equal(t, int64(2), s.count(`SELECT count(*) FROM ledger.intent WHERE fault = 'bundle_broken'`))
	require.Equal(t, int64(1), s.count(`SELECT count(DISTINCT batch) FROM ledger.transfer_event WHERE state = 'cleared'`))
	batches, err := engine.Replay(t.Context(), s.books)
	require.NoError(t, err)
	require.Positive(t, batches)
	s.sound()
	s.checkSeesThroughBundles()
}

// checkSeesThroughBundles is checkSeesThrough for what this file's test brings about.
func (s *scene) checkSeesThroughBundles() {
	owner, err := pgx.Connect(s.t.Context(), s.url)
	require.NoError(s.t, err)
	defer owner.Close(context.WithoutCancel(s.t.Context())) //nolint:errcheck // the test is over
	_, err = owner.Exec(s.t.Context(), "SET ledger.change_the_past = 'on'")
	require.NoError(s.t, err)
	for n, m := range []struct{ change, undo string }{
		{"UPDATE ledger.bundle_leg SET bundle = 'other' WHERE bundle = 'round-1' AND place = 1", "UPDATE ledger.bundle_leg SET bundle = 'round-1' WHERE bundle = 'other'"},
		{"UPDATE ledger.bundle_end SET batch = batch + 1000 WHERE state = 'cleared'", "UPDATE ledger.bundle_end SET batch = batch - 1000 WHERE state = 'cleared'"},
		{"UPDATE ledger.transfer_event SET batch = batch - 1 WHERE state = 'expired' AND transfer = (SELECT min(transfer) FROM ledger.bundle_leg WHERE bundle = 'round-2')",
			"UPDATE ledger.transfer_event SET batch = batch + 1 WHERE state = 'expired' AND transfer = (SELECT min(transfer) FROM ledger.bundle_leg WHERE bundle = 'round-2')"},
	} {
		_, err := owner.Exec(s.t.Context(), m.change)
		require.NoError(s.t, err, m.change)
		findings, err := s.books.Check(s.t.Context(), s.public)
		require.NoError(s.t, err)
		for _, f := range findings {
			if f.Name == "bundles_clear_whole" {
				assert.False(s.t, f.OK, fmt.Sprint(n, " ", f.Detail))
			}
		}
		_, err = owner.Exec(s.t.Context(), m.undo)
		require.NoError(s.t, err)
	}
	s.sound()
}
