package store

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

// Books are the accounts of a period as of one moment.
type Books struct {
	Accounts []ledger.PeriodAccount // in order of their ids
	Began    time.Time              // the clock of the ledger's first batch
	Span     ledger.Span            // of the period's batches
	tx       pgx.Tx
	first    int64 // bounds of the ids that postings of the span have
	last     int64
}

// Books reads a period. What read takes of it is of one moment. Postings that do not lead an account from its opening
// balance to its closing one are a *DriftError, before read is called; a time whose postings are kept elsewhere is a
// *DetachedError.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) Books(ctx context.Context, p ledger.Period, read func(*Books) error) error {
	err := pgx.BeginTxFunc(ctx, l.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		b := &Books{tx: tx}
		if err := b.bound(ctx, p); err != nil {
			return err
		}
		if err := b.balance(ctx, p); err != nil {
			return err
		}
		return read(b)
	})
	if err != nil {
		return fmt.Errorf("ledger: books: %w", err)
	}
	return nil
}

// bound finds the batches of the period, and where the ids of their postings lie.
func (b *Books) bound(ctx context.Context, p ledger.Period) error {
	h, err := horizonOf(ctx, b.tx)
	if err != nil {
		return err
	}
	if h.months > 0 && p.From.Before(h.ends) {
		return &ledger.DetachedError{Through: h.ends}
	}
	var began *time.Time
	// A period without a batch lies behind the last batch before it.
	err = b.tx.QueryRow(ctx, `SELECT min(decided_at), coalesce(max(id) FILTER (WHERE decided_at < $1), 0) + 1, coalesce(max(id), 0)
		FROM ledger.batch WHERE decided_at < $2`, p.From, p.Until).Scan(&began, &b.Span.First, &b.Span.Last)
	if err != nil {
		return err
	}
	b.Began = orZero(began)
	b.first, b.last = ledger.FirstID(p.From), ledger.FirstID(p.Until)+idsAhead<<ledger.IDsPerMilli
	return nil
}

// postingsOf are the postings of batches and of where their ids lie. Ids from when they were counted from one lie
// before all others.
const postingsOf = `FROM ledger.posting p WHERE p.batch BETWEEN $1 AND $2 AND (p.id BETWEEN $3 AND $4 OR p.id < 1::bigint << 40)`

// balance reads the accounts of the period and holds their balances against their postings.
func (b *Books) balance(ctx context.Context, p ledger.Period) error {
	err := each(ctx, b.tx, `
		WITH moved AS (
			SELECT account, sum(debit)::bigint AS debits, sum(credit)::bigint AS credits, count(*) AS postings FROM (
				SELECT p.debit AS account, p.amount AS debit, 0 AS credit `+postingsOf+`
				UNION ALL SELECT p.credit, 0, p.amount `+postingsOf+`) side GROUP BY account)
		SELECT a.id, coalesce(n.name, $7), a.kind, a.currency, coalesce(o.balance, 0), coalesce(c.balance, 0),
		       coalesce(m.debits, 0), coalesce(m.credits, 0), coalesce(m.postings, 0)
		FROM ledger.account a LEFT JOIN ledger.participant n ON n.id = a.participant LEFT JOIN moved m ON m.account = a.id
		LEFT JOIN LATERAL (SELECT b.credits - b.debits AS balance FROM ledger.balance b WHERE b.account = a.id AND b.batch < $1
			ORDER BY b.batch DESC LIMIT 1) o ON true
		LEFT JOIN LATERAL (SELECT b.credits - b.debits AS balance FROM ledger.balance b WHERE b.account = a.id AND b.batch <= $2
			ORDER BY b.batch DESC LIMIT 1) c ON true
		WHERE ($5 = '' OR coalesce(n.name, $7) = $5) AND ($6 = '' OR a.currency = $6) ORDER BY a.id`, func(row pgx.Rows) error {
		var a ledger.PeriodAccount
		var code string
		err := row.Scan(&a.Account, &a.Owner, &a.Kind, &code, &a.OpeningMinor, &a.ClosingMinor, &a.DebitMinor, &a.CreditMinor, &a.Postings)
		if err != nil {
			return err
		}
		if moved := a.OpeningMinor - a.DebitMinor + a.CreditMinor; moved != a.ClosingMinor {
			return &ledger.DriftError{Account: a.Account, After: b.Span.First - 1, Through: b.Span.Last, Kept: a.ClosingMinor, Posted: moved}
		}
		a.Currency, err = fx.ParseCurrency(code)
		b.Accounts = append(b.Accounts, a)
		return err
	}, b.Span.First, b.Span.Last, b.first, b.last, p.Owner, p.Currency.String(), ledger.SchemeName)
	if err == nil && len(b.Accounts) == 0 {
		err = fmt.Errorf("%w: %q in %q", ledger.ErrNoAccount, p.Owner, p.Currency)
	}
	return err
}

// Entries hands over the postings of accounts in their order, each once. It keeps none of them.
func (b *Books) Entries(ctx context.Context, accounts []int64, entry func(ledger.StatementEntry) error) error {
	err := each(ctx, b.tx, `
		WITH settled AS MATERIALIZED (
			SELECT batch, string_agg('window ' || settlement_window, ', ' ORDER BY settlement_window) AS windows
			FROM ledger.window_event WHERE state = 'settled' AND batch BETWEEN $1 AND $2 GROUP BY batch
		), proof AS MATERIALIZED ( -- the words are those that the engine writes down what an entry proves in
			SELECT batch, currency, said, string_agg(reference, ', ' ORDER BY reference) AS reference
			FROM ledger.evidence WHERE batch BETWEEN $1 AND $2 GROUP BY batch, currency, said)
		SELECT p.id, p.batch, x.decided_at, p.kind, p.amount, p.currency, p.debit, coalesce(dn.name, $6), d.kind, p.credit, coalesce(cn.name, $6), c.kind,
		       coalesce(p.transfer, 0), coalesce(t.return_of, p.transfer, 0), coalesce(t.intent, ''), coalesce(tn.name, ''), coalesce(tc.name, ''),
		       coalesce(CASE WHEN p.kind IN ('settle', 'trade') THEN s.windows
		           WHEN p.kind = 'fund' THEN e.reference END, '')
		FROM (SELECT p.* `+postingsOf+` AND (p.debit = ANY ($5) OR p.credit = ANY ($5))) p
		JOIN ledger.batch x ON x.id = p.batch
		JOIN ledger.account d ON d.id = p.debit LEFT JOIN ledger.participant dn ON dn.id = d.participant
		JOIN ledger.account c ON c.id = p.credit LEFT JOIN ledger.participant cn ON cn.id = c.participant
		LEFT JOIN ledger.transfer t ON t.id = p.transfer
		LEFT JOIN ledger.participant tn ON tn.id = t.debtor LEFT JOIN ledger.participant tc ON tc.id = t.creditor
		LEFT JOIN settled s ON s.batch = p.batch
		LEFT JOIN proof e ON e.batch = p.batch AND e.currency = p.currency AND e.said = 'fund ' || cn.name || ' ' || c.kind || ' ' || p.amount
		ORDER BY p.id`, func(row pgx.Rows) error {
		var v ledger.StatementEntry
		var code string
		err := row.Scan(&v.Posting, &v.Batch, &v.At, &v.Kind, &v.Amount.Minor, &code, &v.Debit.Account, &v.Debit.Owner, &v.Debit.Kind,
			&v.Credit.Account, &v.Credit.Owner, &v.Credit.Kind, &v.Transfer, &v.Original, &v.Intent, &v.Debtor, &v.Creditor, &v.Reference)
		if err != nil {
			return err
		}
		v.At = v.At.UTC()
		if v.Amount.Currency, err = fx.ParseCurrency(code); err != nil {
			return err
		}
		return entry(v)
	}, b.Span.First, b.Span.Last, b.first, b.last, accounts, ledger.SchemeName)
	if err != nil {
		return fmt.Errorf("entries: %w", err)
	}
	return nil
}

// Zone names the time zone in which the windows of a currency close, "" where no timetable says one.
func (l *Ledger) Zone(ctx context.Context, c fx.Currency) (string, error) {
	var zone string
	err := each(ctx, l.pool, `SELECT DISTINCT ON (name) timetable FROM ledger.settlement_group
		WHERE name = coalesce((SELECT name FROM (SELECT DISTINCT ON (name) name, currencies FROM ledger.settlement_group ORDER BY name, batch DESC) now
			WHERE $1 = ANY (currencies) LIMIT 1), $2) ORDER BY name, batch DESC`, func(row pgx.Rows) error {
		var text []byte
		if err := row.Scan(&text); err != nil || text == nil {
			return err
		}
		var t schedule.Timetable
		if err := json.Unmarshal(text, &t); err != nil {
			return err
		}
		if len(t.Groups) > 0 {
			zone = t.Groups[0].Zone
		}
		return nil
	}, c.String(), settlement.DefaultGroup)
	if err != nil {
		return "", fmt.Errorf("ledger: zone of %s: %w", c, err)
	}
	return zone, nil
}
