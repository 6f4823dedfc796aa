package store

import (
	"context"
	"fmt"
	"math/big"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Standings lists what a participant, or everybody where it is "", has and owes in each currency, by name and currency:
// as of one moment.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) Standings(ctx context.Context, participant string) (all []ledger.Standing, err error) {
	newest := choice{}
	err = l.moment(ctx, func(m *moment) error {
		b := &pgx.Batch{}
		standings(b, participant, &all)
		newest.queue(b)
		return m.last(ctx, b)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: standings: %w", err)
	}
	newest.price(all)
	return all, nil
}

// standings reads each account's newest balance once. The FX pool is prefunded by the provider's settlement accounts.
func standings(b *pgx.Batch, participant string, all *[]ledger.Standing) {
	queue(b, `
		WITH now AS (
			SELECT a.id, a.participant, a.kind, a.currency, coalesce(b.credits - b.debits, 0) AS minor
			FROM ledger.account a LEFT JOIN LATERAL (SELECT credits, debits FROM ledger.balance b WHERE b.account = a.id ORDER BY b.batch DESC LIMIT 1) b ON true
		), owner AS (
			SELECT participant, currency, max(id) FILTER (WHERE kind IN ('position', 'fx')) AS account,
			       coalesce(sum(minor) FILTER (WHERE kind IN ('position', 'fx')), 0) AS position, coalesce(sum(minor) FILTER (WHERE kind = 'settlement'), 0) AS prefund,
			       coalesce(sum(minor) FILTER (WHERE kind = 'suspense'), 0) AS reserved, coalesce(sum(minor) FILTER (WHERE kind = 'collateral'), 0) AS collateral,
			       coalesce(sum(minor) FILTER (WHERE kind = 'pledge'), 0) AS pledged, coalesce(sum(minor) FILTER (WHERE kind = 'claim'), 0) AS claims,
			       coalesce(sum(minor) FILTER (WHERE kind = 'fee'), 0) AS fees
			FROM now WHERE participant > 0 OR kind = 'fx' GROUP BY participant, currency
		), pledge AS (
			SELECT beneficiary, currency, sum(amount_minor) AS minor FROM (SELECT DISTINCT ON (id) * FROM ledger.guarantee ORDER BY id, batch DESC) g
			GROUP BY beneficiary, currency
		)
		SELECT coalesce(p.name, $2), o.currency, coalesce(o.account, 0), coalesce(p.suspended, false), o.position::bigint,
		       (CASE WHEN o.participant > 0 THEN o.prefund ELSE coalesce((SELECT sum(n.minor) FROM now n WHERE n.kind = 'settlement' AND n.currency = o.currency
		           AND n.participant = (SELECT id FROM ledger.participant WHERE role = 'provider' ORDER BY id LIMIT 1)), 0) END)::bigint,
		       coalesce(c.amount_minor, 0), coalesce(c.target_minor, 0), coalesce(v.step, 0),
		       o.reserved::bigint, o.collateral::bigint, o.pledged::bigint, coalesce(g.minor, 0)::bigint,
		       coalesce(k.unsecured_minor, 0), coalesce(k.haircut_ppm, 0), o.claims::bigint, o.fees::bigint,
		       coalesce(h.state, ''), h.since, coalesce(h.waiting, 0)
		FROM owner o LEFT JOIN ledger.participant p ON p.id = o.participant
		LEFT JOIN LATERAL (SELECT amount_minor, target_minor FROM ledger.credit_line c WHERE c.account = o.account ORDER BY c.batch DESC LIMIT 1) c ON true
		LEFT JOIN LATERAL (SELECT unsecured_minor, haircut_ppm FROM ledger.credit_terms k WHERE k.account = o.account ORDER BY k.batch DESC LIMIT 1) k ON true
		LEFT JOIN LATERAL (SELECT step FROM ledger.liquidity v WHERE v.account = o.account ORDER BY v.batch DESC LIMIT 1) v ON true
		LEFT JOIN pledge g ON g.beneficiary = o.participant AND g.currency = o.currency
		LEFT JOIN LATERAL (SELECT state, since, waiting FROM ledger.rail_health h WHERE h.participant = o.participant ORDER BY h.batch DESC, h.place DESC LIMIT 1) h ON true
		WHERE $1 = '' OR p.name = $1 ORDER BY 1, 2`, func(row pgx.Rows) error {
		var s ledger.Standing
		err := row.Scan(&s.Participant, coded{&s.Currency}, &s.Account, &s.Suspended, &s.PositionMinor, &s.PrefundMinor, &s.CreditLineMinor, &s.TargetMinor,
			&s.AlarmStep, &s.ReservedMinor, &s.CollateralMinor, &s.PledgedMinor, &s.GuaranteedMinor, &s.UnsecuredMinor, &s.HaircutPPM, &s.ClaimsMinor, &s.FeesMinor,
			&s.Rail, inUTC{&s.RailSince}, &s.RailWaiting)
		if s.Account > 0 {
			s.AvailableMinor = s.PrefundMinor + s.CreditLineMinor + s.PositionMinor
			s.UsedBP = usedBP(-s.PositionMinor, s.PrefundMinor+s.CreditLineMinor)
		}
		*all = append(*all, s)
		return err
	}, participant, ledger.SchemeName)
}

// usedBP is which part of what may be owed is owed, in hundredths of a percent and rounded up: what is used up shows as
// such, and so does that something is used.
func usedBP(used, most int64) int64 {
	const all = 10_000
	switch {
	case used <= 0:
		return 0
	case used >= most:
		return all
	}
	up := new(big.Int).Mul(big.NewInt(used), big.NewInt(all))
	up.Add(up, big.NewInt(most-1)).Div(up, big.NewInt(most))
	return up.Int64()
}

// price adds the shadow prices of a choice.
func (c choice) price(all []ledger.Standing) {
	prices := map[int64]int64{}
	for _, p := range c.record.Clearing.Prices {
		prices[p.Account] = p.Price
	}
	for i := range all {
		all[i].PriceBatch = c.batch
		if all[i].Account > 0 {
			all[i].Price = prices[all[i].Account]
		}
	}
}
