package decide

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Fees are in the source currency, which is the debtor's own. Who is paid in a currency that it does not settle
// in, and the scheme always, has the money on a fee account of that currency, as a claim. Who would have to pay
// in one has nothing to pay from, and so no schedule may ask it to.

// announceFees takes a schedule. What it changes is for what comes later: what was accepted keeps its charge.
func (d *decision) announceFees(c settlement.Command, s fee.Schedule) (string, error) {
	book, err := d.fees.Add(s, d.Now)
	if err != nil {
		return err.Error(), nil //nolint:nilerr // the command is at fault, not the engine
	}
	for _, r := range s.Rules {
		oneCurrency := !r.From.Currency.IsZero() && r.From.Currency == r.To.Currency
		if r.Interchange.Payer == fee.Creditor && !oneCurrency && !r.Interchange.Tiers.Free() {
			return fmt.Sprintf("rule %s: a creditor's participant pays in the source currency, so within one currency only", r.Name), nil
		}
	}
	d.fees = book
	d.batch.FeeSchedules = append(d.batch.FeeSchedules, ledger.FeeSchedule{Command: c.ID, Batch: d.batch.ID, At: d.Now, Schedule: s, Body: c.Body})
	d.refreshed, d.retold = true, true
	return "", nil
}

func endOf(p *settlement.Participant) fee.End {
	return fee.End{Participant: p.Name, Country: p.Country, Currency: p.Currency}
}

// charge works out what an intent costs, none where no schedule is in force yet. With its fees an intent stays
// within the limits that sums are safe by.
func (d *decision) charge(debtor *settlement.Participant, p priced) ([]ledger.Charge, *messaging.FaultError) {
	charge, err := d.fees.Fees(fee.Corridor{From: endOf(debtor), To: endOf(p.creditor)}, p.source, d.Now)
	if refused, ok := errors.AsType[*fee.FeeError](err); ok && refused.Fault == fee.FaultNone {
		return nil, nil
	}
	over := func() ([]ledger.Charge, *messaging.FaultError) {
		return nil, &messaging.FaultError{Fault: messaging.FaultAmountLimit, Detail: fmt.Sprintf("%s and its fees are over the limit", p.source)}
	}
	if err != nil {
		return over()
	}
	rows := ledger.ChargesOf(0, charge, func(name string) int32 { return d.byName[name].ID })
	left := maxTransferMinor - p.source.Minor
	for _, c := range rows {
		if c.AmountMinor > left {
			return over()
		}
		left -= c.AmountMinor
		if c.AmountMinor == 0 {
			continue
		}
		if c.Payer == p.creditor.ID && c.AmountMinor >= p.source.Minor {
			return nil, &messaging.FaultError{
				Fault: messaging.FaultAmountLimit, Detail: fmt.Sprintf("%s would pay more than it receives", p.creditor.Name),
			}
		}
		if d.spent(d.find(c.Payee, ledger.Fee, p.source.Currency)) {
			return nil, &messaging.FaultError{
				Fault:  messaging.FaultAmountLimit,
				Detail: fmt.Sprintf("an account in %s has turned over all that it can count", p.source.Currency),
			}
		}
	}
	return rows, nil
}

// keepCharges fixes what a new transfer costs.
func (d *decision) keepCharges(t *transfer, charges []ledger.Charge) {
	for i := range charges {
		charges[i].Transfer = t.ID
	}
	t.charges = charges
	d.batch.Charges = append(d.batch.Charges, charges...)
}

// chargeOn has netting count a transfer's fees. What moves between the two accounts of the obligation is part
// of it, and what leaves for others is its fee. What a return brings back from elsewhere is not counted on.
func (t *transfer) chargeOn(o *netting.Obligation) {
	isReturn, oneCurrency := t.original != nil, t.Source.Currency == t.Destination.Currency
	for _, c := range t.charges {
		switch {
		case oneCurrency && c.Payer == t.Debtor && c.Payee == t.Creditor:
			o.Debit, o.Credit = o.Debit+c.AmountMinor, o.Credit+c.AmountMinor
		case oneCurrency && c.Payer == t.Creditor:
			o.Debit, o.Credit = o.Debit-c.AmountMinor, o.Credit-c.AmountMinor
		case !isReturn:
			o.Fee += c.AmountMinor
		}
	}
}

// postCharges posts each component of a charge by itself, and nothing for nothing. A return takes all of it
// back: nobody earns by a transfer that reached nobody.
func (d *decision) postCharges(t *transfer) error {
	for _, c := range t.charges {
		if c.AmountMinor == 0 {
			continue
		}
		from, to := d.feesOf(c.Payer, t.Source.Currency), d.feesOf(c.Payee, t.Source.Currency)
		if t.original != nil {
			from, to = to, from
		}
		if err := d.post(c.PostingKind(), t.ID, from, to, c.AmountMinor); err != nil {
			return err
		}
	}
	return nil
}

// feesOf is the place of the account from or to which somebody's fees go: a participant's position in its own
// currency, or a fee account.
func (d *decision) feesOf(owner int32, currency fx.Currency) int {
	if owner != settlement.SchemeID && d.participants[owner-1].Currency == currency {
		return d.openPosition(owner, currency)
	}
	return d.account(owner, ledger.Fee, currency)
}

func (d *decision) recordCharges() *chargesRecord {
	if len(d.batch.Charges) == 0 {
		return nil
	}
	hash := sha256.New()
	var line []byte
	for _, c := range d.batch.Charges {
		line = strconv.AppendInt(line[:0], int64(c.Transfer), 10)
		line = strconv.AppendInt(append(line, ' '), c.Version, 10)
		line = append(append(append(line, ' '), c.Rule...), ' ')
		line = append(append(line, c.Kind...), ' ')
		line = strconv.AppendInt(line, int64(c.Payer), 10)
		line = strconv.AppendInt(append(line, ' '), int64(c.Payee), 10)
		line = strconv.AppendInt(append(line, ' '), c.AmountMinor, 10)
		hash.Write(append(line, '\n'))
	}
	return &chargesRecord{Count: len(d.batch.Charges), Hash: hex.EncodeToString(hash.Sum(nil))}
}

// feesATime is how many rules fit into one message, however many tiers and participants they have.
const feesATime = 16

// tellFees tells a participant what its transfers cost, by everybody whom they can go to: now, and by what was
// announced. It hears of no rule that is for others.
func (d *decision) tellFees(status messaging.StatusMessage, p *settlement.Participant) error {
	type rule struct {
		version int64
		name    string
	}
	var all []messaging.Fees
	at := map[rule]int{}
	for _, peer := range d.participants {
		if peer == p || peer.Role == settlement.RoleProvider {
			continue
		}
		for _, t := range d.fees.Terms(fee.Corridor{From: endOf(p), To: endOf(peer)}) {
			key := rule{t.Version, t.Rule.Name}
			place, ok := at[key]
			if !ok {
				place = len(all)
				at[key] = place
				all = append(all, messaging.Fees{
					Version: t.Version, From: t.From, Rule: t.Rule.Name, Switch: t.Rule.Switch,
					Interchange: messaging.Interchange{Payer: messaging.Side(t.Rule.Interchange.Payer), Tiers: t.Rule.Interchange.Tiers},
				})
			}
			all[place].To = append(all[place].To, peer.Name)
		}
	}
	status.Changes, status.Peers = nil, nil
	for some := range slices.Chunk(all, feesATime) {
		status.Fees = some
		payloads, err := messaging.EncodeStatuses(status)
		if err != nil {
			return fmt.Errorf("fees for %s: %w", status.Participant, err)
		}
		for _, payload := range payloads {
			d.send(status.Participant, messaging.PayloadStatus, payload)
		}
	}
	return nil
}
