//go:build linux

package crash

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// helpUSD is what a participant gets that has not what a return takes from it.
const helpUSD = 50_000

// quiet waits until nothing more can happen: customers pause, who was short has money again, and every
// order has ended, but for those of which a rail keeps silent. Where nothing moves for long before that,
// the switch is stuck, and that is a violation like any other.
func (s *stage) quiet(ctx context.Context, round int) {
	s.t.Helper()
	s.busy.Store(false)
	for _, p := range s.participants {
		if p.TopUpUSD > 0 {
			s.fund(ctx, fmt.Sprint("round ", round), p, p.TopUpUSD)
		}
	}
	s.ask(ctx, fmt.Sprint("window of round ", round), settlement.CommandCloseWindow, settlement.CloseWindow{Reason: "round over"})
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	before, since, helped := "", time.Now(), false
	for {
		done, where := s.settled(ctx)
		if done {
			return
		}
		if where != before {
			before, since = where, time.Now()
		}
		s.sound()
		if !helped && time.Since(since) > *patience/10 {
			helped = true
			short := s.short(ctx) // and nobody else is helped: whatever else stands still is stuck
			for _, p := range s.participants {
				if slices.Contains(short, p.Name) {
					s.t.Logf("%s has not what a return takes from it", p.Name)
					s.fund(ctx, fmt.Sprint("help in round ", round), p, helpUSD)
				}
			}
		}
		if time.Since(since) > *patience {
			s.mu.Lock()
			trouble := slices.Sorted(maps.Keys(s.errorsSince))
			s.mu.Unlock()
			s.checkLedger(ctx) // it may know why
			require.FailNow(s.t, violation+"nothing moves any more", "%s\n%s\n%s", where, strings.Join(trouble, "\n"), s.stuck(ctx))
		}
		<-look.C
	}
}

// short names the participants that the ledger shows to have less than a return that waits takes from them: such
// a one waits until somebody brings money, and nothing is wrong.
func (s *stage) short(ctx context.Context) []string {
	s.t.Helper()
	conn, err := pgx.Connect(ctx, s.children["postgres"].answer().URL)
	require.NoError(s.t, err)
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // read only
	rows, err := conn.Query(ctx, `SELECT DISTINCT p.name FROM ledger.transfer t
		JOIN ledger.participant p ON p.id = t.creditor
		JOIN ledger.account a ON a.participant = p.id AND a.kind = 'position' AND a.currency = t.destination_currency
		CROSS JOIN LATERAL (SELECT * FROM ledger.liquidity v WHERE v.account = a.id ORDER BY v.batch DESC LIMIT 1) l
		WHERE t.return_of IS NOT NULL AND NOT EXISTS (SELECT FROM ledger.transfer_event e WHERE e.transfer = t.id AND e.state = 'cleared')
		AND l.prefund_minor + l.credit_line_minor + l.position_minor < t.destination_minor`)
	require.NoError(s.t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(s.t, err)
	return names
}

// settled tells whether the ledger, the adapters and the world agree that nothing is under way, and where
// things are.
func (s *stage) settled(ctx context.Context) (done bool, where string) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	open, silent := s.world.underWay()
	s.mu.Lock()
	where = fmt.Sprintf("%d orders open, %d of them silent, %d batches", open, silent, s.batches)
	s.mu.Unlock()
	if open != silent {
		return false, where
	}
	states, err := s.books.States(ctx)
	if err != nil {
		return false, where
	}
	for _, p := range s.participants {
		stats, err := s.stats(ctx, p.Name)
		if err != nil || stats.Intents[adapters.Unanswered] > 0 || stats.OutcomesWaiting > 0 {
			return false, fmt.Sprintf("%s, %s: %d intents unanswered, %d outcomes waiting %v", where, p.Name,
				stats.Intents[adapters.Unanswered], stats.OutcomesWaiting, err)
		}
	}
	where += fmt.Sprintf(", %v", states)
	return states[messaging.StateQueued]+states[messaging.StateReturnPending] == 0 && states[messaging.StateCleared] == int64(silent), where
}

func (s *stage) stats(ctx context.Context, participant string) (stats adapters.Stats, err error) {
	err = s.get(ctx, s.adapterURL(participant)+"/stats", &stats)
	return stats, err
}

// sound ends the test where something was seen to go wrong already.
func (s *stage) sound() {
	s.t.Helper()
	s.mu.Lock()
	fatal := s.fatal
	s.mu.Unlock()
	require.NoError(s.t, fatal)
	if err := s.world.verdict(); err != nil {
		require.FailNow(s.t, violation+strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

// invariants holds the ledger against itself and against the world. It is called in quiet.
func (s *stage) invariants(ctx context.Context) {
	s.t.Helper()
	s.sound()
	s.checkLedger(ctx)
	s.checkOrders(ctx)
	s.checkSums(ctx)
	s.checkEpochs(ctx)
}

// checkLedger holds the ledger against itself.
func (s *stage) checkLedger(ctx context.Context) {
	s.t.Helper()
	findings, err := s.books.Check(ctx, s.logVerifier)
	require.NoError(s.t, err)
	for _, f := range findings {
		require.True(s.t, f.OK, "%s%s: %s", violation, f.Name, f.Detail)
	}
}

// checkOrders holds each order against its transfer: exactly one, in the state that what the rails did
// calls for.
func (s *stage) checkOrders(ctx context.Context) {
	s.t.Helper()
	states := map[string][]messaging.State{}
	err := s.asSuperuser(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT intent, state FROM ledger.transfer_state`)
		if err != nil {
			return err
		}
		var intent string
		var state messaging.State
		_, err = pgx.ForEachRow(rows, []any{&intent, &state}, func() error {
			states[intent] = append(states[intent], state)
			return nil
		})
		return err
	})
	require.NoError(s.t, err)
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	for ref, order := range s.world.sales {
		is := states["o"+ref]
		allowed := map[[2]int][]messaging.State{
			{0, 0}: {messaging.StateCleared}, // silent
			{1, 0}: {messaging.StatePaid},
			{0, 1}: {messaging.StateReturned, messaging.StateExpired, ""},
		}[[2]int{order.payouts, order.refunds}]
		if len(is) == 0 {
			is = []messaging.State{""} // refused
		}
		if len(is) != 1 || !slices.Contains(allowed, is[0]) {
			require.FailNow(s.t, violation+"an order and its transfer differ", "order %s was paid out %d times and given back %d times, and is %q",
				ref, order.payouts, order.refunds, is)
		}
	}
	require.LessOrEqual(s.t, len(states), len(s.world.sales), violation+"transfers that nobody ordered")
}

// checkSums holds what the ledger says was paid, per participant, against the rails' books.
func (s *stage) checkSums(ctx context.Context) {
	s.t.Helper()
	paid, err := s.books.PaidByParticipant(ctx)
	require.NoError(s.t, err)
	sums := map[string]*ledger.Paid{provider: {Participant: provider}}
	for _, p := range s.participants {
		sums[p.Name] = &ledger.Paid{Participant: p.Name}
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	for _, order := range s.world.sales {
		if order.payouts == 1 {
			sums[order.debtor].SentMinor += order.source.Minor
			sums[order.creditor].PayoutMinor += order.destination.Minor
		}
	}
	for _, p := range paid {
		require.Equal(s.t, *sums[p.Participant], p, violation+"a rail's book and the ledger differ")
	}
}

// checkEpochs makes sure that nobody wrote who did not lead any more.
func (s *stage) checkEpochs(ctx context.Context) {
	s.t.Helper()
	err := s.asSuperuser(ctx, func(conn *pgx.Conn) error {
		var back int
		err := conn.QueryRow(ctx, `SELECT count(*) FROM (SELECT epoch, lag(epoch) OVER (ORDER BY id) AS before FROM ledger.batch) b
			WHERE epoch < before`).Scan(&back)
		require.NoError(s.t, err)
		require.Zero(s.t, back, violation+"batches were written under an epoch that was over")
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, u := range s.usurped {
			var late int
			err := conn.QueryRow(ctx, `SELECT count(*) FROM ledger.batch WHERE id > $1 AND epoch <= $2`, u.batch, u.epoch).Scan(&late)
			require.NoError(s.t, err)
			require.Zero(s.t, late, violation+"batches were written by a leader whose epoch was over")
		}
		return nil
	})
	require.NoError(s.t, err)
}

// get reads what an adapter tells about itself.
func (s *stage) get(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	return json.UnmarshalRead(response.Body, into)
}

// stuck describes some of the orders that do not end, and what each part believes of them.
func (s *stage) stuck(ctx context.Context) string {
	var text strings.Builder
	states, err := s.books.States(ctx)
	fmt.Fprintf(&text, "ledger: %v %v\n", states, err)
	for _, p := range s.participants {
		stats, err := s.stats(ctx, p.Name)
		fmt.Fprintf(&text, "%s: %+v %v\n", p.Name, stats, err)
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	shown := 0
	for ref, order := range s.world.sales {
		if order.payouts+order.refunds > 0 || shown == 10 {
			continue
		}
		shown++
		var status adapters.OrderStatus
		err := s.get(ctx, s.adapterURL(order.debtor)+"/orders/"+ref, &status)
		fmt.Fprintf(&text, "%s %s to %s: %s %s %s %v;", ref, order.debtor, order.creditor, status.State, status.Transfer, status.Refund, err)
		for _, o := range s.world.operations {
			if o.Order == ref || o.Reference == ref {
				fmt.Fprintf(&text, " %s at %s: fate %d, %s", o.ID, o.participant, o.fate, o.state)
			}
		}
		text.WriteString("\n")
	}
	return text.String()
}
