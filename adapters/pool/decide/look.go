package decide

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// What pages show of the state beside what stands in its parts. Nothing here changes anything.

// Belongs tells whether somebody is a member now, if only a suspended one.
func (m *Member) Belongs() bool { return m.Standing >= suspended }

// Holder is whose key it is now, nil where it is nobody's, or was a member's who is gone.
func (s *State) Holder(key act.Key) *Member {
	if m := s.memberOf(key); m != nil && m.Key == key && m.Standing >= invited {
		return m
	}
	return nil
}

// Proposals lists all that there ever were, p1 first. They are not changed.
func (s *State) Proposals() []*Proposal { return slices.Clone(s.proposals) }

// Document is what a proposal's hash is of: canonical JSON. It is nil where no proposal has the id, and not changed.
func (s *State) Document(proposal string) []byte {
	if p := s.Proposal(proposal); p != nil {
		return p.document
	}
	return nil
}

// Told are the lines that tell of a proposal's content, without it: the act that proposed it and its own.
func (s *State) Told(p *Proposal) []Line {
	lines := []Line{{Section: p.Subject.section(), About: p.Subject.concerns(s)}}
	if p.Tier.Method != "" { // somebody asked
		lines = append(lines, Line{Section: charter.SectionDecisions, About: []string{p.By}})
	}
	return lines
}

// Concerns tells whether a proposal is about a member, who therefore has no vote.
func (s *State) Concerns(p *Proposal, member string) bool {
	return slices.Contains(p.Subject.concerns(s), member)
}

// MayVote tells whether a member has a vote on a proposal now, or would have if it were still open.
func (s *State) MayVote(p *Proposal, m *Member) bool { return s.mayVote(p, m) }

// Tally is how the votes stand, those of delegates left out until voting has ended.
func (s *State) Tally(p *Proposal) charter.Count { return s.count(p, p.State != Voting) }

// Debt is what a member has to pay next, of a due or of a loan.
type Debt struct {
	What   string // the due's name, or the loan's proposal
	Amount fx.Money
	By     time.Time
}

// Debts are what a member has to pay next: what it is behind with, or else the next part.
func (s *State) Debts(m *Member) (all []Debt) {
	if len(s.charters) == 0 || m.Entered.IsZero() {
		return nil
	}
	for _, d := range s.debts(m) {
		at := s.now
		if d.due.After(at) {
			at = d.due
		}
		all = append(all, Debt{What: d.what, Amount: fx.Money{Minor: d.behind(at), Currency: d.unit}, By: d.due})
	}
	return all
}
