package decide

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// Sections beside those of the charter.
const (
	SectionWithin  charter.Section = "within"  // members see it, and auditors, whatever is shown to others
	SectionPrivate charter.Section = "private" // whom it is about sees it, and auditors
)

// Shown tells whether the charter in force shows a section to an audience.
func (s *State) Shown(section charter.Section, to charter.Audience) bool {
	switch {
	case section == SectionPrivate:
		return to == charter.Auditors
	case section == SectionWithin:
		return to == charter.Auditors || to == charter.Members
	case len(s.charters) == 0:
		return to == charter.Auditors
	}
	return s.rules().Shown(section, to)
}

// Posting is the body of kindPost: a need or an offer.
type Posting struct {
	Kind     board.Kind     `json:"kind"`
	Category board.Category `json:"category"`
	Urgency  int            `json:"urgency"`
	Place    board.Place    `json:"place,omitzero"`
	Quantity int64          `json:"quantity"`
	Unit     board.Unit     `json:"unit"`
	Until    time.Time      `json:"until"`
	Text     act.Commitment `json:"text,omitzero"` // closed: in the member's own words
}

// Matching is the body of what members do about a match.
type Matching struct {
	Need     string `json:"need,omitzero"`  // propose
	Offer    string `json:"offer,omitzero"` // propose
	Quantity int64  `json:"quantity,omitzero"`
	Match    string `json:"match,omitzero"` // answer and feedback
	Yes      bool   `json:"yes,omitzero"`   // answer
	Done     bool   `json:"done,omitzero"`  // feedback
	Stars    int    `json:"stars,omitzero"` // feedback
}

const (
	kindPost         = "post"
	kindWithdrawPost = "withdraw_posting"
	kindMatchThem    = "match_posting"
	kindAnswerMatch  = "answer_match"
	kindFeedback     = "feedback"
	kindResolveMatch = "resolve_match"
	kindBlock        = "block"
	kindUnblock      = "unblock"
	linePosted       = "posted"
	lineMatched      = "matched"
)

var boardKinds = map[string]kind{
	kindPost:         {section: SectionWithin, who: active, do: (*turn).putUp},
	kindWithdrawPost: {section: charter.SectionNeeds, who: suspended, old: true, do: (*turn).takeDown},
	kindMatchThem:    {section: charter.SectionNeeds, who: active, old: true, do: (*turn).matchThem},
	kindAnswerMatch:  {section: charter.SectionNeeds, who: active, old: true, do: (*turn).answerMatch},
	kindFeedback:     {section: SectionWithin, who: suspended, old: true, do: (*turn).feedBack},
	kindResolveMatch: {section: SectionWithin, who: active, old: true, do: (*turn).resolveMatch},
	kindBlock:        {section: SectionPrivate, who: suspended, old: true, do: (*turn).block},
	kindUnblock:      {section: SectionPrivate, who: suspended, old: true, do: (*turn).unblock},
}

// posted is a posting as everybody may see it to whom the charter shows needs.
type posted struct {
	Posting  string         `json:"posting"`
	Side     board.Kind     `json:"side"`
	Category board.Category `json:"category"`
	Urgency  int            `json:"urgency"`
	Place    board.Place    `json:"place,omitzero"`
	Quantity int64          `json:"quantity"`
	Unit     board.Unit     `json:"unit"`
	Until    time.Time      `json:"until"`
	State    board.State    `json:"state"`
}

func (t *turn) tellPosting(id string) {
	l := t.board.Postings[id]
	seen := l.Seen(board.Public)
	t.say(charter.SectionNeeds, []string{l.Member}, linePosted, posted{
		Posting: id, Side: seen.Kind, Category: seen.Category, Urgency: seen.Urgency, Place: seen.Place,
		Quantity: seen.Quantity, Unit: seen.Unit, Until: seen.Until, State: l.State,
	})
}

// matched is what became of a match.
type matched struct {
	Match    string           `json:"match"`
	Need     string           `json:"need"`
	Offer    string           `json:"offer"`
	Quantity int64            `json:"quantity"`
	State    board.MatchState `json:"state"`
}

func (t *turn) tellMatch(id string) {
	m := t.board.Matches[id]
	t.say(charter.SectionNeeds, t.matchedMembers(m), lineMatched,
		matched{Match: id, Need: m.Need, Offer: m.Offer, Quantity: m.Quantity, State: m.State})
}

func (t *turn) matchedMembers(m board.Match) []string {
	return []string{t.board.Postings[m.Need].Member, t.board.Postings[m.Offer].Member}
}

// ofBoard is a board's refusal.
func ofBoard(err error) *Refusal {
	if err == nil {
		return nil
	}
	fault := FaultRules
	if refused, ok := errors.AsType[*board.RefusalError](err); ok {
		fault = map[board.Fault]Fault{
			board.FaultUnknown: FaultUnknown, board.FaultMany: FaultTooMany, board.FaultNotYour: FaultRole,
			board.FaultOver: FaultNotNow, board.FaultSaid: FaultAlready,
		}[refused.Fault]
	}
	if fault == "" {
		fault = FaultForm
	}
	return refuse(fault, "%v", err)
}

func (t *turn) putUp(by *Member, a act.Act) *Refusal {
	var w Posting
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	if w.Place.Shown == board.Nobody {
		t.entry.Lines[0].Section = SectionPrivate
	}
	id := fmt.Sprintf("b%d", len(t.board.Postings)+1)
	p := board.Posting{
		ID: id, Member: by.ID, Kind: w.Kind, Category: w.Category, Urgency: w.Urgency, Place: w.Place,
		Quantity: w.Quantity, Unit: w.Unit, At: t.now, Until: w.Until,
	}
	if !w.Text.IsZero() {
		text, _ := w.Text.MarshalText()
		p.Text = string(text)
	}
	if refused := ofBoard(t.board.Post(p)); refused != nil {
		return refused
	}
	t.entry.Answer.Made = id
	t.boardChanged()
	t.tellPosting(id)
	return nil
}

func (t *turn) takeDown(by *Member, a act.Act) *Refusal {
	var w struct {
		Posting string `json:"posting"`
	}
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	if refused := ofBoard(t.board.Withdraw(w.Posting, by.ID, t.now)); refused != nil {
		return refused
	}
	t.boardChanged()
	t.tellPosting(w.Posting)
	return nil
}

func (t *turn) matchThem(by *Member, a act.Act) *Refusal {
	var w Matching
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	id := fmt.Sprintf("x%d", len(t.board.Matches)+1)
	m := board.Match{ID: id, Need: w.Need, Offer: w.Offer, Quantity: w.Quantity, By: by.ID, At: t.now}
	if refused := ofBoard(t.board.Propose(m)); refused != nil {
		return refused
	}
	t.entry.Answer.Made = id
	t.boardChanged()
	t.tellMatch(id)
	return nil
}

func (t *turn) answerMatch(by *Member, a act.Act) *Refusal {
	return t.onMatch(a, func(w Matching) error { return t.board.Answer(w.Match, by.ID, w.Yes, t.now) })
}

func (t *turn) feedBack(by *Member, a act.Act) *Refusal {
	return t.onMatch(a, func(w Matching) error {
		return t.board.Say(w.Match, board.Feedback{By: by.ID, Done: w.Done, Stars: w.Stars, At: t.now})
	})
}

// resolveMatch is a mediator's word on a match that its sides see differently.
func (t *turn) resolveMatch(by *Member, a act.Act) *Refusal {
	if !by.Has(Mediator) {
		return refuse(FaultRole, "a mediator says how it ended")
	}
	return t.onMatch(a, func(w Matching) error {
		if m, ok := t.board.Matches[w.Match]; ok && slices.Contains(t.matchedMembers(m), by.ID) {
			return &board.RefusalError{Fault: board.FaultNotYour, ID: w.Match}
		}
		return t.board.Resolve(w.Match, w.Done, t.now)
	})
}

func (t *turn) onMatch(a act.Act, do func(w Matching) error) *Refusal {
	var w Matching
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	if refused := ofBoard(do(w)); refused != nil {
		return refused
	}
	t.boardChanged()
	t.tellMatch(w.Match)
	return nil
}

func (t *turn) block(by *Member, a act.Act) *Refusal {
	return t.blocking(by, a, func(b board.Block) error { return t.board.Block(b, t.now) })
}

func (t *turn) unblock(by *Member, a act.Act) *Refusal { return t.blocking(by, a, t.board.Unblock) }

func (t *turn) blocking(by *Member, a act.Act, do func(board.Block) error) *Refusal {
	var w struct {
		Member string `json:"member"`
	}
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	if t.Member(w.Member) == nil {
		return refuse(FaultUnknown, "no member is %q", clip(w.Member))
	}
	return ofBoard(do(board.Block{Member: by.ID, Other: w.Member}))
}

// over is what ended by time: postings that expired, and matches of which the side that spoke is believed.
type over struct {
	Postings []string `json:"postings,omitempty"`
	Matches  []string `json:"matches,omitempty"`
}

// turnBoard ends what is over by time.
func (t *turn) turnBoard() {
	if t.full() || t.boardEnd.IsZero() || t.now.Before(t.boardEnd) {
		return
	}
	// Many in one line: as many may end at once as an entry has no place for.
	for some := range slices.Chunk(t.board.Expire(t.now), manyIDs) {
		t.say(charter.SectionNeeds, nil, "over", over{Postings: some})
	}
	for some := range slices.Chunk(t.board.Conclude(t.now), manyIDs) {
		t.say(charter.SectionNeeds, nil, "over", over{Matches: some})
	}
	t.boardChanged()
}

// manyIDs is how many ids fit into a line.
const manyIDs = 1_000

// boardChanged finds anew when something on the board ends by itself.
func (t *turn) boardChanged() {
	t.boardEnd = time.Time{}
	soonest := func(at time.Time) {
		if t.boardEnd.IsZero() || at.Before(t.boardEnd) {
			t.boardEnd = at
		}
	}
	for _, l := range t.board.Postings {
		if l.State == board.Open || l.State == board.Matched {
			soonest(l.Until)
		}
	}
	for _, m := range t.board.Matches {
		if m.State == board.Agreed && len(m.Feedback) == 1 {
			soonest(m.Feedback[0].At.Add(board.FeedbackTerm))
		}
	}
}

func (s *State) boardEnds() []time.Time {
	if s.boardEnd.IsZero() {
		return nil
	}
	return []time.Time{s.boardEnd}
}

// Board is the pool's needs and offers. It is not changed.
func (s *State) Board() *board.Board { return s.board }

// Suggestions are what could be matched, and why: people decide.
func (s *State) Suggestions() (board.Suggestions, error) {
	return s.board.Suggest(board.Rules{FairnessPermille: s.rules().Matching.FairnessPermille}, s.now)
}
