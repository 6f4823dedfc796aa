package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// waits tells why the transfer has not cleared, nil where it has or has ended.
func (s *storyteller) waits(ctx context.Context) (*ledger.Waiting, error) {
	if s.State != messaging.StateQueued {
		return nil, nil
	}
	w := &ledger.Waiting{Cause: ledger.WaitTurn}
	if inHand(s.Life, w) {
		return w, nil
	}
	if lacking, err := s.legsLack(ctx); err != nil || lacking {
		w.Cause = ledger.WaitLegs
		return w, err
	}
	batch, record, err := newestChoice(ctx, s.tx)
	if err != nil {
		return nil, err
	}
	short := map[int64]int64{}
	for _, lack := range record.Clearing.Waiting {
		if lack.Transfer == int64(s.ID) {
			short[lack.Account] = lack.ShortMinor
		}
	}
	if len(short) == 0 {
		return w, nil
	}
	w.Cause, w.Batch = ledger.WaitLiquidity, batch
	sides, err := sidesOf(ctx, s.tx)
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
func (s *storyteller) legsLack(ctx context.Context) (lacking bool, err error) {
	if s.Bundle == nil {
		return false, nil
	}
	b := s.Bundle.BundleName
	err = s.tx.QueryRow(ctx, `SELECT count(*) < $3 FROM ledger.bundle_leg WHERE digest = $1 AND bundle = $2 AND legs = $3`, b.Digest, b.ID, b.Count).Scan(&lacking)
	return lacking, err
}

// sidesOf are all accounts by number: a few for each participant.
func sidesOf(ctx context.Context, from querier) (map[int64]accountSide, error) {
	all := map[int64]accountSide{}
	err := each(ctx, from, `SELECT a.id, coalesce(p.name, $1), a.kind, a.currency FROM ledger.account a LEFT JOIN ledger.participant p ON p.id = a.participant`,
		func(row pgx.Rows) error {
			var a accountSide
			err := row.Scan(&a.Account, &a.Owner, &a.Kind, coded{&a.currency})
			all[a.Account] = a
			return err
		}, ledger.SchemeName)
	return all, err
}
