package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
)

// Balances returns what every account whose path begins with prefix holds, by account and unit.
func (s *Store) Balances(ctx context.Context, prefix string) ([]Balance, error) {
	rows, err := s.pool.Query(ctx, `SELECT DISTINCT ON (account, unit) account, unit, minor FROM balance
		WHERE starts_with(account, $1) ORDER BY account, unit, index DESC`, prefix)
	if err == nil {
		var all []Balance
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Balance, err error) {
			var unit string
			if err := row.Scan(&b.Account, &unit, &b.Amount.Minor); err != nil {
				return b, err
			}
			b.Amount.Currency, err = fx.ParseCurrency(unit)
			return b, err
		})
		if err == nil {
			return all, nil
		}
	}
	return nil, fmt.Errorf("pool %s: balances: %w", s.name, err)
}

// PostingQuery says which postings a page shows.
type PostingQuery struct {
	Account string
	Unit    fx.Currency
	After   Cursor
	Limit   int // rows; 0 or more than MaxPage for MaxPage
}

// Posted is a posting as it stands in an account's book.
type Posted struct {
	Posting

	Index int64
	Place int
	At    time.Time // the clock of its input
	After fx.Money  // what the account holds after it
}

// Postings returns the newest postings of an account in a unit after the cursor, and the cursor of the next page: the
// zero one where there is none.
func (s *Store) Postings(ctx context.Context, q PostingQuery) (posted []Posted, next Cursor, err error) {
	limit := pageSize(q.Limit)
	index, place := q.After.before()
	rows, err := s.pool.Query(ctx, postingsOfAccount, q.Account, q.Unit.String(), index, place, limit+1)
	if err != nil {
		return nil, Cursor{}, fmt.Errorf("pool %s: postings of %s: %w", s.name, q.Account, err)
	}
	posted, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Posted, err error) {
		p.Amount.Currency, p.After.Currency = q.Unit, q.Unit
		err = row.Scan(&p.Index, &p.Place, &p.Debit, &p.Credit, &p.Amount.Minor, &p.At, &p.After.Minor)
		p.At = p.At.UTC()
		return p, err
	})
	if err != nil {
		return nil, Cursor{}, fmt.Errorf("pool %s: postings of %s: %w", s.name, q.Account, err)
	}
	if len(posted) > limit {
		posted = posted[:limit]
		next = At(posted[limit-1].Index, posted[limit-1].Place)
	}
	return posted, next, nil
}

// What an account holds after a posting is what it holds after the entry, less what the entry's later ones move.
const postingsOfAccount = `
	WITH page AS (
		(SELECT index, place, debit, credit, amount_minor FROM posting
		 WHERE debit = $1 AND unit = $2 AND (index, place) < ($3, $4) ORDER BY index DESC, place DESC LIMIT $5)
		UNION ALL
		(SELECT index, place, debit, credit, amount_minor FROM posting
		 WHERE credit = $1 AND unit = $2 AND (index, place) < ($3, $4) ORDER BY index DESC, place DESC LIMIT $5)
		ORDER BY index DESC, place DESC LIMIT $5
	)
	SELECT p.index, p.place, p.debit, p.credit, p.amount_minor, i.at, (b.minor - coalesce((
		SELECT sum(CASE later.credit WHEN $1 THEN later.amount_minor ELSE -later.amount_minor END) FROM posting later
		WHERE later.index = p.index AND later.place > p.place AND later.unit = $2 AND $1 IN (later.debit, later.credit)), 0))::bigint
	FROM page p JOIN input i ON i.index = p.index JOIN balance b ON b.account = $1 AND b.unit = $2 AND b.index = p.index
	ORDER BY p.index DESC, p.place DESC`
