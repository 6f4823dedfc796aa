package decide

import (
	"fmt"
	"math/big"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

func (d *decision) publishTravelRule(r settlement.TravelRule) (subject, fault string) {
	switch {
	case r.Currency.IsZero():
		return "", "no currency"
	case r.ThresholdMinor < 0 || r.ThresholdMinor > maxTransferMinor:
		return "", fmt.Sprintf("threshold %d out of range", r.ThresholdMinor)
	}
	d.setTravelRule(r)
	return "travel_rule", ""
}

func (s *State) setTravelRule(r settlement.TravelRule) { s.travel = r }

// travels tells what an intent lacks of the data that must travel with its amount (FATF recommendation 16). Names
// and accounts always travel; above the threshold the originator's address and the beneficiary's town do too, and
// its country, which is its participant's where nothing is said.
func (d *decision) travels(source fx.Money, intent messaging.Intent) *messaging.FaultError {
	if d.travel.ThresholdMinor == 0 || source.Minor <= d.unaddressed(source.Currency) {
		return nil
	}
	missing := func(what string) *messaging.FaultError {
		return &messaging.FaultError{Fault: messaging.FaultTravelRule, Detail: fmt.Sprintf("%s is required for %s", what, source)}
	}
	switch {
	case intent.Debtor.Address == "":
		return missing("debtor.address")
	case intent.Creditor.Town == "":
		return missing("creditor.town")
	}
	return nil
}

// unaddressed is the greatest amount that is not above the travel rule's threshold, in minor units of a currency,
// by the newest rate sheet, expired or not. A currency of which it says nothing has none.
func (d *decision) unaddressed(c fx.Currency) (minor int64) {
	if c == d.travel.Currency {
		return d.travel.ThresholdMinor
	}
	if known, ok := d.unaddressedIn[c]; ok {
		return known
	}
	if of, per := ratio(d.perMinor(d.travel.Currency)), ratio(d.perMinor(c)); of != nil && per != nil {
		most := new(big.Rat).Quo(new(big.Rat).Mul(of, new(big.Rat).SetInt64(d.travel.ThresholdMinor)), per)
		whole := new(big.Int).Quo(most.Num(), most.Denom())
		if minor = maxTransferMinor; whole.IsInt64() {
			minor = min(minor, whole.Int64())
		}
	}
	if d.unaddressedIn == nil {
		d.unaddressedIn = map[fx.Currency]int64{}
	}
	d.unaddressedIn[c] = minor
	return minor
}
