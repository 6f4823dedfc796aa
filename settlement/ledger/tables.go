package ledger

import (
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// column is one column of rows to add: its name, its SQL type, and an array with a value for each row.
type column struct {
	name, kind string
	values     any
}

// columnOf makes a column of what value says of each item.
func columnOf[T, V any](name, kind string, items []T, value func(T) V) column {
	values := make([]V, len(items))
	for i, item := range items {
		values[i] = value(item)
	}
	return column{name: name, kind: kind, values: values}
}

// insert queues the rows of one table as one statement over arrays. Its text depends on the table
// alone, so that it is prepared once.
//
// COPY carries more rows a second, but cannot be pipelined, and a batch touches some twenty tables. On two
// busy cores each round trip waits 10 to 80 ms for its turn: with COPY, batches of a few hundred
// transfers took 300 to 500 ms; in one round trip they take 50 to 300, and a lone one 2.
func insert(into *pgx.Batch, table string, rows int, columns ...column) {
	if rows == 0 {
		return
	}
	names, parameters := make([]string, len(columns)), make([]string, len(columns))
	values := make([]any, len(columns))
	for i, c := range columns {
		names[i], values[i] = c.name, c.values
		parameters[i] = "$" + strconv.Itoa(i+1) + "::" + c.kind + "[]"
	}
	into.Queue("INSERT INTO ledger."+table+" ("+strings.Join(names, ", ")+") SELECT * FROM unnest("+
		strings.Join(parameters, ", ")+")", values...)
}

// queue queues everything that the batch adds, accounts before the postings that name them.
func (b *Batch) queue(into *pgx.Batch, epoch int64) {
	b.queueParties(into)
	b.queueRates(into)
	b.queueTransfers(into)
	b.queueMoney(into)
	b.queueWindows(into)
	b.queueLog(into)
	// Last, so that its written_at is as near the commit as a row can say.
	into.Queue(`INSERT INTO ledger.batch (id, epoch, settlement_window, decided_at, intents, cleared, queued, log_index,
		tier, reached, bound, fifo, iterations, numeraire, coarser, returns, alarm)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		b.ID, epoch, int64(b.Window), b.DecidedAt, b.Accepted, b.Cleared, b.Queued, b.LogIndex,
		string(b.Clearing.Tier), b.Clearing.Reached, b.Clearing.Bound, b.Clearing.FIFO, b.Clearing.Iterations,
		b.Clearing.Numeraire.String(), b.Clearing.Coarser, b.Clearing.Returns, tierNames(b.Clearing.Alarm))
}

// ofBatch is a column that holds the batch's number in every row.
func ofBatch[T any](b *Batch, items []T) column {
	return columnOf("batch", "bigint", items, func(T) int64 { return b.ID })
}

func (b *Batch) queueParties(into *pgx.Batch) {
	type p = settlement.Participant
	insert(into, "participant", len(b.Participants),
		columnOf("id", "integer", b.Participants, func(p p) int32 { return p.ID }),
		columnOf("name", "text", b.Participants, func(p p) string { return p.Name }),
		columnOf("country", "text", b.Participants, func(p p) string { return p.Country }),
		columnOf("currency", "text", b.Participants, func(p p) string { return p.Currency.String() }),
		columnOf("role", "text", b.Participants, func(p p) string { return string(p.Role) }),
		columnOf("signing_key", "text", b.Participants, func(p p) string { return p.SigningKey }),
		columnOf("suspended", "boolean", b.Participants, func(p p) bool { return p.Suspended }),
		columnOf("payout_increment_minor", "bigint", b.Participants, func(p p) int64 { return p.PayoutIncrementMinor }),
		columnOf("payout_min_minor", "bigint", b.Participants, func(p p) int64 { return p.PayoutMinMinor }),
		columnOf("payout_max_minor", "bigint", b.Participants, func(p p) int64 { return p.PayoutMaxMinor }))
	for _, s := range b.Suspensions {
		into.Queue(`UPDATE ledger.participant SET suspended = $2 WHERE id = $1`, s.ID, s.Suspended)
	}
	insert(into, "account", len(b.Accounts),
		columnOf("id", "bigint", b.Accounts, func(a Account) int64 { return a.ID }),
		columnOf("participant", "integer", b.Accounts, func(a Account) int32 { return a.Participant }),
		columnOf("kind", "text", b.Accounts, func(a Account) string { return string(a.Kind) }),
		columnOf("currency", "text", b.Accounts, func(a Account) string { return a.Currency.String() }))
	insert(into, "credit_line", len(b.CreditLines), ofBatch(b, b.CreditLines),
		columnOf("account", "bigint", b.CreditLines, func(c CreditLine) int64 { return c.Account }),
		columnOf("amount_minor", "bigint", b.CreditLines, func(c CreditLine) int64 { return c.AmountMinor }))
	insert(into, "quote", len(b.Quotes), ofBatch(b, b.Quotes),
		columnOf("id", "text", b.Quotes, func(q fx.Quote) string { return q.ID }),
		columnOf("provider", "text", b.Quotes, func(q fx.Quote) string { return q.Provider }),
		columnOf("from_currency", "text", b.Quotes, func(q fx.Quote) string { return q.From.String() }),
		columnOf("to_currency", "text", b.Quotes, func(q fx.Quote) string { return q.To.String() }),
		columnOf("rate", "text", b.Quotes, func(q fx.Quote) string { return q.Rate.String() }),
		columnOf("mid", "text", b.Quotes, func(q fx.Quote) string { return q.Mid.String() }),
		columnOf("fee_minor", "bigint", b.Quotes, func(q fx.Quote) int64 { return q.FeeMinor }),
		columnOf("expires", "timestamptz", b.Quotes, func(q fx.Quote) time.Time { return q.Expires }))
	insert(into, "command_result", len(b.CommandResults), ofBatch(b, b.CommandResults),
		columnOf("command", "bigint", b.CommandResults, func(r CommandResult) int64 { return r.Command }),
		columnOf("fault", "text", b.CommandResults, func(r CommandResult) string { return r.Fault }))
}

func (b *Batch) queueTransfers(into *pgx.Batch) {
	type t = *settlement.Transfer
	insert(into, "envelope", len(b.Envelopes), ofBatch(b, b.Envelopes),
		columnOf("participant", "integer", b.Envelopes, func(e Envelope) int32 { return e.Participant }),
		columnOf("sequence", "bigint", b.Envelopes, func(e Envelope) int64 { return signed(e.Sequence) }),
		columnOf("kind", "text", b.Envelopes, func(e Envelope) string { return string(e.Kind) }),
		columnOf("received_at", "timestamptz", b.Envelopes, func(e Envelope) time.Time { return e.ReceivedAt }),
		columnOf("payload", "bytea", b.Envelopes, func(e Envelope) []byte { return e.Payload }),
		columnOf("signature", "bytea", b.Envelopes, func(e Envelope) []byte { return []byte(e.Signature) }),
		columnOf("hash", "bytea", b.Envelopes, func(e Envelope) []byte { return e.Hash[:] }))
	insert(into, "transfer", len(b.Transfers), ofBatch(b, b.Transfers),
		columnOf("id", "bigint", b.Transfers, func(t t) int64 { return int64(t.ID) }),
		columnOf("return_of", "bigint", b.Transfers, func(t t) *int64 { return orNull(t.ReturnOf) }),
		columnOf("debtor", "integer", b.Transfers, func(t t) int32 { return t.Debtor }),
		columnOf("creditor", "integer", b.Transfers, func(t t) int32 { return t.Creditor }),
		columnOf("intent", "text", b.Transfers, func(t t) string { return t.Intent }),
		columnOf("envelope_sequence", "bigint", b.Transfers, func(t t) int64 { return signed(t.Envelope.Sequence) }),
		columnOf("envelope_place", "integer", b.Transfers, func(t t) int32 { return t.Envelope.Place }),
		columnOf("source_minor", "bigint", b.Transfers, func(t t) int64 { return t.Source.Minor }),
		columnOf("source_currency", "text", b.Transfers, func(t t) string { return t.Source.Currency.String() }),
		columnOf("destination_minor", "bigint", b.Transfers, func(t t) int64 { return t.Destination.Minor }),
		columnOf("destination_currency", "text", b.Transfers, func(t t) string { return t.Destination.Currency.String() }),
		columnOf("quote", "text", b.Transfers, func(t t) string { return t.Quote }),
		columnOf("residual_nano", "bigint", b.Transfers, func(t t) int64 { return t.Residual }),
		columnOf("residual_currency", "text", b.Transfers, func(t t) string { return t.ResidualCurrency.String() }),
		columnOf("received_at", "timestamptz", b.Transfers, func(t t) time.Time { return t.ReceivedAt }),
		columnOf("deadline", "timestamptz", b.Transfers, func(t t) time.Time { return t.Deadline }))
	insert(into, "intent", len(b.Intents), ofBatch(b, b.Intents),
		columnOf("participant", "integer", b.Intents, func(n Intent) int32 { return n.Participant }),
		columnOf("id", "text", b.Intents, func(n Intent) string { return n.ID }),
		columnOf("hash", "bytea", b.Intents, func(n Intent) []byte { return n.Hash[:] }),
		columnOf("transfer", "bigint", b.Intents, func(n Intent) *int64 { return orNull(n.Transfer) }),
		columnOf("fault", "text", b.Intents, func(n Intent) string { return string(n.Fault) }),
		columnOf("detail", "text", b.Intents, func(n Intent) string { return n.Detail }))
	insert(into, "transfer_event", len(b.Events), ofBatch(b, b.Events),
		columnOf("transfer", "bigint", b.Events, func(e Event) int64 { return int64(e.Transfer) }),
		columnOf("state", "text", b.Events, func(e Event) string { return string(e.State) }),
		columnOf("reason", "text", b.Events, func(e Event) string { return e.Reason }))
	place := int32(-1)
	insert(into, "outcome", len(b.Outcomes), ofBatch(b, b.Outcomes),
		columnOf("place", "integer", b.Outcomes, func(Outcome) int32 { place++; return place }),
		columnOf("participant", "integer", b.Outcomes, func(o Outcome) int32 { return o.Participant }),
		columnOf("sequence", "bigint", b.Outcomes, func(o Outcome) int64 { return signed(o.Sequence) }),
		columnOf("transfer", "bigint", b.Outcomes, func(o Outcome) int64 { return int64(o.Transfer) }),
		columnOf("kind", "text", b.Outcomes, func(o Outcome) string { return string(o.Outcome.Kind) }),
		columnOf("state", "text", b.Outcomes, func(o Outcome) string { return string(o.Outcome.State) }),
		columnOf("verdict", "text", b.Outcomes, func(o Outcome) string { return string(o.Verdict) }),
		columnOf("rail_ref", "text", b.Outcomes, func(o Outcome) string { return o.Outcome.RailRef }),
		columnOf("reason", "text", b.Outcomes, func(o Outcome) string { return o.Outcome.Reason }),
		columnOf("rail_code", "text", b.Outcomes, func(o Outcome) string { return o.Outcome.RailCode }),
		columnOf("rail_text", "text", b.Outcomes, func(o Outcome) string { return o.Outcome.RailText }),
		columnOf("resolved_by", "text", b.Outcomes, func(o Outcome) string { return o.Outcome.ResolvedBy }))
	insert(into, "dead_letter", len(b.DeadLetters), ofBatch(b, b.DeadLetters),
		columnOf("participant", "integer", b.DeadLetters, func(d DeadLetter) int32 { return d.Participant }),
		columnOf("sequence", "bigint", b.DeadLetters, func(d DeadLetter) int64 { return signed(d.Sequence) }),
		columnOf("place", "integer", b.DeadLetters, func(d DeadLetter) int32 { return d.Place }),
		columnOf("fault", "text", b.DeadLetters, func(d DeadLetter) string { return string(d.Fault) }),
		columnOf("detail", "text", b.DeadLetters, func(d DeadLetter) string { return d.Detail }))
}

func (b *Batch) queueMoney(into *pgx.Batch) {
	insert(into, "posting", len(b.Postings), ofBatch(b, b.Postings),
		columnOf("id", "bigint", b.Postings, func(p Posting) int64 { return p.ID }),
		columnOf("transfer", "bigint", b.Postings, func(p Posting) *int64 { return orNull(p.Transfer) }),
		columnOf("kind", "text", b.Postings, func(p Posting) string { return string(p.Kind) }),
		columnOf("debit", "bigint", b.Postings, func(p Posting) int64 { return p.Debit }),
		columnOf("credit", "bigint", b.Postings, func(p Posting) int64 { return p.Credit }),
		columnOf("amount", "bigint", b.Postings, func(p Posting) int64 { return p.AmountMinor }),
		columnOf("currency", "text", b.Postings, func(p Posting) string { return p.Currency.String() }))
	insert(into, "balance", len(b.Balances), ofBatch(b, b.Balances),
		columnOf("account", "bigint", b.Balances, func(v Balance) int64 { return v.Account }),
		columnOf("debits", "bigint", b.Balances, func(v Balance) int64 { return v.Debits }),
		columnOf("credits", "bigint", b.Balances, func(v Balance) int64 { return v.Credits }))
	insert(into, "liquidity", len(b.Liquidity), ofBatch(b, b.Liquidity),
		columnOf("account", "bigint", b.Liquidity, func(v Liquidity) int64 { return v.Account }),
		columnOf("prefund_minor", "bigint", b.Liquidity, func(v Liquidity) int64 { return v.PrefundMinor }),
		columnOf("credit_line_minor", "bigint", b.Liquidity, func(v Liquidity) int64 { return v.CreditLineMinor }),
		columnOf("position_minor", "bigint", b.Liquidity, func(v Liquidity) int64 { return v.PositionMinor }))
	insert(into, "residual_carry", len(b.Carries), ofBatch(b, b.Carries),
		columnOf("currency", "text", b.Carries, func(c Carry) string { return c.Currency.String() }),
		columnOf("nano", "bigint", b.Carries, func(c Carry) int64 { return c.Nano }))
}

func (b *Batch) queueWindows(into *pgx.Batch) {
	insert(into, "window_event", len(b.WindowEvents), ofBatch(b, b.WindowEvents),
		columnOf("settlement_window", "bigint", b.WindowEvents, func(e WindowEvent) int64 { return int64(e.Window) }),
		columnOf("state", "text", b.WindowEvents, func(e WindowEvent) string { return string(e.State) }))
	insert(into, "window_net", len(b.WindowNets),
		columnOf("settlement_window", "bigint", b.WindowNets, func(n WindowNet) int64 { return int64(n.Window) }),
		columnOf("account", "bigint", b.WindowNets, func(n WindowNet) int64 { return n.Account }),
		columnOf("gross_in", "bigint", b.WindowNets, func(n WindowNet) int64 { return n.GrossIn }),
		columnOf("gross_out", "bigint", b.WindowNets, func(n WindowNet) int64 { return n.GrossOut }),
		columnOf("net_minor", "bigint", b.WindowNets, WindowNet.NetMinor))
}

func (b *Batch) queueLog(into *pgx.Batch) {
	insert(into, "log_entry", len(b.Log), ofBatch(b, b.Log),
		columnOf("index", "bigint", b.Log, func(e LogEntry) int64 { return e.Index }),
		columnOf("kind", "text", b.Log, func(e LogEntry) string { return e.Kind }),
		columnOf("body", "bytea", b.Log, func(e LogEntry) []byte { return e.Body }),
		columnOf("leaf", "bytea", b.Log, func(e LogEntry) []byte { return e.Leaf[:] }))
	insert(into, "log_blob", len(b.Blobs), ofBatch(b, b.Blobs),
		columnOf("hash", "bytea", b.Blobs, func(v Blob) []byte { return v.Hash[:] }),
		columnOf("body", "bytea", b.Blobs, func(v Blob) []byte { return v.Body }))
	into.Queue(`INSERT INTO ledger.log_checkpoint (size, batch, note) VALUES ($1, $2, $3)`, b.Checkpoint.Size, b.ID, b.Checkpoint.Note)
	insert(into, "outbox", len(b.Outbox), ofBatch(b, b.Outbox),
		columnOf("id", "bigint", b.Outbox, func(m OutboxMessage) int64 { return m.ID }),
		columnOf("participant", "text", b.Outbox, func(m OutboxMessage) string { return m.Participant }),
		columnOf("kind", "text", b.Outbox, func(m OutboxMessage) string { return string(m.Kind) }),
		columnOf("payload", "bytea", b.Outbox, func(m OutboxMessage) []byte { return m.Payload }))
}

// signed is a stream's sequence as PostgreSQL keeps it.
func signed(sequence uint64) int64 {
	return int64(sequence) //nolint:gosec // no stream has 2^63 messages
}

func orNull(id settlement.TransferID) *int64 {
	if id == 0 {
		return nil
	}
	number := int64(id)
	return &number
}
