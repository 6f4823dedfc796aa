package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// KeyChanges lists the signing keys that a participant was given by command, the newest first, at most limit.
func (l *Ledger) KeyChanges(ctx context.Context, participant string, limit int) (changes []ledger.KeyChange, err error) {
	err = each(ctx, l.pool, `SELECT v.body ->> 'signing_key', x.batch, b.decided_at, coalesce(c.maker, ''), coalesce(c.checker, '')
		FROM ledger.command c JOIN ledger.command_result x ON x.command = c.id AND x.fault = '' JOIN ledger.batch b ON b.id = x.batch
		CROSS JOIN LATERAL (SELECT convert_from(c.body, 'UTF8')::jsonb AS body) v
		WHERE c.kind = $2 AND v.body ->> 'name' = $1 OR c.kind = $3 AND v.body ->> 'participant' = $1
		ORDER BY c.id DESC LIMIT $4`, func(row pgx.Rows) error {
		var k ledger.KeyChange
		err := row.Scan(&k.Key, &k.Batch, inUTC{&k.At}, &k.Maker, &k.Checker)
		changes = append(changes, k)
		return err
	}, participant, string(settlement.CommandAddParticipant), string(settlement.CommandRotateKey), limit)
	if err != nil {
		return nil, fmt.Errorf("ledger: keys of %s: %w", participant, err)
	}
	return changes, nil
}
