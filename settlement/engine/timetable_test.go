package engine_test

import (
	"context"
	"testing"
	"time"
	_ "time/tzdata" // the timetable's zone, on machines without any

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

// The engine wakes by itself when a window closes, compares memory with the database then, and stops where they
// differ.
func TestWindowClosesByItselfAndIsCompared(t *testing.T) {
	s := newScene(t)
	days := []schedule.Weekday{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	s.ask(settlement.CommandSettlementGroup, settlement.SettlementGroup{
		Name: "africa", Currencies: []fx.Currency{kes}, SettleWithinSeconds: 60,
		Timetable: &schedule.Timetable{
			Calendars: []schedule.Calendar{{Name: "always", Zone: "Africa/Nairobi", Weekend: []schedule.Weekday{}, Holidays: []fx.Date{}}},
			Groups: []schedule.Group{{
				Name: "africa", Convention: schedule.Together, Zone: "Africa/Nairobi", On: days,
				Members: []schedule.Member{{Currency: kes, Calendars: []string{"always"}}},
				Every:   schedule.Every{Minutes: 60, From: "00:00", Until: "23:00"},
			}},
		},
	})
	// The hour ends two seconds after the engine begins. Until the close nothing else wakes it.
	ahead := time.Hour - 2*time.Second - time.Since(time.Now().Truncate(time.Hour))
	clock := func() time.Time { return time.Now().Add(ahead) }
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.engine("timed", clock).Run(ctx) }()
	require.NoError(t, s.clients["mpesa-ke"].PublishIntents(t.Context(), []messaging.Intent{s.intent(1)}))

	owner, err := pgx.Connect(t.Context(), s.url)
	require.NoError(t, err)
	defer owner.Close(t.Context()) //nolint:errcheck // the test is over
	count := func(sql string) (n int64) {
		require.NoError(t, owner.QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	const settled = `SELECT count(*) FROM ledger.window_event WHERE settlement_group = 'africa' AND state = 'settled'`
	for count(settled) == 0 {
		select {
		case <-s.notices:
		case err := <-done:
			require.NoError(t, err)
		}
	}
	require.EqualValues(t, 1, count(`SELECT count(*) FROM ledger.window_event WHERE settlement_group = 'africa' AND state = 'open' AND extract(minute FROM moment) = 0
		AND settlement_window = (SELECT max(settlement_window) FROM ledger.window_event WHERE settlement_group = 'africa')`), "the next hour")

	// Somebody slips a posting in, into the batch that comes next.
	_, err = owner.Exec(t.Context(), `INSERT INTO ledger.posting (id, batch, kind, debit, credit, amount, currency)
		SELECT 1, (SELECT max(id) + 1 FROM ledger.batch), 'clear', min(id), max(id), 5, 'KES' FROM ledger.account WHERE currency = 'KES'`)
	require.NoError(t, err)
	s.ask(settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "now", Group: "africa"})
	var drift *ledger.DriftError
	require.ErrorAs(t, <-done, &drift)
	require.NotErrorIs(t, ctx.Err(), context.DeadlineExceeded)

	// Replay asks no timetable: it takes the moments that the ledger has. And no postings, which were tampered with.
	batches, err := engine.Replay(t.Context(), s.books)
	require.NoError(t, err)
	require.Positive(t, batches)
}
