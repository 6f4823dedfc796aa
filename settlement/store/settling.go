package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func writeSettling(w *wire, b *ledger.Batch) {
	copyIn(w, "settlement_group", "name, batch, currencies, timetable, settle_within, share_max_ppm", b.Groups, func(r *row, g ledger.Group) {
		r.text(g.Name)
		r.bigint(b.ID)
		r.array(len(g.Currencies), oidText, func() {
			for _, c := range g.Currencies {
				r.text(c.String())
			}
		})
		r.bytes(g.Timetable)
		r.interval(time.Duration(g.SettleWithinSeconds) * time.Second)
		r.integer(int32(g.ShareMaxPPM)) //nolint:gosec // at most a million
	})
	copyIn(w, "settlement_method", "participant, batch, method", b.Methods, func(r *row, m ledger.Method) {
		r.integer(m.Participant)
		r.bigint(b.ID)
		r.text(string(m.Method))
	})
	copyIn(w, "default_step", "settlement_window, account, step, batch, kind, payer, amount_minor", b.DefaultSteps, func(r *row, s ledger.DefaultStep) {
		r.bigint(int64(s.Window))
		r.bigint(s.Account)
		r.integer(s.Step)
		r.bigint(b.ID)
		r.text(string(s.Kind))
		r.bigint(s.Payer)
		r.bigint(s.AmountMinor)
	})
	copyIn(w, "claim", "id, batch, settlement_window, rank, defaulter, creditor, currency, amount_minor", b.Claims, func(r *row, c ledger.Claim) {
		r.bigint(c.ID)
		r.bigint(b.ID)
		r.bigint(int64(c.Window))
		r.bigint(c.Rank)
		r.integer(c.Defaulter)
		r.integer(c.Creditor)
		r.text(c.Currency.String())
		r.bigint(c.AmountMinor)
	})
	copyIn(w, "claim_paid", "claim, batch, command, amount_minor", b.ClaimsPaid, func(r *row, c ledger.ClaimPaid) {
		r.bigint(c.Claim)
		r.bigint(b.ID)
		r.bigint(c.Command)
		r.bigint(c.AmountMinor)
	})
}

// loadSettling reads groups, windows that are open or not settled, methods, and what defaulters owe.
func (d *Lead) loadSettling(ctx context.Context, s *ledger.Snapshot) error {
	err := d.each(ctx, `SELECT DISTINCT ON (name) name, currencies, timetable, extract(epoch FROM settle_within)::bigint, share_max_ppm
		FROM ledger.settlement_group ORDER BY name, batch DESC`, func(row pgx.Rows) error {
		var g ledger.Group
		var codes []string
		if err := row.Scan(&g.Name, &codes, &g.Timetable, &g.SettleWithinSeconds, &g.ShareMaxPPM); err != nil {
			return err
		}
		for _, code := range codes {
			c, err := fx.ParseCurrency(code)
			if err != nil {
				return err
			}
			g.Currencies = append(g.Currencies, c)
		}
		s.Groups = append(s.Groups, g)
		return nil
	})
	if err != nil {
		return fmt.Errorf("settlement groups: %w", err)
	}
	err = d.each(ctx, `SELECT DISTINCT ON (participant) participant, method FROM ledger.settlement_method ORDER BY participant, batch DESC`,
		func(row pgx.Rows) error {
			var m ledger.Method
			err := row.Scan(&m.Participant, &m.Method)
			s.Methods = append(s.Methods, m)
			return err
		})
	if err != nil {
		return fmt.Errorf("settlement methods: %w", err)
	}
	err = d.each(ctx, `SELECT o.settlement_window, o.settlement_group, o.batch, o.moment FROM ledger.window_event o
		WHERE o.state = 'open' AND NOT EXISTS (SELECT FROM ledger.window_event c WHERE c.settlement_window = o.settlement_window AND c.state = 'closed')
		ORDER BY o.settlement_window`, func(row pgx.Rows) error {
		var w ledger.OpenWindow
		var closes *time.Time
		err := row.Scan(&w.ID, &w.Group, &w.OpenedBatch, &closes)
		w.ClosesAt = orZero(closes)
		s.OpenWindows = append(s.OpenWindows, w)
		return err
	})
	if err != nil {
		return fmt.Errorf("open windows: %w", err)
	}
	err = d.each(ctx, `SELECT c.settlement_window, c.settlement_group, c.moment,
		       EXISTS (SELECT FROM ledger.window_event f WHERE f.settlement_window = c.settlement_window AND f.state = 'failed')
		FROM ledger.window_event c
		WHERE c.state = 'closed' AND NOT EXISTS (SELECT FROM ledger.window_event e WHERE e.settlement_window = c.settlement_window AND e.state = 'settled')
		ORDER BY c.settlement_window`, func(row pgx.Rows) error {
		var w ledger.ClosedWindow
		var due *time.Time
		err := row.Scan(&w.ID, &w.Group, &due, &w.Failed)
		w.Due = orZero(due)
		s.ClosedWindows = append(s.ClosedWindows, w)
		return err
	})
	if err != nil {
		return fmt.Errorf("closed windows: %w", err)
	}
	err = d.each(ctx, `SELECT c.id, c.settlement_window, c.rank, c.defaulter, c.creditor, c.currency, c.amount_minor,
		       (c.amount_minor - coalesce(p.minor, 0))::bigint
		FROM ledger.claim c LEFT JOIN (SELECT claim, sum(amount_minor) AS minor FROM ledger.claim_paid GROUP BY claim) p ON p.claim = c.id
		WHERE c.amount_minor > coalesce(p.minor, 0) ORDER BY c.id`, func(row pgx.Rows) error {
		var c ledger.Claim
		var code string
		if err := row.Scan(&c.ID, &c.Window, &c.Rank, &c.Defaulter, &c.Creditor, &code, &c.AmountMinor, &c.LeftMinor); err != nil {
			return err
		}
		s.Claims = append(s.Claims, c)
		return s.Claims[len(s.Claims)-1].Currency.UnmarshalText([]byte(code))
	})
	if err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	err = d.conn.QueryRow(ctx, `SELECT coalesce((SELECT max(settlement_window) FROM ledger.window_event), 0), coalesce((SELECT max(id) FROM ledger.claim), 0)`).
		Scan(&s.LastWindow, &s.LastClaim)
	if err != nil {
		return fmt.Errorf("windows: %w", err)
	}
	return nil
}

func orZero(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}

// checkDefaults holds every default against what was owed, who was allowed to pay, and what they are owed for it.
func checkDefaults(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "defaults_in_order", `
		WITH step AS (
			SELECT s.*, array_position(ARRAY['settle', 'trade', 'collateral', 'guarantee', 'share'], s.kind) AS turn,
			       a.participant AS defaulter, p.participant AS payer_of, p.kind AS payer_kind, a.currency
			FROM ledger.default_step s JOIN ledger.account a ON a.id = s.account JOIN ledger.account p ON p.id = s.payer
		), owed AS (
			SELECT account, settlement_window, sum(amount_minor) AS paid FROM ledger.default_step GROUP BY account, settlement_window
		)
		SELECT (SELECT count(*) FROM owed o LEFT JOIN ledger.window_net n ON n.account = o.account AND n.settlement_window = o.settlement_window
		            LEFT JOIN ledger.window_event e ON e.settlement_window = o.settlement_window AND e.state = 'settled'
		            WHERE n.net_minor IS DISTINCT FROM -o.paid OR e.batch IS NULL)
		     + (SELECT count(*) FROM step s JOIN step before ON before.settlement_window = s.settlement_window AND before.account = s.account
		            AND before.step < s.step AND before.turn > s.turn)
		     + (SELECT count(*) FROM step s WHERE s.payer_kind <> CASE s.kind WHEN 'collateral' THEN 'collateral' WHEN 'guarantee' THEN 'pledge' ELSE 'settlement' END)
		     + (SELECT count(*) FROM (
		            SELECT settlement_window, payer_of AS creditor, currency, sum(amount_minor) AS minor FROM step WHERE kind IN ('guarantee', 'share')
		            GROUP BY 1, 2, 3) paid
		            FULL JOIN (SELECT settlement_window, creditor, currency, sum(amount_minor) AS minor FROM ledger.claim GROUP BY 1, 2, 3) claimed
		            USING (settlement_window, creditor, currency) WHERE paid.minor IS DISTINCT FROM claimed.minor)
		     + (SELECT count(*) FROM ledger.claim c WHERE c.amount_minor < (SELECT sum(p.amount_minor) FROM ledger.claim_paid p WHERE p.claim = c.id)),
		       (SELECT count(*) FROM owed)`,
		"%d defaults paid in full and in order, each payer with its claim", "%d faults in %d defaults")
}
