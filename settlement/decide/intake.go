package decide

import (
	"errors"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/mutant"
)

// Limits on what may wait and on what accounts may turn over. With them no sum can leave int64
// (9.2 × 10^18): what waits adds at most maxQueue × maxTransferMinor = 5 × 10^17 to a turnover of
// maxTurnoverMinor.
const (
	maxQueue            = 500_000
	maxOpenPerDebtor    = 100_000
	maxTransferMinor    = 1_000_000_000_000
	maxTurnoverMinor    = 4_000_000_000_000_000_000
	maxDeadlineDistance = 7 * 24 * time.Hour
)

// takeIntents takes the intents of one envelope. Each stands alone: one that is refused spoils no other.
func (d *decision) takeIntents(m Message) {
	for place := range m.intents {
		d.takeDecoded(m, int32(place))
	}
}

// takeDecoded takes the intent of a place, as far as it could be read.
func (d *decision) takeDecoded(m Message, place int32) {
	decoded := m.intents[place]
	if decoded.Fault != nil && decoded.Intent.ID == "" {
		d.bury(m, place, decoded.Fault)
		return
	}
	decoded.Intent.Deadline = microseconds(decoded.Intent.Deadline)
	if m.openOnly {
		m.addressed(place, &decoded.Intent)
	}
	d.takeIntent(m, place, decoded, m.hashes[place])
}

func (d *decision) takeIntent(m Message, place int32, decoded messaging.DecodedIntent, hash [32]byte) {
	intent := decoded.Intent
	key := ledger.IntentKey{Participant: m.participant.ID, ID: intent.ID}
	before, used := d.usedBefore(key)
	if used && !mutant.Deduplication {
		if before.Hash != hash {
			d.bury(m, place, &messaging.FaultError{
				Fault:  messaging.FaultDuplicate,
				Detail: fmt.Sprintf("intent %s was sent before with other bytes", intent.ID),
			})
			return
		}
		d.answerAgain(m.participant, intent.ID, before)
		return
	}
	row := ledger.Intent{Participant: m.participant.ID, ID: intent.ID, Hash: hash, Sequence: m.Sequence, Place: place}
	priced, fault := priced{}, decoded.Fault
	if fault == nil {
		fault = d.malformedThen(decoded)
	}
	if fault == nil {
		priced, fault = d.validate(m.participant, intent)
	}
	if fault == nil && intent.Bundle != nil {
		fault = d.mayJoin(m.participant, &intent, priced)
	}
	if fault == nil && !d.fees.Empty() {
		priced.charges, fault = d.charge(m.participant, priced)
	}
	if fault == nil {
		priced.held, fault = d.screened(ledger.Hit{Participant: m.participant.ID, Sequence: m.Sequence, Place: place})
	}
	if fault != nil {
		row.Fault, row.Detail = fault.Fault, Plain(fault.Detail)
		d.to(m.participant).refuse(messaging.Change{
			Intent: intent.ID, State: messaging.StateRejected, Fault: row.Fault, Reason: row.Fault.Reason(), Detail: row.Detail,
		})
		if intent.Bundle != nil {
			d.legRefused(m.participant, &decoded)
		}
	} else {
		t := d.accept(m, place, intent, priced)
		row.Transfer = t.ID
	}
	if !used {
		d.batch.Intents = append(d.batch.Intents, row)
	}
	d.newest[key.Participant] = max(d.newest[key.Participant], key.ID)
	d.Known[key] = ledger.KnownIntent{Hash: hash, Transfer: row.Transfer, Fault: row.Fault, Detail: row.Detail}
}

// answerAgain repeats the answer that an id got: where it stands now, or why it was refused.
func (d *decision) answerAgain(p *settlement.Participant, id string, before ledger.KnownIntent) {
	switch t := d.open[before.Transfer]; {
	case before.Fault != "":
		d.to(p).refuse(messaging.Change{
			Intent: id, State: messaging.StateRejected, Fault: before.Fault, Reason: before.Fault.Reason(), Detail: before.Detail,
		})
	case t != nil:
		d.tell(t, t.state, "")
	default: // it has ended: before this batch, or earlier in it
		state, reason := before.State, before.Reason
		if ended, ok := d.ended(before.Transfer); ok {
			state, reason = ended.State, ""
		}
		if state == "" { // its month was detached: it ended, and was told then
			return
		}
		d.to(p).refuse(messaging.Change{Intent: id, Transfer: before.Transfer.String(), State: state, Reason: reason})
	}
}

// priced is what validation established of an intent.
type priced struct {
	creditor            *settlement.Participant
	source, destination fx.Money
	residual            fx.NanoMinor
	residualCurrency    fx.Currency
	charges             []ledger.Charge
	late                time.Time // when the currencies open; zero where they are
	held                string    // the list that it is held by; "" where it is not
}

// validate holds an intent against participants, limits, clock and quote.
func (d *decision) validate(debtor *settlement.Participant, intent messaging.Intent) (priced, *messaging.FaultError) {
	fail := func(f messaging.Fault, format string, args ...any) (priced, *messaging.FaultError) {
		return priced{}, &messaging.FaultError{Fault: f, Detail: fmt.Sprintf(format, args...)}
	}
	creditor := d.byName[intent.CreditorParticipant]
	switch {
	case debtor.Suspended:
		return fail(messaging.FaultSuspended, "%s is suspended", debtor.Name)
	case creditor == nil:
		return fail(messaging.FaultUnknownParticipant, "no participant %s", intent.CreditorParticipant)
	case creditor.Suspended:
		return fail(messaging.FaultSuspended, "%s is suspended", creditor.Name)
	case creditor == debtor, creditor.Role == settlement.RoleProvider, debtor.Role == settlement.RoleProvider:
		return fail(messaging.FaultUnknownCorridor, "%s does not pay %s", debtor.Name, creditor.Name)
	}
	if fault := d.full(debtor, creditor); fault != nil {
		return priced{}, fault
	}
	if fault := intent.Check(); fault != nil {
		return priced{}, fault
	}
	source, err := intent.Source.Money()
	if err != nil {
		return fail(messaging.FaultAmount, "source: %v", err)
	}
	destination, err := intent.Destination.Money()
	if err != nil {
		return fail(messaging.FaultAmount, "destination: %v", err)
	}
	switch {
	case source.Currency != debtor.Currency:
		return fail(messaging.FaultUnknownCorridor, "%s does not send %s", debtor.Name, source.Currency)
	case destination.Currency != creditor.Currency:
		return fail(messaging.FaultUnknownCorridor, "%s does not pay out %s", creditor.Name, destination.Currency)
	case source.Minor > maxTransferMinor, destination.Minor > creditor.PayoutMaxMinor:
		return fail(messaging.FaultAmountLimit, "%s to %s is over the limit", source, destination)
	case destination.Minor < creditor.PayoutMinMinor:
		return fail(messaging.FaultAmountLimit, "%s pays out from %d minor units", creditor.Name, creditor.PayoutMinMinor)
	case destination.Minor%creditor.PayoutIncrementMinor != 0:
		return fail(messaging.FaultAmountIncrement, "%s pays out in steps of %d minor units", creditor.Name, creditor.PayoutIncrementMinor)
	case !intent.Deadline.After(d.Now):
		return fail(messaging.FaultDeadline, "deadline %s is past", intent.Deadline.Format(time.RFC3339))
	case intent.Deadline.Sub(d.Now) > maxDeadlineDistance:
		return fail(messaging.FaultDeadline, "deadline %s is further away than %s", intent.Deadline.Format(time.RFC3339), maxDeadlineDistance)
	}
	switch {
	case d.spent(d.position(debtor.ID, source.Currency)), d.spent(d.pool(source.Currency)):
		return fail(messaging.FaultAmountLimit, "an account in %s has turned over all that it can count", source.Currency)
	case d.spent(d.position(creditor.ID, destination.Currency)), d.spent(d.pool(destination.Currency)):
		return fail(messaging.FaultAmountLimit, "an account in %s has turned over all that it can count", destination.Currency)
	}
	if fault := d.travels(source, intent); fault != nil {
		return priced{}, fault
	}
	late, fault := d.late(source.Currency, destination.Currency, intent.Deadline)
	if fault != nil {
		return priced{}, fault
	}
	p := priced{creditor: creditor, source: source, destination: destination, residualCurrency: destination.Currency, late: late}
	if source.Currency == destination.Currency {
		return p, nil
	}
	return d.price(p, intent)
}

// spent tells whether the totals of an account, if there is one, have come so far that it must take nothing new.
func (d *decision) spent(index int) bool {
	return index >= 0 && max(d.accounts[index].debits, d.accounts[index].credits) > maxTurnoverMinor
}

// price holds a cross-currency intent against its quote: the quote gives exactly these two amounts.
func (d *decision) price(p priced, intent messaging.Intent) (priced, *messaging.FaultError) {
	quote, ok := d.quotes[intent.Quote]
	switch {
	case !ok:
		return p, &messaging.FaultError{Fault: messaging.FaultQuoteUnknown, Detail: "no quote " + intent.Quote}
	case quote.ExpiredAt(d.Now):
		return p, &messaging.FaultError{Fault: messaging.FaultQuoteExpired, Detail: fmt.Sprintf("quote %s expired at %s",
			quote.ID, quote.Expires.Format(time.RFC3339))}
	}
	fixed, other := p.source, p.destination
	if intent.Fixed == fx.FixedDestination {
		fixed, other = other, fixed
	}
	conversion, err := quote.Convert(intent.Fixed, fixed)
	if err != nil {
		fault := messaging.FaultQuoteMismatch
		if amount := (*fx.AmountError)(nil); errors.As(err, &amount) {
			fault = messaging.FaultAmount
		}
		return p, &messaging.FaultError{Fault: fault, Detail: err.Error()}
	}
	if conversion.Source != p.source || conversion.Destination != p.destination {
		return p, &messaging.FaultError{Fault: messaging.FaultQuoteMismatch, Detail: fmt.Sprintf(
			"quote %s gives %s for %s, not %s for %s", quote.ID, conversion.Destination, conversion.Source, p.destination, p.source)}
	}
	p.residual, p.residualCurrency = conversion.Residual, other.Currency
	return p, nil
}

// accept makes a transfer of an intent and puts it at the end of the queue.
func (d *decision) accept(m Message, place int32, intent messaging.Intent, p priced) *transfer {
	d.lastTransfer = settlement.TransferID(d.next(int64(d.lastTransfer)))
	t := &transfer{name: d.lastTransfer.String(), Transfer: settlement.Transfer{
		ID: d.lastTransfer, Debtor: m.participant.ID, Creditor: p.creditor.ID, Intent: intent.ID,
		Envelope: settlement.EnvelopePlace{Sequence: m.Sequence, Place: place},
		Source:   p.source, Destination: p.destination, Quote: intent.Quote,
		Residual: p.residual, ResidualCurrency: p.residualCurrency,
		ReceivedAt: m.Time, AcceptedAt: d.Now, Deadline: intent.Deadline, Priority: intent.Priority,
		DebtorParty: intent.Debtor, CreditorParty: intent.Creditor, Reference: intent.Reference,
	}}
	d.keepCharges(t, p.charges)
	if intent.Bundle != nil {
		d.joinBundle(t, intent.Bundle)
	}
	d.openCount[t.Debtor]++
	d.batch.Accepted++
	if !p.late.IsZero() {
		d.note(t, ledger.LifeEvent{Kind: ledger.LifeLate, Until: p.late})
	}
	if p.held != "" {
		d.note(t, ledger.LifeEvent{Kind: ledger.LifeHeld, About: heldByScreen, Reason: p.held})
	}
	d.join(t)
	return t
}

// join takes a new transfer into the queue.
func (d *decision) join(t *transfer) {
	d.open[t.ID] = t
	d.setOut(t)
	d.accepted = append(d.accepted, t)
	d.batch.Transfers = append(d.batch.Transfers, &t.Transfer)
}

// Plain makes a text fit for the database and for people: no control characters, bounded.
func Plain(text string) string {
	const maxDetail = 300
	runes := make([]rune, 0, min(len(text), maxDetail))
	for _, r := range text {
		if len(runes) == maxDetail {
			break
		}
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		runes = append(runes, r)
	}
	return string(runes)
}
