package decide

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// ProposalState is where a proposal is in its life.
type ProposalState string

// The states. Those of a payout that has left the fund are in payout.go.
const (
	Voting    ProposalState = "voting"
	Passed    ProposalState = "passed"  // and waits until Due, for second thoughts
	Carried   ProposalState = "carried" // out
	Refused   ProposalState = "refused" // by the vote
	Withdrawn ProposalState = "withdrawn"
	Failed    ProposalState = "failed" // passed, and could not be carried out before it expired
)

// Proposal is a question to the pool, and what became of it.
type Proposal struct {
	ID      string // p1, p2, …
	Hash    [sha256.Size]byte
	Kind    charter.Kind
	By      string
	Version int64 // of the charter that it is decided under
	Tier    charter.Tier
	Opened  time.Time
	Entry   int64     // of the log, in which it was opened
	Begins  time.Time // of voting: later than Opened where somebody is to be heard first
	Ends    time.Time // of voting
	Due     time.Time // carried out from then on, once it has passed
	Expires time.Time // not carried out afterwards
	State   ProposalState
	Why     string // it was refused or failed
	Subject subject
	Votes   []Vote        // in the order of their coming; one for each member
	Count   charter.Count // of votes, as they stand or stood at the end

	Reason act.Commitment // closed: why, in the proposer's own words; zero where nothing was said

	Statement act.Commitment // closed: of whom a sanction is against; zero before it is made

	Payout PayoutState // "" of what is no payout, or is not decided
	Cost   int64       // what a payout took from its fund, in minor units
	Order  string      // its reference at the node's Runner

	document []byte         // that the hash is of
	places   map[string]int // in Votes, by member
	counted  int64          // the electorate whose votes Count is of; 0 before it is, and when one has come since
}

// subject is what a proposal is about, by its kind.
type subject interface {
	weighs(s *State) fx.Money             // amount for the matrix of approvals; zero of what has none
	concerns(s *State) []string           // members with an interest of their own, who have no vote
	section() charter.Section             // whom its lines are shown to
	check(s *State, p *Proposal) *Refusal // still possible, when it is proposed and when it is carried out
	carry(t *turn, p *Proposal) *Refusal  // out; nothing happened where it is refused
}

// subjects are the empty subjects of every kind.
var subjects = map[charter.Kind]func() subject{
	charter.Payout:      func() subject { return &Payout{} },
	charter.RuleChange:  func() subject { return &RuleChange{} },
	charter.Admission:   func() subject { return &Admission{} },
	charter.Appointment: func() subject { return &Appointment{} },
	charter.Rotating:    func() subject { return &Rotation{} },
	charter.Recovering:  func() subject { return &Recovery{} },
	charter.Pledging:    func() subject { return &Pledge{} },
	charter.Emergency:   func() subject { return &Declaration{} },
	charter.Sanction:    func() subject { return &Sanction{} },
	charter.Healing:     func() subject { return &Healing{} },
	charter.Loan:        func() subject { return &Loan{} },
	charter.Issuance:    func() subject { return &Issuance{} },
}

const (
	maxProposals   = 1_000 // open at a time
	maxOwnOpen     = 20    // open of one member's
	proposalMaxAge = 366 * 24 * time.Hour
)

const (
	kindPropose  = "propose"
	kindWithdraw = "withdraw"
	kindVote     = "vote"
	kindDelegate = "delegate"
)

var proposalKinds = map[string]kind{
	kindPropose:  {section: charter.SectionDecisions, who: active, do: (*turn).propose},
	kindWithdraw: {section: charter.SectionDecisions, who: suspended, old: true, do: (*turn).withdraw},
	kindVote:     {section: charter.SectionDecisions, who: active, old: true, do: (*turn).vote},
	kindDelegate: {section: charter.SectionDecisions, who: active, do: (*turn).delegate},
}

// Proposing is the body of kindPropose.
type Proposing struct {
	Decision charter.Kind   `json:"decision"`
	Subject  jsontext.Value `json:"subject"`         // an object that the kind names
	Expires  time.Time      `json:"expires"`         // not carried out afterwards
	Reason   act.Commitment `json:"reason,omitzero"` // closed: why, in the proposer's own words
}

// hashed is what a proposal's hash is of, and so what every vote is signed over.
type hashed struct {
	ID       string         `json:"id"`
	Pool     string         `json:"pool"`
	Version  int64          `json:"version"`
	Decision charter.Kind   `json:"decision"`
	Subject  jsontext.Value `json:"subject"`
	Expires  time.Time      `json:"expires"`
}

// proposed is a proposal's line.
type proposed struct {
	Proposal string         `json:"proposal"`
	Hash     string         `json:"hash"`
	Version  int64          `json:"version"` // of the charter
	Decision charter.Kind   `json:"decision"`
	Subject  jsontext.Value `json:"subject"`
	By       string         `json:"by,omitzero"` // "" of what a pledge decided
	Begins   time.Time      `json:"begins"`      // of voting
	Ends     time.Time      `json:"ends"`
	Expires  time.Time      `json:"expires"`
}

// decided is what became of a proposal, with how the votes stood.
type decided struct {
	Proposal string         `json:"proposal"`
	State    ProposalState  `json:"state"`
	Version  int64          `json:"version"`
	Count    *charter.Count `json:"count,omitempty"`
	Due      time.Time      `json:"due,omitzero"`
	Why      string         `json:"why,omitzero"`
}

// Proposal finds a proposal by its id, nil where none has it.
func (s *State) Proposal(id string) *Proposal {
	if n := numberOf(id, "p"); n > 0 && n <= len(s.proposals) && s.proposals[n-1].ID == id {
		return s.proposals[n-1]
	}
	return nil
}

func (t *turn) propose(by *Member, a act.Act) *Refusal {
	var asked Proposing
	if err := a.Decode(&asked); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	empty, known := subjects[asked.Decision]
	rule, ruled := t.rules().Decision(asked.Decision)
	mine := 0
	for _, p := range t.open {
		if p.By == by.ID {
			mine++
		}
	}
	switch {
	case !known || !ruled:
		return refuse(FaultRules, "the charter does not decide about %q", clip(string(asked.Decision)))
	case !by.hasOne(rule.Propose):
		return refuse(FaultRole, "%v may propose it", rule.Propose)
	case len(t.open) >= maxProposals || mine >= maxOwnOpen:
		return later(FaultTooMany, "%d proposals are open, %d of %s", len(t.open), mine, by.ID)
	case !asked.Expires.After(t.now) || asked.Expires.Sub(t.now) > proposalMaxAge:
		return refuse(FaultExpired, "at %s", asked.Expires.Format(time.RFC3339))
	}
	p := &Proposal{
		ID: fmt.Sprintf("p%d", len(t.proposals)+1), Kind: asked.Decision, By: by.ID, Version: t.rules().Version,
		Opened: t.now, Entry: t.entry.Index, Expires: asked.Expires, State: Voting, Subject: empty(),
		Reason: asked.Reason,
	}
	if refused := decode(asked.Subject, p.Subject); refused != nil {
		return refused
	}
	tier, ok := t.rules().Tier(p.Kind, p.Subject.weighs(t.State))
	if !ok {
		return refuse(FaultRules, "no tier decides about that amount")
	}
	p.Tier, p.Begins = tier, t.now
	if h, ok := p.Subject.(hearer); ok {
		p.Begins = t.now.Add(h.hearing(t.State))
	}
	p.Ends = p.Begins.Add(time.Duration(tier.Hours) * time.Hour)
	if refused := p.Subject.check(t.State, p); refused != nil {
		return refused
	}
	if refused := t.put(p, asked.Subject); refused != nil {
		return refused
	}
	t.entry.Answer.Made = p.ID
	return nil
}

// put takes a proposal up, whose subject was written so.
func (t *turn) put(p *Proposal, text jsontext.Value) *Refusal {
	document, err := audit.Canonical(hashed{
		ID: p.ID, Pool: t.pool, Version: p.Version, Decision: p.Kind, Subject: text, Expires: p.Expires,
	})
	if err != nil {
		return refuse(FaultForm, "%v", err)
	}
	p.document, p.Hash = document, sha256.Sum256(document)
	t.proposals, t.open = append(t.proposals, p), append(t.open, p)
	t.say(p.Subject.section(), p.Subject.concerns(t.State), "proposal", proposed{
		Proposal: p.ID, Hash: hex.EncodeToString(p.Hash[:]), Version: p.Version, Decision: p.Kind, Subject: text,
		By: p.By, Begins: p.Begins, Ends: p.Ends, Expires: p.Expires,
	})
	return nil
}

func (t *turn) withdraw(by *Member, a act.Act) *Refusal {
	var asked struct {
		Proposal string `json:"proposal"`
	}
	if err := a.Decode(&asked); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	p := t.Proposal(asked.Proposal)
	switch {
	case p == nil:
		return refuse(FaultUnknown, "no proposal is %q", clip(asked.Proposal))
	case p.By != by.ID:
		return refuse(FaultRole, "it is %s's", p.By)
	case p.State != Voting && p.State != Passed:
		return refuse(FaultNotNow, "%s is %s", p.ID, p.State)
	}
	t.close(p, Withdrawn, "")
	return nil
}

// endProposals counts what is voted on, and carries out what has passed and is due.
func (t *turn) endProposals() {
	for _, p := range slices.Clone(t.open) {
		if t.full() {
			return
		}
		t.settle(p)
	}
}

// settle moves a proposal on as far as votes and clock allow.
func (t *turn) settle(p *Proposal) {
	ended := !t.now.Before(p.Ends)
	if p.State == Voting && !t.now.Before(p.Begins) && (ended || p.counted != t.electorate) {
		p.counted = t.electorate
		count := t.count(p, ended)
		p.Count = count
		switch p.Tier.Outcome(count, ended) {
		case charter.Passes:
			p.State, p.Due = Passed, t.now.Add(time.Duration(p.Tier.CoolingOff)*time.Hour)
			t.tell(p, &count, "")
		case charter.Refuses:
			t.closeCounted(p, Refused, &count, "")
		case charter.Open:
		}
	}
	if p.State == Passed && !t.now.Before(p.Due) {
		t.carry(p)
	}
}

// carry carries a proposal out, or says why it cannot be. What may be possible later is tried until it expires.
func (t *turn) carry(p *Proposal) {
	if !t.now.Before(p.Expires) {
		t.close(p, Failed, "it expired: "+p.Why)
		return
	}
	refused := p.Subject.check(t.State, p)
	if refused == nil {
		refused = p.Subject.carry(t, p)
	}
	switch {
	case refused == nil:
		t.close(p, Carried, "")
	case refused.Retry:
		p.Why = refused.Detail
	default:
		t.close(p, Failed, string(refused.Fault)+": "+refused.Detail)
	}
}

func (t *turn) close(p *Proposal, state ProposalState, why string) {
	t.closeCounted(p, state, nil, why)
}

func (t *turn) closeCounted(p *Proposal, state ProposalState, count *charter.Count, why string) {
	p.State, p.Why = state, why
	t.open = slices.DeleteFunc(t.open, func(o *Proposal) bool { return o == p })
	t.tell(p, count, why)
}

func (t *turn) tell(p *Proposal, count *charter.Count, why string) {
	t.say(p.Subject.section(), p.Subject.concerns(t.State), "decided",
		decided{Proposal: p.ID, State: p.State, Version: p.Version, Count: count, Due: p.Due, Why: why})
}

func (s *State) proposalEnds() (ends []time.Time) {
	for _, p := range s.open {
		switch p.State {
		case Voting:
			ends = append(ends, p.Ends)
		case Passed:
			if s.now.Before(p.Due) {
				ends = append(ends, p.Due)
			}
			ends = append(ends, p.Expires)
		case Carried, Refused, Withdrawn, Failed: // not open
		}
	}
	return ends
}
