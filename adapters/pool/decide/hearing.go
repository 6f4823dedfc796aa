package decide

import (
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// hearer is a subject about which somebody is heard before there is a vote.
type hearer interface{ hearing(s *State) time.Duration }

const (
	kindStatement = "statement"
	kindAppeal    = "appeal"
	kindVerdict   = "verdict"
)

var justiceKinds = map[string]kind{
	kindStatement: {section: charter.SectionSanctions, who: suspended, old: true, do: (*turn).state},
	kindAppeal:    {section: charter.SectionSanctions, who: suspended, old: true, do: (*turn).appeal},
	kindVerdict:   {section: charter.SectionSanctions, who: active, old: true, do: (*turn).verdict},
}

// Statement is the body of kindStatement: what a member has to say about a sanction that is asked for. Voting begins
// with it, or when the time to be heard is over.
type Statement struct {
	Proposal  string         `json:"proposal"`
	Statement act.Commitment `json:"statement"` // closed
}

func (t *turn) state(by *Member, a act.Act) *Refusal {
	var w Statement
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	p := t.Proposal(w.Proposal)
	if p == nil {
		return refuse(FaultUnknown, "no proposal is %q", clip(w.Proposal))
	}
	x, ok := p.Subject.(*Sanction)
	switch {
	case !ok || x.Member != by.ID:
		return refuse(FaultRole, "%s is no sanction against %s", p.ID, by.ID)
	case p.State != Voting:
		return refuse(FaultNotNow, "%s is %s", p.ID, p.State)
	case w.Statement.IsZero():
		return refuse(FaultCommitments, "nothing is said")
	}
	if t.now.Before(p.Begins) {
		p.Begins = t.now
	}
	p.Statement = w.Statement
	t.say(charter.SectionSanctions, []string{by.ID}, "heard", heard{Proposal: p.ID, Member: by.ID, Begins: p.Begins})
	return nil
}

// heard says that a member made a statement, and that there is a vote since.
type heard struct {
	Proposal string    `json:"proposal"`
	Member   string    `json:"member"`
	Begins   time.Time `json:"begins"`
}
