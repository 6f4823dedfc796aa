package accountant

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// transfer is an open transfer, or the return of one.
type transfer struct {
	id               settlement.TransferID
	debtor, creditor int32
	source, dest     fx.Money
	kept             fx.NanoMinor // of what rounding left, the part that stays with the pool when it clears, in keptIn
	keptIn           fx.Currency
	deadline         time.Time // zero of a return
	charges          [2]charge // none of nothing
	original, back   *transfer
	leg              *leg // nil of one that clears by itself

	state  messaging.State // "" until its first step
	moved  int64           // the last batch in which it took one
	posted int64           // the batch in which it was posted
	held   bool            // until two people say otherwise
	word   word            // of a rail, in the batch heard
	heard  int64
}

// word is what a rail said that moves a transfer.
type word string

const (
	wordPaid     word = "paid"     // the payout was made
	wordFailed   word = "failed"   // it never will be
	wordRefunded word = "refunded" // the money is back
)

// charge is what somebody pays for a transfer beside its amount.
type charge struct {
	kind         ledger.PostingKind // "" of none
	payer, payee int32
	minor        int64
}

// makeReturns looks at the new transfers by themselves, and takes in those that send others back.
func (r *review) makeReturns() error {
	for _, t := range r.b.Transfers {
		switch {
		case t == nil || t.ID <= r.lastTransfer:
			return r.fault(Order, about("transfers"), fmt.Sprintf("one after %d", r.lastTransfer), fmt.Sprintf("%+v", t))
		case t.Debtor < 1 || int(t.Debtor) > len(r.participants) || t.Creditor < 1 || int(t.Creditor) > len(r.participants):
			return r.fault(Amounts, ofTransfer(t.ID), "two participants", fmt.Sprint(t.Debtor, t.Creditor))
		}
		r.lastTransfer = t.ID
		if t.ReturnOf == 0 {
			continue
		}
		of := r.open[t.ReturnOf]
		if of == nil || of.original != nil || of.back != nil {
			return r.fault(ExactlyOnce, ofTransfer(t.ID), "the only return of an open transfer", t.ReturnOf)
		}
		if t.Debtor != of.debtor || t.Creditor != of.creditor || t.Source != of.source || t.Destination != of.dest {
			return r.fault(Amounts, ofTransfer(t.ID), fmt.Sprint("the amounts of ", of.id), fmt.Sprint(t.Source, " to ", t.Destination))
		}
		back := &transfer{
			id: t.ID, debtor: of.debtor, creditor: of.creditor, source: of.source, dest: of.dest, kept: -of.kept, keptIn: of.keptIn,
			charges: of.charges, original: of,
		}
		of.back = back
		r.open[t.ID] = back
	}
	return nil
}

// accept holds a new transfer against what its intent says, what its quote makes of it and what the fees in force ask.
func (r *review) accept(i *Intent, t *settlement.Transfer) error {
	source, sourceReads := moneyOf(i.Intent.Source)
	dest, destReads := moneyOf(i.Intent.Destination)
	debtor, creditor := &r.participants[t.Debtor-1], &r.participants[t.Creditor-1]
	of := ofTransfer(t.ID)
	switch {
	case !sourceReads || !destReads || source.Minor <= 0 || dest.Minor <= 0:
		return r.fault(Amounts, of, "two amounts above zero", fmt.Sprint(i.Intent.Source, i.Intent.Destination))
	case t.Source != source || t.Destination != dest:
		return r.fault(Amounts, of, fmt.Sprint(source, " to ", dest), fmt.Sprint(t.Source, " to ", t.Destination))
	case i.Intent.CreditorParticipant != creditor.name || t.Debtor == t.Creditor || t.Debtor == r.provider || t.Creditor == r.provider:
		return r.fault(Amounts, of, "to "+i.Intent.CreditorParticipant, "to "+creditor.name)
	case debtor.currency != source.Currency || creditor.currency != dest.Currency:
		return r.fault(Amounts, of, fmt.Sprint(debtor.currency, " to ", creditor.currency), fmt.Sprint(source.Currency, " to ", dest.Currency))
	case !t.Deadline.Equal(i.Intent.Deadline.Truncate(time.Microsecond)) || !t.Deadline.After(r.decidedAt):
		return r.fault(Life, of, fmt.Sprint("the deadline ", i.Intent.Deadline, ", to come"), t.Deadline)
	}
	made := &transfer{id: t.ID, debtor: t.Debtor, creditor: t.Creditor, source: source, dest: dest, deadline: t.Deadline}
	if err := r.price(i, t, made); err != nil {
		return err
	}
	if err := r.charge(t.ID, made); err != nil {
		return err
	}
	r.open[t.ID] = made
	return r.join(i, made)
}

// price holds a transfer against its quote, which the intent names: one side is what the other converts to, once.
func (r *review) price(i *Intent, t *settlement.Transfer, made *transfer) error {
	of := ofTransfer(t.ID)
	if made.source.Currency == made.dest.Currency {
		if made.source != made.dest || t.Residual != 0 || t.Quote != "" || i.Intent.Quote != "" {
			return r.fault(Amounts, of, "one amount, as it is", fmt.Sprint(t.Source, " to ", t.Destination, ", left ", t.Residual))
		}
		return nil
	}
	q := r.quotes[i.Intent.Quote]
	switch {
	case q == nil || t.Quote != i.Intent.Quote || q.from != made.source.Currency || q.to != made.dest.Currency:
		return r.fault(Amounts, of, "quote "+i.Intent.Quote, "quote "+t.Quote)
	case !r.decidedAt.Before(q.expires):
		return r.fault(Amounts, of, "a quote that holds", fmt.Sprint(t.Quote, " until ", q.expires))
	}
	var other int64
	var left fx.NanoMinor
	var fits bool
	switch i.Intent.Fixed {
	case fx.FixedSource:
		other, left, fits = q.forward(made.source.Minor)
		fits = fits && other == made.dest.Minor
		made.kept, made.keptIn = left, made.dest.Currency // of what the pool pays out
	case fx.FixedDestination:
		other, left, fits = q.backward(made.dest.Minor)
		fits = fits && other == made.source.Minor
		made.kept, made.keptIn = -left, made.source.Currency // of what it takes in
	}
	if !fits || t.Residual != left || t.ResidualCurrency != made.keptIn {
		return r.fault(Amounts, of, fmt.Sprintf("%d by quote %s, left %d", other, t.Quote, left),
			fmt.Sprintf("%s to %s, left %d %s", t.Source, t.Destination, t.Residual, t.ResidualCurrency))
	}
	return nil
}
