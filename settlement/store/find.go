package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// lookedAt is how many transfers one page looks at, at most, where no index leads to those that are looked for: some ten
// milliseconds, so that whoever finds nothing holds up nobody.
const lookedAt = 25_000

// newestState is the state that a transfer t is in.
const newestState = `SELECT e.state, e.reason, e.batch FROM ledger.transfer_event e WHERE e.transfer = t.id
	ORDER BY e.batch DESC, array_position(ARRAY['queued', 'cleared', 'return_pending', 'expired', 'paid', 'returned'], e.state) DESC LIMIT 1`

// FindTransfers lists a page of transfers, newest first. Errors wrap ledger.ErrCursor and ledger.ErrFilter, or are the
// database's.
func (l *Ledger) FindTransfers(ctx context.Context, f ledger.TransferFilter) (ledger.TransferPage, error) {
	page, err := l.findTransfers(ctx, f, ledger.PageSize(f.Limit))
	if err != nil {
		return page, fmt.Errorf("ledger: find transfers: %w", err)
	}
	return page, nil
}

// eachPage is how many transfers are read at once where all are wanted.
const eachPage = 5000

// EachTransfer hands over the transfers that a filter finds, newest first, up to its limit (none: ledger.MaxEach). Those
// that come meanwhile are not among them.
func (l *Ledger) EachTransfer(ctx context.Context, f ledger.TransferFilter, each func(ledger.FoundTransfer) error) error {
	left := ledger.MaxEach
	if f.Limit > 0 {
		left = min(left, f.Limit)
	}
	for left > 0 {
		page, err := l.findTransfers(ctx, f, min(left, eachPage))
		if err != nil {
			return fmt.Errorf("ledger: each transfer: %w", err)
		}
		for _, t := range page.Transfers {
			if err := each(t); err != nil {
				return err
			}
		}
		left -= len(page.Transfers)
		if f.Cursor = page.Next; f.Cursor == "" {
			return nil
		}
	}
	return nil
}

func (l *Ledger) findTransfers(ctx context.Context, f ledger.TransferFilter, size int) (page ledger.TransferPage, err error) {
	if err := f.Check(); err != nil {
		return page, err
	}
	below, err := ledger.ListTransfers.Below(f.Cursor)
	if err != nil {
		return page, err
	}
	s, err := l.conditions(ctx, f, below)
	if err != nil || s == nil {
		return page, err
	}
	plan := pgx.QueryExecModeCacheDescribe // for these arguments
	if s.bounded || s.few {
		plan = pgx.QueryExecModeCacheStatement // once: whatever they are, one way leads there, and planning takes as long
	}
	err = each(ctx, l.pool, `SELECT t.id, t.intent, d.name, c.name, t.source_minor, t.source_currency, t.destination_minor, t.destination_currency,
		       n.state, n.reason, n.batch, b.decided_at, t.received_at, a.decided_at, t.deadline
		FROM (SELECT t.* FROM `+s.from+` WHERE t.return_of IS NULL`+string(s.where)+` ORDER BY t.id DESC LIMIT `+strconv.Itoa(size+1)+`) t
		JOIN ledger.participant d ON d.id = t.debtor JOIN ledger.participant c ON c.id = t.creditor
		CROSS JOIN LATERAL (`+newestState+`) n
		JOIN ledger.batch b ON b.id = n.batch JOIN ledger.batch a ON a.id = t.batch
		ORDER BY t.id DESC`, func(row pgx.Rows) error {
		t, err := scanFound(row)
		page.Transfers = append(page.Transfers, t)
		return err
	}, append([]any{plan}, s.args...)...)
	switch {
	case err != nil:
		return page, err
	case len(page.Transfers) > size:
		page.Transfers = page.Transfers[:size]
		page.Next = ledger.ListTransfers.Cursor(int64(page.Transfers[size-1].ID))
	case s.bounded:
		page.Next, err = l.lookFurther(ctx, s)
	}
	return page, err
}

func scanFound(row pgx.Rows) (t ledger.FoundTransfer, err error) {
	err = row.Scan(&t.ID, &t.Intent, &t.Debtor, &t.Creditor, &t.Source.Minor, coded{&t.Source.Currency}, &t.Destination.Minor,
		coded{&t.Destination.Currency}, &t.State, &t.Reason, &t.Batch, inUTC{&t.Since}, inUTC{&t.ReceivedAt}, inUTC{&t.AcceptedAt}, inUTC{&t.Deadline})
	return t, err
}

// lookFurther is the cursor below what was looked at, "" where nothing is below.
func (l *Ledger) lookFurther(ctx context.Context, s *transferSearch) (next string, err error) {
	err = each(ctx, l.pool, `SELECT id FROM ledger.transfer WHERE id >= $1 AND id < $2 ORDER BY id DESC OFFSET $3 LIMIT 1`, func(row pgx.Rows) error {
		var last int64
		err := row.Scan(&last)
		next = ledger.ListTransfers.Cursor(last)
		return err
	}, s.first, s.end, lookedAt-1)
	return next, err
}

// transferSearch is where transfers t come from, and under which conditions.
type transferSearch struct {
	search
	from       string
	first, end int64 // of ids
	bounded    bool  // not all there are were looked at
	few        bool  // they are among some ids
}

// conditions makes a filter a search; nil where nothing can be found.
func (l *Ledger) conditions(ctx context.Context, f ledger.TransferFilter, below int64) (*transferSearch, error) {
	s := &transferSearch{from: "ledger.transfer t", end: below}
	if !f.From.IsZero() {
		s.first = ledger.FirstID(f.From)
		s.and(`EXISTS (SELECT FROM ledger.batch a WHERE a.id = t.batch AND a.decided_at >= ` + s.arg(f.From) + `)`)
	}
	if !f.Until.IsZero() {
		end, err := idsBefore(ctx, l.pool, f.Until)
		if err != nil {
			return nil, err
		}
		s.end = min(s.end, end)
		s.and(`EXISTS (SELECT FROM ledger.batch a WHERE a.id = t.batch AND a.decided_at < ` + s.arg(f.Until) + `)`)
	}
	first, end := s.arg(s.first), s.arg(s.end)
	s.and(`t.id >= ` + first + ` AND t.id < ` + end)
	if found, err := l.between(ctx, s, f); err != nil || !found {
		return nil, err
	}
	if !f.Currency.IsZero() {
		most := f.MaxMinor
		if most == 0 {
			most = 1<<63 - 1
		}
		code, from, to := s.arg(f.Currency.String()), s.arg(f.MinMinor), s.arg(most)
		s.and(fmt.Sprintf(`(t.source_currency = %[1]s AND t.source_minor BETWEEN %[2]s AND %[3]s
			OR t.destination_currency = %[1]s AND t.destination_minor BETWEEN %[2]s AND %[3]s)`, code, from, to))
	}
	return s, l.candidates(ctx, s, f, first, end)
}

// candidates chooses what leads to the transfers: where nothing does, the newest are looked through.
func (l *Ledger) candidates(ctx context.Context, s *transferSearch, f ledger.TransferFilter, first, end string) error {
	var ids []int64
	var err error
	switch {
	case f.Text != "":
		ids, err = l.idsOf(ctx, f.Text)
	case f.Batch > 0:
		ids, err = l.idsOfBatch(ctx, f.Batch)
	case slices.Contains(rareStates, f.State):
		s.from = `ledger.transfer_event r JOIN ledger.transfer t ON t.id = r.transfer`
		s.and(`r.transfer >= ` + first + ` AND r.transfer < ` + end + ` AND r.state IN ('return_pending', 'returned', 'expired') AND r.state = ` + s.arg(string(f.State)))
	case f.Waiting || f.State == messaging.StateQueued || f.State == messaging.StateCleared:
		ids, err = l.openIDs(ctx)
	default:
		s.bounded = true
		s.from = `(SELECT * FROM ledger.transfer WHERE id >= ` + first + ` AND id < ` + end + ` ORDER BY id DESC LIMIT ` + strconv.Itoa(lookedAt) + `) t`
	}
	if ids != nil || f.Text != "" || f.Batch > 0 {
		s.few = len(ids) <= mostIDs
		s.and(`t.id = ANY (` + s.arg(ids) + `)`)
	}
	if f.Waiting {
		s.and(`NOT EXISTS (SELECT FROM ledger.transfer_event f WHERE f.transfer = t.id AND f.state IN ('paid', 'returned', 'expired'))`)
	}
	if f.State != "" {
		s.and(`(SELECT n.state FROM (` + newestState + `) n) = ` + s.arg(string(f.State)))
	}
	return err
}

// rareStates have an index of their own (migrations/00020_looks.sql).
var rareStates = []messaging.State{messaging.StateReturnPending, messaging.StateReturned, messaging.StateExpired}

// between adds whose transfers they are; false where somebody is nobody.
func (l *Ledger) between(ctx context.Context, s *transferSearch, f ledger.TransferFilter) (known bool, err error) {
	names := map[string]int32{}
	for _, name := range []string{f.Scope, f.Debtor, f.Creditor} {
		if name != "" {
			names[name] = 0
		}
	}
	if len(names) == 0 {
		return true, nil
	}
	for name := range names {
		if names[name], err = l.numbers.of(ctx, l.pool, name); err != nil || names[name] == 0 {
			return false, err
		}
	}
	if f.Scope != "" {
		who := s.arg(names[f.Scope])
		s.and(`(t.debtor = ` + who + ` OR t.creditor = ` + who + `)`)
	}
	if f.Debtor != "" {
		s.and(`t.debtor = ` + s.arg(names[f.Debtor]))
	}
	if f.Creditor != "" {
		s.and(`t.creditor = ` + s.arg(names[f.Creditor]))
	}
	return true, nil
}
