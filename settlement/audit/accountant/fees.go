package accountant

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// tariff is an announced schedule of fees, and which of its rules counts between two participants.
type tariff struct {
	fee.Schedule
	between map[[2]int32]*fee.Rule
}

// announce takes a schedule. No fee changes for what was accepted before.
func (r *review) announce(c settlement.Command) error {
	var s fee.Schedule
	if err := r.read(c, &s); err != nil {
		return err
	}
	of := about("fee schedule of command %d", c.ID)
	if n := len(r.fees); n > 0 && s.Version <= r.fees[n-1].Version {
		return r.fault(Amounts, of, "a later version", s.Version)
	}
	if s.From.Before(r.decidedAt) {
		return r.fault(Amounts, of, fmt.Sprint("in force after ", r.decidedAt), s.From)
	}
	r.fees = append(r.fees, &tariff{Schedule: s, between: map[[2]int32]*fee.Rule{}})
	return nil
}

// inForce is the schedule that counts now: of those that have begun, the greatest version. nil where there is none.
func (a *Accountant) inForce(now time.Time) *tariff {
	for _, t := range slices.Backward(a.fees) {
		if !t.From.After(now) {
			return t
		}
	}
	return nil
}

// charge works out what a new transfer costs, and wants the batch to say the same.
func (r *review) charge(id settlement.TransferID, t *transfer) error {
	s := r.inForce(r.decidedAt)
	if s == nil {
		return nil
	}
	rule := s.rule(r.Accountant, t.debtor, t.creditor)
	if rule == nil {
		return r.fault(Amounts, ofTransfer(id), "a rule for every transfer", fmt.Sprint("none in version ", s.Version))
	}
	toScheme, fits := feeOn(t.source.Minor, rule.Switch)
	between, fitsToo := feeOn(t.source.Minor, rule.Interchange.Tiers)
	if !fits || !fitsToo {
		return r.fault(Amounts, ofTransfer(id), "fees that int64 holds", rule.Name)
	}
	payer, payee := t.debtor, t.creditor
	if rule.Interchange.Payer == fee.Creditor {
		payer, payee = payee, payer
	}
	t.charges = [2]charge{
		{ledger.PostFee, t.debtor, settlement.SchemeID, toScheme}, {ledger.PostInterchange, payer, payee, between},
	}
	for i, kind := range []fee.Kind{fee.KindSwitch, fee.KindInterchange} {
		c := t.charges[i]
		want := ledger.Charge{Transfer: id, Version: s.Version, Rule: rule.Name, Kind: kind, Payer: c.payer, Payee: c.payee, AmountMinor: c.minor}
		if err := expectRow(r, &r.at.charge, r.b.Charges, want, Amounts, ofTransfer(id)); err != nil {
			return err
		}
	}
	return nil
}

// rule finds the rule between two participants: of those that fit, the one that names the debtor's participant before
// one that does not, then the creditor's, the countries and the currencies in the same order.
func (s *tariff) rule(a *Accountant, debtor, creditor int32) *fee.Rule {
	key := [2]int32{debtor, creditor}
	if rule, ok := s.between[key]; ok {
		return rule
	}
	from, to := &a.participants[debtor-1], &a.participants[creditor-1]
	var best *fee.Rule
	most := -1
	for i := range s.Rules {
		rule := &s.Rules[i]
		score := 0
		fits := true
		for _, part := range []struct{ wants, has string }{ // the weightiest first
			{rule.From.Participant, from.name}, {rule.To.Participant, to.name}, {rule.From.Country, from.country},
			{rule.To.Country, to.country}, {rule.From.Currency.String(), from.currency.String()}, {rule.To.Currency.String(), to.currency.String()},
		} {
			score *= 2
			if part.wants != "" {
				score++
				fits = fits && part.wants == part.has
			}
		}
		if fits && score > most {
			best, most = rule, score
		}
	}
	s.between[key] = best
	return best
}

// feeOn is what the tier of an amount asks: a flat part and so many millionths, the latter half-even, at least the
// tier's minimum and at most its maximum where it has one. ok is false where int64 does not hold it.
func feeOn(minor int64, tiers fx.Tiers) (asked int64, ok bool) {
	var tier fx.Tier
	for _, t := range tiers {
		if t.FromMinor <= minor {
			tier = t // they ascend
		}
	}
	high, low := bits.Mul64(uint64(minor), uint64(tier.PPM)) //nolint:gosec // neither is negative
	if high >= million {
		return 0, false
	}
	part, rest := bits.Div64(high, low, million)
	if nearer(part, rest, million) {
		part++
	}
	if part > math.MaxInt64-uint64(tier.FlatMinor) { //nolint:gosec // likewise
		return 0, false
	}
	asked = max(int64(part)+tier.FlatMinor, tier.MinMinor) //nolint:gosec // looked at above
	return min(asked, cmp.Or(tier.MaxMinor, math.MaxInt64)), true
}
