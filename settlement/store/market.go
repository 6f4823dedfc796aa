package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Rates reads the newest sheet of reference rates; its serial is 0 before the first. Whether it holds, its times say.
func (l *Ledger) Rates(ctx context.Context) (r ledger.RatesInForce, err error) {
	err = each(ctx, l.pool, `SELECT s.signed, b.decided_at, s.batch, coalesce(c.threshold, 0)
		FROM (SELECT * FROM ledger.rate_sheet ORDER BY serial DESC LIMIT 1) s JOIN ledger.batch b ON b.id = s.batch
		LEFT JOIN LATERAL (SELECT threshold FROM ledger.rate_committee c WHERE c.command < s.command ORDER BY c.command DESC LIMIT 1) c ON true`, func(row pgx.Rows) error {
		var text []byte
		if err := row.Scan(&text, inUTC{&r.TakenAt}, &r.Batch, &r.Needed); err != nil {
			return err
		}
		signed, err := fx.ParseSignedSheet(text)
		r.Sheet, r.Signers = signed.Sheet, len(signed.Signatures)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("ledger: rates: %w", err)
	}
	return r, nil
}

// Quotes lists the providers' quotes that have not expired at a moment, by provider and currencies.
func (l *Ledger) Quotes(ctx context.Context, at time.Time, limit int) (quotes []ledger.StandingQuote, err error) {
	err = each(ctx, l.pool, `SELECT q.id, q.provider, q.from_currency, q.to_currency, q.rate, q.mid, q.fee_minor, q.expires, q.batch, b.decided_at
		FROM ledger.quote q JOIN ledger.batch b ON b.id = q.batch
		WHERE q.expires > $1 ORDER BY q.provider, q.from_currency, q.to_currency, q.expires DESC, q.id LIMIT $2`, func(row pgx.Rows) error {
		var q ledger.StandingQuote
		var rate, mid string
		err := row.Scan(&q.ID, &q.Provider, coded{&q.From}, coded{&q.To}, &rate, &mid, &q.FeeMinor, inUTC{&q.Expires}, &q.Batch, inUTC{&q.At})
		if err == nil && mid != "" {
			err = q.Mid.UnmarshalText([]byte(mid))
		}
		if err == nil {
			err = q.Rate.UnmarshalText([]byte(rate))
		}
		quotes = append(quotes, q)
		return err
	}, at, ledger.PageSize(limit))
	if err != nil {
		return nil, fmt.Errorf("ledger: quotes: %w", err)
	}
	return quotes, nil
}

// PoolExposures lists what the FX pool stands at now, by currency.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) PoolExposures(ctx context.Context) (pool []ledger.PoolExposure, err error) {
	var all []ledger.Standing
	flows := map[int64][2]int64{}
	err = l.moment(ctx, func(m *moment) error {
		b := &pgx.Batch{}
		standings(b, "", &all)
		queue(b, openFlows+` AND a.kind = 'fx'`, func(row pgx.Rows) error {
			var f ledger.AccountPulse
			err := row.Scan(&f.Account, &f.Owner, &f.Kind, coded{&f.Currency}, &f.Window, &f.InMinor, &f.OutMinor)
			flows[f.Account] = [2]int64{f.InMinor, f.OutMinor}
			return err
		}, ledger.SchemeName)
		return m.last(ctx, b)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: FX pool: %w", err)
	}
	for _, s := range all {
		if s.Participant == ledger.SchemeName {
			pool = append(pool, ledger.PoolExposure{
				Currency: s.Currency, PositionMinor: s.PositionMinor, PrefundMinor: s.PrefundMinor, CreditLineMinor: s.CreditLineMinor,
				InMinor: flows[s.Account][0], OutMinor: flows[s.Account][1],
			})
		}
	}
	return pool, nil
}

// PoolUses lists what passed the FX pool in closed windows, newest first and by currency.
func (l *Ledger) PoolUses(ctx context.Context, limit int) (uses []ledger.PoolUse, err error) {
	err = each(ctx, l.pool, `SELECT n.settlement_window, c.settlement_group, a.currency, n.gross_in, n.gross_out
		FROM (SELECT * FROM ledger.window_event WHERE state = 'closed' ORDER BY settlement_window DESC LIMIT $1) c
		JOIN ledger.window_net n ON n.settlement_window = c.settlement_window
		JOIN ledger.account a ON a.id = n.account AND a.kind = 'fx'
		ORDER BY n.settlement_window DESC, a.currency`, func(row pgx.Rows) error {
		var u ledger.PoolUse
		err := row.Scan(&u.Window.ID, &u.Window.Group, coded{&u.Currency}, &u.InMinor, &u.OutMinor)
		u.MatchedMinor, u.LeftMinor = min(u.InMinor, u.OutMinor), u.InMinor-u.OutMinor
		uses = append(uses, u)
		return err
	}, ledger.PageSize(limit))
	if err != nil {
		return nil, fmt.Errorf("ledger: use of the FX pool: %w", err)
	}
	return uses, nil
}
