package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func writeStanding(w *wire, b *ledger.Batch) {
	copyIn(w, "evidence", "currency, reference, batch, command, said", b.Evidence, func(r *row, e ledger.Evidence) {
		r.text(e.Currency.String())
		r.text(e.Reference)
		r.bigint(b.ID)
		r.bigint(e.Command)
		r.text(e.Said)
	})
	copyIn(w, "credit_terms", "account, batch, haircut_ppm, unsecured_minor", b.CreditTerms, func(r *row, t ledger.CreditTerms) {
		r.bigint(t.Account)
		r.bigint(b.ID)
		r.integer(int32(t.HaircutPPM)) //nolint:gosec // at most a million
		r.bigint(t.UnsecuredMinor)
	})
	copyIn(w, "guarantee", "id, batch, guarantor, beneficiary, currency, amount_minor", b.Guarantees, func(r *row, g ledger.Guarantee) {
		r.bigint(g.ID)
		r.bigint(b.ID)
		r.integer(g.Guarantor)
		r.integer(g.Beneficiary)
		r.text(g.Currency.String())
		r.bigint(g.AmountMinor)
	})
	copyIn(w, "instruction", `id, batch, settlement_window, kind, participant, account, amount_minor, currency, value_date, end_to_end_id,
		instructing_agent, instructed_agent`, b.Instructions, func(r *row, i ledger.Instruction) {
		r.bigint(int64(i.ID))
		r.bigint(b.ID)
		r.reference(int64(i.Window))
		r.text(string(i.Kind))
		r.integer(i.Participant)
		r.bigint(i.Account)
		r.bigint(i.AmountMinor)
		r.text(i.Currency.String())
		r.date(i.ValueDate)
		r.text(i.ID.String())
		r.text(i.Instructing)
		r.text(i.Instructed)
	})
	copyIn(w, "instruction_told", "instruction, batch", b.Told, func(r *row, id settlement.InstructionID) {
		r.bigint(int64(id))
		r.bigint(b.ID)
	})
	copyIn(w, "instruction_result", "instruction, batch, result, evidence", b.InstructionResults, func(r *row, i ledger.InstructionResult) {
		r.bigint(int64(i.Instruction))
		r.bigint(b.ID)
		r.text(string(i.Result))
		r.text(i.Evidence)
	})
}

// postgresDay is what PostgreSQL counts days from.
const postgresDay = fx.Date("2000-01-01")

// date is a day that reads.
func (r *row) date(day fx.Date) { r.integer(int32(day.DaysSince(postgresDay))) } //nolint:gosec // four digits of years

// Evidence looks up entries by reference, in all currencies. Isolation is as with Intents.
func (l *Ledger) Evidence(ctx context.Context, references []string) (map[ledger.EvidenceKey]ledger.Evidence, error) {
	known := make(map[ledger.EvidenceKey]ledger.Evidence)
	if len(references) == 0 {
		return known, nil
	}
	err := each(ctx, l.pool, `SELECT currency, reference, command, said FROM ledger.evidence WHERE reference = ANY ($1)`,
		func(row pgx.Rows) error {
			var e ledger.Evidence
			var code string
			if err := row.Scan(&code, &e.Reference, &e.Command, &e.Said); err != nil {
				return err
			}
			if err := e.Currency.UnmarshalText([]byte(code)); err != nil {
				return err
			}
			known[e.EvidenceKey] = e
			return nil
		}, references)
	if err != nil {
		return nil, fmt.Errorf("ledger: look up evidence: %w", err)
	}
	return known, nil
}

// loadStanding reads what stands behind credit lines, and what the settlement agent was told and has not done.
func (d *Lead) loadStanding(ctx context.Context, s *ledger.Snapshot) error {
	rows, err := d.conn.Query(ctx, `SELECT account, haircut_ppm, unsecured_minor FROM (SELECT DISTINCT ON (account) *
		FROM ledger.credit_terms ORDER BY account, batch DESC) newest WHERE haircut_ppm > 0 OR unsecured_minor > 0`)
	if err == nil {
		s.CreditTerms, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ledger.CreditTerms])
	}
	if err != nil {
		return fmt.Errorf("credit terms: %w", err)
	}
	err = d.each(ctx, `SELECT id, guarantor, beneficiary, currency, amount_minor FROM (SELECT DISTINCT ON (id) *
		FROM ledger.guarantee ORDER BY id, batch DESC) newest WHERE amount_minor > 0 ORDER BY id`, func(row pgx.Rows) error {
		var g ledger.Guarantee
		var code string
		if err := row.Scan(&g.ID, &g.Guarantor, &g.Beneficiary, &code, &g.AmountMinor); err != nil {
			return err
		}
		s.Guarantees = append(s.Guarantees, g)
		return s.Guarantees[len(s.Guarantees)-1].Currency.UnmarshalText([]byte(code))
	})
	if err != nil {
		return fmt.Errorf("guarantees: %w", err)
	}
	err = d.each(ctx, `SELECT i.id, coalesce(i.settlement_window, 0), i.kind, i.participant, i.account, i.amount_minor, i.currency,
		       to_char(i.value_date, 'YYYY-MM-DD'), i.instructing_agent, i.instructed_agent, r.instruction IS NOT NULL,
		       given.log_index, e.leaf, told.decided_at,
		       told.instruction IS NULL AND EXISTS (SELECT FROM ledger.rule v WHERE v.kind = 'witnesses' AND v.batch < i.batch)
		FROM ledger.instruction i
		JOIN ledger.batch given ON given.id = i.batch
		JOIN ledger.log_entry e ON e.index = given.log_index
		LEFT JOIN (SELECT t.instruction, b.decided_at FROM ledger.instruction_told t JOIN ledger.batch b ON b.id = t.batch) told ON told.instruction = i.id
		LEFT JOIN ledger.instruction_result r ON r.instruction = i.id
		LEFT JOIN ledger.window_event settled ON settled.settlement_window = i.settlement_window AND settled.state = 'settled'
		WHERE r.instruction IS NULL OR (r.result = 'confirmed' AND i.kind = 'pay_in' AND settled.batch IS NULL) ORDER BY i.id`,
		func(row pgx.Rows) error {
			var i ledger.OpenInstruction
			var code string
			var leaf []byte
			var told *time.Time
			if err := row.Scan(&i.ID, &i.Window, &i.Kind, &i.Participant, &i.Account, &i.AmountMinor, &code, &i.ValueDate,
				&i.Instructing, &i.Instructed, &i.PaidIn, &i.Entry, &leaf, &told, &i.Waits); err != nil {
				return err
			}
			i.Leaf, i.ToldAt = [32]byte(leaf), orZero(told)
			s.Instructions = append(s.Instructions, i)
			return s.Instructions[len(s.Instructions)-1].Currency.UnmarshalText([]byte(code))
		})
	if err != nil {
		return fmt.Errorf("instructions: %w", err)
	}
	err = d.each(ctx, `SELECT a.id, l.step FROM ledger.account a
		CROSS JOIN LATERAL (SELECT step FROM ledger.liquidity v WHERE v.account = a.id ORDER BY v.batch DESC LIMIT 1) l
		WHERE a.kind IN ('position', 'fx') AND l.step > 0`, func(row pgx.Rows) error {
		var account int64
		var step int32
		err := row.Scan(&account, &step)
		s.Alarms[account] = step
		return err
	})
	if err != nil {
		return fmt.Errorf("alarms: %w", err)
	}
	err = d.conn.QueryRow(ctx, `SELECT coalesce((SELECT max(id) FROM ledger.instruction), 0), coalesce((SELECT max(id) FROM ledger.guarantee), 0)`).
		Scan(&s.LastInstruction, &s.LastGuarantee)
	if err != nil {
		return fmt.Errorf("instructions: %w", err)
	}
	return nil
}

// checkBacking holds every credit line against what stands behind it now, and pledges against guarantees.
func checkBacking(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "credit_is_backed", `
		WITH line AS (SELECT DISTINCT ON (account) account, amount_minor FROM ledger.credit_line ORDER BY account, batch DESC),
		terms AS (SELECT DISTINCT ON (account) account, haircut_ppm, unsecured_minor FROM ledger.credit_terms ORDER BY account, batch DESC),
		guarantee AS (SELECT DISTINCT ON (id) * FROM ledger.guarantee ORDER BY id, batch DESC),
		pledged AS (SELECT guarantor, currency, sum(amount_minor) AS minor FROM guarantee GROUP BY guarantor, currency)
		SELECT (SELECT count(*) FROM line l
		            JOIN ledger.account a ON a.id = l.account
		            LEFT JOIN terms t ON t.account = l.account
		            LEFT JOIN ledger.account k ON k.participant = a.participant AND k.kind = 'collateral' AND k.currency = a.currency
		            LEFT JOIN ledger.balance_now c ON c.account = k.id
		            WHERE l.amount_minor > trunc(coalesce(c.balance_minor, 0)::numeric * (1000000 - coalesce(t.haircut_ppm, 0)) / 1000000)
		                + coalesce(t.unsecured_minor, 0)
		                + coalesce((SELECT sum(g.amount_minor) FROM guarantee g WHERE g.beneficiary = a.participant AND g.currency = a.currency), 0))
		     + (SELECT count(*) FROM ledger.account a
		            JOIN ledger.balance_now b ON b.account = a.id
		            LEFT JOIN pledged p ON p.guarantor = a.participant AND p.currency = a.currency
		            WHERE a.kind = 'pledge' AND b.balance_minor <> coalesce(p.minor, 0))
		     + (SELECT count(*) FROM ledger.balance_now WHERE kind IN ('settlement', 'collateral', 'suspense', 'pledge') AND balance_minor < 0),
		       (SELECT count(*) FROM line)`,
		"%d credit lines, each covered by collateral, guarantees and terms; what is set aside is there",
		"%d faults in what stands behind %d credit lines")
}
