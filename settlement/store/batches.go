package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

const listedBatch = `SELECT b.id, b.settlement_window, b.decided_at, b.written_at, b.intents, b.cleared, b.queued, b.log_index,
	b.tier, b.reached, b.bound, b.fifo, b.iterations, b.numeraire, b.coarser, b.returns, b.alarm FROM ledger.batch b `

func scanBatch(row pgx.Row) (b ledger.ListedBatch, err error) {
	var alarm string
	err = row.Scan(&b.ID, &b.Window, inUTC{&b.DecidedAt}, inUTC{&b.WrittenAt}, &b.Accepted, &b.Cleared, &b.Queued, &b.LogIndex,
		&b.Clearing.Tier, &b.Clearing.Reached, &b.Clearing.Bound, &b.Clearing.FIFO, &b.Clearing.Iterations, coded{&b.Clearing.Numeraire},
		&b.Clearing.Coarser, &b.Clearing.Returns, &alarm)
	for name := range strings.FieldsSeq(alarm) {
		b.Clearing.Alarm = append(b.Clearing.Alarm, netting.Tier(name))
	}
	return b, err
}

// below is a bound of numbers, none where it is 0.
func below(number int64) int64 {
	if number == 0 {
		return math.MaxInt64
	}
	return number
}

// ListBatches lists batches below a number (0: all), newest first.
func (l *Ledger) ListBatches(ctx context.Context, before int64, limit int) (batches []ledger.ListedBatch, err error) {
	err = each(ctx, l.pool, listedBatch+`WHERE b.id < $1 ORDER BY b.id DESC LIMIT $2`, func(row pgx.Rows) error {
		b, err := scanBatch(row)
		batches = append(batches, b)
		return err
	}, below(before), ledger.PageSize(limit))
	if err != nil {
		return nil, fmt.Errorf("ledger: batches: %w", err)
	}
	return batches, nil
}

// BatchStory tells all of one batch. Errors wrap ledger.ErrNoBatch.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) BatchStory(ctx context.Context, id int64) (*ledger.BatchStory, error) {
	s := &ledger.BatchStory{}
	record, sides := batchRecord{}, accountSides{}
	err := l.moment(ctx, func(m *moment) error {
		b := &pgx.Batch{}
		queue(b, listedBatch+`WHERE b.id = $1`, func(row pgx.Rows) (err error) {
			s.ListedBatch, err = scanBatch(row)
			return err
		}, id)
		queue(b, recordOf, record.row, id)
		queue(b, everySide, sides.row, ledger.SchemeName)
		written(b, s, id)
		return m.last(ctx, b)
	})
	if err == nil && s.ID == 0 {
		err = ledger.ErrNoBatch
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: batch %d: %w", id, err)
	}
	recorded(s, record, sides)
	return s, nil
}

// recorded adds what the log's record says of the choice.
func recorded(s *ledger.BatchStory, record batchRecord, sides accountSides) {
	for _, p := range record.Clearing.Prices {
		side := sides[p.Account]
		s.Prices = append(s.Prices, ledger.AccountPrice{Side: side.Side, Currency: side.currency, Price: p.Price})
	}
	lacking := map[int64]ledger.AccountLack{}
	for _, w := range record.Clearing.Waiting {
		sum := lacking[w.Account]
		sum.Transfers++
		sum.Short.Minor += w.ShortMinor
		lacking[w.Account] = sum
	}
	for _, account := range sortedKeys(lacking) {
		sum, side := lacking[account], sides[account]
		sum.Side, sum.Short.Currency = side.Side, side.currency
		s.Lacking = append(s.Lacking, sum)
	}
	slices.SortStableFunc(s.Lacking, func(a, b ledger.AccountLack) int { return cmp.Compare(b.Transfers, a.Transfers) })
}

// written adds what the batch wrote.
func written(b *pgx.Batch, s *ledger.BatchStory, id int64) {
	queue(b, `SELECT a.id, coalesce(p.name, $2), a.kind, a.currency, now.debits - coalesce(was.debits, 0), now.credits - coalesce(was.credits, 0),
		       now.credits - now.debits
		FROM ledger.balance now JOIN ledger.account a ON a.id = now.account LEFT JOIN ledger.participant p ON p.id = a.participant
		LEFT JOIN LATERAL (SELECT debits, credits FROM ledger.balance v WHERE v.account = now.account AND v.batch < $1 ORDER BY v.batch DESC LIMIT 1) was ON true
		WHERE now.batch = $1 ORDER BY a.id`, func(row pgx.Rows) error {
		var m ledger.AccountMove
		err := row.Scan(&m.Account, &m.Owner, &m.Kind, coded{&m.Currency}, &m.DebitMinor, &m.CreditMinor, &m.BalanceMinor)
		s.Moved = append(s.Moved, m)
		return err
	}, id, ledger.SchemeName)
	queue(b, `SELECT settlement_window, settlement_group, state FROM ledger.window_event WHERE batch = $1
		ORDER BY settlement_window, array_position(ARRAY['open', 'closed', 'settling', 'failed', 'settled'], state)`, func(row pgx.Rows) error {
		var w ledger.BatchWindow
		err := row.Scan(&w.ID, &w.Group, &w.State)
		s.Windows = append(s.Windows, w)
		return err
	}, id)
	queue(b, `SELECT p.name, min(e.sequence), max(e.sequence), count(*) FROM ledger.envelope e JOIN ledger.participant p ON p.id = e.participant
		WHERE e.batch = $1 GROUP BY p.name ORDER BY p.name`, func(row pgx.Rows) error {
		var v ledger.BatchStream
		err := row.Scan(&v.Participant, &v.First, &v.Last, &v.Messages)
		s.Inputs = append(s.Inputs, v)
		return err
	}, id)
	queue(b, `SELECT c.id, c.kind, r.fault, c.maker, c.checker FROM ledger.command_result r JOIN ledger.command c ON c.id = r.command
		WHERE r.batch = $1 ORDER BY c.id`, func(row pgx.Rows) error {
		var c ledger.BatchCommand
		err := row.Scan(&c.ID, &c.Kind, &c.Fault, &c.Maker, &c.Checker)
		s.Commands = append(s.Commands, c)
		return err
	}, id)
	queue(b, `SELECT size FROM ledger.log_checkpoint WHERE batch = $1`, func(row pgx.Rows) error { return row.Scan(&s.LogSize) }, id)
}
