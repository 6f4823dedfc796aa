package store

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/mutant"
)

// writeBatch puts everything that the batch adds onto the wire, accounts before the postings that name them.
func writeBatch(w *wire, b *ledger.Batch, epoch int64) {
	writeParties(w, b)
	writeRates(w, b)
	writeTransfers(w, b)
	writeMoney(w, b)
	writeWindows(w, b)
	writeStanding(w, b)
	writeSettling(w, b)
	writeLog(w, b)
	writeOutbox(w, b)
	writeFees(w, b)
	writeLetters(w, b)
	writeLife(w, b)
	writeBundles(w, b)
	writeScreened(w, b)
	writeHealth(w, b)
	copyIn(w, "open_transfers", "batch, through, transfers", b.Open, func(r *row, o ledger.OpenTransfers) {
		r.bigint(b.ID)
		r.bigint(int64(o.Through))
		r.array(len(o.Transfers), oidBigint, func() {
			for _, id := range o.Transfers {
				r.bigint(int64(id))
			}
		})
	})
	if !mutant.Position {
		writePositions(w, b)
	}
	// Last, so that its written_at is as near the commit as a row can say.
	copyIn(w, "batch", `id, epoch, settlement_window, decided_at, intents, cleared, queued, log_index,
		tier, reached, bound, fifo, iterations, numeraire, coarser, returns, alarm, paid, returned, expired`, []*ledger.Batch{b}, func(r *row, b *ledger.Batch) {
		r.bigint(b.ID)
		r.bigint(epoch)
		r.bigint(int64(b.Window))
		r.timestamp(b.DecidedAt)
		r.integer(int32(b.Accepted)) //nolint:gosec // the engine's limits are far below
		r.integer(int32(b.Cleared))  //nolint:gosec // as above
		r.integer(int32(b.Queued))   //nolint:gosec // as above
		r.bigint(b.LogIndex)
		r.text(string(b.Clearing.Tier))
		r.bigint(b.Clearing.Reached)
		r.bigint(b.Clearing.Bound)
		r.bigint(b.Clearing.FIFO)
		r.bigint(b.Clearing.Iterations)
		r.text(b.Clearing.Numeraire.String())
		r.integer(int32(b.Clearing.Coarser)) //nolint:gosec // at most 63
		r.integer(int32(b.Clearing.Returns)) //nolint:gosec // at most what waits
		r.text(tierNames(b.Clearing.Alarm))
		writeEnds(r, b)
	})
}

// writeEnds counts how transfers ended in the batch, so that nobody counts them again. Where a refund ends a return,
// the return is paid and its original returned.
func writeEnds(r *row, b *ledger.Batch) {
	var paid, returned, expired int32
	for _, e := range b.Events {
		switch e.State {
		case messaging.StatePaid:
			paid++
		case messaging.StateReturned:
			returned++
		case messaging.StateExpired:
			expired++
		case messaging.StateRejected, messaging.StateQueued, messaging.StateCleared, messaging.StateReturnPending:
		}
	}
	r.integer(paid - returned)
	r.integer(returned)
	r.integer(expired)
}

func writePositions(w *wire, b *ledger.Batch) {
	for _, p := range b.Positions {
		w.run(fmt.Sprintf(`SELECT ledger.move_position(%d, %d, %s, %s, %d, %s)`, p.Participant, p.Old.Sequence, hexed(p.Old.Hash[:]),
			timed(p.New.StreamCreated), p.New.Sequence, hexed(p.New.Hash[:])))
	}
}

// hexed is bytes in a statement.
func hexed(bytes []byte) string { return `'\x` + hex.EncodeToString(bytes) + `'` }

// timed is a time in a statement.
func timed(t time.Time) string { return "'" + t.UTC().Format("2006-01-02 15:04:05.999999+00") + "'" }

func writeParties(w *wire, b *ledger.Batch) {
	copyIn(w, "participant", `id, name, country, currency, role, signing_key, suspended, payout_increment_minor, payout_min_minor,
		payout_max_minor, reserves`, b.Participants, func(r *row, p settlement.Participant) {
		r.integer(p.ID)
		r.text(p.Name)
		r.text(p.Country)
		r.text(p.Currency.String())
		r.text(string(p.Role))
		r.text(p.SigningKey)
		r.boolean(p.Suspended)
		r.bigint(p.PayoutIncrementMinor)
		r.bigint(p.PayoutMinMinor)
		r.bigint(p.PayoutMaxMinor)
		r.boolean(p.Reserves)
	})
	for _, s := range b.Suspensions {
		w.run(fmt.Sprintf(`UPDATE ledger.participant SET suspended = %t WHERE id = %d`, s.Suspended, s.ID))
	}
	copyIn(w, "account", "id, participant, kind, currency", b.Accounts, func(r *row, a ledger.Account) {
		r.bigint(a.ID)
		r.integer(a.Participant)
		r.text(string(a.Kind))
		r.text(a.Currency.String())
	})
	copyIn(w, "credit_line", "account, batch, amount_minor, target_minor", b.CreditLines, func(r *row, c ledger.CreditLine) {
		r.bigint(c.Account)
		r.bigint(b.ID)
		r.bigint(c.AmountMinor)
		r.bigint(c.TargetMinor)
	})
	copyIn(w, "quote", "id, batch, provider, from_currency, to_currency, rate, mid, fee_minor, expires", b.Quotes, func(r *row, q fx.Quote) {
		r.text(q.ID)
		r.bigint(b.ID)
		r.text(q.Provider)
		r.text(q.From.String())
		r.text(q.To.String())
		r.text(q.Rate.String())
		r.text(q.Mid.String())
		r.bigint(q.FeeMinor)
		r.timestamp(q.Expires)
	})
	copyIn(w, "command_result", "command, batch, fault", b.CommandResults, func(r *row, c ledger.CommandResult) {
		r.bigint(c.Command)
		r.bigint(b.ID)
		r.text(c.Fault)
	})
}

func writeTransfers(w *wire, b *ledger.Batch) {
	copyIn(w, "envelope", "participant, sequence, batch, decided_at, kind, received_at, payload, signature, hash, closed", b.Envelopes,
		func(r *row, e ledger.Envelope) {
			r.integer(e.Participant)
			r.bigint(signed(e.Sequence))
			r.bigint(b.ID)
			r.timestamp(b.DecidedAt)
			r.text(string(e.Kind))
			r.timestamp(e.ReceivedAt)
			r.bytes(e.Payload)
			r.text(e.Signature)
			r.bytes(e.Hash[:])
			r.bytes(e.Closed)
		})
	copyIn(w, part("transfer", b.Transfers, func(t *settlement.Transfer) int64 { return int64(t.ID) }), `id, batch, return_of, debtor, creditor, intent, envelope_sequence, envelope_place, source_minor, source_currency,
		destination_minor, destination_currency, quote, residual_nano, residual_currency, received_at, deadline`, b.Transfers,
		func(r *row, t *settlement.Transfer) {
			r.bigint(int64(t.ID))
			r.bigint(b.ID)
			r.reference(int64(t.ReturnOf))
			r.integer(t.Debtor)
			r.integer(t.Creditor)
			r.text(t.Intent)
			r.bigint(signed(t.Envelope.Sequence))
			r.integer(t.Envelope.Place)
			r.bigint(t.Source.Minor)
			r.text(t.Source.Currency.String())
			r.bigint(t.Destination.Minor)
			r.text(t.Destination.Currency.String())
			r.text(t.Quote)
			r.bigint(t.Residual)
			r.text(t.ResidualCurrency.String())
			r.timestamp(t.ReceivedAt)
			r.timestamp(t.Deadline)
		})
	copyIn(w, "intent", "participant, id, batch, hash, transfer, fault, detail", b.Intents, func(r *row, n ledger.Intent) {
		r.integer(n.Participant)
		r.text(n.ID)
		r.bigint(b.ID)
		r.bytes(n.Hash[:])
		r.reference(int64(n.Transfer))
		r.text(string(n.Fault))
		r.text(n.Detail)
	})
	copyIn(w, part("transfer_event", b.Events, func(e ledger.Event) int64 { return int64(e.Transfer) }), "transfer, state, batch, reason", b.Events, func(r *row, e ledger.Event) {
		r.bigint(int64(e.Transfer))
		r.text(string(e.State))
		r.bigint(b.ID)
		r.text(e.Reason)
	})
	place := int32(-1)
	copyIn(w, part("outcome", b.Outcomes, func(o ledger.Outcome) int64 { return int64(o.Transfer) }), `batch, place, participant, sequence, transfer, kind, state, verdict, rail_ref, reason, rail_code, rail_text,
		resolved_by`, b.Outcomes, func(r *row, o ledger.Outcome) {
		place++
		r.bigint(b.ID)
		r.integer(place)
		r.integer(o.Participant)
		r.bigint(signed(o.Sequence))
		r.bigint(int64(o.Transfer))
		r.text(string(o.Outcome.Kind))
		r.text(string(o.Outcome.State))
		r.text(string(o.Verdict))
		r.text(o.Outcome.RailRef)
		r.text(o.Outcome.Reason)
		r.text(o.Outcome.RailCode)
		r.text(o.Outcome.RailText)
		r.text(o.Outcome.ResolvedBy)
	})
	copyIn(w, "dead_letter", "participant, sequence, place, batch, fault, detail", b.DeadLetters, func(r *row, d ledger.DeadLetter) {
		r.integer(d.Participant)
		r.bigint(signed(d.Sequence))
		r.integer(d.Place)
		r.bigint(b.ID)
		r.text(string(d.Fault))
		r.text(d.Detail)
	})
}

func writeMoney(w *wire, b *ledger.Batch) {
	copyIn(w, part("posting", b.Postings, func(p ledger.Posting) int64 { return p.ID }), "id, batch, transfer, kind, debit, credit, amount, currency", b.Postings, func(r *row, p ledger.Posting) {
		r.bigint(p.ID)
		r.bigint(b.ID)
		r.reference(int64(p.Transfer))
		r.text(string(p.Kind))
		r.bigint(p.Debit)
		r.bigint(p.Credit)
		r.bigint(p.AmountMinor)
		r.text(p.Currency.String())
	})
	copyIn(w, "balance", "account, batch, debits, credits, gross_in, gross_out", b.Balances, func(r *row, v ledger.Balance) {
		r.bigint(v.Account)
		r.bigint(b.ID)
		r.bigint(v.Debits)
		r.bigint(v.Credits)
		r.bigint(v.GrossIn)
		r.bigint(v.GrossOut)
	})
	copyIn(w, "liquidity", "account, batch, prefund_minor, credit_line_minor, position_minor, step", b.Liquidity, func(r *row, v ledger.Liquidity) {
		r.bigint(v.Account)
		r.bigint(b.ID)
		r.bigint(v.PrefundMinor)
		r.bigint(v.CreditLineMinor)
		r.bigint(v.PositionMinor)
		r.integer(v.Step)
	})
	copyIn(w, "residual_carry", "currency, batch, nano", b.Carries, func(r *row, c ledger.Carry) {
		r.text(c.Currency.String())
		r.bigint(b.ID)
		r.bigint(c.Nano)
	})
}

func writeWindows(w *wire, b *ledger.Batch) {
	copyIn(w, "window_event", "settlement_window, state, batch, settlement_group, log_index, moment", b.WindowEvents, func(r *row, e ledger.WindowEvent) {
		r.bigint(int64(e.Window))
		r.text(string(e.State))
		r.bigint(b.ID)
		r.text(e.Group)
		r.bigint(e.LogIndex)
		r.moment(e.Moment)
	})
	copyIn(w, "window_net", "settlement_window, account, gross_in, gross_out, net_minor", b.WindowNets, func(r *row, n ledger.WindowNet) {
		r.bigint(int64(n.Window))
		r.bigint(n.Account)
		r.bigint(n.GrossIn)
		r.bigint(n.GrossOut)
		r.bigint(n.NetMinor())
	})
}

func writeLog(w *wire, b *ledger.Batch) {
	copyIn(w, "log_entry", "index, batch, kind, body, leaf", b.Log, func(r *row, e ledger.LogEntry) {
		r.bigint(e.Index)
		r.bigint(b.ID)
		r.text(e.Kind)
		r.bytes(e.Body)
		r.bytes(e.Leaf[:])
	})
	copyIn(w, "log_blob", "hash, batch, decided_at, body", b.Blobs, func(r *row, v ledger.Blob) {
		r.bytes(v.Hash[:])
		r.bigint(b.ID)
		r.timestamp(b.DecidedAt)
		r.bytes(v.Body)
	})
	if b.Inputs.Headers != nil {
		copyIn(w, "log_inputs", "batch, hash, headers", []ledger.Inputs{b.Inputs}, func(r *row, n ledger.Inputs) {
			r.bigint(b.ID)
			r.bytes(n.Hash[:])
			r.bytes(n.Headers)
		})
	}
	copyIn(w, "log_checkpoint", "size, batch, note, edge", []ledger.Checkpoint{b.Checkpoint}, func(r *row, c ledger.Checkpoint) {
		r.bigint(c.Size)
		r.bigint(b.ID)
		r.text(c.Note)
		r.bytes(c.Edge)
	})
}

func writeOutbox(w *wire, b *ledger.Batch) {
	copyIn(w, "outbox", "id, batch, decided_at, participant, kind, payload", b.Outbox, func(r *row, m ledger.OutboxMessage) {
		r.bigint(m.ID)
		r.bigint(b.ID)
		r.timestamp(b.DecidedAt)
		r.text(m.Participant)
		r.text(string(m.Kind))
		r.bytes(m.Payload)
	})
}

// signed is a stream's sequence as PostgreSQL keeps it.
func signed(sequence uint64) int64 {
	return int64(sequence) //nolint:gosec // no stream has 2^63 messages
}
