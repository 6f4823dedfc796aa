package credit

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/netting"
)

// MaxClaims bounds what one set-off looks at.
const MaxClaims = 10_000

// Claim is an invoice that its debtor has acknowledged.
type Claim struct {
	ID       string
	Debtor   string // member id
	Creditor string // member id
	Unit     fx.Currency
	Minor    int64 // what of it is still owed
}

// Line lets a member discharge more than others discharge to it, in mutual credit of the same unit.
type Line struct {
	Member    string
	Unit      fx.Currency
	OweMinor  int64 // how much its balance may go down
	HoldMinor int64 // how much its balance may go up
}

// Discharge is what a set-off does in one unit.
type Discharge struct {
	Unit       fx.Currency
	Parts      []Part   // claims that are reduced, in the order of input
	Effects    []Effect // on members who have claims or owe, by member
	Rings      []Ring   // the parts again, as the rings that they close
	GrossMinor int64    // of all claims before
	TotalMinor int64    // of all parts
}

// Part is what of a claim is discharged.
type Part struct {
	Claim     string
	Minor     int64
	LeftMinor int64
}

// Effect is what a set-off does to a member. What it owes falls by as much as what it is owed and its balance
// of mutual credit together, so that its net position stays what it was.
type Effect struct {
	Member                    string
	OwesBefore, OwesAfter     int64
	IsOwedBefore, IsOwedAfter int64
	BalanceMinor              int64 // what its balance of mutual credit changes by; without a line never down
}

// Ring is claims that discharge each other: each creditor is the next one's debtor, and the last one's the first.
// Through mutual credit it is a chain: the first debtor's balance goes down and the last creditor's up.
type Ring struct {
	Claims []string
	Minor  int64 // discharged of each claim
	Credit bool  // through mutual credit
}

// SetOff discharges as much as possible of what members owe each other, unit by unit, such that nobody's net
// position changes and nobody needs money: claims keep their parties, and none grows. The older of equal claims
// should come first. Lines, where given, lend liquidity. The result is in the order of units.
// Errors are *RefusalError.
func SetOff(claims []Claim, lines []Line) ([]Discharge, error) {
	if err := checkClaims(claims); err != nil {
		return nil, err
	}
	if err := checkLines(lines); err != nil {
		return nil, err
	}
	circles := map[fx.Currency]*circle{}
	for _, c := range claims {
		if circles[c.Unit] == nil {
			circles[c.Unit] = &circle{unit: c.Unit}
		}
		circles[c.Unit].claims = append(circles[c.Unit].claims, c)
	}
	for _, l := range lines {
		if c := circles[l.Unit]; c != nil {
			c.lines = append(c.lines, l)
		}
	}
	var all []Discharge
	for _, c := range slices.SortedFunc(maps.Values(circles), byUnit) {
		d, err := c.discharge()
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

func checkClaims(claims []Claim) error {
	if len(claims) > MaxClaims {
		return refuse(FaultMany, "claims")
	}
	known, gross := make(map[string]bool, len(claims)), map[fx.Currency]int64{}
	for _, c := range claims {
		if c.ID == "" || known[c.ID] || c.Debtor == "" || c.Creditor == "" || c.Unit.IsZero() || c.Minor <= 0 {
			return refuse(FaultClaim, c.ID)
		}
		if c.Debtor == c.Creditor {
			return refuse(FaultSelf, c.ID)
		}
		total, ok := fx.AddMinor(gross[c.Unit], c.Minor)
		if !ok {
			return refuse(FaultOverflow, c.ID)
		}
		known[c.ID], gross[c.Unit] = true, total
	}
	return nil
}

func checkLines(lines []Line) error {
	type account struct {
		member string
		unit   fx.Currency
	}
	known := map[account]bool{}
	for _, l := range lines {
		a := account{l.Member, l.Unit}
		if l.Member == "" || l.Unit.IsZero() || l.OweMinor < 0 || l.HoldMinor < 0 || known[a] {
			return refuse(FaultLine, l.Member)
		}
		known[a] = true
	}
	return nil
}

// circle is the claims and lines of one unit.
type circle struct {
	unit    fx.Currency
	claims  []Claim
	lines   []Line
	members []string // who has a claim or owes, in order
}

func byUnit(a, b *circle) int { return cmp.Compare(a.unit.String(), b.unit.String()) }

func (c *circle) discharge() (Discharge, error) {
	for _, claim := range c.claims {
		c.members = append(c.members, claim.Debtor, claim.Creditor)
	}
	slices.Sort(c.members)
	c.members = slices.Compact(c.members)
	debts := make([]netting.Debt, len(c.claims))
	for i, claim := range c.claims {
		debts[i] = netting.Debt{Debtor: c.number(claim.Debtor), Creditor: c.number(claim.Creditor), AmountMinor: claim.Minor}
	}
	owe, hold := c.limits()
	cleared, err := netting.SetOffWithin(len(c.members), debts, owe, hold)
	if err != nil { // only what is too much in all: checkClaims has seen the rest
		return Discharge{}, refuse(FaultOverflow, c.unit.String())
	}
	d := Discharge{Unit: c.unit, GrossMinor: cleared.GrossMinor, TotalMinor: cleared.TotalMinor}
	for i, minor := range cleared.AmountMinor {
		if minor > 0 {
			d.Parts = append(d.Parts, Part{Claim: c.claims[i].ID, Minor: minor, LeftMinor: c.claims[i].Minor - minor})
		}
	}
	d.Effects = c.effects(cleared)
	d.Rings = c.rings(debts, cleared)
	return d, nil
}

// number is a member's place among those of the circle.
func (c *circle) number(member string) int32 {
	at, _ := slices.BinarySearch(c.members, member)
	return int32(at) //nolint:gosec // MaxClaims bounds it
}

// limits are what lines allow, per member; nil where there are none.
func (c *circle) limits() (owe, hold []int64) {
	if len(c.lines) == 0 {
		return nil, nil
	}
	owe, hold = make([]int64, len(c.members)), make([]int64, len(c.members))
	for _, l := range c.lines {
		if at, in := slices.BinarySearch(c.members, l.Member); in {
			owe[at], hold[at] = l.OweMinor, l.HoldMinor
		}
	}
	return owe, hold
}

func (c *circle) effects(cleared netting.Cleared) []Effect {
	effects := make([]Effect, len(c.members))
	for i, member := range c.members {
		effects[i] = Effect{Member: member, BalanceMinor: -cleared.DrawnMinor[i]}
	}
	for i, claim := range c.claims {
		left := claim.Minor - cleared.AmountMinor[i]
		debtor, creditor := &effects[c.number(claim.Debtor)], &effects[c.number(claim.Creditor)]
		debtor.OwesBefore += claim.Minor
		debtor.OwesAfter += left
		creditor.IsOwedBefore += claim.Minor
		creditor.IsOwedAfter += left
	}
	return effects
}
