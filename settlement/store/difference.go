package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// KeepReconciliation keeps what a reconciliation found: differences that are new, and that others are none any more. It
// returns its number.
func (l *Ledger) KeepReconciliation(ctx context.Context, r ledger.Reconciliation) (id int64, err error) {
	err = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('ledger.reconciliation'))`); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `INSERT INTO ledger.reconciliation (id, participant, day, statements, lines, matched)
			SELECT coalesce(max(id), 0) + 1, $1, $2::text::date, $3, $4, $5 FROM ledger.reconciliation RETURNING id`,
			r.Participant, string(r.Day), r.Statements[:], r.Lines, r.Matched).Scan(&id)
		if err != nil {
			return err
		}
		all := &pgx.Batch{}
		for _, d := range r.Differences {
			all.Queue(`INSERT INTO ledger.difference (id, kind, participant, day, rail_ref, rail_order, rail_alias, rail_direction, rail_at,
					transfer, movement, rail_minor, ours_minor, currency, detail)
				VALUES ($1, $2, $3, $4::text::date, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING`,
				d.ID, d.Kind, d.Participant, string(d.Day), d.RailRef, d.RailOrder, d.RailAlias, d.RailDirection, orNull(d.RailAt),
				d.Transfer, d.Movement, d.RailMinor, d.OursMinor, d.Currency.String(), d.Detail)
		}
		all.Queue(`INSERT INTO ledger.difference_match (difference, reconciliation) SELECT s, $2 FROM unnest($1::text[]) s
			WHERE NOT EXISTS (SELECT FROM ledger.difference_resolution r WHERE r.difference = s) ON CONFLICT DO NOTHING`, r.Settled, id)
		return tx.SendBatch(ctx, all).Close()
	})
	if err != nil {
		return 0, fmt.Errorf("ledger: keep reconciliation of %s: %w", r.Participant, err)
	}
	return id, nil
}

// orNull is null for the zero time.
func orNull(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// Resolve keeps how two people resolved a difference; the request must have been approved.
func (l *Ledger) Resolve(ctx context.Context, r ledger.Resolution) error {
	done, err := l.pool.Exec(ctx, `INSERT INTO ledger.difference_resolution (difference, request, how, reason, evidence)
		SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM ledger.difference_match m WHERE m.difference = $1)`,
		r.Difference, r.Request, r.How, r.Reason, r.Evidence)
	raised, refused := errors.AsType[*pgconn.PgError](err)
	if err == nil && done.RowsAffected() == 0 || refused && (raised.Code == stateUnique || raised.Code == stateForeign) {
		err = ledger.ErrNoDifference
	}
	if err != nil {
		return fmt.Errorf("ledger: resolve difference %s: %w", r.Difference, err)
	}
	return nil
}

// Differences lists what was found of a participant ("" for everybody), the newest day first, at most limit; open are
// those without a resolution.
func (l *Ledger) Differences(ctx context.Context, participant string, open bool, limit int) ([]ledger.Difference, error) {
	return l.differences(ctx, `($1 = '' OR d.participant = $1) AND (NOT $2 OR r.difference IS NULL AND m.difference IS NULL)
		ORDER BY d.day DESC, d.id LIMIT $3`, participant, open, limit)
}

// OpenDifferences lists those of a participant that are open, of days from one included until another, the oldest day
// first, at most limit.
func (l *Ledger) OpenDifferences(ctx context.Context, participant string, from, until fx.Date, limit int) ([]ledger.Difference, error) {
	return l.differences(ctx, `d.participant = $1 AND d.day >= $2::text::date AND d.day < $3::text::date
		AND r.difference IS NULL AND m.difference IS NULL ORDER BY d.day, d.id LIMIT $4`, participant, string(from), string(until), limit)
}

// DifferencesOf looks some up by their ids, in no order.
func (l *Ledger) DifferencesOf(ctx context.Context, ids []string) ([]ledger.Difference, error) {
	return l.differences(ctx, `d.id = ANY($1)`, ids)
}

// Difference looks one up. The error is ErrNoDifference where there is none.
func (l *Ledger) Difference(ctx context.Context, id string) (ledger.Difference, error) {
	found, err := l.DifferencesOf(ctx, []string{id})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("ledger: difference %.40q: %w", id, ledger.ErrNoDifference)
	}
	if err != nil {
		return ledger.Difference{}, err
	}
	return found[0], nil
}

func (l *Ledger) differences(ctx context.Context, which string, args ...any) (found []ledger.Difference, err error) {
	err = each(ctx, l.pool, `SELECT d.id, d.kind, d.participant, to_char(d.day, 'YYYY-MM-DD'), d.rail_ref, d.rail_order, d.rail_alias, d.rail_direction,
			d.rail_at, d.transfer, d.movement, d.rail_minor, d.ours_minor, d.currency, d.detail,
			coalesce(r.how, CASE WHEN m.difference IS NOT NULL THEN '`+ledger.HowMatched+`' END, ''), coalesce(r.reason, ''), coalesce(r.evidence, ''),
			coalesce(r.request, 0), coalesce(q.maker, ''), coalesce(a.checker, ''), coalesce(m.reconciliation, 0), coalesce(r.resolved_at, n.ran_at)
		FROM ledger.difference d
		LEFT JOIN ledger.difference_resolution r ON r.difference = d.id
		LEFT JOIN ledger.request q ON q.id = r.request LEFT JOIN ledger.approval a ON a.request = r.request
		LEFT JOIN ledger.difference_match m ON m.difference = d.id LEFT JOIN ledger.reconciliation n ON n.id = m.reconciliation
		WHERE `+which, func(row pgx.Rows) error {
		var d ledger.Difference
		var r ledger.Resolution
		var code string
		var railAt, at *time.Time
		err := row.Scan(&d.ID, &d.Kind, &d.Participant, &d.Day, &d.RailRef, &d.RailOrder, &d.RailAlias, &d.RailDirection, &railAt,
			&d.Transfer, &d.Movement, &d.RailMinor, &d.OursMinor, &code, &d.Detail,
			&r.How, &r.Reason, &r.Evidence, &r.Request, &r.Maker, &r.Checker, &r.Reconciliation, &at)
		if err != nil {
			return err
		}
		if railAt != nil {
			d.RailAt = railAt.UTC()
		}
		if r.How != "" {
			r.Difference, r.At = d.ID, at.UTC()
			d.Resolution = &r
		}
		d.Currency, err = fx.ParseCurrency(code)
		found = append(found, d)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("ledger: differences: %w", err)
	}
	return found, nil
}
