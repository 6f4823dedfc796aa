package decide

import (
	"encoding/hex"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// Choice is what a member says to a proposal.
type Choice string

// The choices.
const (
	For     Choice = "for"
	Against Choice = "against"
	Abstain Choice = "abstain"
	Object  Choice = "object" // under consent: it must not pass; elsewhere the same as Against
)

// Vote is what a member said, signed over the proposal's hash.
type Vote struct {
	Member string
	Choice Choice
	Entry  int64 // that holds the signature
	At     time.Time

	signature []byte
}

// Ballot is the body of kindVote.
type Ballot struct {
	Proposal string `json:"proposal"`
	Hash     string `json:"hash"` // hex: exactly what the member read
	Choice   Choice `json:"choice"`
}

func (t *turn) vote(by *Member, a act.Act) *Refusal {
	var b Ballot
	if err := a.Decode(&b); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	p := t.Proposal(b.Proposal)
	switch {
	case p == nil:
		return refuse(FaultUnknown, "no proposal is %q", clip(b.Proposal))
	case b.Hash != hex.EncodeToString(p.Hash[:]):
		return refuse(FaultChanged, "%s is %x", p.ID, p.Hash)
	case a.Version != p.Version:
		return refuse(FaultVersion, "%s was proposed under version %d, not %d", p.ID, p.Version, a.Version)
	case !slices.Contains([]Choice{For, Against, Abstain, Object}, b.Choice):
		return refuse(FaultForm, "no choice is %q", clip(string(b.Choice)))
	case p.State != Voting:
		return refuse(FaultNotNow, "%s is %s", p.ID, p.State)
	case t.now.Before(p.Begins):
		return later(FaultNotNow, "%v may be heard until %s", p.Subject.concerns(t.State), p.Begins.Format(time.RFC3339))
	case slices.Contains(p.Subject.concerns(t.State), by.ID):
		return refuse(FaultConflict, "it concerns %s", by.ID)
	case !t.mayVote(p, by):
		return refuse(FaultRole, "%v may vote, if they were when it was proposed", p.Tier.Vote)
	case p.said(by.ID) != nil:
		return refuse(FaultAlready, "%s voted %s", by.ID, p.said(by.ID).Choice)
	}
	p.cast(Vote{Member: by.ID, Choice: b.Choice, Entry: t.entry.Index, At: t.now, signature: t.signed.Signature})
	t.settle(p)
	return nil
}

// said is what a member voted in person, nil where it has not.
func (p *Proposal) said(member string) *Vote {
	if i, ok := p.places[member]; ok {
		return &p.Votes[i]
	}
	return nil
}

// cast takes a member's one vote.
func (p *Proposal) cast(v Vote) {
	if p.places == nil {
		p.places = map[string]int{}
	}
	p.places[v.Member] = len(p.Votes)
	p.Votes = append(p.Votes, v)
	p.counted = 0
}

// mayVote tells whether a member has a vote now: who came, or was given the role, after the question was put has none,
// so nobody is brought in to answer it; whose role or standing is over has none any more.
func (s *State) mayVote(p *Proposal, m *Member) bool {
	return p.mayVote(m, p.Subject.concerns(s))
}

// mayVote is State.mayVote, where it is known whom the proposal concerns.
func (p *Proposal) mayVote(m *Member, concerned []string) bool {
	return m.Entry < p.Entry && !slices.Contains(concerned, m.ID) &&
		slices.ContainsFunc(p.Tier.Vote, func(role string) bool { return m.Has(role) && m.hadBefore(role, p.Entry) })
}

// hadBefore tells whether a member's role is older than an entry.
func (m *Member) hadBefore(role string, entry int64) bool {
	i := m.seatOf(role)
	return role == charter.Everybody || i >= 0 && m.Seats[i].Entry < entry
}

// count counts the votes of those who have one now; those of delegates for others when voting has ended, because
// until then everybody can speak. Signatures are only of those who said so in person.
func (s *State) count(p *Proposal, ended bool) charter.Count {
	var c charter.Count
	concerned := p.Subject.concerns(s)
	for _, m := range s.members {
		if !p.mayVote(m, concerned) {
			continue
		}
		c.Eligible++
		vote := p.said(m.ID)
		if vote != nil && vote.Choice == For {
			c.Signatures++
		}
		if vote == nil && ended {
			vote = s.delegated(p, m, concerned)
		}
		if vote == nil {
			continue
		}
		switch vote.Choice {
		case For:
			c.For++
		case Abstain:
			c.Abstain++
		case Object:
			c.Objections++
			c.Against++
		default:
			c.Against++
		}
	}
	return c
}

// delegation lets another vote in one's place.
type delegation struct {
	to    string
	until time.Time
}

// maxDelegation is how long a delegation holds: it is asked for again every year.
const maxDelegation = 366 * 24 * time.Hour

// maxChain is how many hands a vote may go through.
const maxChain = 3

// Delegating is the body of kindDelegate: To votes on questions of the kind until then, where the member does not
// itself. "" takes it back; a kind of "" is every kind that has no delegate of its own.
type Delegating struct {
	Decision charter.Kind `json:"decision,omitzero"`
	To       string       `json:"to"`
	Until    time.Time    `json:"until,omitzero"`
}

func (t *turn) delegate(by *Member, a act.Act) *Refusal {
	var d Delegating
	if err := a.Decode(&d); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	if d.To == "" {
		if _, has := by.delegates[d.Decision]; !has {
			return refuse(FaultUnknown, "%s has no such delegate", by.ID)
		}
		delete(by.delegates, d.Decision)
		return nil
	}
	to := t.Member(d.To)
	_, known := subjects[d.Decision]
	switch {
	case to == nil || to.Standing != active:
		return refuse(FaultUnknown, "%q is no member in good standing", clip(d.To))
	case to == by:
		return refuse(FaultConflict, "%s votes for itself anyway", by.ID)
	case d.Decision != "" && !known:
		return refuse(FaultUnknown, "nothing is decided about %q", clip(string(d.Decision)))
	case !d.Until.After(t.now) || d.Until.Sub(t.now) > maxDelegation:
		return refuse(FaultExpired, "it ends at %s", d.Until.Format(time.RFC3339))
	}
	by.delegates[d.Decision] = delegation{to: to.ID, until: d.Until}
	return nil
}

// delegated is the vote of whoever votes in a member's place, nil where nobody does. A delegate must have a vote itself.
func (s *State) delegated(p *Proposal, m *Member, concerned []string) *Vote {
	if p.Tier.NoDelegates || p.Tier.Method == charter.Signatures {
		return nil
	}
	for range maxChain {
		d, ok := m.delegates[p.Kind]
		if !ok {
			d, ok = m.delegates[""]
		}
		if !ok || !s.now.Before(d.until) {
			return nil
		}
		if m = s.Member(d.to); !p.mayVote(m, concerned) {
			return nil
		}
		if vote := p.said(m.ID); vote != nil {
			return vote
		}
	}
	return nil
}
