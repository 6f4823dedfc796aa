package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// exactness is what converting everything again adds up to.
type exactness struct {
	mu        sync.Mutex
	converted int
	left      map[string]int64 // billionths of a minor unit that the pool kept, by currency
	wrong     string           // the first thing that is
}

// inspectExact converts every cross-currency transfer again, and holds all rounding against the residual
// accounts: what they hold and what is still carried is what rounding left, to the billionth.
func inspectExact(all []section) inspection {
	sum := &exactness{left: map[string]int64{}}
	held := map[string]int64{}
	i := inspection{pieces: []piece{func(ctx context.Context, tx pgx.Tx) error { return residuals(ctx, tx, held) }}}
	for _, s := range all {
		i.pieces = append(i.pieces, func(ctx context.Context, tx pgx.Tx) error { return sum.convert(ctx, tx, s) })
	}
	i.tell = func() ledger.Finding {
		for code, nano := range held {
			if nano != sum.left[code] {
				sum.fault("rounding in %s left %d billionths; the books have and carry %d", code, sum.left[code], nano)
			}
		}
		for code, nano := range sum.left {
			if _, ok := held[code]; !ok && nano != 0 {
				sum.fault("rounding in %s left %d billionths and no account holds them", code, nano)
			}
		}
		if sum.wrong != "" {
			return ledger.Finding{Name: "money_is_exact", Detail: sum.wrong}
		}
		return ledger.Finding{Name: "money_is_exact", OK: true, Detail: fmt.Sprintf(
			"%d conversions recomputed from their quotes; all rounding is on residual accounts", sum.converted)}
	}
	return i
}

func (e *exactness) fault(format string, args ...any) {
	if e.wrong == "" {
		e.wrong = fmt.Sprintf(format, args...)
	}
}

// residuals reads what the residual accounts hold and what is carried, in billionths of a minor unit.
func residuals(ctx context.Context, tx pgx.Tx, held map[string]int64) error {
	err := each(ctx, tx, `
		SELECT b.currency, b.balance_minor, coalesce((SELECT c.nano FROM ledger.residual_carry c
			WHERE c.currency = b.currency ORDER BY c.batch DESC LIMIT 1), 0)
		     - coalesce((SELECT sum(d.nano) FROM ledger.detached_residual d WHERE d.currency = b.currency), 0)::bigint
		FROM ledger.balance_now b WHERE b.kind = 'residual'`, func(row pgx.Rows) error {
		var code string
		var minor, carry int64
		err := row.Scan(&code, &minor, &carry)
		held[code] = minor*fx.NanoPerMinor + carry
		return err
	})
	if err != nil {
		return fmt.Errorf("residual accounts: %w", err)
	}
	return nil
}

// published is a quote and the batch that published it: an id may come back.
type published struct {
	batch int64
	quote fx.Quote
}

// quotesOf are the quotes that transfers of a section name, newest first.
func quotesOf(ctx context.Context, tx pgx.Tx, s section) (map[string][]published, error) {
	quotes := map[string][]published{}
	err := each(ctx, tx, `SELECT q.id, q.batch, q.from_currency, q.to_currency, q.rate, q.fee_minor
		FROM (SELECT DISTINCT quote FROM ledger.transfer WHERE id BETWEEN $1 AND $2 AND quote <> '') named
		JOIN ledger.quote q ON q.id = named.quote ORDER BY q.batch DESC`, func(row pgx.Rows) error {
		var p published
		var from, to, rate string
		if err := row.Scan(&p.quote.ID, &p.batch, &from, &to, &rate, &p.quote.FeeMinor); err != nil {
			return err
		}
		quotes[p.quote.ID] = append(quotes[p.quote.ID], p)
		at := &quotes[p.quote.ID][len(quotes[p.quote.ID])-1].quote
		return errors.Join(at.From.UnmarshalText([]byte(from)), at.To.UnmarshalText([]byte(to)), at.Rate.UnmarshalText([]byte(rate)))
	}, s.ids()...)
	if err != nil {
		return nil, fmt.Errorf("quotes: %w", err)
	}
	return quotes, nil
}

// conversion is a cross-currency transfer as the ledger keeps it.
type conversion struct {
	id, batch           int64
	source, destination fx.Money
	quote               string
	residual            fx.NanoMinor
	residualCurrency    string
	isReturn, cleared   bool
}

func (e *exactness) convert(ctx context.Context, tx pgx.Tx, s section) error {
	quotes, err := quotesOf(ctx, tx, s)
	if err != nil {
		return err
	}
	part := exactness{left: map[string]int64{}}
	err = each(ctx, tx, `
		SELECT t.id, t.batch, t.source_minor, t.source_currency, t.destination_minor, t.destination_currency, t.quote,
		       t.residual_nano, t.residual_currency, t.return_of IS NOT NULL, e.transfer IS NOT NULL
		FROM ledger.transfer t
		LEFT JOIN (SELECT transfer FROM ledger.transfer_event WHERE state = 'cleared' AND transfer BETWEEN $1 AND $2) e ON e.transfer = t.id
		WHERE t.source_currency <> t.destination_currency AND t.id BETWEEN $1 AND $2`, func(row pgx.Rows) error {
		var c conversion
		var source, destination string
		if err := row.Scan(&c.id, &c.batch, &c.source.Minor, &source, &c.destination.Minor, &destination, &c.quote, &c.residual,
			&c.residualCurrency, &c.isReturn, &c.cleared); err != nil {
			return err
		}
		if err := errors.Join(c.source.Currency.UnmarshalText([]byte(source)), c.destination.Currency.UnmarshalText([]byte(destination))); err != nil {
			return err
		}
		part.add(c, quotes[c.quote])
		return nil
	}, s.ids()...)
	if err != nil {
		return fmt.Errorf("conversions: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.converted += part.converted
	for code, nano := range part.left {
		e.left[code] += nano
	}
	if part.wrong != "" {
		e.fault("%s", part.wrong)
	}
	return nil
}

// add converts again by the newest of the quotes that were published until then.
func (e *exactness) add(c conversion, quotes []published) {
	for len(quotes) > 0 && quotes[0].batch > c.batch {
		quotes = quotes[1:]
	}
	fixed, amount := fx.FixedSource, c.source
	if c.residualCurrency == c.source.Currency.String() {
		fixed, amount = fx.FixedDestination, c.destination
	}
	var again fx.Conversion
	err := errors.New("no quote")
	if len(quotes) > 0 {
		again, err = quotes[0].quote.Convert(fixed, amount)
	}
	if err != nil || again.Source != c.source || again.Destination != c.destination || again.Residual != c.residual {
		e.fault("transfer %d is not what its quote %s makes of it", c.id, c.quote)
	}
	e.converted++
	kept := c.residual
	if (fixed == fx.FixedDestination) != c.isReturn {
		kept = -kept
	}
	if c.cleared {
		e.left[c.residualCurrency] += kept
	}
}
