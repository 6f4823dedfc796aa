package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// waits tells why the transfer has not cleared, nil where it has or has ended.
func (s *storyteller) waits(ctx context.Context, m *moment) (*ledger.Waiting, error) {
	w := &ledger.Waiting{Cause: ledger.WaitTurn}
	if inHand(s.Life, w) {
		return w, nil
	}
	if lacking, err := s.legsLack(ctx, m); err != nil || lacking {
		w.Cause = ledger.WaitLegs
		return w, err
	}
	newest, b := choice{}, &pgx.Batch{}
	newest.queue(b)
	if err := m.turn(ctx, b); err != nil {
		return nil, err
	}
	short := map[int64]int64{}
	for _, lack := range newest.record.Clearing.Waiting {
		if lack.Transfer == int64(s.ID) {
			short[lack.Account] = lack.ShortMinor
		}
	}
	if len(short) == 0 {
		return w, nil
	}
	w.Cause, w.Batch = ledger.WaitLiquidity, newest.batch
	sides := accountSides{}
	err := each(ctx, m, everySide, sides.row, ledger.SchemeName)
	for _, account := range sortedKeys(short) {
		side := sides[account]
		w.Lacks = append(w.Lacks, ledger.Lack{Side: side.Side, Short: side.money(short[account])})
	}
	return w, err
}

// inHand tells whether the transfer's life says why it waits.
func inHand(life []ledger.TransferLife, w *ledger.Waiting) bool {
	var held, closed, reserving *ledger.TransferLife
	for i := range life {
		switch e := &life[i]; e.Kind {
		case ledger.LifeHeld:
			held = e
		case ledger.LifeReleased:
			held = nil
		case ledger.LifeLate:
			closed = e
		case ledger.LifeOpened:
			closed = nil
		case ledger.LifeReserving:
			reserving = e
		case ledger.LifeReserved:
			reserving = nil
		case ledger.LifeAsked, ledger.LifeUnheard, ledger.LifeRecalled, ledger.LifeRecallRefused, ledger.LifeGross:
		}
	}
	switch {
	case held != nil:
		w.Cause, w.By = ledger.WaitHeld, held.About
	case closed != nil:
		w.Cause, w.Until = ledger.WaitClosed, closed.Until
	case reserving != nil:
		w.Cause = ledger.WaitReserving
	default:
		return false
	}
	return true
}

// legsLack tells whether the transfer is a leg of a bundle of which others have not come.
func (s *storyteller) legsLack(ctx context.Context, m *moment) (lacking bool, err error) {
	if s.Bundle == nil {
		return false, nil
	}
	b := s.Bundle.BundleName
	err = each(ctx, m, `SELECT count(*) < $3 FROM ledger.bundle_leg WHERE digest = $1 AND bundle = $2 AND legs = $3`, func(row pgx.Rows) error {
		return row.Scan(&lacking)
	}, b.Digest, b.ID, b.Count)
	return lacking, err
}
