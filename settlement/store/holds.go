package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Holds lists transfers that wait for two people to decide on them, the longest held first.
func (l *Ledger) Holds(ctx context.Context, limit int) (holds []ledger.OpenHold, err error) {
	err = each(ctx, l.pool, `SELECT t.id, t.intent, d.name, c.name, t.source_minor, t.source_currency, t.destination_minor, t.destination_currency,
		       n.state, n.reason, n.batch, b.decided_at, t.received_at, a.decided_at, t.deadline, h.about, h.reason, hb.decided_at
		FROM ledger.life_event h JOIN ledger.transfer t ON t.id = h.transfer
		JOIN ledger.participant d ON d.id = t.debtor JOIN ledger.participant c ON c.id = t.creditor
		CROSS JOIN LATERAL (`+newestState+`) n
		JOIN ledger.batch b ON b.id = n.batch JOIN ledger.batch a ON a.id = t.batch JOIN ledger.batch hb ON hb.id = h.batch
		WHERE h.kind = 'held' AND n.state = 'queued' AND NOT EXISTS (SELECT FROM ledger.life_event l
			WHERE l.transfer = h.transfer AND (l.batch, l.place) > (h.batch, h.place) AND l.kind IN ('held', 'released'))
		ORDER BY h.batch, t.id LIMIT $1`, func(row pgx.Rows) error {
		var h ledger.OpenHold
		err := row.Scan(&h.ID, &h.Intent, &h.Debtor, &h.Creditor, &h.Source.Minor, coded{&h.Source.Currency}, &h.Destination.Minor,
			coded{&h.Destination.Currency}, &h.State, &h.Reason, &h.Batch, inUTC{&h.Since}, inUTC{&h.ReceivedAt}, inUTC{&h.AcceptedAt}, inUTC{&h.Deadline},
			&h.By, &h.List, inUTC{&h.HeldAt})
		holds = append(holds, h)
		return err
	}, ledger.PageSize(limit))
	if err != nil {
		return nil, fmt.Errorf("ledger: holds: %w", err)
	}
	return holds, nil
}

// OpenInstructions lists what the settlement agent was told, or will be once witnesses vouch for it, and has not done, by
// id: of one participant, or everybody's where it is "".
func (l *Ledger) OpenInstructions(ctx context.Context, participant string, limit int) (found []ledger.ListedInstruction, err error) {
	b := &pgx.Batch{}
	instructions(b, &found, `r.instruction IS NULL AND ($1 = '' OR p.name = $1) ORDER BY i.id LIMIT $2`, participant, ledger.PageSize(limit))
	if err := l.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("ledger: open instructions: %w", err)
	}
	return found, nil
}

// instructions asks for instructions i of which something is so.
func instructions(b *pgx.Batch, found *[]ledger.ListedInstruction, which string, args ...any) {
	queue(b, `SELECT i.id, coalesce(i.settlement_window, 0), i.kind, p.name, i.amount_minor, i.currency, to_char(i.value_date, 'YYYY-MM-DD'),
		       b.decided_at, i.batch, tb.decided_at,
		       t.instruction IS NULL AND EXISTS (SELECT FROM ledger.rule v WHERE v.kind = 'witnesses' AND v.batch < i.batch),
		       coalesce(r.result, ''), coalesce(r.evidence, ''), rb.decided_at
		FROM ledger.instruction i JOIN ledger.participant p ON p.id = i.participant JOIN ledger.batch b ON b.id = i.batch
		LEFT JOIN ledger.instruction_told t ON t.instruction = i.id LEFT JOIN ledger.batch tb ON tb.id = t.batch
		LEFT JOIN ledger.instruction_result r ON r.instruction = i.id LEFT JOIN ledger.batch rb ON rb.id = r.batch
		WHERE `+which, func(row pgx.Rows) error {
		var i ledger.ListedInstruction
		err := row.Scan(&i.ID, &i.Window, &i.Kind, &i.Participant, &i.Amount.Minor, coded{&i.Amount.Currency}, &i.ValueDate,
			inUTC{&i.GivenAt}, &i.Batch, inUTC{&i.ToldAt}, &i.Waits, &i.Result, &i.Evidence, inUTC{&i.EndedAt})
		*found = append(*found, i)
		return err
	}, args...)
}

// LogStatus tells how far the settlement log is, and who vouches for it.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) LogStatus(ctx context.Context) (s ledger.LogStatus, err error) {
	var policy settlement.Witnesses
	var witnessed settlement.Witnessed
	err = l.moment(ctx, func(m *moment) error {
		b := &pgx.Batch{}
		queue(b, `SELECT c.size, c.batch, b.decided_at, c.note FROM ledger.log_checkpoint c JOIN ledger.batch b ON b.id = c.batch
			ORDER BY c.size DESC LIMIT 1`, func(row pgx.Rows) error {
			return row.Scan(&s.Size, &s.Batch, inUTC{&s.At}, &s.Checkpoint)
		})
		newestCommand(b, settlement.CommandWitnesses, &policy, &time.Time{})
		newestCommand(b, settlement.CommandWitnessed, &witnessed, &s.Witnessed.At)
		splitViews(b, ledger.DefaultPage, &s.SplitViews)
		return m.last(ctx, b)
	})
	if err != nil {
		return s, fmt.Errorf("ledger: status of the log: %w", err)
	}
	s.Policy = policy.Policy
	s.Witnessed.Note, s.Witnessed.Size = witnessed.Checkpoint, sizeOf(witnessed.Checkpoint)
	return s, nil
}

// sizeOf is the tree's size by a checkpoint, which was checked when it was taken: its second line.
func sizeOf(checkpoint string) int64 {
	lines := strings.SplitN(checkpoint, "\n", 3)
	if len(lines) < 3 {
		return 0
	}
	size, _ := strconv.ParseInt(lines[1], 10, 64)
	return size
}

// newestCommand reads the newest command of a kind that was carried out, and when it was; nothing where there is none.
func newestCommand(b *pgx.Batch, kind settlement.CommandKind, body any, at *time.Time) {
	queue(b, `SELECT b.decided_at, c.body FROM ledger.command c JOIN ledger.command_result r ON r.command = c.id JOIN ledger.batch b ON b.id = r.batch
		WHERE c.kind = $1 AND r.fault = '' ORDER BY c.id DESC LIMIT 1`, func(row pgx.Rows) error {
		var text []byte
		if err := row.Scan(inUTC{at}, &text); err != nil {
			return err
		}
		return json.Unmarshal(text, body)
	}, string(kind))
}
