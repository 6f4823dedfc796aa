package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// States counts transfers by the state that they are in; rejected counts the ids that were refused.
func (l *Ledger) States(ctx context.Context) (map[messaging.State]int64, error) {
	states := map[messaging.State]int64{}
	err := each(ctx, l.pool, `SELECT state, count(*) FROM ledger.transfer_state GROUP BY state
		UNION ALL SELECT 'rejected', count(*) FROM ledger.intent WHERE transfer IS NULL HAVING count(*) > 0`, func(row pgx.Rows) error {
		var state messaging.State
		var count int64
		err := row.Scan(&state, &count)
		states[state] = count
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: states: %w", err)
	}
	return states, nil
}

// DeadLetters counts what could not be accepted as anything.
func (l *Ledger) DeadLetters(ctx context.Context) (count int64, err error) {
	if err := l.pool.QueryRow(ctx, `SELECT count(*) FROM ledger.dead_letter`).Scan(&count); err != nil {
		return 0, fmt.Errorf("ledger: dead letters: %w", err)
	}
	return count, nil
}

// Refusals counts refusals by fault: intents that never became transfers, and dead letters.
func (l *Ledger) Refusals(ctx context.Context) (map[messaging.Fault]int64, error) {
	refusals := map[messaging.Fault]int64{}
	err := each(ctx, l.pool, `SELECT fault, count(*) FROM (SELECT fault FROM ledger.intent WHERE fault <> ''
		UNION ALL SELECT fault FROM ledger.dead_letter) refused GROUP BY fault`, func(row pgx.Rows) error {
		var fault messaging.Fault
		var count int64
		err := row.Scan(&fault, &count)
		refusals[fault] = count
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: refusals: %w", err)
	}
	return refusals, nil
}

// Flows sums all closed windows by currency.
func (l *Ledger) Flows(ctx context.Context) ([]ledger.Flow, error) {
	var flows []ledger.Flow
	err := each(ctx, l.pool, `
		SELECT a.currency, sum(n.gross_out)::bigint, sum(greatest(-n.net_minor, 0))::bigint,
		       coalesce(sum(n.gross_in) FILTER (WHERE a.kind = 'fx'), 0)::bigint,
		       coalesce(sum(n.gross_out) FILTER (WHERE a.kind = 'fx'), 0)::bigint,
		       coalesce((SELECT sum(t.destination_minor) FROM ledger.transfer_state t
		                 WHERE t.destination_currency = a.currency AND t.state = 'paid'), 0)::bigint
		FROM ledger.window_net n JOIN ledger.account a ON a.id = n.account
		GROUP BY a.currency ORDER BY a.currency`, func(row pgx.Rows) error {
		var f ledger.Flow
		var code string
		if err := row.Scan(&code, &f.GrossMinor, &f.NetMinor, &f.PoolIn, &f.PoolOut, &f.PayoutMinor); err != nil {
			return err
		}
		if err := f.Currency.UnmarshalText([]byte(code)); err != nil {
			return err
		}
		flows = append(flows, f)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: flows: %w", err)
	}
	return flows, nil
}

// Latencies measures all transfers after a batch.
func (l *Ledger) Latencies(ctx context.Context, afterBatch int64) (ledger.Latency, error) {
	var v ledger.Latency
	err := l.pool.QueryRow(ctx, `
		SELECT coalesce(percentile_disc(0.50) WITHIN GROUP (ORDER BY took) FILTER (WHERE state = 'cleared'), 0),
		       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY took) FILTER (WHERE state = 'cleared'), 0),
		       coalesce(percentile_disc(0.50) WITHIN GROUP (ORDER BY took) FILTER (WHERE state = 'paid'), 0),
		       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY took) FILTER (WHERE state = 'paid'), 0)
		FROM (SELECT e.state, (extract(epoch FROM b.written_at - t.received_at) * 1000)::bigint AS took
		      FROM ledger.transfer_event e JOIN ledger.batch b ON b.id = e.batch
		      JOIN ledger.transfer t ON t.id = e.transfer AND t.return_of IS NULL
		      WHERE e.state IN ('cleared', 'paid') AND e.batch > $1) steps`, afterBatch).
		Scan(&v.ClearedP50, &v.ClearedP99, &v.PaidP50, &v.PaidP99)
	if err != nil {
		return v, fmt.Errorf("ledger: latencies: %w", err)
	}
	return v, nil
}

// RailOutcomes counts the outcomes that moved a transfer.
func (l *Ledger) RailOutcomes(ctx context.Context) ([]ledger.RailOutcome, error) {
	rows, err := l.pool.Query(ctx, `SELECT p.name, o.kind, o.state, o.resolved_by, count(*) FROM ledger.outcome o
		JOIN ledger.participant p ON p.id = o.participant WHERE o.verdict = 'applied'
		GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`)
	if err != nil {
		return nil, fmt.Errorf("ledger: rail outcomes: %w", err)
	}
	outcomes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ledger.RailOutcome])
	if err != nil {
		return nil, fmt.Errorf("ledger: rail outcomes: %w", err)
	}
	return outcomes, nil
}

// Unknowns tells how many transfers had an unknown outcome on the way, and how many of these ended.
func (l *Ledger) Unknowns(ctx context.Context) (seen, resolved int64, err error) {
	err = l.pool.QueryRow(ctx, `SELECT count(DISTINCT o.transfer), count(DISTINCT e.transfer)
		FROM ledger.outcome o LEFT JOIN ledger.transfer_event e ON e.transfer = o.transfer AND e.state IN ('paid', 'returned')
		WHERE o.state = 'unknown'`).Scan(&seen, &resolved)
	if err != nil {
		return 0, 0, fmt.Errorf("ledger: unknowns: %w", err)
	}
	return seen, resolved, nil
}

// PaidByParticipant sums paid transfers by participant.
func (l *Ledger) PaidByParticipant(ctx context.Context) ([]ledger.Paid, error) {
	rows, err := l.pool.Query(ctx, `SELECT p.name,
		coalesce((SELECT sum(source_minor) FROM ledger.transfer_state t WHERE t.debtor = p.name AND t.state = 'paid'), 0)::bigint,
		coalesce((SELECT sum(destination_minor) FROM ledger.transfer_state t WHERE t.creditor = p.name AND t.state = 'paid'), 0)::bigint
		FROM ledger.participant p ORDER BY p.name`)
	if err != nil {
		return nil, fmt.Errorf("ledger: paid by participant: %w", err)
	}
	paid, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ledger.Paid])
	if err != nil {
		return nil, fmt.Errorf("ledger: paid by participant: %w", err)
	}
	return paid, nil
}

// Participants lists everybody, by name, with the limits and keys that hold now.
func (l *Ledger) Participants(ctx context.Context) ([]settlement.Participant, error) {
	rows, err := l.pool.Query(ctx, `SELECT p.id, p.name, p.country, p.currency, p.role, p.signing_key, p.suspended,
		coalesce((l.body->>'payout_increment_minor')::bigint, p.payout_increment_minor),
		coalesce((l.body->>'payout_min_minor')::bigint, p.payout_min_minor),
		coalesce((l.body->>'payout_max_minor')::bigint, p.payout_max_minor), p.reserves
		FROM ledger.participant p LEFT JOIN LATERAL (
			SELECT convert_from(c.body, 'UTF8')::jsonb AS body FROM ledger.rule r JOIN ledger.command c ON c.id = r.command
			WHERE r.kind = 'limits' AND r.subject = p.name ORDER BY r.command DESC LIMIT 1) l ON true
		ORDER BY p.name`)
	if err != nil {
		return nil, fmt.Errorf("ledger: participants: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanParticipant)
	if err != nil {
		return nil, fmt.Errorf("ledger: participants: %w", err)
	}
	return all, nil
}

// Windows lists all windows, oldest first.
func (l *Ledger) Windows(ctx context.Context) ([]ledger.Window, error) {
	rows, err := l.pool.Query(ctx, `SELECT DISTINCT ON (settlement_window) settlement_window, state, settlement_group FROM ledger.window_event
		ORDER BY settlement_window, array_position(ARRAY['open', 'closed', 'settling', 'failed', 'settled'], state) DESC`)
	if err != nil {
		return nil, fmt.Errorf("ledger: windows: %w", err)
	}
	windows, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ledger.Window])
	if err != nil {
		return nil, fmt.Errorf("ledger: windows: %w", err)
	}
	return windows, nil
}

// LastBatch is the number of the newest batch, 0 before the first.
func (l *Ledger) LastBatch(ctx context.Context) (batch int64, err error) {
	if err := l.pool.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM ledger.batch`).Scan(&batch); err != nil {
		return 0, fmt.Errorf("ledger: last batch: %w", err)
	}
	return batch, nil
}
