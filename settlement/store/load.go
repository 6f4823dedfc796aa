package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Load reads the snapshot on the leading session, so that no batch can slip in between.
func (d *Lead) Load(ctx context.Context) (*ledger.Snapshot, error) {
	s := &ledger.Snapshot{
		Balances: map[int64]ledger.Balance{}, CreditLines: map[int64]int64{}, Carries: map[fx.Currency]fx.NanoMinor{},
		Positions: map[int32]messaging.Position{}, Newest: map[int32]string{}, Bodies: map[ledger.EnvelopeKey]ledger.Body{},
		BalanceBatches: map[int64]int64{}, Targets: map[int64]int64{}, Alarms: map[int64]int32{},
	}
	for _, load := range []func(context.Context, *ledger.Snapshot) error{
		d.loadCounters, d.loadParticipants, d.loadAccounts, d.loadQuotes, d.loadRates, d.loadPositions, d.loadOpen, d.loadLife, d.loadWindows, d.loadLog,
		d.loadStanding, d.loadSettling, d.loadFees, d.loadHealth, d.loadBundles,
	} {
		if err := load(ctx, s); err != nil {
			return nil, fmt.Errorf("ledger: load: %w", err)
		}
	}
	return s, nil
}

func (d *Lead) loadCounters(ctx context.Context, s *ledger.Snapshot) error {
	err := d.conn.QueryRow(ctx, `
		SELECT coalesce((SELECT max(id) FROM ledger.batch), 0),
		       coalesce((SELECT decided_at FROM ledger.batch ORDER BY id DESC LIMIT 1), 'epoch'),
		       coalesce((SELECT max(id) FROM ledger.transfer), 0),
		       coalesce((SELECT max(id) FROM ledger.posting), 0),
		       coalesce((SELECT max(id) FROM ledger.outbox), 0),
		       coalesce((SELECT max(command) FROM ledger.command_result), 0)`).
		Scan(&s.LastBatch, &s.DecidedAt, &s.LastTransfer, &s.LastPosting, &s.LastOutbox, &s.LastCommand)
	if err != nil {
		return fmt.Errorf("counters: %w", err)
	}
	s.DecidedAt = s.DecidedAt.UTC()
	return nil
}

func (d *Lead) loadParticipants(ctx context.Context, s *ledger.Snapshot) error {
	rows, err := d.conn.Query(ctx, `SELECT id, name, country, currency, role, signing_key, suspended,
		payout_increment_minor, payout_min_minor, payout_max_minor, reserves FROM ledger.participant ORDER BY id`)
	if err != nil {
		return fmt.Errorf("participants: %w", err)
	}
	s.Participants, err = pgx.CollectRows(rows, scanParticipant)
	if err != nil {
		return fmt.Errorf("participants: %w", err)
	}
	return nil
}

func scanParticipant(row pgx.CollectableRow) (p settlement.Participant, err error) {
	var currency string
	err = row.Scan(&p.ID, &p.Name, &p.Country, &currency, &p.Role, &p.SigningKey, &p.Suspended,
		&p.PayoutIncrementMinor, &p.PayoutMinMinor, &p.PayoutMaxMinor, &p.Reserves)
	if err != nil {
		return p, err
	}
	p.Currency, err = fx.ParseCurrency(currency)
	return p, err
}

func (d *Lead) loadAccounts(ctx context.Context, s *ledger.Snapshot) error {
	rows, err := d.conn.Query(ctx, `SELECT id, participant, kind, currency FROM ledger.account ORDER BY id`)
	if err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	s.Accounts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (a ledger.Account, err error) {
		var currency string
		if err := row.Scan(&a.ID, &a.Participant, &a.Kind, &currency); err != nil {
			return a, err
		}
		a.Currency, err = fx.ParseCurrency(currency)
		return a, err
	})
	if err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	for i, a := range s.Accounts {
		if a.ID != int64(i)+1 {
			return fmt.Errorf("accounts: id %d stands at place %d", a.ID, i+1)
		}
	}
	// One probe an account, however many batches touched it.
	err = d.each(ctx, `SELECT last.account, last.debits, last.credits, last.gross_in, last.gross_out, last.batch
		FROM ledger.account a
		CROSS JOIN LATERAL (SELECT * FROM ledger.balance v WHERE v.account = a.id ORDER BY v.batch DESC LIMIT 1) last`,
		func(row pgx.Rows) error {
			var b ledger.Balance
			var batch int64
			if err := row.Scan(&b.Account, &b.Debits, &b.Credits, &b.GrossIn, &b.GrossOut, &batch); err != nil {
				return err
			}
			s.Balances[b.Account], s.BalanceBatches[b.Account] = b, batch
			return nil
		})
	if err != nil {
		return fmt.Errorf("balances: %w", err)
	}
	err = d.each(ctx, `SELECT DISTINCT ON (account) account, amount_minor, target_minor FROM ledger.credit_line ORDER BY account, batch DESC`,
		func(row pgx.Rows) error {
			var c ledger.CreditLine
			if err := row.Scan(&c.Account, &c.AmountMinor, &c.TargetMinor); err != nil {
				return err
			}
			s.CreditLines[c.Account] = c.AmountMinor
			if c.TargetMinor < c.AmountMinor {
				s.Targets[c.Account] = c.TargetMinor
			}
			return nil
		})
	if err != nil {
		return fmt.Errorf("credit lines: %w", err)
	}
	err = d.each(ctx, `SELECT DISTINCT ON (currency) currency, nano FROM ledger.residual_carry ORDER BY currency, batch DESC`,
		func(row pgx.Rows) error {
			var code string
			var nano fx.NanoMinor
			if err := row.Scan(&code, &nano); err != nil {
				return err
			}
			currency, err := fx.ParseCurrency(code)
			s.Carries[currency] = nano
			return err
		})
	if err != nil {
		return fmt.Errorf("residual carries: %w", err)
	}
	return nil
}

func (d *Lead) loadQuotes(ctx context.Context, s *ledger.Snapshot) error {
	rows, err := d.conn.Query(ctx, `SELECT id, provider, from_currency, to_currency, rate, mid, fee_minor, expires FROM ledger.quote
		WHERE expires > $1 ORDER BY batch, id`, s.DecidedAt.Add(-ledger.QuoteMemory))
	if err != nil {
		return fmt.Errorf("quotes: %w", err)
	}
	s.Quotes, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (q fx.Quote, err error) {
		var from, to, rate, mid string
		if err := row.Scan(&q.ID, &q.Provider, &from, &to, &rate, &mid, &q.FeeMinor, &q.Expires); err != nil {
			return q, err
		}
		q.Expires = q.Expires.UTC()
		if mid != "" {
			if err := q.Mid.UnmarshalText([]byte(mid)); err != nil {
				return q, err
			}
		}
		return q, errors.Join(q.From.UnmarshalText([]byte(from)), q.To.UnmarshalText([]byte(to)), q.Rate.UnmarshalText([]byte(rate)))
	})
	if err != nil {
		return fmt.Errorf("quotes: %w", err)
	}
	return nil
}

func (d *Lead) loadPositions(ctx context.Context, s *ledger.Snapshot) error {
	err := d.each(ctx, `SELECT participant, stream_created, sequence, hash FROM ledger.stream_position`, func(row pgx.Rows) error {
		var participant int32
		var at messaging.Position
		var hash []byte
		if err := row.Scan(&participant, &at.StreamCreated, &at.Sequence, &hash); err != nil {
			return err
		}
		at.StreamCreated = at.StreamCreated.UTC()
		copy(at.Hash[:], hash)
		s.Positions[participant] = at
		return nil
	})
	if err != nil {
		return fmt.Errorf("stream positions: %w", err)
	}
	err = d.each(ctx, `SELECT p.id, last.id FROM ledger.participant p
		CROSS JOIN LATERAL (SELECT n.id FROM ledger.intent n WHERE n.participant = p.id ORDER BY n.id DESC LIMIT 1) last`, func(row pgx.Rows) error {
		var participant int32
		var id string
		err := row.Scan(&participant, &id)
		s.Newest[participant] = id
		return err
	})
	if err != nil {
		return fmt.Errorf("newest ids: %w", err)
	}
	return nil
}

// openTransfers are those without a final state: of what was open when that was last written down, and of what
// came later. A return is final ('paid') when its refund was made.
const openTransfers = `
	WITH last AS (
		SELECT through, transfers FROM ledger.open_transfers ORDER BY batch DESC LIMIT 1
	), candidate AS (
		SELECT unnest(transfers) AS id FROM last
		UNION ALL SELECT id FROM ledger.transfer WHERE id > coalesce((SELECT through FROM last), 0)
	)
	SELECT t.id, coalesce(t.return_of, 0), t.debtor, t.creditor, t.intent, t.envelope_sequence, t.envelope_place,
	       t.source_minor, t.source_currency, t.destination_minor, t.destination_currency, t.quote,
	       t.residual_nano, t.residual_currency, t.received_at, t.deadline,
	       (SELECT b.decided_at FROM ledger.batch b WHERE b.id = t.batch), newest.state,
	       (SELECT b.decided_at FROM ledger.batch b WHERE b.id = newest.batch)
	FROM candidate
	JOIN ledger.transfer t ON t.id = candidate.id
	CROSS JOIN LATERAL (SELECT e.state, e.batch FROM ledger.transfer_event e WHERE e.transfer = t.id
		ORDER BY e.batch DESC, array_position(ARRAY['queued', 'cleared', 'return_pending'], e.state) DESC LIMIT 1) newest
	WHERE NOT EXISTS (SELECT FROM ledger.transfer_event f
	                  WHERE f.transfer = t.id AND f.state IN ('paid', 'returned', 'expired'))
	ORDER BY t.id`

func (d *Lead) loadOpen(ctx context.Context, s *ledger.Snapshot) error {
	rows, err := d.conn.Query(ctx, openTransfers)
	if err != nil {
		return fmt.Errorf("open transfers: %w", err)
	}
	s.Open, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t ledger.OpenTransfer, err error) {
		var source, destination, residual string
		err = row.Scan(&t.ID, &t.ReturnOf, &t.Debtor, &t.Creditor, &t.Intent, &t.Envelope.Sequence, &t.Envelope.Place,
			&t.Source.Minor, &source, &t.Destination.Minor, &destination, &t.Quote,
			&t.Residual, &residual, &t.ReceivedAt, &t.Deadline, &t.AcceptedAt, &t.State, &t.Since)
		if err != nil {
			return t, err
		}
		t.ReceivedAt, t.Deadline, t.AcceptedAt = t.ReceivedAt.UTC(), t.Deadline.UTC(), t.AcceptedAt.UTC()
		t.Since = t.Since.UTC()
		return t, errors.Join(t.Source.Currency.UnmarshalText([]byte(source)),
			t.Destination.Currency.UnmarshalText([]byte(destination)), t.ResidualCurrency.UnmarshalText([]byte(residual)))
	})
	if err != nil {
		return fmt.Errorf("open transfers: %w", err)
	}
	return d.loadBodies(ctx, s)
}

// loadBodies reads the envelopes of what is open.
func (d *Lead) loadBodies(ctx context.Context, s *ledger.Snapshot) error {
	var participants []int32
	var sequences []int64
	for _, o := range s.Open {
		key := ledger.EnvelopeKey{Participant: o.Debtor, Sequence: o.Envelope.Sequence}
		if _, ok := s.Bodies[key]; !ok {
			s.Bodies[key] = ledger.Body{}
			participants, sequences = append(participants, key.Participant), append(sequences, signed(key.Sequence))
		}
	}
	err := d.each(ctx, `SELECT e.participant, e.sequence, e.payload, e.closed FROM unnest($1::integer[], $2::bigint[]) AS wanted (participant, sequence)
		JOIN ledger.envelope e ON e.participant = wanted.participant AND e.sequence = wanted.sequence`,
		func(row pgx.Rows) error {
			var key ledger.EnvelopeKey
			var body ledger.Body
			if err := row.Scan(&key.Participant, &key.Sequence, &body.Payload, &body.Closed); err != nil {
				return err
			}
			s.Bodies[key] = body
			return nil
		}, participants, sequences)
	if err != nil {
		return fmt.Errorf("envelopes of open transfers: %w", err)
	}
	return nil
}

func (d *Lead) loadWindows(ctx context.Context, s *ledger.Snapshot) error {
	rows, err := d.conn.Query(ctx, `SELECT c.settlement_window, n.account, n.gross_in, n.gross_out
		FROM ledger.window_event c JOIN ledger.window_net n ON n.settlement_window = c.settlement_window
		WHERE c.state = 'closed' AND NOT EXISTS (SELECT FROM ledger.window_event e
		                  WHERE e.settlement_window = c.settlement_window AND e.state = 'settled')
		ORDER BY c.settlement_window, n.account`)
	if err != nil {
		return fmt.Errorf("window nets: %w", err)
	}
	s.Unsettled, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (n ledger.WindowNet, err error) {
		err = row.Scan(&n.Window, &n.Account, &n.GrossIn, &n.GrossOut)
		return n, err
	})
	if err != nil {
		return fmt.Errorf("window nets: %w", err)
	}
	return nil
}

// loadLog resumes the log's tree from its newest checkpoint, or reads every leaf where no edge was kept.
func (d *Lead) loadLog(ctx context.Context, s *ledger.Snapshot) error {
	var size int64
	var edge []byte
	err := d.conn.QueryRow(ctx, `SELECT size, edge FROM ledger.log_checkpoint ORDER BY size DESC LIMIT 1`).Scan(&size, &edge)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("settlement log: %w", err)
	}
	if edge != nil {
		hashes := make([]tlog.Hash, 0, len(edge)/tlog.HashSize)
		for hash := range slices.Chunk(edge, tlog.HashSize) {
			hashes = append(hashes, tlog.Hash(hash))
		}
		tree, err := audit.Resume(size, hashes)
		if err != nil {
			return fmt.Errorf("settlement log: %w", err)
		}
		s.Tree = *tree
		return nil
	}
	err = d.each(ctx, `SELECT index, leaf FROM ledger.log_entry ORDER BY index`, func(row pgx.Rows) error {
		var index int64
		var leaf []byte
		if err := row.Scan(&index, &leaf); err != nil {
			return err
		}
		if index != s.Tree.Size() {
			return fmt.Errorf("entry %d stands at place %d", index, s.Tree.Size())
		}
		s.Tree.Append(tlog.Hash(leaf))
		return nil
	})
	if err != nil {
		return fmt.Errorf("settlement log: %w", err)
	}
	return nil
}

// each runs a query and hands over each row.
func (d *Lead) each(ctx context.Context, sql string, row func(pgx.Rows) error, args ...any) error {
	return each(ctx, d.conn, sql, row, args...)
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func each(ctx context.Context, from querier, sql string, row func(pgx.Rows) error, args ...any) error {
	rows, err := from.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// queue adds a query to those that are sent together, and hands over each row when they are.
func queue(b *pgx.Batch, sql string, row func(pgx.Rows) error, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := row(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}
