package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

func writeScreened(w *wire, b *ledger.Batch) {
	copyIn(w, "screen_verdict", "participant, sequence, place, batch, decision, list, rule", b.Screened, func(r *row, v ledger.ScreenVerdict) {
		r.integer(v.Participant)
		r.bigint(signed(v.Sequence))
		r.integer(v.Place)
		r.bigint(b.ID)
		r.text(string(v.Decision))
		r.text(v.List)
		r.text(v.Rule)
	})
}

// hits reads what a batch took from screening: an input like the intents themselves. Batches of before
// ayni-net-3 could only hold, and say so in the lives of their transfers.
func hits(ctx context.Context, tx pgx.Tx, batch int64) (map[ledger.Hit]ledger.Screened, error) {
	found := map[ledger.Hit]ledger.Screened{}
	err := each(ctx, tx, `SELECT participant, sequence, place, decision, list, rule FROM ledger.screen_verdict WHERE batch = $1
		UNION ALL
		SELECT t.debtor, t.envelope_sequence, t.envelope_place, 'hold', e.reason, 'account' FROM ledger.life_event e
		JOIN ledger.transfer t ON t.id = e.transfer WHERE e.batch = $1 AND e.kind = 'held' AND e.about = 'screen'
			AND NOT EXISTS (SELECT FROM ledger.screen_verdict v
				WHERE v.batch = e.batch AND v.participant = t.debtor AND v.sequence = t.envelope_sequence AND v.place = t.envelope_place)`,
		func(row pgx.Rows) error {
			var h ledger.Hit
			var s ledger.Screened
			err := row.Scan(&h.Participant, &h.Sequence, &h.Place, &s.Decision, &s.List, &s.Rule)
			found[h] = s
			return err
		}, batch)
	return found, err
}

// checkScreened holds what was refused or held by screening against what screening said.
func (h horizon) checkScreened(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "screening_is_recorded", `
		WITH denied AS (
			SELECT participant, batch, count(*) AS n FROM ledger.intent WHERE fault = 'screened' AND batch >= $1 GROUP BY participant, batch
		), said AS (
			SELECT participant, batch, count(*) AS n FROM ledger.screen_verdict WHERE decision = 'deny' AND batch >= $1 GROUP BY participant, batch
		)
		SELECT (SELECT count(*) FROM denied FULL JOIN said USING (participant, batch) WHERE denied.n IS DISTINCT FROM said.n)
		     + (SELECT count(*) FROM ledger.screen_verdict v WHERE v.decision = 'hold' AND v.batch >= $1 AND NOT EXISTS (
		            SELECT FROM ledger.transfer t JOIN ledger.life_event e ON e.transfer = t.id AND e.batch = v.batch
		                AND e.kind = 'held' AND e.about = 'screen' AND e.reason = v.list
		            WHERE t.debtor = v.participant AND t.batch = v.batch AND t.envelope_sequence = v.sequence AND t.envelope_place = v.place)),
		       (SELECT count(*) FROM ledger.screen_verdict)`,
		"%d things that screening said, and what came of each",
		"%d of %d things that screening said did not come about", h.batch)
}
