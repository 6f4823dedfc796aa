package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// MovementKind says why money moved at a participant's rail.
type MovementKind string

// The kinds of movement.
const (
	MovedCollection MovementKind = "collection" // a customer paid for an intent
	MovedPayout     MovementKind = "payout"
	MovedRefund     MovementKind = "refund"
)

// RailMovement is money that moved at a participant's rail as the log has it, and what postings moved for it.
type RailMovement struct {
	Kind        MovementKind
	Transfer    settlement.TransferID
	Intent      string // the debtor's id
	RailRef     string // the rail's receipt; "" of a collection
	AmountMinor int64
	PostedMinor int64 // on the participant's accounts, without fees
	Cleared     bool  // whether there should be postings: a collection has none until its transfer clears
	Unknown     bool  // the rail does not know yet whether it did
	Currency    fx.Currency
	At          time.Time // the clock of the batch that took it in
}

// RailMovements hands over what moved at a participant's rail in batches of a span of time, from included and until
// not, in no order.
func (l *Ledger) RailMovements(ctx context.Context, participant string, from, until time.Time, move func(RailMovement) error) error {
	err := each(ctx, l.pool, `
		WITH span AS (
			SELECT coalesce(min(id), 0) AS first, coalesce(max(id), -1) AS last FROM ledger.batch WHERE decided_at >= $2 AND decided_at < $3
		), own AS (SELECT id FROM ledger.participant WHERE name = $1
		), said AS ( -- paid, or unknown and not decided since
			SELECT o.kind, o.transfer, o.rail_ref, o.state = 'unknown' AS unknown, o.batch,
			       row_number() OVER (PARTITION BY o.transfer, o.kind, o.state ORDER BY o.batch DESC, o.place DESC) AS newest
			FROM ledger.outcome o, span, own
			WHERE o.batch BETWEEN span.first AND span.last AND o.participant = own.id AND o.kind IN ('payout', 'refund')
				AND (o.state = 'paid' AND o.verdict = 'applied' OR o.state = 'unknown' AND NOT EXISTS (SELECT FROM ledger.outcome d
					WHERE d.transfer = o.transfer AND d.kind = o.kind AND d.state IN ('paid', 'failed') AND d.verdict = 'applied'))
		), moved AS (
			SELECT s.kind, t.id AS transfer, t.intent, s.rail_ref, s.unknown, s.batch,
			       CASE s.kind WHEN 'payout' THEN t.destination_minor ELSE t.source_minor END AS amount,
			       CASE s.kind WHEN 'payout' THEN t.destination_currency ELSE t.source_currency END AS currency,
			       CASE s.kind WHEN 'payout' THEN t.id ELSE (SELECT r.id FROM ledger.transfer r WHERE r.return_of = t.id) END AS booked, 1 AS sign
			FROM said s JOIN ledger.transfer t ON t.id = s.transfer WHERE s.newest = 1
			UNION ALL
			SELECT 'collection', t.id, t.intent, '', false, t.batch, t.source_minor, t.source_currency, t.id, -1
			FROM ledger.transfer t, span, own WHERE t.batch BETWEEN span.first AND span.last AND t.debtor = own.id AND t.return_of IS NULL
				AND (t.id BETWEEN $4 AND $5 OR t.id < 1::bigint << 40) -- of their time, or of when they were counted from one
		)
		SELECT m.kind, m.transfer, m.intent, m.rail_ref, m.unknown, m.amount, m.currency, b.decided_at,
		       EXISTS (SELECT FROM ledger.transfer_event e WHERE e.transfer = m.booked AND e.state = 'cleared'),
		       coalesce((SELECT sum(CASE WHEN c.participant = own.id THEN p.amount ELSE 0 END - CASE WHEN d.participant = own.id THEN p.amount ELSE 0 END) * m.sign
			FROM ledger.posting p JOIN ledger.account d ON d.id = p.debit JOIN ledger.account c ON c.id = p.credit
			WHERE p.transfer = m.booked AND p.kind IN ('clear', 'return', 'gross')), 0)::bigint
		FROM moved m JOIN ledger.batch b ON b.id = m.batch, own`, func(row pgx.Rows) error {
		var m RailMovement
		var code string
		err := row.Scan(&m.Kind, &m.Transfer, &m.Intent, &m.RailRef, &m.Unknown, &m.AmountMinor, &code, &m.At, &m.Cleared, &m.PostedMinor)
		if err != nil {
			return err
		}
		m.At = m.At.UTC()
		if m.Currency, err = fx.ParseCurrency(code); err != nil {
			return err
		}
		return move(m)
	}, participant, from, until, FirstID(from), FirstID(until)+idsAhead<<idsPerMilli)
	if err != nil {
		return fmt.Errorf("ledger: movements at the rail of %s: %w", participant, err)
	}
	return nil
}

// Difference is a case in which a rail's statement, the log and the postings do not say the same. Its ID says what it
// is about: found again, it is the same.
type Difference struct {
	ID          string      `json:"id"`
	Kind        string      `json:"kind"`
	Participant string      `json:"participant"`
	Day         fx.Date     `json:"day"`
	RailRef     string      `json:"rail_ref,omitempty"`
	Transfer    string      `json:"transfer,omitempty"`
	Movement    string      `json:"movement,omitempty"` // MovementKind of the log's side
	RailMinor   int64       `json:"rail_minor"`
	OursMinor   int64       `json:"ours_minor"`
	Currency    fx.Currency `json:"currency"`
	Detail      string      `json:"detail"`
	Resolution  *Resolution `json:"resolution,omitempty"` // nil while it is open
}

// Resolution is how a difference was resolved, by two people: one asked by a Request, another approved it.
type Resolution struct {
	Difference string    `json:"difference"`
	How        string    `json:"how"` // explained, corrected, written_off, retried
	Reason     string    `json:"reason"`
	Evidence   string    `json:"evidence,omitempty"` // where the proof is
	Request    int64     `json:"request"`
	At         time.Time `json:"at,omitzero"`
}

// KeepDifferences keeps those that are new.
func (l *Ledger) KeepDifferences(ctx context.Context, differences []Difference) error {
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		all := &pgx.Batch{}
		for _, d := range differences {
			all.Queue(`INSERT INTO ledger.difference (id, kind, participant, day, rail_ref, transfer, movement, rail_minor, ours_minor, currency, detail)
				VALUES ($1, $2, $3, $4::text::date, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
				d.ID, d.Kind, d.Participant, string(d.Day), d.RailRef, d.Transfer, d.Movement, d.RailMinor, d.OursMinor, d.Currency.String(), d.Detail)
		}
		return tx.SendBatch(ctx, all).Close()
	})
	if err != nil {
		return fmt.Errorf("ledger: keep differences: %w", err)
	}
	return nil
}

// ErrNoDifference says that there is no such difference, or that it was resolved before. A retry fails again.
var ErrNoDifference = errors.New("ledger: no such open difference")

// Resolve keeps how a difference was resolved; its request must have been approved.
func (l *Ledger) Resolve(ctx context.Context, r Resolution) error {
	_, err := l.pool.Exec(ctx, `INSERT INTO ledger.difference_resolution (difference, request, how, reason, evidence) VALUES ($1, $2, $3, $4, $5)`,
		r.Difference, r.Request, r.How, r.Reason, r.Evidence)
	if raised, ok := errors.AsType[*pgconn.PgError](err); ok && (raised.Code == stateUnique || raised.Code == stateForeign) {
		err = ErrNoDifference
	}
	if err != nil {
		return fmt.Errorf("ledger: resolve difference %s: %w", r.Difference, err)
	}
	return nil
}

// Differences lists what was found of a participant ("" for everybody), the newest day first, at most limit; open are
// those without a resolution.
func (l *Ledger) Differences(ctx context.Context, participant string, open bool, limit int) ([]Difference, error) {
	return l.differences(ctx, `($1 = '' OR d.participant = $1) AND (NOT $2 OR r.difference IS NULL) ORDER BY d.day DESC, d.id LIMIT $3`,
		participant, open, limit)
}

// Difference looks one up. The error is ErrNoDifference where there is none.
func (l *Ledger) Difference(ctx context.Context, id string) (Difference, error) {
	found, err := l.differences(ctx, `d.id = $1`, id)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("ledger: difference %.40q: %w", id, ErrNoDifference)
	}
	if err != nil {
		return Difference{}, err
	}
	return found[0], nil
}

func (l *Ledger) differences(ctx context.Context, which string, args ...any) (found []Difference, err error) {
	err = each(ctx, l.pool, `SELECT d.id, d.kind, d.participant, to_char(d.day, 'YYYY-MM-DD'), d.rail_ref, d.transfer, d.movement, d.rail_minor, d.ours_minor,
		d.currency, d.detail, r.request, r.how, r.reason, r.evidence, r.resolved_at
		FROM ledger.difference d LEFT JOIN ledger.difference_resolution r ON r.difference = d.id WHERE `+which, func(row pgx.Rows) error {
		var d Difference
		var code string
		var r struct {
			Request               *int64
			How, Reason, Evidence *string
			At                    *time.Time
		}
		err := row.Scan(&d.ID, &d.Kind, &d.Participant, &d.Day, &d.RailRef, &d.Transfer, &d.Movement, &d.RailMinor, &d.OursMinor,
			&code, &d.Detail, &r.Request, &r.How, &r.Reason, &r.Evidence, &r.At)
		if err != nil {
			return err
		}
		if r.Request != nil {
			d.Resolution = &Resolution{Difference: d.ID, Request: *r.Request, How: *r.How, Reason: *r.Reason, Evidence: *r.Evidence, At: r.At.UTC()}
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
