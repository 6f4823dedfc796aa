package adapters

import (
	"cmp"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Fees is what the scheme charges for a transfer, beside its source: what participants pay the scheme and each
// other, by the schedule that is in force when the order is priced.
type Fees struct {
	Version    int64            `json:"version"` // of the schedule
	Rule       string           `json:"rule"`
	Components []FeeComponent   `json:"components"` // each kind, also where it is nothing
	Total      messaging.Amount `json:"total"`      // what this participant pays less what it receives
}

// FeeComponent is one part of the fees, in the source currency.
type FeeComponent struct {
	Kind   string           `json:"kind"` // switch or interchange
	Payer  string           `json:"payer"`
	Payee  string           `json:"payee"`
	Amount messaging.Amount `json:"amount"`
}

// scheme is who is paid for the switch, as charges of the ledger name it.
const scheme = "@scheme"

// maxAnnounced is how many schedules a switch has in force and announced at once.
const maxAnnounced = 16

// tariff is what transfers to one participant cost, by the schedules that the switch told of, oldest first.
type tariff []messaging.Fees

// with takes up what the switch tells of a schedule, and forgets what it replaces.
func (t tariff) with(f messaging.Fees) tariff {
	if slices.ContainsFunc(t, func(known messaging.Fees) bool { return known.Version > f.Version && !known.From.After(f.From) }) {
		return t // it was replaced before it was told
	}
	f.To = nil // it is kept with whom it is for
	t = slices.DeleteFunc(slices.Clone(t), func(known messaging.Fees) bool {
		return known.Version == f.Version || known.Version < f.Version && !known.From.Before(f.From)
	})
	at, _ := slices.BinarySearchFunc(t, f.Version, func(known messaging.Fees, version int64) int { return cmp.Compare(known.Version, version) })
	t = slices.Insert(t, at, f)
	return t[max(0, len(t)-maxAnnounced):]
}

// at is what holds at a moment, and until when, zero where nothing else was announced; nil where nothing holds.
func (t tariff) at(now time.Time) (holds *messaging.Fees, until time.Time) {
	for i := range t {
		switch f := &t[i]; {
		case !f.From.After(now):
			holds = f
		case until.IsZero() || f.From.Before(until):
			until = f.From
		}
	}
	return holds, until
}

// feesOn is what a transfer of the given source costs; false where the fees cannot be counted.
func feesOn(f *messaging.Fees, debtor, creditor string, source fx.Money) (*Fees, bool) {
	toScheme, fits := f.Switch.Fee(source.Minor)
	between, fitsToo := f.Interchange.Tiers.Fee(source.Minor)
	payer, payee, net := debtor, creditor, between
	if f.Interchange.Payer == messaging.SideCreditor {
		payer, payee, net = creditor, debtor, -between
	}
	total, fitsAll := fx.AddMinor(toScheme, net)
	if !fits || !fitsToo || !fitsAll {
		return nil, false
	}
	amount := func(minor int64) messaging.Amount {
		return messaging.NewAmount(fx.Money{Minor: minor, Currency: source.Currency})
	}
	return &Fees{
		Version: f.Version, Rule: f.Rule, Total: amount(total), Components: []FeeComponent{
			{Kind: "switch", Payer: debtor, Payee: scheme, Amount: amount(toScheme)},
			{Kind: "interchange", Payer: payer, Payee: payee, Amount: amount(between)},
		},
	}, true
}

// postFees takes up a status message's fees and returns the records that changed.
func (b *board) postFees(told []messaging.Fees) []record {
	var changed []string
	for _, f := range told {
		for _, name := range f.To {
			b.fees[name] = b.fees[name].with(f)
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	var records []record
	for _, name := range slices.Compact(changed) {
		records = append(records, record{bucketFees, name, b.fees[name]})
	}
	return records
}

// chargeOrder shows on an order what its transfer costs. The price holds no longer than the schedule.
func (b *board) chargeOrder(o *order, t terms) *messaging.FaultError {
	holds, until := b.fees[o.Order.To].at(t.now)
	if !until.IsZero() && until.Before(o.PayBy) {
		o.PayBy = until.UTC()
	}
	if holds == nil {
		return nil
	}
	fees, ok := feesOn(holds, t.participant, o.Order.To, o.Order.Source)
	if !ok {
		return refuse(messaging.FaultAmountLimit, "the fees on "+o.Order.Source.String()+" cannot be counted")
	}
	o.Fees = fees
	return nil
}
