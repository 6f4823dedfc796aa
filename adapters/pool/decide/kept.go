package decide

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Kept is a payout that keeps a pledge. Nobody votes on it: the pledge was the decision, and the pledge's votes are
// its proof. From there on it is a payout like others, under the fund's balance and its limits.
type Kept struct {
	Payout

	Declaration string `json:"declaration"`
	Pool        string `json:"pool"` // that declared
}

const maxKept = 1_000 // of one pledge

// fits tells why a pledge does not answer a declaration.
func (p *Promise) fits(s *State, d declaration) *Refusal {
	switch {
	case p.Revoked:
		return refuse(FaultNotNow, "it is revoked")
	case !s.now.Before(p.Until):
		return refuse(FaultExpired, "it was until %s", p.Until)
	case !s.now.Before(d.Until):
		return refuse(FaultExpired, "the emergency was until %s", d.Until)
	case !slices.Contains(p.Kinds, d.Emergency):
		return refuse(FaultRules, "it is for %v", p.Kinds)
	case len(p.Places) > 0 && !slices.Contains(p.Places, d.Place):
		return refuse(FaultRules, "it is for %v", p.Places)
	case p.To != "" && (p.To != d.To || p.Beneficiary != d.Beneficiary):
		return refuse(FaultChanged, "it is for another account")
	case d.To == s.pool:
		return refuse(FaultConflict, "the pool pays others")
	case len(p.Kept) >= maxKept:
		return refuse(FaultTooMany, "it was kept %d times", len(p.Kept))
	case s.Left(p) <= 0:
		return later(FaultLimit, "all of %d is paid", p.TotalMinor) // what comes back can be paid again
	}
	return nil
}

// keep pays what a pledge says for one declaration, or what is left of it.
func (t *turn) keep(promise *Promise, d declaration) (id string, refused *Refusal) {
	fund, _ := t.rules().Fund(promise.Fund)
	minor := min(promise.EachMinor, t.Left(promise))
	k := &Kept{
		Payout: Payout{
			Fund: promise.Fund, Purpose: promise.Purpose, To: d.To, Beneficiary: d.Beneficiary,
			Amount: Amount{Minor: minor, Unit: fund.Unit}, Fixed: fx.FixedSource, MaxCost: Amount{Minor: minor, Unit: fund.Unit},
			Reference: "pledge " + promise.ID, Pledge: promise.ID,
		},
		Declaration: d.ID, Pool: d.Pool,
	}
	text, err := audit.Canonical(k)
	if err != nil {
		return "", refuse(FaultForm, "%v", err)
	}
	p := &Proposal{
		ID: fmt.Sprintf("p%d", len(t.proposals)+1), Kind: charter.Payout, Version: t.rules().Version, Opened: t.now,
		Entry: t.entry.Index, Begins: t.now, Ends: t.now, Due: t.now, Expires: promise.Until, State: Passed, Subject: k,
	}
	if d.Until.Before(p.Expires) {
		p.Expires = d.Until
	}
	if refused := t.put(p, text); refused != nil {
		return "", refused
	}
	promise.Kept = append(promise.Kept, Keeping{Declaration: d.key(), Payout: p.ID})
	t.settle(p)
	if p.State == Passed {
		t.tell(p, nil, p.Why) // it waits
	}
	return p.ID, nil
}

func (k *Kept) section() charter.Section             { return charter.SectionPledges }
func (k *Kept) check(s *State, p *Proposal) *Refusal { return k.possible(s, p) }

// keeping is the line of a pledge that is kept, for those who see pledges and no payouts.
type keeping struct {
	Pledge      string      `json:"pledge"`
	Declaration string      `json:"declaration"`
	Pool        string      `json:"pool"`
	Payout      string      `json:"payout"`
	State       PayoutState `json:"state"`
	AmountMinor int64       `json:"amount_minor"`
	Unit        string      `json:"unit"`
	Why         string      `json:"why,omitzero"`
}

func (k *Kept) followed(t *turn, p *Proposal) {
	t.say(charter.SectionPledges, nil, "kept", keeping{
		Pledge: k.Pledge, Declaration: k.Declaration, Pool: k.Pool, Payout: p.ID, State: p.Payout,
		AmountMinor: k.Amount.Minor, Unit: k.Amount.Unit.String(), Why: p.Why,
	})
}
