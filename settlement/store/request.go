package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// SQLSTATEs that the database raises (migrations/00012_admission.sql, and its own).
const (
	stateSamePerson = "AY005"
	stateUnique     = "23505"
	stateForeign    = "23503"
)

// MakeRequest keeps what is asked for, of which key, kind, subject, body and maker are set, and returns its number.
func (l *Ledger) MakeRequest(ctx context.Context, r ledger.Request) (id int64, err error) {
	if len(r.Body) > ledger.MaxCommandBytes {
		return 0, fmt.Errorf("ledger: request %s of %d bytes; the limit is %d", r.Kind, len(r.Body), ledger.MaxCommandBytes)
	}
	err = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('ledger.request'))`); err != nil {
			return err
		}
		var was ledger.Request
		err := tx.QueryRow(ctx, `SELECT id, kind, subject, body, maker FROM ledger.request WHERE key = $1`, r.Key).
			Scan(&id, &was.Kind, &was.Subject, &was.Body, &was.Maker)
		switch {
		case err == nil && was.Kind == r.Kind && was.Subject == r.Subject && was.Maker == r.Maker && bytes.Equal(was.Body, r.Body):
			return nil
		case err == nil:
			return ledger.ErrRequestChanged
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		return tx.QueryRow(ctx, `INSERT INTO ledger.request (id, key, kind, subject, body, maker)
			SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5 FROM ledger.request RETURNING id`, r.Key, r.Kind, r.Subject, r.Body, r.Maker).Scan(&id)
	})
	if err != nil {
		return 0, fmt.Errorf("ledger: request %s: %w", r.Kind, err)
	}
	return id, nil
}

// DecideRequest has another person approve or refuse. Errors are ErrSamePerson, ErrDecided, ErrExpired, ErrNoRequest and
// the database's, whose clock says what has expired.
func (l *Ledger) DecideRequest(ctx context.Context, id int64, checker string, approved bool, reason string) error {
	done, err := l.pool.Exec(ctx, `WITH decided AS (
			INSERT INTO ledger.approval (request, checker, approved, reason)
			SELECT $1, $2, $3, $4 WHERE NOT $3 OR NOT EXISTS (SELECT FROM ledger.request r WHERE r.id = $1 AND `+lapsed+`) RETURNING request)
		SELECT pg_notify($5, '') FROM decided`, id, checker, approved, reason, requestChannel)
	if err == nil && done.RowsAffected() == 0 {
		err = ledger.ErrExpired
	}
	if raised, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch raised.Code {
		case stateSamePerson:
			err = ledger.ErrSamePerson
		case stateUnique:
			err = ledger.ErrDecided
		case stateForeign:
			err = ledger.ErrNoRequest
		}
	}
	if err != nil {
		return fmt.Errorf("ledger: decide on request %d: %w", id, err)
	}
	return nil
}

// lapsed is the condition on a request r that it was made too long ago to be approved.
var lapsed = fmt.Sprintf(`r.made_at <= clock_timestamp() - interval '%d seconds'`, int64(ledger.RequestHolds/time.Second))

// requestChannel is where a decision on a request, and its end, is announced.
const requestChannel = "ayni_request"

// WatchRequests calls woken once at the start and whenever one was decided on or done, until ctx ends or the
// connection fails.
func (l *Ledger) WatchRequests(ctx context.Context, woken func()) error {
	if err := l.watch(ctx, requestChannel, woken); err != nil {
		return fmt.Errorf("ledger: watch requests: %w", err)
	}
	return nil
}

// FinishRequest keeps what came of an approved request. Said again, the first word stands.
func (l *Ledger) FinishRequest(ctx context.Context, id int64, fault string) error {
	_, err := l.pool.Exec(ctx, `WITH done AS (
			INSERT INTO ledger.request_result (request, fault) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING request)
		SELECT pg_notify($3, '') FROM done`, id, fault, requestChannel)
	if err != nil {
		return fmt.Errorf("ledger: finish request %d: %w", id, err)
	}
	return nil
}

// Requests lists the newest requests, at most limit of them, newest first.
func (l *Ledger) Requests(ctx context.Context, limit int) ([]ledger.Request, error) {
	return l.requests(ctx, `true ORDER BY r.id DESC LIMIT $1`, limit)
}

// FindRequests lists a page of requests, newest first. Errors wrap ledger.ErrCursor, or are the database's.
func (l *Ledger) FindRequests(ctx context.Context, f ledger.RequestFilter) (page ledger.RequestPage, err error) {
	below, err := ledger.ListRequests.Below(f.Cursor)
	if err != nil {
		return page, fmt.Errorf("ledger: requests: %w", err)
	}
	size := ledger.PageSize(f.Limit)
	page.Requests, err = l.requests(ctx, `r.id < $1 AND ($2 = '' OR r.subject = $2) AND ($3 = '' OR r.kind = $3) AND ($4 = '' OR $4 = CASE
			WHEN a.request IS NULL AND `+lapsed+` THEN 'expired' WHEN a.request IS NULL THEN 'open' WHEN NOT a.approved THEN 'refused' WHEN x.request IS NULL THEN 'approved'
			WHEN x.fault <> '' THEN 'failed' ELSE 'done' END)
		ORDER BY r.id DESC LIMIT $5`, below, f.Subject, f.Kind, string(f.State), size+1)
	if len(page.Requests) > size {
		page.Requests = page.Requests[:size]
		page.Next = ledger.ListRequests.Cursor(page.Requests[size-1].ID)
	}
	return page, err
}

// RequestsToDo lists those of some kinds that were approved and are not done, oldest first.
func (l *Ledger) RequestsToDo(ctx context.Context, kinds ...string) ([]ledger.Request, error) {
	return l.requests(ctx, `a.approved AND x.request IS NULL AND r.kind = ANY ($1) ORDER BY a.decided_at, r.id`, kinds)
}

// Request looks one up. The error is ErrNoRequest where there is none.
func (l *Ledger) Request(ctx context.Context, id int64) (ledger.Request, error) {
	return l.request(ctx, `r.id = $1`, id)
}

// RequestUnder looks one up by its key. The error is ErrNoRequest where there is none.
func (l *Ledger) RequestUnder(ctx context.Context, key string) (ledger.Request, error) {
	return l.request(ctx, `r.key = $1`, key)
}

func (l *Ledger) request(ctx context.Context, which string, value any) (ledger.Request, error) {
	found, err := l.requests(ctx, which, value)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("ledger: request %v: %w", value, ledger.ErrNoRequest)
	}
	if err != nil {
		return ledger.Request{}, err
	}
	return found[0], nil
}

func (l *Ledger) requests(ctx context.Context, which string, args ...any) (found []ledger.Request, err error) {
	err = each(ctx, l.pool, `SELECT r.id, r.key, r.kind, r.subject, r.body, r.maker, r.made_at, coalesce(a.checker, ''), coalesce(a.approved, false),
		coalesce(a.reason, ''), coalesce(a.decided_at, 'epoch'), x.request IS NOT NULL, coalesce(x.fault, ''), coalesce(x.done_at, 'epoch'),
		a.request IS NULL AND `+lapsed+`
		FROM ledger.request r LEFT JOIN ledger.approval a ON a.request = r.id LEFT JOIN ledger.request_result x ON x.request = r.id WHERE `+which,
		func(row pgx.Rows) error {
			var r ledger.Request
			err := row.Scan(&r.ID, &r.Key, &r.Kind, &r.Subject, &r.Body, &r.Maker, &r.MadeAt, &r.Checker, &r.Approved,
				&r.Reason, &r.DecidedAt, &r.Done, &r.Fault, &r.DoneAt, &r.Expired)
			found = append(found, r)
			return err
		}, args...)
	if err != nil {
		return nil, fmt.Errorf("ledger: requests: %w", err)
	}
	return found, nil
}

// checkRequests holds what was done against what two people wanted.
func checkRequests(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "two_people_decided", `
		SELECT (SELECT count(*) FROM ledger.approval a JOIN ledger.request r ON r.id = a.request
		            WHERE lower(btrim(a.checker)) = lower(btrim(r.maker)) OR a.decided_at < r.made_at)
		     + (SELECT count(*) FROM ledger.request_result x LEFT JOIN ledger.approval a ON a.request = x.request WHERE a.approved IS NOT TRUE),
		       (SELECT count(*) FROM ledger.request)`,
		"%d requests, each decided on by another person than asked", "%d faults in %d requests")
}
