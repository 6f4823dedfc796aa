package accountant

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

const million = 1_000_000

// standing is what stands behind positions beside prefunding.
type standing struct {
	guarantees    []ledger.Guarantee // in the order in which guarantors pay
	lastGuarantee int64
	falling       map[int64]struct{} // accounts whose credit line follows their position down

	proven          map[ledger.EvidenceKey]proof
	instructions    map[settlement.InstructionID]*instruction // without a result, or paid in for a window that has not settled
	lastInstruction settlement.InstructionID
}

// terms is what the scheme counts behind a credit line beside guarantees.
type terms struct{ haircutPPM, unsecuredMinor int64 }

func newStanding() standing {
	return standing{
		falling: map[int64]struct{}{}, proven: map[ledger.EvidenceKey]proof{}, instructions: map[settlement.InstructionID]*instruction{},
	}
}

// prefund is the money that stands behind a position or a pool.
func (a *Accountant) prefund(of *account) int64 {
	owner := of.Participant
	if of.Kind == ledger.FX {
		owner = a.provider
	}
	return a.balanceOf(a.find(owner, ledger.Settlement, of.Currency))
}

// available is what an account may still give: prefunding, credit and what it earned, less what it owes.
func (a *Accountant) available(of *account) int64 { return a.prefund(of) + of.lineMinor + of.balance() }

// needed is the credit that an account has taken.
func (a *Accountant) needed(of *account) int64 { return max(0, -a.prefund(of)-of.balance()) }

// millionths is so many of an amount, rounded down.
func millionths(minor, ppm int64) int64 { return minor/million*ppm + minor%million*ppm/million }

// cover is what stands behind a credit line: collateral less a haircut, guarantees, and what is left unsecured.
func (a *Accountant) cover(of *account) int64 {
	covered := of.unsecuredMinor
	covered += millionths(a.balanceOf(a.find(of.Participant, ledger.Collateral, of.Currency)), million-of.haircutPPM)
	for _, g := range a.guarantees {
		if g.Beneficiary == of.Participant && g.Currency == of.Currency {
			covered += g.AmountMinor
		}
	}
	return covered
}

// positionFor is the position that a command on credit is about.
func (r *review) positionFor(command int64, name string, currency fx.Currency, minor int64) (*account, error) {
	id := r.byName[name]
	if id == 0 || id == r.provider || r.participants[id-1].currency != currency || r.participants[id-1].home == 0 || minor < 0 {
		return nil, r.fault(Liquidity, about("command %d", command), "an amount for a position", fmt.Sprintf("%d %s of %q", minor, currency, name))
	}
	return r.account(r.participants[id-1].home), nil
}

func (r *review) setTerms(command int64, c settlement.CreditTerms) error {
	a, err := r.positionFor(command, c.Participant, c.Currency, min(c.HaircutPPM, million-c.HaircutPPM, c.UnsecuredMinor))
	if err != nil {
		return err
	}
	a.terms = terms{c.HaircutPPM, c.UnsecuredMinor}
	return r.covered(a)
}

// setLine grants credit. Less than what is taken follows the position down from there.
func (r *review) setLine(command int64, c settlement.CreditLine) error {
	a, err := r.positionFor(command, c.Participant, c.Currency, c.AmountMinor)
	if err != nil {
		return err
	}
	r.grant(a, c.AmountMinor)
	if c.AmountMinor > r.cover(a) {
		return r.fault(Liquidity, ofAccount(a.ID), fmt.Sprint("a credit line of at most ", r.cover(a)), c.AmountMinor)
	}
	return nil
}

func (r *review) grant(a *account, minor int64) {
	a.lineMinor, a.targetMinor = max(minor, min(a.lineMinor, r.needed(a))), minor
	delete(r.falling, a.ID)
	if a.lineMinor > minor {
		r.falling[a.ID] = struct{}{}
	}
	if !slices.Contains(r.lines, a.ID) {
		r.lines = append(r.lines, a.ID)
	}
	r.touch(a)
}

// covered wants no more credit than stands behind it.
func (r *review) covered(a *account) error {
	if cover := r.cover(a); a.lineMinor > cover {
		return r.fault(Liquidity, ofAccount(a.ID), fmt.Sprint("a credit line of at most ", cover), a.lineMinor)
	}
	return nil
}

// lowerLines lets falling credit lines follow their positions.
func (r *review) lowerLines() error {
	falling := make([]int64, 0, len(r.falling))
	for id := range r.falling {
		falling = append(falling, id)
	}
	slices.Sort(falling)
	for _, id := range falling {
		if a := r.account(id); max(a.targetMinor, r.needed(a)) < a.lineMinor {
			r.grant(a, a.targetMinor)
		}
	}
	return nil
}

// setGuarantee sets money aside for another's credit, or gives it back.
func (r *review) setGuarantee(command int64, c settlement.Guarantee) error {
	from, err := r.positionFor(command, c.Guarantor, c.Currency, c.AmountMinor)
	if err != nil {
		return err
	}
	behind, err := r.positionFor(command, c.Participant, c.Currency, c.AmountMinor)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(r.guarantees, func(g ledger.Guarantee) bool {
		return g.Guarantor == from.Participant && g.Beneficiary == behind.Participant && g.Currency == c.Currency && g.AmountMinor > 0
	})
	if at < 0 && c.AmountMinor > 0 {
		r.lastGuarantee++
		at = len(r.guarantees)
		r.guarantees = append(r.guarantees, ledger.Guarantee{ID: r.lastGuarantee, Guarantor: from.Participant, Beneficiary: behind.Participant, Currency: c.Currency})
	}
	if at < 0 || r.guarantees[at].AmountMinor == c.AmountMinor {
		return nil
	}
	more := c.AmountMinor - r.guarantees[at].AmountMinor
	r.guarantees[at].AmountMinor = c.AmountMinor
	r.pledged(r.guarantees[at].ID)
	prefund, pledge := r.find(from.Participant, ledger.Settlement, c.Currency), r.find(from.Participant, ledger.Pledge, c.Currency)
	if more < 0 {
		if err := r.covered(behind); err != nil {
			return err
		}
		return r.expect(ledger.PostRelease, 0, pledge, prefund, -more, Commands)
	}
	if spare := r.spare(from.Participant, c.Currency); more > spare {
		return r.fault(Liquidity, ofAccount(prefund), fmt.Sprint("at most ", spare, " set aside"), more)
	}
	return r.expect(ledger.PostPledge, 0, prefund, pledge, more, Commands)
}

// pledged remembers that a guarantee changed in this batch.
func (r *review) pledged(id int64) {
	if !slices.Contains(r.pledges, id) {
		r.pledges = append(r.pledges, id)
	}
}

// spare is how much of its prefunding somebody can do without.
func (a *Accountant) spare(owner int32, currency fx.Currency) int64 {
	prefund := a.find(owner, ledger.Settlement, currency)
	if prefund == 0 {
		return 0
	}
	behind := a.behind(a.account(prefund))
	if behind == 0 {
		return a.balanceOf(prefund)
	}
	return min(a.balanceOf(prefund), a.available(a.account(behind)))
}
