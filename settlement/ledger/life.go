package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement"
)

// LifeKind names something that happens to a transfer beside its states.
type LifeKind string

// What happens.
const (
	LifeAsked         LifeKind = "asked"          // the rail was asked what became of an instruction
	LifeUnheard       LifeKind = "unheard"        // nobody answers: a person looks
	LifeRecalled      LifeKind = "recalled"       // the creditor's rail was asked not to pay out
	LifeRecallRefused LifeKind = "recall_refused" // it will
	LifeHeld          LifeKind = "held"
	LifeReleased      LifeKind = "released"
	LifeLate          LifeKind = "late" // waits for the opening of its currencies
	LifeOpened        LifeKind = "opened"
	LifeReserving     LifeKind = "reserving" // the creditor's rail was asked to set money aside
	LifeReserved      LifeKind = "reserved"
	LifeGross         LifeKind = "gross" // settled by itself, between prefunded accounts
)

// LifeEvent is something that happens to a transfer beside its states.
type LifeEvent struct {
	Transfer settlement.TransferID
	Kind     LifeKind
	About    string    // the kind of instruction asked about, "return" for one that lacks liquidity; what made a hold
	Reason   string    // ISO 20022 code of a recall; the list that a hold rests on
	Until    time.Time // of LifeLate; else zero
	At       time.Time // the batch's clock; not written again
}

// Rule is what an operator ruled by a command: the newest of its kind and subject is in force.
type Rule struct {
	Kind    settlement.CommandKind
	Subject string
	Command int64
	Body    []byte // of the command; not written again
}

func writeLife(w *wire, b *Batch) {
	place := int32(-1)
	copyIn(w, "life_event", "transfer, batch, place, kind, about, reason, until", b.Life, func(r *row, e LifeEvent) {
		place++
		r.bigint(int64(e.Transfer))
		r.bigint(b.ID)
		r.integer(place)
		r.text(string(e.Kind))
		r.text(e.About)
		r.text(e.Reason)
		if e.Until.IsZero() {
			r.null()
		} else {
			r.timestamp(e.Until)
		}
	})
	copyIn(w, "rule", "kind, subject, command, batch", b.Rules, func(r *row, v Rule) {
		r.text(string(v.Kind))
		r.text(v.Subject)
		r.bigint(v.Command)
		r.bigint(b.ID)
	})
}

// loadLife reads the rules in force, and what happened to the transfers that are open, in order.
func (d *Lead) loadLife(ctx context.Context, s *Snapshot) error {
	err := d.each(ctx, `SELECT r.kind, r.subject, r.command, c.body
		FROM (SELECT kind, subject, max(command) AS command FROM ledger.rule GROUP BY kind, subject) r
		JOIN ledger.command c ON c.id = r.command ORDER BY r.command`, func(row pgx.Rows) error {
		var r Rule
		err := row.Scan(&r.Kind, &r.Subject, &r.Command, &r.Body)
		s.Rules = append(s.Rules, r)
		return err
	})
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	ids := make([]int64, len(s.Open))
	for i, t := range s.Open {
		ids[i] = int64(t.ID)
	}
	err = d.each(ctx, `SELECT e.transfer, e.kind, e.about, e.reason, coalesce(e.until, '0001-01-01 00:00+00'), b.decided_at
		FROM unnest($1::bigint[]) AS open (id)
		JOIN ledger.life_event e ON e.transfer = open.id
		JOIN ledger.batch b ON b.id = e.batch
		ORDER BY e.batch, e.place`, func(row pgx.Rows) error {
		var e LifeEvent
		err := row.Scan(&e.Transfer, &e.Kind, &e.About, &e.Reason, &e.Until, &e.At)
		e.Until, e.At = e.Until.UTC(), e.At.UTC()
		s.Life = append(s.Life, e)
		return err
	}, ids)
	if err != nil {
		return fmt.Errorf("lives of open transfers: %w", err)
	}
	return nil
}

// Exception is a case for a person: a transfer about which nobody says a word any more, or an outcome that
// contradicts what is final.
type Exception struct {
	Transfer string    `json:"transfer"`
	Kind     string    `json:"kind"`  // "unheard", or "outcome" of the rail that contradicts
	About    string    `json:"about"` // the kind of instruction; "return" for one that lacks liquidity
	At       time.Time `json:"at"`
}

// Exceptions lists the newest cases for a person, at most limit of them.
func (l *Ledger) Exceptions(ctx context.Context, limit int) ([]Exception, error) {
	var exceptions []Exception
	err := each(ctx, l.pool, `SELECT e.transfer, e.kind, e.about, b.decided_at FROM (
			(SELECT transfer, 'unheard' AS kind, about, batch FROM ledger.life_event WHERE kind = 'unheard' ORDER BY batch DESC LIMIT $1)
			UNION ALL
			(SELECT transfer, 'outcome', kind, batch FROM ledger.outcome WHERE verdict = 'exception' ORDER BY batch DESC LIMIT $1)
		) e JOIN ledger.batch b ON b.id = e.batch ORDER BY e.batch DESC, e.transfer LIMIT $1`, func(row pgx.Rows) error {
		var e Exception
		var id settlement.TransferID
		err := row.Scan(&id, &e.Kind, &e.About, &e.At)
		e.Transfer, e.At = id.String(), e.At.UTC()
		exceptions = append(exceptions, e)
		return err
	}, limit)
	if err != nil {
		return nil, fmt.Errorf("ledger: exceptions: %w", err)
	}
	return exceptions, nil
}

// checkLives holds what happened to transfers beside their states against these: nothing cleared while it was
// kept from it, rails were asked about what they were told and had not answered, and every rule is a command's.
func checkLives(ctx context.Context, tx pgx.Tx) (Finding, error) {
	return counted(ctx, tx, "lives_have_causes", `
		WITH cleared AS ( -- and how what keeps a transfer from clearing stood then
			SELECT t.id, p.reserves,
			       (SELECT e.kind FROM ledger.life_event e WHERE e.transfer = t.id AND e.batch <= c.batch AND e.kind IN ('held', 'released')
			        ORDER BY e.batch DESC, e.place DESC LIMIT 1) AS hold,
			       (SELECT e.kind FROM ledger.life_event e WHERE e.transfer = t.id AND e.batch <= c.batch AND e.kind IN ('late', 'opened')
			        ORDER BY e.batch DESC, e.place DESC LIMIT 1) AS hours,
			       EXISTS (SELECT FROM ledger.life_event e WHERE e.transfer = t.id AND e.batch <= c.batch AND e.kind = 'reserved') AS reserved
			FROM (SELECT transfer AS id FROM ledger.life_event -- few: the rest is not looked at
				UNION SELECT id FROM ledger.transfer WHERE creditor IN (SELECT id FROM ledger.participant WHERE reserves)
					AND EXISTS (SELECT FROM ledger.participant WHERE reserves)) few
			JOIN ledger.transfer t ON t.id = few.id AND t.return_of IS NULL
			JOIN ledger.transfer_event c ON c.transfer = t.id AND c.state = 'cleared'
			JOIN ledger.participant p ON p.id = t.creditor
		), asked AS ( -- about a state that the transfer must have been in
			SELECT e.transfer, e.batch, CASE e.about WHEN 'payout' THEN 'cleared' WHEN 'reserve' THEN 'queued' ELSE 'return_pending' END AS state
			FROM ledger.life_event e WHERE e.kind IN ('asked', 'unheard')
			UNION ALL SELECT e.transfer, e.batch, 'cleared' FROM ledger.life_event e WHERE e.kind = 'recalled'
		)
		SELECT (SELECT count(*) FROM cleared WHERE hold = 'held' OR hours = 'late' OR reserves AND NOT reserved)
		     + (SELECT count(*) FROM asked a WHERE a.state IS DISTINCT FROM (SELECT e.state FROM ledger.transfer_event e
		            WHERE e.transfer = a.transfer AND e.batch < a.batch
		            ORDER BY e.batch DESC, array_position(ARRAY['queued', 'cleared', 'return_pending'], e.state) DESC LIMIT 1))
		     + (SELECT count(*) FROM ledger.rule r WHERE NOT EXISTS (SELECT FROM ledger.command c
		            JOIN ledger.command_result x ON x.command = c.id AND x.fault = '' AND x.batch = r.batch
		            WHERE c.id = r.command AND c.kind = r.kind)),
		       (SELECT count(*) FROM ledger.life_event)`,
		"%d things that happened to transfers beside their states, each when it could",
		"%d of %d things happened to transfers that they could not have happened to")
}
