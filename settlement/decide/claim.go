package decide

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// claim books what a defaulter owes to one who paid for it. Survivors of one debt have one rank.
func (d *decision) claim(w settlement.WindowID, defaulter int32, payer account, minor int64, together bool) error {
	d.lastClaim++
	c := ledger.Claim{
		ID: d.lastClaim, Window: w, Rank: d.lastClaim, Defaulter: defaulter, Creditor: payer.Participant,
		Currency: payer.Currency, AmountMinor: minor, LeftMinor: minor,
	}
	if n := len(d.batch.DefaultSteps); together && n > 1 {
		before := d.batch.DefaultSteps[n-2]
		if now := d.batch.DefaultSteps[n-1]; before.Window == w && before.Account == now.Account && before.Kind == ledger.PostShare {
			c.Rank = d.claims[len(d.claims)-1].Rank
		}
	}
	d.claims = append(d.claims, c)
	d.batch.Claims = append(d.batch.Claims, c)
	owing, owed := d.account(defaulter, ledger.Claims, c.Currency), d.account(c.Creditor, ledger.Claims, c.Currency)
	return d.post(ledger.PostClaim, 0, owing, owed, minor)
}

// owes is what a participant owes to those who paid for it.
func (s *State) owes(defaulter int32, currency fx.Currency) (minor int64) {
	for _, c := range s.claims {
		if c.Defaulter == defaulter && c.Currency == currency {
			minor += c.LeftMinor
		}
	}
	return minor
}

// recoverDebt pays those who paid for a defaulter, from money that it brought: the last rank first, within a rank in
// proportion to what is owed.
func (d *decision) recoverDebt(command int64, r settlement.Recover) (string, error) {
	p, fault := d.owner(r.Participant, r.Currency, r.AmountMinor)
	if p == nil {
		return fault, nil
	}
	key := ledger.EvidenceKey{Currency: r.Currency, Reference: r.Evidence}
	says := fmt.Sprintf("recover %s %d", p.Name, r.AmountMinor)
	if done, fault := d.witness(key, says); done || fault != "" {
		return fault, nil
	}
	agent := d.account(settlement.SchemeID, ledger.Agent, r.Currency)
	switch owes := d.owes(p.ID, r.Currency); {
	case r.Evidence == "":
		return "no evidence", nil
	case r.AmountMinor > owes:
		return fmt.Sprintf("%s owes %d", p.Name, owes), nil
	case d.tooMuch(agent, r.AmountMinor) != "":
		return d.tooMuch(agent, r.AmountMinor), nil
	}
	d.proven(command, key, says)
	for left := r.AmountMinor; left > 0; {
		var last []int // of the highest rank
		var owed []int64
		var sum int64
		for i, c := range d.claims {
			if c.Defaulter != p.ID || c.Currency != r.Currency || c.LeftMinor == 0 {
				continue
			}
			if len(last) > 0 && d.claims[last[0]].Rank < c.Rank {
				last, owed, sum = nil, nil, 0
			}
			last, owed, sum = append(last, i), append(owed, c.LeftMinor), sum+c.LeftMinor
		}
		parts := apportion(min(left, sum), owed)
		for k, i := range last {
			if err := d.payBack(command, agent, i, parts[k]); err != nil {
				return "", err
			}
		}
		left -= min(left, sum)
	}
	d.claims = slices.DeleteFunc(d.claims, func(c ledger.Claim) bool { return c.LeftMinor == 0 })
	return "", nil
}

func (d *decision) payBack(command int64, agent, claim int, minor int64) error {
	if minor == 0 {
		return nil
	}
	c := &d.claims[claim]
	c.LeftMinor -= minor
	d.batch.ClaimsPaid = append(d.batch.ClaimsPaid, ledger.ClaimPaid{Claim: c.ID, Command: command, AmountMinor: minor})
	if err := d.post(ledger.PostRecover, 0, agent, d.account(c.Creditor, ledger.Settlement, c.Currency), minor); err != nil {
		return err
	}
	return d.post(ledger.PostAcquit, 0, d.account(c.Creditor, ledger.Claims, c.Currency), d.account(c.Defaulter, ledger.Claims, c.Currency), minor)
}
