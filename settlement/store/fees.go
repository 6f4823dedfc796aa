package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func writeFees(w *wire, b *ledger.Batch) {
	copyIn(w, "fee_schedule", "version, command, batch, starts, body", b.FeeSchedules, func(r *row, s ledger.FeeSchedule) {
		r.bigint(s.Schedule.Version)
		r.bigint(s.Command)
		r.bigint(b.ID)
		r.timestamp(s.Schedule.From)
		r.bytes(s.Body)
	})
	copyIn(w, part("charge", b.Charges, func(c ledger.Charge) int64 { return int64(c.Transfer) }), "transfer, batch, version, rule, kind, payer, payee, amount_minor",
		b.Charges, func(r *row, c ledger.Charge) {
			r.bigint(int64(c.Transfer))
			r.bigint(b.ID)
			r.bigint(c.Version)
			r.text(c.Rule)
			r.text(string(c.Kind))
			r.integer(c.Payer)
			r.integer(c.Payee)
			r.bigint(c.AmountMinor)
		})
}

// loadFees reads the schedules that a book can still hold, and what open transfers were charged.
func (d *Lead) loadFees(ctx context.Context, s *ledger.Snapshot) (err error) {
	s.FeeSchedules, err = feeSchedules(ctx, d.conn, `JOIN (SELECT k.version FROM ledger.fee_schedule k
		WHERE NOT EXISTS (SELECT FROM ledger.fee_schedule l WHERE l.version > k.version AND l.starts <= k.starts)
		ORDER BY k.version DESC LIMIT $1) kept ON kept.version = f.version`, fee.MaxSchedules)
	if err != nil || len(s.FeeSchedules) == 0 {
		return err
	}
	ids := make([]int64, len(s.Open))
	for i, t := range s.Open {
		ids[i] = int64(t.ID)
	}
	s.Charges = map[settlement.TransferID][]ledger.Charge{}
	err = d.each(ctx, `SELECT transfer, version, rule, kind, payer, payee, amount_minor FROM ledger.charge
		WHERE transfer = ANY ($1) ORDER BY transfer, kind = 'interchange'`, func(row pgx.Rows) error {
		var c ledger.Charge
		err := row.Scan(&c.Transfer, &c.Version, &c.Rule, &c.Kind, &c.Payer, &c.Payee, &c.AmountMinor)
		s.Charges[c.Transfer] = append(s.Charges[c.Transfer], c)
		return err
	}, ids)
	if err != nil {
		return fmt.Errorf("charges of open transfers: %w", err)
	}
	return nil
}

// feeSchedules reads schedules in the order in which they were announced.
func feeSchedules(ctx context.Context, from querier, which string, args ...any) (all []ledger.FeeSchedule, err error) {
	err = each(ctx, from, `SELECT f.command, f.batch, b.decided_at, f.body FROM ledger.fee_schedule f
		JOIN ledger.batch b ON b.id = f.batch `+which+` ORDER BY f.version`, func(row pgx.Rows) error {
		var s ledger.FeeSchedule
		if err := row.Scan(&s.Command, &s.Batch, &s.At, &s.Body); err != nil {
			return err
		}
		s.At = s.At.UTC()
		if err := json.Unmarshal(s.Body, &s.Schedule, json.RejectUnknownMembers(true)); err != nil {
			return fmt.Errorf("command %d no longer reads: %w", s.Command, err)
		}
		all = append(all, s)
		return nil
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("fee schedules: %w", err)
	}
	return all, nil
}

// checkFees charges every transfer again, by the schedules as they stood when it was accepted.
func checkFees(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	finding := ledger.Finding{Name: "fees_as_scheduled"}
	announced, err := counted(ctx, tx, finding.Name, `
		SELECT count(*) FILTER (WHERE f.version::text IS DISTINCT FROM c.body->>'version' OR f.starts IS DISTINCT FROM (c.body->>'from')::timestamptz
		           OR f.batch IS DISTINCT FROM c.batch OR f.body IS DISTINCT FROM c.as_asked), count(*)
		FROM ledger.fee_schedule f
		FULL JOIN (SELECT k.id, r.batch, k.body AS as_asked, convert_from(k.body, 'UTF8')::jsonb AS body FROM ledger.command k
			JOIN ledger.command_result r ON r.command = k.id AND r.fault = '' WHERE k.kind = 'fees') c ON c.id = f.command`,
		"%d schedules", "%d of %d schedules are not what a command announced")
	if err != nil || !announced.OK {
		return announced, err
	}
	schedules, err := feeSchedules(ctx, tx, "")
	if err != nil {
		return finding, err
	}
	ends, ids, err := ends(ctx, tx)
	if err != nil {
		return finding, err
	}
	first, charged := int64(0), int64(0)
	if len(schedules) > 0 {
		first = schedules[0].Batch
	}
	var book fee.Book
	err = each(ctx, tx, `SELECT t.id, t.batch, b.decided_at, t.debtor, t.creditor, t.source_minor,
		       (SELECT array_agg((c.version, c.rule, c.kind, c.payer, c.payee, c.amount_minor, c.batch)::text ORDER BY c.kind = 'interchange')
		        FROM ledger.charge c WHERE c.transfer = t.id)
		FROM ledger.transfer t JOIN ledger.batch b ON b.id = t.batch
		WHERE t.return_of IS NULL AND t.batch >= $1 AND $1 > 0 ORDER BY t.id`, func(row pgx.Rows) error {
		var id settlement.TransferID
		var batch, minor int64
		var at time.Time
		var debtor, creditor int32
		var kept []string
		if err := row.Scan(&id, &batch, &at, &debtor, &creditor, &minor, &kept); err != nil {
			return err
		}
		for len(schedules) > 0 && schedules[0].Batch <= batch {
			if book, err = book.Add(schedules[0].Schedule, schedules[0].At); err != nil && finding.Detail == "" {
				finding.Detail = fmt.Sprintf("schedule %d could not be announced when it was: %v", schedules[0].Schedule.Version, err)
			}
			schedules = schedules[1:]
		}
		from, to := ends[debtor], ends[creditor]
		var want []string
		charge, err := book.Fees(fee.Corridor{From: from, To: to}, fx.Money{Minor: minor, Currency: from.Currency}, at)
		if refused, ok := errors.AsType[*fee.FeeError](err); ok && refused.Fault != fee.FaultNone && finding.Detail == "" {
			finding.Detail = fmt.Sprintf("transfer %s cannot be charged: %v", id, err)
		}
		if err == nil {
			for _, c := range ledger.ChargesOf(id, charge, func(name string) int32 { return ids[name] }) {
				want = append(want, fmt.Sprintf("(%d,%s,%s,%d,%d,%d,%d)", c.Version, c.Rule, c.Kind, c.Payer, c.Payee, c.AmountMinor, batch))
			}
		}
		if fmt.Sprint(kept) != fmt.Sprint(want) && finding.Detail == "" {
			finding.Detail = fmt.Sprintf("transfer %s was charged %v; its schedule says %v", id, kept, want)
		}
		charged += int64(len(kept))
		return nil
	}, first)
	if err != nil {
		return finding, fmt.Errorf("charges: %w", err)
	}
	var all int64
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM ledger.charge`).Scan(&all); err != nil {
		return finding, fmt.Errorf("charges: %w", err)
	}
	switch {
	case finding.Detail != "":
	case charged != all:
		finding.Detail = fmt.Sprintf("%d of %d charges are of no transfer that a schedule charges", all-charged, all)
	default:
		finding.OK = true
		finding.Detail = fmt.Sprintf("%d charges recomputed from the schedules that were in force", all)
	}
	return finding, nil
}

// ends reads what participants are to a schedule, by number, and their numbers by name.
func ends(ctx context.Context, tx pgx.Tx) (byID map[int32]fee.End, ids map[string]int32, err error) {
	byID, ids = map[int32]fee.End{}, map[string]int32{}
	err = each(ctx, tx, `SELECT id, name, country, currency FROM ledger.participant`, func(row pgx.Rows) error {
		var id int32
		var e fee.End
		var currency string
		if err := row.Scan(&id, &e.Participant, &e.Country, &currency); err != nil {
			return err
		}
		ids[e.Participant] = id
		err := e.Currency.UnmarshalText([]byte(currency))
		byID[id] = e
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("participants: %w", err)
	}
	return byID, ids, nil
}
