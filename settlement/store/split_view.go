package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// mostSaid bounds what is kept of a witness's word, in bytes.
const mostSaid = 16 << 10

// KeepSplitView keeps what a witness said; the first of a day is enough.
func (l *Ledger) KeepSplitView(ctx context.Context, v ledger.SplitView) error {
	said := strings.ToValidUTF8(strings.ReplaceAll(v.Said[:min(len(v.Said), mostSaid)], "\x00", ""), "")
	_, err := l.pool.Exec(ctx, `INSERT INTO ledger.split_view (witness, size, said) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, v.Witness, v.Size, said)
	if err != nil {
		return fmt.Errorf("ledger: keep the split view of %s: %w", v.Witness, err)
	}
	return nil
}

// SplitViews lists what witnesses said, newest first.
func (l *Ledger) SplitViews(ctx context.Context, limit int) (all []ledger.SplitView, err error) {
	b := &pgx.Batch{}
	splitViews(b, limit, &all)
	if err := l.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("ledger: split views: %w", err)
	}
	return all, nil
}

func splitViews(b *pgx.Batch, limit int, all *[]ledger.SplitView) {
	queue(b, `SELECT witness, size, said, noticed_at FROM ledger.split_view ORDER BY noticed_at DESC LIMIT $1`, func(row pgx.Rows) error {
		var v ledger.SplitView
		err := row.Scan(&v.Witness, &v.Size, &v.Said, &v.NoticedAt)
		*all = append(*all, v)
		return err
	}, limit)
}
