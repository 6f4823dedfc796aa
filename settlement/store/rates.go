package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func writeRates(w *wire, b *ledger.Batch) {
	copyIn(w, "rate_committee", "command, batch, keys, threshold", b.RateCommittees, func(r *row, c ledger.RateCommittee) {
		r.bigint(c.Command)
		r.bigint(b.ID)
		r.array(len(c.Committee.Keys), oidText, func() {
			for _, key := range c.Committee.Keys {
				r.text(key.String())
			}
		})
		r.integer(int32(c.Committee.Threshold)) //nolint:gosec // at most the number of keys
	})
	copyIn(w, "rate_sheet", "serial, command, batch, signed", b.RateSheets, func(r *row, s ledger.RateSheet) {
		r.bigint(s.Serial)
		r.bigint(s.Command)
		r.bigint(b.ID)
		r.bytes(s.Signed)
	})
}

func (d *Lead) loadRates(ctx context.Context, s *ledger.Snapshot) error {
	committees, err := rateCommittees(ctx, d.conn, `SELECT command, keys, threshold FROM ledger.rate_committee ORDER BY command DESC LIMIT 1`)
	if err != nil {
		return fmt.Errorf("rate committee: %w", err)
	}
	for _, c := range committees {
		s.Committee = c.Committee
	}
	err = d.conn.QueryRow(ctx, `SELECT signed FROM ledger.rate_sheet ORDER BY serial DESC LIMIT 1`).Scan(&s.RateSheet)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("rate sheet: %w", err)
	}
	return nil
}

func rateCommittees(ctx context.Context, from querier, sql string) (all []ledger.RateCommittee, err error) {
	err = each(ctx, from, sql, func(row pgx.Rows) error {
		var c ledger.RateCommittee
		var keys []string
		if err := row.Scan(&c.Command, &keys, &c.Committee.Threshold); err != nil {
			return err
		}
		for _, text := range keys {
			key, err := fx.ParseCommitteeKey(text)
			if err != nil {
				return err
			}
			c.Committee.Keys = append(c.Committee.Keys, key)
		}
		all = append(all, c)
		return nil
	})
	return all, err
}

// checkRates holds every sheet of reference rates against the committee of its time.
func checkRates(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	finding := ledger.Finding{Name: "rates_are_signed"}
	committees, err := rateCommittees(ctx, tx, `SELECT command, keys, threshold FROM ledger.rate_committee ORDER BY command`)
	if err != nil {
		return finding, fmt.Errorf("rate committees: %w", err)
	}
	sheets, after := 0, int64(0)
	err = each(ctx, tx, `SELECT command, serial, signed FROM ledger.rate_sheet ORDER BY serial`, func(row pgx.Rows) error {
		var kept ledger.RateSheet
		if err := row.Scan(&kept.Command, &kept.Serial, &kept.Signed); err != nil {
			return err
		}
		sheets++
		var then fx.Committee
		for _, c := range committees {
			if c.Command < kept.Command {
				then = c.Committee
			}
		}
		sheet, err := then.Verify(kept.Signed)
		if finding.Detail == "" && (err != nil || sheet.Serial != kept.Serial || kept.Command <= after) {
			finding.Detail = fmt.Sprintf("sheet %d is not one that its committee signed, or not in its place: %v", kept.Serial, err)
		}
		after = kept.Command
		return nil
	})
	if err != nil {
		return finding, fmt.Errorf("rate sheets: %w", err)
	}
	if finding.Detail == "" {
		finding.OK = true
		finding.Detail = fmt.Sprintf("sheets of reference rates: %d, each signed by enough of its committee", sheets)
	}
	return finding, nil
}
