package decide

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

const million = 1_000_000

// maxGuarantors bounds those who stand behind one credit line.
const maxGuarantors = 64

// cover is how large a position's credit line may be: collateral after its haircut, guarantees, and what the
// scheme leaves unsecured.
func (d *decision) cover(position int) int64 { return d.coverLess(position, 0, 0) }

// coverLess is cover with that much less of collateral and guarantees.
func (d *decision) coverLess(position int, collateralMinor, guaranteedMinor int64) int64 {
	a, t := d.accounts[position], d.terms[position]
	covered := t.unsecuredMinor - guaranteedMinor
	if at := d.find(a.Participant, ledger.Collateral, a.Currency); at >= 0 {
		covered += lessHaircut(d.accounts[at].balance()-collateralMinor, t.haircutPPM)
	}
	for _, g := range d.guarantees {
		if g.Beneficiary == a.Participant && g.Currency == a.Currency {
			covered += g.AmountMinor
		}
	}
	return covered
}

// lessHaircut rounds down, without leaving int64 on the way.
func lessHaircut(minor, haircutPPM int64) int64 { return partOf(minor, million-haircutPPM) }

// partOf is so many millionths of an amount, rounded down.
func partOf(minor, ppm int64) int64 { return minor/million*ppm + minor%million*ppm/million }

// needed is the credit line that a position needs as it stands.
func (d *decision) needed(a account) int64 { return max(0, -(d.prefund(a) + a.balance())) }

// positionOf finds the position that a command about credit is about; -1 where there is none.
func (d *decision) positionOf(participant string, currency fx.Currency) (*settlement.Participant, int) {
	p := d.byName[participant]
	if p == nil || currency != p.Currency || p.Role == settlement.RoleProvider {
		return p, -1
	}
	return p, d.account(p.ID, ledger.Position, currency)
}

func (d *decision) setCreditLine(c settlement.CreditLine) (string, error) {
	p, at := d.positionOf(c.Participant, c.Currency)
	switch {
	case at < 0:
		return fmt.Sprintf("no position of %q in %q", c.Participant, c.Currency), nil
	case c.AmountMinor < 0 || c.AmountMinor > maxMovedMinor:
		return fmt.Sprintf("amount %d out of range", c.AmountMinor), nil
	}
	a := &d.accounts[at]
	if d.countsFromOne() { // lines had to fit at once, and nothing had to stand behind them
		if after := d.available(*a) - a.creditLineMinor + c.AmountMinor; after < 0 {
			return fmt.Sprintf("%s would be %d past its liquidity", p.Name, -after), nil
		}
		d.setTerms(at, terms{unsecuredMinor: c.AmountMinor})
	} else if covered := d.cover(at); c.AmountMinor > covered {
		return fmt.Sprintf("a credit line of %d is covered up to %d", c.AmountMinor, covered), nil
	}
	d.setLine(at, c.AmountMinor)
	return "", nil
}

// setLine moves a credit line to its target, at once where it rises or the position allows.
func (d *decision) setLine(position int, targetMinor int64) {
	a := &d.accounts[position]
	a.creditLineMinor = max(targetMinor, min(a.creditLineMinor, d.needed(*a)))
	delete(d.lowering, position)
	if a.creditLineMinor > targetMinor {
		d.lowering[position] = targetMinor
	}
	d.touch(position)
	line := ledger.CreditLine{Account: a.ID, AmountMinor: a.creditLineMinor, TargetMinor: targetMinor}
	if at := slices.IndexFunc(d.batch.CreditLines, func(l ledger.CreditLine) bool { return l.Account == a.ID }); at >= 0 {
		d.batch.CreditLines[at] = line // of two in one batch the later holds
	} else {
		d.batch.CreditLines = append(d.batch.CreditLines, line)
	}
}

// lowerLines lets falling credit lines follow their positions. They never rise by themselves.
func (d *decision) lowerLines() error {
	if len(d.lowering) == 0 {
		return nil
	}
	for _, at := range sortedKeys(d.lowering) {
		if a := d.accounts[at]; max(d.lowering[at], d.needed(a)) < a.creditLineMinor {
			d.setLine(at, d.lowering[at])
		}
	}
	return nil
}

func (d *decision) setCreditTerms(c settlement.CreditTerms) (string, error) {
	_, at := d.positionOf(c.Participant, c.Currency)
	switch {
	case at < 0:
		return fmt.Sprintf("no position of %q in %q", c.Participant, c.Currency), nil
	case c.HaircutPPM < 0 || c.HaircutPPM > million:
		return fmt.Sprintf("haircut %d out of range", c.HaircutPPM), nil
	case c.UnsecuredMinor < 0 || c.UnsecuredMinor > maxMovedMinor:
		return fmt.Sprintf("amount %d out of range", c.UnsecuredMinor), nil
	}
	before := d.terms[at]
	d.terms[at] = terms{c.HaircutPPM, c.UnsecuredMinor}
	line, covered := d.accounts[at].creditLineMinor, d.cover(at)
	d.terms[at] = before
	if line > covered {
		return fmt.Sprintf("a credit line of %d would be covered up to %d", line, covered), nil
	}
	d.setTerms(at, terms{c.HaircutPPM, c.UnsecuredMinor})
	return "", nil
}

func (d *decision) setTerms(position int, t terms) {
	d.terms[position] = t
	if t == (terms{}) {
		delete(d.terms, position)
	}
	set := ledger.CreditTerms{Account: d.accounts[position].ID, HaircutPPM: t.haircutPPM, UnsecuredMinor: t.unsecuredMinor}
	if at := slices.IndexFunc(d.batch.CreditTerms, func(l ledger.CreditTerms) bool { return l.Account == set.Account }); at >= 0 {
		d.batch.CreditTerms[at] = set
	} else {
		d.batch.CreditTerms = append(d.batch.CreditTerms, set)
	}
}

// guarantee sets aside a guarantor's prefunding for another's credit line, or gives it back. What is set aside is
// real money: two who guarantee each other make none.
func (d *decision) guarantee(c settlement.Guarantee) (string, error) {
	guarantor, from := d.positionOf(c.Guarantor, c.Currency)
	p, behind := d.positionOf(c.Participant, c.Currency)
	switch {
	case from < 0 || behind < 0 || from == behind:
		return fmt.Sprintf("%q cannot stand behind %q in %q", c.Guarantor, c.Participant, c.Currency), nil
	case c.AmountMinor < 0 || c.AmountMinor > maxMovedMinor:
		return fmt.Sprintf("amount %d out of range", c.AmountMinor), nil
	}
	at, others := -1, 0
	for i, g := range d.guarantees {
		if g.Beneficiary == p.ID && g.Currency == c.Currency {
			others++
			if g.Guarantor == guarantor.ID {
				at = i
			}
		}
	}
	g := ledger.Guarantee{ID: d.lastGuarantee + 1, Guarantor: guarantor.ID, Beneficiary: p.ID, Currency: c.Currency}
	if at >= 0 {
		g = d.guarantees[at]
	}
	more := c.AmountMinor - g.AmountMinor
	line, covered := d.accounts[behind].creditLineMinor, d.coverLess(behind, 0, -min(more, 0))
	switch {
	case more == 0:
		return "", nil
	case at < 0 && others >= maxGuarantors:
		return fmt.Sprintf("%d stand behind %s; the limit is %d", others, p.Name, maxGuarantors), nil
	case more > d.spare(guarantor, c.Currency):
		return fmt.Sprintf("%s can set aside %d more", guarantor.Name, max(0, d.spare(guarantor, c.Currency))), nil
	case line > covered:
		return fmt.Sprintf("a credit line of %d would be covered up to %d", line, covered), nil
	}
	g.AmountMinor = c.AmountMinor
	d.setGuarantee(g)
	prefund := d.account(guarantor.ID, ledger.Settlement, c.Currency)
	pledge := d.account(guarantor.ID, ledger.Pledge, c.Currency)
	if more > 0 {
		return "", d.post(ledger.PostPledge, 0, prefund, pledge, more)
	}
	return "", d.post(ledger.PostRelease, 0, pledge, prefund, -more)
}

// setGuarantee keeps a guarantee at its new amount. One that is used up or ended is none.
func (d *decision) setGuarantee(g ledger.Guarantee) {
	d.lastGuarantee = max(d.lastGuarantee, g.ID)
	at := slices.IndexFunc(d.guarantees, func(old ledger.Guarantee) bool { return old.ID == g.ID })
	switch {
	case at < 0:
		d.guarantees = append(d.guarantees, g)
	case g.AmountMinor == 0:
		d.guarantees = slices.Delete(d.guarantees, at, at+1)
	default:
		d.guarantees[at] = g
	}
	if at := slices.IndexFunc(d.batch.Guarantees, func(old ledger.Guarantee) bool { return old.ID == g.ID }); at >= 0 {
		d.batch.Guarantees[at] = g
	} else {
		d.batch.Guarantees = append(d.batch.Guarantees, g)
	}
}
