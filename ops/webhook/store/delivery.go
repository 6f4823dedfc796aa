package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/ops/webhook"
)

// deliveries reads deliveries d that a condition chooses, each with its last attempt.
func deliveries(ctx context.Context, from querier, which string, args ...any) ([]webhook.Delivery, error) {
	rows, err := from.Query(ctx, `SELECT d.id, d.endpoint, d.event, d.type, d.outbox, d.at, d.state, d.attempts, d.strikes, d.due_at, d.ended_at,
		coalesce(a.number, 0), a.at, coalesce(a.status, 0), coalesce(a.took_ms, 0), coalesce(a.reason, '')
		FROM delivery d JOIN endpoint e ON e.id = d.endpoint LEFT JOIN attempt a ON a.delivery = d.id AND a.number = d.attempts WHERE `+which, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (d webhook.Delivery, err error) {
		var ended, last *time.Time
		var took int64
		err = row.Scan(&d.ID, &d.Endpoint, &d.Event, &d.Type, &d.Outbox, &d.At, &d.State, &d.Attempts, &d.Strikes, &d.DueAt, &ended,
			&d.Last.Number, &last, &d.Last.Status, &took, &d.Last.Reason)
		d.EndedAt, d.Last.At, d.Last.Took = moment(ended), moment(last), time.Duration(took)*time.Millisecond
		return d, err
	})
}

// Filter says which deliveries of an endpoint are looked for.
type Filter struct {
	State webhook.DeliveryState // "" for every
	Below int64                 // the number that they are below; 0 for the newest
	Limit int
}

// Deliveries lists an endpoint's, newest first.
func (s *Store) Deliveries(ctx context.Context, endpoint int64, f Filter) ([]webhook.Delivery, error) {
	if f.Below == 0 {
		f.Below = math.MaxInt64
	}
	found, err := deliveries(ctx, s.pool, `d.endpoint = $1 AND d.id < $2 AND $3 IN ('', d.state) ORDER BY d.id DESC LIMIT $4`,
		endpoint, f.Below, string(f.State), f.Limit)
	if err != nil {
		return nil, fmt.Errorf("webhook: deliveries to %d: %w", endpoint, err)
	}
	return found, nil
}

// Delivery looks one up by its event. The error is webhook.ErrUnknown where there is none.
func (s *Store) Delivery(ctx context.Context, endpoint int64, event string) (webhook.Delivery, error) {
	found, err := deliveries(ctx, s.pool, `d.endpoint = $1 AND d.event = $2`, endpoint, event)
	if err == nil && len(found) == 0 {
		err = webhook.ErrUnknown
	}
	if err != nil {
		return webhook.Delivery{}, fmt.Errorf("webhook: delivery of %s to %d: %w", event, endpoint, err)
	}
	return found[0], nil
}

// maxAttempts is how many attempts of a delivery are shown.
const maxAttempts = 50

// Attempts are the last of a delivery, newest first.
func (s *Store) Attempts(ctx context.Context, delivery int64) ([]webhook.Attempt, error) {
	rows, err := s.pool.Query(ctx, `SELECT number, at, status, took_ms, reason FROM attempt WHERE delivery = $1 ORDER BY number DESC LIMIT $2`,
		delivery, maxAttempts)
	if err != nil {
		return nil, fmt.Errorf("webhook: attempts: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a webhook.Attempt, err error) {
		var took int64
		err = row.Scan(&a.Number, &a.At, &a.Status, &took, &a.Reason)
		a.Took = time.Duration(took) * time.Millisecond
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("webhook: attempts: %w", err)
	}
	return all, nil
}

// Gauges count what is watched.
type Gauges struct {
	Endpoints map[string]int64 // by state
	Waiting   int64
	Oldest    time.Duration // how long the oldest of them is due
}

// Gauges reads them.
func (s *Store) Gauges(ctx context.Context) (g Gauges, err error) {
	g.Endpoints = map[string]int64{}
	all, err := s.Endpoints(ctx, "", true)
	if err != nil {
		return g, err
	}
	for _, e := range all {
		g.Endpoints[e.State()]++
		g.Waiting += e.Waiting
	}
	var ms int64
	err = s.pool.QueryRow(ctx, `SELECT coalesce(max(extract(epoch FROM clock_timestamp() - d.at) * 1000), 0)::bigint
		FROM delivery d JOIN endpoint e ON e.id = d.endpoint WHERE d.state = 'waiting' AND e.paused = ''`).Scan(&ms)
	if err != nil {
		return g, fmt.Errorf("webhook: gauges: %w", err)
	}
	g.Oldest = time.Duration(ms) * time.Millisecond
	return g, nil
}
