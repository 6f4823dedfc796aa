package decide

import (
	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// Admission is the subject of charter.Admission: somebody invited becomes a member.
type Admission struct {
	Member string `json:"member"`
}

func (a *Admission) weighs(*State) fx.Money   { return fx.Money{} }
func (a *Admission) concerns(*State) []string { return []string{a.Member} }
func (a *Admission) section() charter.Section { return charter.SectionMembers }

func (a *Admission) check(s *State, _ *Proposal) *Refusal {
	m := s.Member(a.Member)
	if m == nil || m.Standing != invited {
		return refuse(FaultUnknown, "%q does not ask to be admitted", clip(a.Member))
	}
	return nil
}

func (a *Admission) carry(t *turn, _ *Proposal) *Refusal {
	t.enter(t.Member(a.Member))
	return nil
}

// Recovery is the subject of charter.Recovering: a member who lost a device gets a new key. Members confirm in person
// who asks; while it is open and cools off, whoever still has the old key can say no (kindRefuse).
type Recovery struct {
	Member string  `json:"member"`
	Key    act.Key `json:"key"`
	Proof  []byte  `json:"proof"` // of the new key under act.Text of the member's id
}

func (r *Recovery) weighs(*State) fx.Money   { return fx.Money{} }
func (r *Recovery) concerns(*State) []string { return []string{r.Member} }
func (r *Recovery) section() charter.Section { return charter.SectionMembers }

func (r *Recovery) check(s *State, _ *Proposal) *Refusal {
	m := s.Member(r.Member)
	proof := act.Signed{Open: []byte(r.Member), Key: r.Key, Signature: r.Proof}
	switch {
	case m == nil || m.Standing < invited:
		return refuse(FaultUnknown, "no member is %q", clip(r.Member))
	case s.memberOf(r.Key) != nil:
		return refuse(FaultAlready, "the key is or was %s's", s.keys[r.Key])
	case !proof.Verify():
		return refuse(FaultSignature, "the new key has not signed")
	}
	return nil
}

func (r *Recovery) carry(t *turn, _ *Proposal) *Refusal {
	t.giveKey(t.Member(r.Member), r.Key)
	return nil
}

const kindRefuse = "refuse_recovery"

var recoveryKinds = map[string]kind{
	kindRefuse: {section: charter.SectionMembers, who: invited, old: true, do: (*turn).refuseRecovery},
}

// refuseRecovery is the old key's word that nothing was lost.
func (t *turn) refuseRecovery(by *Member, a act.Act) *Refusal {
	var w struct {
		Proposal string `json:"proposal"`
	}
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	p := t.Proposal(w.Proposal)
	if p == nil {
		return refuse(FaultUnknown, "no proposal is %q", clip(w.Proposal))
	}
	r, ok := p.Subject.(*Recovery)
	switch {
	case !ok || r.Member != by.ID:
		return refuse(FaultUnknown, "%s does not change %s's key", p.ID, by.ID)
	case p.State != Voting && p.State != Passed:
		return refuse(FaultNotNow, "%s is %s", p.ID, p.State)
	}
	t.close(p, Refused, "whoever has the key says no")
	return nil
}
