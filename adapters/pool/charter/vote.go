package charter

// Count is how the votes on a question stand. Nobody is counted twice, and what is counted does not change any more:
// the vote of a delegate counts for somebody else when voting has ended, because until then they can speak for themselves.
type Count struct {
	Eligible   int `json:"eligible"` // who may vote
	For        int `json:"for"`
	Against    int `json:"against"`
	Abstain    int `json:"abstain"`
	Objections int `json:"objections"` // of Against
	Signatures int `json:"signatures"` // of For: those in person
}

// Verdict is what votes make of a question.
type Verdict string

// The verdicts.
const (
	Open    Verdict = "open"
	Passes  Verdict = "passes"
	Refuses Verdict = "refuses"
)

// Outcome is the verdict on a question, while it is open or when its time has ended. Before the end it is one that no
// vote still to come could turn; consent alone always waits, since silence is part of it. A count that cannot be
// passes nothing.
func (t Tier) Outcome(c Count, ended bool) Verdict {
	silent := c.Eligible - c.For - c.Against - c.Abstain
	switch {
	case ended && t.passes(c):
		return Passes
	case ended:
		return Refuses
	case !c.possible():
		return Open
	case !t.passes(c.and(Count{For: silent, Signatures: silent})):
		return Refuses
	case t.Method != Consent && t.passes(c) && t.passes(c.and(Count{Against: silent})):
		return Passes
	default:
		return Open
	}
}

// maxEligible keeps the arithmetic far inside its range.
const maxEligible = 1_000_000

func (c Count) possible() bool {
	return min(c.For, c.Against, c.Abstain, c.Objections, c.Signatures) >= 0 && c.Eligible <= maxEligible &&
		c.For <= c.Eligible && c.Against <= c.Eligible && c.Abstain <= c.Eligible &&
		c.For+c.Against+c.Abstain <= c.Eligible && c.Objections <= c.Against && c.Signatures <= c.For
}

func (c Count) and(more Count) Count {
	c.For, c.Signatures, c.Against = c.For+more.For, c.Signatures+more.Signatures, c.Against+more.Against
	return c
}

// passes tells whether a question passes if nobody says anything more.
func (t Tier) passes(c Count) bool {
	said := c.For + c.Against + c.Abstain
	if !c.possible() || c.Eligible == 0 || c.Signatures < t.Signatures || said*1000 < t.Quorum*c.Eligible {
		return false
	}
	switch t.Method {
	case Consent:
		return c.Against == 0
	case Majority:
		return c.For > c.Against
	case Supermajority:
		return c.For > 0 && c.For*1000 >= t.Permille*(c.For+c.Against)
	case Signatures:
		return t.Signatures > 0
	default:
		return false
	}
}
