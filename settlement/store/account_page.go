package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// AccountPage lists a page of an account's postings with the balance after each. It reads the batches that moved the
// account and no others, however long the time is. Errors wrap ledger.ErrCursor and ledger.ErrNoAccount, are a
// *ledger.DetachedError where postings are kept elsewhere, or the database's.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) AccountPage(ctx context.Context, f ledger.AccountFilter) (page ledger.AccountPage, err error) {
	err = l.moment(ctx, func(m *moment) error {
		s := accountSearch{moment: m, filter: f, page: &page}
		if err := s.account(ctx); err != nil {
			return err
		}
		if err := s.balances(ctx); err != nil {
			return err
		}
		return s.lines(ctx)
	})
	if err != nil {
		return ledger.AccountPage{}, fmt.Errorf("ledger: account of %s in %s: %w", f.Participant, f.Currency, err)
	}
	return page, nil
}

// accountSearch is one page's reading.
type accountSearch struct {
	moment *moment
	filter ledger.AccountFilter
	page   *ledger.AccountPage
	span   ledger.Span // of the batches of the time
}

func (s *accountSearch) account(ctx context.Context) error {
	var ids []int64
	h, b := noHorizon(), &pgx.Batch{}
	queue(b, detachedMonths, h.row)
	queue(b, `SELECT a.id, a.kind FROM ledger.account a JOIN ledger.participant p ON p.id = a.participant
		WHERE p.name = $1 AND a.currency = $2 ORDER BY a.id`, func(row pgx.Rows) error {
		var id int64
		var kind ledger.AccountKind
		err := row.Scan(&id, &kind)
		ids, s.page.Kinds = append(ids, id), append(s.page.Kinds, kind)
		return err
	}, s.filter.Participant, s.filter.Currency.String())
	if err := s.moment.turn(ctx, b); err != nil {
		return err
	}
	if h.months > 0 && s.filter.From.Before(h.ends) {
		return &ledger.DetachedError{Through: h.ends}
	}
	at := 0
	if s.filter.Kind != "" {
		at = slices.Index(s.page.Kinds, s.filter.Kind)
	}
	if at < 0 || len(ids) == 0 {
		return ledger.ErrNoAccount
	}
	s.page.Account, s.page.Kind = ids[at], s.page.Kinds[at]
	return nil
}

// balances reads where the account stood before the time and after it. Each batch that moved it kept its balance.
func (s *accountSearch) balances(ctx context.Context) error {
	return each(ctx, s.moment, `
		WITH span AS (SELECT
			coalesce((SELECT id FROM ledger.batch WHERE decided_at < $2 ORDER BY decided_at DESC, id DESC LIMIT 1), 0) + 1 AS first,
			coalesce((SELECT id FROM ledger.batch WHERE decided_at < $3 ORDER BY decided_at DESC, id DESC LIMIT 1), 0) AS last)
		SELECT span.first, span.last, coalesce(o.credits - o.debits, 0), coalesce(c.credits - c.debits, 0),
		       coalesce(c.debits, 0) - coalesce(o.debits, 0), coalesce(c.credits, 0) - coalesce(o.credits, 0)
		FROM span
		LEFT JOIN LATERAL (SELECT debits, credits FROM ledger.balance b WHERE b.account = $1 AND b.batch < span.first ORDER BY b.batch DESC LIMIT 1) o ON true
		LEFT JOIN LATERAL (SELECT debits, credits FROM ledger.balance b WHERE b.account = $1 AND b.batch <= greatest(span.last, span.first - 1)
			ORDER BY b.batch DESC LIMIT 1) c ON true`, func(row pgx.Rows) error {
		return row.Scan(&s.span.First, &s.span.Last, &s.page.OpeningMinor, &s.page.ClosingMinor, &s.page.DebitMinor, &s.page.CreditMinor)
	}, s.page.Account, s.filter.From, s.filter.Until)
}

// movedBatches are the batches from $2 to $3 that moved an account, in order: a balance is also written where what stands
// beside it changed. The first has nothing to compare with and counts, so one of them may bring no posting.
func movedBatches(account string) string {
	return `SELECT batch FROM (
			SELECT batch, debits, credits, lag(debits) OVER o AS debits_before, lag(credits) OVER o AS credits_before
			FROM ledger.balance WHERE account = ` + account + ` AND batch BETWEEN $2 AND $3 WINDOW o AS (ORDER BY batch)) b
		WHERE (debits, credits) IS DISTINCT FROM (debits_before, credits_before) ORDER BY batch`
}

// sideOf is a posting of account $1 as the account sees it, of a batch x. Ids of a batch follow its clock.
var sideOf = fmt.Sprintf(`ledger.posting p WHERE p.batch = x.id AND (p.debit = $1 OR p.credit = $1)
	AND (p.id BETWEEN floor(extract(epoch FROM x.decided_at) * 1000)::bigint << %[1]d AND (floor(extract(epoch FROM x.decided_at) * 1000)::bigint + %[2]d) << %[1]d
		OR p.id < 1::bigint << 40)`, ledger.IDsPerMilli, idsAhead)

// lines reads on from the cursor: the batches first that moved the account, as many as a page can need.
func (s *accountSearch) lines(ctx context.Context) error {
	after, batch := int64(0), s.span.First
	s.page.BeforeMinor = s.page.OpeningMinor
	if s.filter.Cursor != "" {
		var err error
		if after, err = ledger.ListPostings.Below(s.filter.Cursor); err != nil {
			return err
		}
		if batch, err = s.resume(ctx, after); err != nil {
			return err
		}
	}
	size, balance, b := ledger.PageSize(s.filter.Limit), s.page.BeforeMinor, &pgx.Batch{}
	queue(b, `
		SELECT p.id, x.id, x.decided_at, p.kind, coalesce(p.transfer, 0), CASE WHEN p.debit = $1 THEN -p.amount ELSE p.amount END,
		       coalesce(CASE $7 WHEN d.name THEN c.name WHEN c.name THEN d.name END, n.name, $6)
		FROM (`+movedBatches("$1")+` LIMIT $5) moved
		JOIN ledger.batch x ON x.id = moved.batch
		CROSS JOIN LATERAL (SELECT p.* FROM `+sideOf+` AND p.id > $4) p
		JOIN ledger.account o ON o.id = CASE WHEN p.debit = $1 THEN p.credit ELSE p.debit END LEFT JOIN ledger.participant n ON n.id = o.participant
		LEFT JOIN ledger.transfer t ON t.id = p.transfer
		LEFT JOIN ledger.participant d ON d.id = t.debtor LEFT JOIN ledger.participant c ON c.id = t.creditor
		ORDER BY p.id LIMIT $5`, func(row pgx.Rows) error {
		if len(s.page.Lines) == size {
			s.page.Next = ledger.ListPostings.Cursor(s.page.Lines[size-1].Posting)
			return nil
		}
		v := ledger.AccountLine{StatementLine: ledger.StatementLine{Account: s.page.Account, Of: s.page.Kind}}
		err := row.Scan(&v.Posting, &v.Batch, inUTC{&v.At}, &v.Kind, &v.Transfer, &v.AmountMinor, &v.Other)
		balance += v.AmountMinor
		v.BalanceMinor = balance
		s.page.Lines = append(s.page.Lines, v)
		return err
	}, s.page.Account, batch, s.span.Last, after, size+2, ledger.SchemeName, s.filter.Participant)
	return s.moment.last(ctx, b)
}

// resume finds the batch of the posting that a list goes on after, and the balance after that posting.
func (s *accountSearch) resume(ctx context.Context, after int64) (batch int64, err error) {
	err = each(ctx, s.moment, `
		SELECT x.id, coalesce((SELECT b.credits - b.debits FROM ledger.balance b WHERE b.account = $1 AND b.batch < x.id ORDER BY b.batch DESC LIMIT 1), 0)
		     + coalesce((SELECT sum(CASE WHEN p.debit = $1 THEN -p.amount ELSE p.amount END) FROM `+sideOf+` AND p.id <= $2), 0)::bigint
		FROM ledger.posting at JOIN ledger.batch x ON x.id = at.batch
		WHERE at.id = $2 AND (at.debit = $1 OR at.credit = $1) AND at.batch BETWEEN $3 AND $4`, func(row pgx.Rows) error {
		return row.Scan(&batch, &s.page.BeforeMinor)
	}, s.page.Account, after, s.span.First, s.span.Last)
	if err == nil && batch == 0 {
		err = ledger.ErrCursor
	}
	return batch, err
}
