package accountant

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// claim follows what a defaulter owes to one who paid for it. Claims of one rank are paid back together.
func (r *review) claim(id settlement.WindowID, defaulter, creditor int32, currency fx.Currency, minor int64, together bool) error {
	r.lastClaim++
	c := ledger.Claim{
		ID: r.lastClaim, Window: id, Rank: r.lastClaim, Defaulter: defaulter, Creditor: creditor, Currency: currency,
		AmountMinor: minor, LeftMinor: minor,
	}
	if together {
		c.Rank = r.claims[len(r.claims)-1].Rank
	}
	r.claims = append(r.claims, c)
	owing, owed := r.find(defaulter, ledger.Claims, currency), r.find(creditor, ledger.Claims, currency)
	if err := expectRow(r, &r.at.claim, r.b.Claims, c, Windows, subject{account: owing, text: fmt.Sprintf("claim %d", c.ID)}); err != nil {
		return err
	}
	return r.expect(ledger.PostClaim, 0, owing, owed, minor, Windows)
}

// owed is what somebody owes to those who paid for it.
func (a *Accountant) owed(defaulter int32, currency fx.Currency) (minor int64) {
	for _, c := range a.claims {
		if c.Defaulter == defaulter && c.Currency == currency {
			minor += c.LeftMinor
		}
	}
	return minor
}

// recoverDebt follows money that a defaulter brought later: the last rank first, within it in proportion to what is owed.
func (r *review) recoverDebt(command int64, c settlement.Recover) error {
	defaulter, err := r.owner(command, c.Participant, c.Currency, c.AmountMinor)
	if err != nil {
		return err
	}
	before, err := r.witness(command, ledger.EvidenceKey{Currency: c.Currency, Reference: c.Evidence},
		proof{kind: settlement.CommandRecover, owner: defaulter, minor: c.AmountMinor})
	if err != nil || before {
		return err
	}
	if owes := r.owed(defaulter, c.Currency); c.Evidence == "" || c.AmountMinor > owes {
		return r.fault(Commands, about("command %d", command), fmt.Sprint("at most ", owes, ", proven"), c.AmountMinor)
	}
	for left := c.AmountMinor; left > 0; {
		last, owed := r.lastRank(defaulter, c.Currency)
		var sum int64
		for _, minor := range owed {
			sum += minor
		}
		parts, _ := divide(min(left, sum), owed)
		for i, claim := range last {
			if err := r.payBack(command, claim, parts[i]); err != nil {
				return err
			}
		}
		left -= min(left, sum)
	}
	r.claims = slices.DeleteFunc(r.claims, func(c ledger.Claim) bool { return c.LeftMinor == 0 })
	return nil
}

// lastRank are the open claims on somebody that are paid back first, and what is left of each.
func (r *review) lastRank(defaulter int32, currency fx.Currency) (last []*ledger.Claim, owed []int64) {
	for i := range slices.Backward(r.claims) {
		c := &r.claims[i]
		if c.Defaulter == defaulter && c.Currency == currency && c.LeftMinor > 0 && (len(last) == 0 || c.Rank == last[0].Rank) {
			last, owed = append(last, c), append(owed, c.LeftMinor)
		}
	}
	slices.Reverse(last)
	slices.Reverse(owed)
	return last, owed
}

func (r *review) payBack(command int64, c *ledger.Claim, minor int64) error {
	if minor == 0 {
		return nil
	}
	c.LeftMinor -= minor
	want := ledger.ClaimPaid{Claim: c.ID, Command: command, AmountMinor: minor}
	if err := expectRow(r, &r.at.paid, r.b.ClaimsPaid, want, Commands, about("claim %d", c.ID)); err != nil {
		return err
	}
	if err := r.expect(ledger.PostRecover, 0, r.agent(c.Currency), r.find(c.Creditor, ledger.Settlement, c.Currency), minor, Commands); err != nil {
		return err
	}
	owed, owing := r.find(c.Creditor, ledger.Claims, c.Currency), r.find(c.Defaulter, ledger.Claims, c.Currency)
	return r.expect(ledger.PostAcquit, 0, owed, owing, minor, Commands)
}
