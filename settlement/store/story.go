package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Transfer tells all of one transfer, as of one moment. Errors wrap ledger.ErrNoTransfer; the id of a return is none.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) Transfer(ctx context.Context, id settlement.TransferID) (*ledger.TransferStory, error) {
	s := &storyteller{TransferStory: &ledger.TransferStory{}}
	err := l.moment(ctx, func(m *moment) error {
		b := &pgx.Batch{}
		// Each statement finds some rows by their key, whatever it is: to plan them anew for each transfer, over all months,
		// took more of the processor than to carry them out.
		b.Queue(`SET LOCAL plan_cache_mode = force_generic_plan`)
		s.transfer(b, id)
		s.bundle(b, id)
		s.charges(b, id)
		s.moved(b, id, id)
		if err := m.turn(ctx, b); err != nil {
			return err
		}
		if s.ID == 0 {
			return ledger.ErrNoTransfer
		}
		if s.returned > 0 {
			b, s.Life = &pgx.Batch{}, nil
			s.Return = &ledger.TransferReturn{ID: settlement.TransferID(s.returned)}
			s.moved(b, s.Return.ID, id, s.Return.ID)
			if err := m.turn(ctx, b); err != nil {
				return err
			}
		}
		b = &pgx.Batch{}
		s.window(b)
		s.postings(b)
		if s.State != messaging.StateQueued {
			return m.last(ctx, b)
		}
		if err := m.turn(ctx, b); err != nil {
			return err
		}
		var err error
		s.Waits, err = s.waits(ctx, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: transfer %s: %w", id, err)
	}
	return s.TransferStory, nil
}

// storyteller reads a story in few turns: what needs nothing of one another goes together.
type storyteller struct {
	*ledger.TransferStory
	returned int64 // the id of the return, 0 where there is none
	given    given // the ids of the batches that cleared the transfer and what sends it back
}

func (s *storyteller) transfer(b *pgx.Batch, id settlement.TransferID) {
	queue(b, `SELECT t.id, t.intent, d.name, c.name, t.source_minor, t.source_currency, t.destination_minor, t.destination_currency,
		       n.state, n.reason, n.batch, b.decided_at, t.received_at, a.decided_at, t.deadline,
		       t.envelope_sequence, t.envelope_place, t.quote, t.residual_nano, t.residual_currency, coalesce(i.hash, ''),
		       coalesce((SELECT r.id FROM ledger.transfer r WHERE r.return_of = t.id), 0)
		FROM ledger.transfer t
		JOIN ledger.participant d ON d.id = t.debtor JOIN ledger.participant c ON c.id = t.creditor
		CROSS JOIN LATERAL (`+newestState+`) n
		JOIN ledger.batch b ON b.id = n.batch JOIN ledger.batch a ON a.id = t.batch
		LEFT JOIN ledger.intent i ON i.participant = t.debtor AND i.id = t.intent AND i.transfer = t.id
		WHERE t.id = $1 AND t.return_of IS NULL`, func(row pgx.Rows) error {
		var hash []byte
		err := row.Scan(&s.ID, &s.Intent, &s.Debtor, &s.Creditor, &s.Source.Minor, coded{&s.Source.Currency}, &s.Destination.Minor,
			coded{&s.Destination.Currency}, &s.State, &s.Reason, &s.Batch, inUTC{&s.Since}, inUTC{&s.ReceivedAt}, inUTC{&s.AcceptedAt}, inUTC{&s.Deadline},
			&s.Message, &s.Place, &s.Quote, &s.Residual, coded{&s.ResidualCurrency}, &hash, &s.returned)
		copy(s.Hash[:], hash)
		return err
	}, int64(id))
}

func (s *storyteller) bundle(b *pgx.Batch, id settlement.TransferID) {
	queue(b, `SELECT bundle, legs, digest, place FROM ledger.bundle_leg WHERE transfer = $1`, func(row pgx.Rows) error {
		leg := &ledger.BundleLeg{Transfer: id}
		s.Bundle = leg
		return row.Scan(&leg.ID, &leg.Count, &leg.Digest, &leg.Place)
	}, int64(id))
}

func (s *storyteller) charges(b *pgx.Batch, id settlement.TransferID) {
	queue(b, `SELECT c.kind, c.version, c.rule, coalesce(p.name, $2), coalesce(q.name, $2), c.amount_minor FROM ledger.charge c
		LEFT JOIN ledger.participant p ON p.id = c.payer LEFT JOIN ledger.participant q ON q.id = c.payee
		WHERE c.transfer = $1 ORDER BY c.kind = 'interchange'`, func(row pgx.Rows) error {
		var c ledger.TransferCharge
		err := row.Scan(&c.Kind, &c.Version, &c.Rule, &c.Payer, &c.Payee, &c.Amount.Minor)
		c.Amount.Currency = s.Source.Currency
		s.Charges = append(s.Charges, c)
		return err
	}, int64(id), ledger.SchemeName)
}

// moved reads how the transfer was moved, or what sends it back; of the lives of all of them, in order.
func (s *storyteller) moved(b *pgx.Batch, id settlement.TransferID, lives ...settlement.TransferID) {
	s.steps(b, id)
	s.outcomes(b, id)
	s.life(b, lives)
	s.batches(b, id)
}

func (s *storyteller) steps(b *pgx.Batch, id settlement.TransferID) {
	queue(b, `SELECT e.state, e.reason, e.batch, b.decided_at, b.written_at, b.log_index FROM ledger.transfer_event e
		JOIN ledger.batch b ON b.id = e.batch WHERE e.transfer = $1
		ORDER BY e.batch, array_position(ARRAY['queued', 'cleared', 'return_pending', 'expired', 'paid', 'returned'], e.state)`, func(row pgx.Rows) error {
		var v ledger.TransferState
		err := row.Scan(&v.State, &v.Reason, &v.Batch, inUTC{&v.At}, inUTC{&v.WrittenAt}, &v.LogIndex)
		if s.Return == nil {
			s.States = append(s.States, v)
		} else {
			s.Return.States = append(s.Return.States, v)
		}
		return err
	}, int64(id))
}

func (s *storyteller) life(b *pgx.Batch, of []settlement.TransferID) {
	queue(b, `SELECT e.transfer, e.kind, e.about, e.reason, e.until, b.decided_at, e.batch, b.log_index FROM ledger.life_event e
		JOIN ledger.batch b ON b.id = e.batch WHERE e.transfer = ANY ($1) ORDER BY e.batch, e.place`, func(row pgx.Rows) error {
		var v ledger.TransferLife
		err := row.Scan(&v.Transfer, &v.Kind, &v.About, &v.Reason, inUTC{&v.Until}, inUTC{&v.At}, &v.Batch, &v.LogIndex)
		s.Life = append(s.Life, v)
		return err
	}, of)
}

func (s *storyteller) outcomes(b *pgx.Batch, id settlement.TransferID) {
	queue(b, `SELECT o.batch, b.decided_at, p.name, o.sequence, o.kind, o.state, o.verdict, o.rail_ref, o.reason, o.rail_code, o.resolved_by
		FROM ledger.outcome o JOIN ledger.batch b ON b.id = o.batch JOIN ledger.participant p ON p.id = o.participant
		WHERE o.transfer = $1 ORDER BY o.batch, o.place`, func(row pgx.Rows) error {
		var v ledger.TransferOutcome
		err := row.Scan(&v.Batch, inUTC{&v.At}, &v.Participant, &v.Message, &v.Kind, &v.State, &v.Verdict, &v.RailRef, &v.Reason, &v.RailCode, &v.ResolvedBy)
		if s.Return == nil {
			s.Outcomes = append(s.Outcomes, v)
		} else {
			s.Return.Outcomes = append(s.Return.Outcomes, v)
		}
		return err
	}, int64(id))
}

// batches finds which ids the batch gave that cleared the transfer, or what sends it back.
func (s *storyteller) batches(b *pgx.Batch, id settlement.TransferID) {
	queue(b, clocks+`b.id = (SELECT e.batch FROM ledger.transfer_event e WHERE e.transfer = $1 AND e.state = 'cleared')`, func(row pgx.Rows) error {
		if err := s.given.row(row); err != nil {
			return err
		}
		s.given.add(s.given.batches[len(s.given.batches)-1], 0, 1<<40) // of before ids of time
		return nil
	}, int64(id))
}

// postings are looked for among those of the batches that cleared the transfer and what sends it back, which alone post for
// them: they have no index by transfer.
func (s *storyteller) postings(b *pgx.Batch) {
	queue(b, `SELECT p.id, p.batch, b.decided_at, p.transfer, p.kind, d.id, coalesce(dn.name, $5), d.kind, c.id, coalesce(cn.name, $5), c.kind, p.amount, p.currency
		FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS g (batch, first_id, end_id)) g
		CROSS JOIN LATERAL (SELECT * FROM ledger.posting p WHERE p.batch = g.batch AND p.id >= g.first_id AND p.id < g.end_id AND p.transfer = ANY ($4) OFFSET 0) p
		JOIN ledger.batch b ON b.id = p.batch
		JOIN ledger.account d ON d.id = p.debit LEFT JOIN ledger.participant dn ON dn.id = d.participant
		JOIN ledger.account c ON c.id = p.credit LEFT JOIN ledger.participant cn ON cn.id = c.participant
		ORDER BY p.id`, func(row pgx.Rows) error {
		var v ledger.TransferPosting
		err := row.Scan(&v.ID, &v.Batch, inUTC{&v.At}, &v.Transfer, &v.Kind, &v.Debit.Account, &v.Debit.Owner, &v.Debit.Kind,
			&v.Credit.Account, &v.Credit.Owner, &v.Credit.Kind, &v.Amount.Minor, coded{&v.Amount.Currency})
		s.Postings = append(s.Postings, v)
		return err
	}, s.given.batches, s.given.first, s.given.end, []int64{int64(s.ID), s.returned}, ledger.SchemeName)
}

// window finds the window that the transfer's clearing is in: that of the currency that was sent.
func (s *storyteller) window(b *pgx.Batch) {
	cleared := slices.IndexFunc(s.States, func(v ledger.TransferState) bool { return v.State == messaging.StateCleared })
	if cleared < 0 {
		return
	}
	queue(b, `WITH its AS (SELECT coalesce((SELECT g.name FROM (SELECT DISTINCT ON (name) name, currencies FROM ledger.settlement_group
				WHERE batch <= $1 ORDER BY name, batch DESC) g WHERE $2 = ANY (g.currencies) LIMIT 1), $4) AS name)
		SELECT o.settlement_window, o.settlement_group FROM ledger.window_event o JOIN its ON its.name = o.settlement_group
		WHERE o.state = 'open' AND o.log_index <= $3 ORDER BY o.settlement_window DESC LIMIT 1`, func(row pgx.Rows) error {
		return row.Scan(&s.Window.ID, &s.Window.Group)
	}, s.States[cleared].Batch, s.Source.Currency.String(), s.States[cleared].LogIndex, settlement.DefaultGroup)
}
