package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// table is one COPY of a batch.
type table struct {
	name    string
	columns []string
	rows    int
	row     func(i int) ([]any, error)
}

// rowsOf describes a COPY of items, each written by row.
func rowsOf[T any](name string, columns []string, items []T, row func(i int, item T) []any) table {
	return table{name: name, columns: columns, rows: len(items), row: func(i int) ([]any, error) {
		return row(i, items[i]), nil
	}}
}

// tables lists what the batch adds, in the order in which it is written: accounts before the postings
// that name them.
func (b *Batch) tables(epoch int64) []table {
	return []table{
		rowsOf("participant", []string{"id", "name", "country", "currency", "role", "signing_key", "suspended",
			"payout_increment_minor", "payout_min_minor", "payout_max_minor"}, b.Participants,
			func(_ int, p settlement.Participant) []any {
				return []any{p.ID, p.Name, p.Country, p.Currency.String(), string(p.Role), p.SigningKey, p.Suspended,
					p.PayoutIncrementMinor, p.PayoutMinMinor, p.PayoutMaxMinor}
			}),
		rowsOf("account", []string{"id", "participant", "kind", "currency"}, b.Accounts,
			func(_ int, a Account) []any {
				return []any{a.ID, a.Participant, string(a.Kind), a.Currency.String()}
			}),
		rowsOf("envelope", []string{"participant", "sequence", "batch", "kind", "received_at", "payload", "signature", "hash"},
			b.Envelopes, func(_ int, e Envelope) []any {
				return []any{e.Participant, int64(e.Sequence), b.ID, string(e.Kind), e.ReceivedAt, e.Payload, []byte(e.Signature), e.Hash[:]}
			}),
		rowsOf("transfer", []string{"id", "batch", "return_of", "debtor", "creditor", "intent", "envelope_sequence",
			"envelope_place", "source_minor", "source_currency", "destination_minor", "destination_currency", "quote",
			"residual_nano", "residual_currency", "received_at", "deadline"}, b.Transfers,
			func(_ int, t *settlement.Transfer) []any {
				return []any{int64(t.ID), b.ID, transferOrNull(t.ReturnOf), t.Debtor, t.Creditor, t.Intent,
					int64(t.Envelope.Sequence), t.Envelope.Place, t.Source.Minor, t.Source.Currency.String(),
					t.Destination.Minor, t.Destination.Currency.String(), t.Quote, t.Residual, t.ResidualCurrency.String(),
					t.ReceivedAt, t.Deadline}
			}),
		rowsOf("intent", []string{"participant", "id", "hash", "batch", "transfer", "fault", "detail"}, b.Intents,
			func(_ int, n Intent) []any {
				return []any{n.Participant, n.ID, n.Hash[:], b.ID, transferOrNull(n.Transfer), string(n.Fault), n.Detail}
			}),
		rowsOf("transfer_event", []string{"transfer", "state", "batch", "reason"}, b.Events,
			func(_ int, e Event) []any { return []any{int64(e.Transfer), string(e.State), b.ID, e.Reason} }),
		rowsOf("outcome", []string{"batch", "place", "participant", "sequence", "transfer", "kind", "state", "verdict",
			"rail_ref", "reason", "rail_code", "rail_text", "resolved_by"}, b.Outcomes,
			func(i int, o Outcome) []any {
				return []any{b.ID, int32(i), o.Participant, int64(o.Sequence), int64(o.Transfer), string(o.Outcome.Kind),
					string(o.Outcome.State), string(o.Verdict), o.Outcome.RailRef, o.Outcome.Reason, o.Outcome.RailCode,
					o.Outcome.RailText, o.Outcome.ResolvedBy}
			}),
		rowsOf("posting", []string{"id", "batch", "transfer", "kind", "debit", "credit", "amount", "currency"}, b.Postings,
			func(_ int, p Posting) []any {
				return []any{p.ID, b.ID, transferOrNull(p.Transfer), string(p.Kind), p.Debit, p.Credit, p.AmountMinor,
					p.Currency.String()}
			}),
		rowsOf("balance", []string{"account", "batch", "debits", "credits"}, b.Balances,
			func(_ int, v Balance) []any { return []any{v.Account, b.ID, v.Debits, v.Credits} }),
		rowsOf("liquidity", []string{"account", "batch", "prefund_minor", "credit_line_minor", "position_minor"}, b.Liquidity,
			func(_ int, v Liquidity) []any {
				return []any{v.Account, b.ID, v.PrefundMinor, v.CreditLineMinor, v.PositionMinor}
			}),
		rowsOf("credit_line", []string{"account", "batch", "amount_minor"}, b.CreditLines,
			func(_ int, c CreditLine) []any { return []any{c.Account, b.ID, c.AmountMinor} }),
		rowsOf("residual_carry", []string{"currency", "batch", "nano"}, b.Carries,
			func(_ int, c Carry) []any { return []any{c.Currency.String(), b.ID, c.Nano} }),
		rowsOf("quote", []string{"id", "batch", "provider", "from_currency", "to_currency", "rate", "expires"}, b.Quotes,
			func(_ int, q fx.Quote) []any {
				return []any{q.ID, b.ID, q.Provider, q.From.String(), q.To.String(), q.Rate.String(), q.Expires}
			}),
		rowsOf("dead_letter", []string{"participant", "sequence", "place", "batch", "fault", "detail"},
			b.DeadLetters, func(_ int, d DeadLetter) []any {
				return []any{d.Participant, int64(d.Sequence), d.Place, b.ID, string(d.Fault), d.Detail}
			}),
		rowsOf("window_event", []string{"settlement_window", "state", "batch"}, b.WindowEvents,
			func(_ int, e WindowEvent) []any { return []any{int64(e.Window), string(e.State), b.ID} }),
		rowsOf("window_net", []string{"settlement_window", "account", "gross_in", "gross_out", "net_minor"}, b.WindowNets,
			func(_ int, n WindowNet) []any {
				return []any{int64(n.Window), n.Account, n.GrossIn, n.GrossOut, n.NetMinor()}
			}),
		rowsOf("log_entry", []string{"index", "batch", "kind", "body", "leaf"}, b.Log,
			func(_ int, e LogEntry) []any { return []any{e.Index, b.ID, e.Kind, e.Body, e.Leaf[:]} }),
		rowsOf("log_blob", []string{"hash", "batch", "body"}, b.Blobs,
			func(_ int, v Blob) []any { return []any{v.Hash[:], b.ID, v.Body} }),
		rowsOf("log_checkpoint", []string{"size", "batch", "note"}, []Checkpoint{b.Checkpoint},
			func(_ int, c Checkpoint) []any { return []any{c.Size, b.ID, c.Note} }),
		rowsOf("outbox", []string{"id", "batch", "participant", "kind", "payload"}, b.Outbox,
			func(_ int, m OutboxMessage) []any {
				return []any{m.ID, b.ID, m.Participant, string(m.Kind), m.Payload}
			}),
		rowsOf("command_result", []string{"command", "batch", "fault"}, b.CommandResults,
			func(_ int, r CommandResult) []any { return []any{r.Command, b.ID, r.Fault} }),
		// Last, so that its written_at is as near the commit as a row can say.
		rowsOf("batch", []string{"id", "epoch", "settlement_window", "decided_at", "intents", "cleared", "queued", "log_index"},
			[]*Batch{b}, func(_ int, b *Batch) []any {
				return []any{b.ID, epoch, int64(b.Window), b.DecidedAt.UTC().Truncate(time.Microsecond),
					int32(b.Accepted), int32(b.Cleared), int32(b.Queued), b.LogIndex}
			}),
	}
}

func transferOrNull(id settlement.TransferID) any {
	if id == 0 {
		return nil
	}
	return int64(id)
}
