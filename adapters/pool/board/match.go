package board

import (
	"slices"
	"time"
)

// MatchState is where a match is in its life.
type MatchState string

// The states of a match.
const (
	Proposed MatchState = "proposed" // by one side
	Declined MatchState = "declined" // by either, or one of the postings ended
	Agreed   MatchState = "agreed"   // by both: its quantity is taken from both postings
	Done     MatchState = "done"
	Failed   MatchState = "failed"   // its quantity is free again
	Disputed MatchState = "disputed" // the sides differ; Resolve ends it
)

// FeedbackTerm is how long after the first side's feedback the other may be silent: then the first is believed.
const FeedbackTerm = 14 * 24 * time.Hour

// MaxStars is the best that feedback can give.
const MaxStars = 5

// Match is a part of a need that a part of an offer meets.
type Match struct {
	ID       string     `json:"id"`
	Need     string     `json:"need"`  // id of the posting
	Offer    string     `json:"offer"` // id of the posting
	Quantity int64      `json:"quantity"`
	By       string     `json:"by"` // the member who proposed it: of the need or of the offer
	At       time.Time  `json:"at"`
	State    MatchState `json:"state"`
	AgreedAt time.Time  `json:"agreed_at,omitzero"`
	Ended    time.Time  `json:"ended,omitzero"`
	Feedback []Feedback `json:"feedback,omitempty"` // of both sides, as it came
}

// Feedback is what one side says of a match.
type Feedback struct {
	By    string    `json:"by"`
	Done  bool      `json:"done"`
	Stars int       `json:"stars"` // 1 to MaxStars
	At    time.Time `json:"at"`
}

// Propose has one side ask the other. The fields up to At are given; the state is Proposed.
func (b *Board) Propose(m Match) error {
	need, offer := b.Postings[m.Need], b.Postings[m.Offer]
	switch _, known := b.Matches[m.ID]; {
	case !isID(m.ID):
		return refuse(FaultID, m.ID)
	case known:
		return refuse(FaultKnown, m.ID)
	case need.ID == "" || offer.ID == "":
		return refuse(FaultUnknown, m.ID)
	case m.By != need.Member && m.By != offer.Member:
		return refuse(FaultNotYour, m.ID)
	case b.proposedBy(m.By) >= MaxProposed:
		return refuse(FaultMany, m.ID)
	}
	m.State, m.AgreedAt, m.Ended, m.Feedback = Proposed, time.Time{}, time.Time{}, nil
	if err := b.canAgree(m, m.At); err != nil {
		return err
	}
	b.Matches[m.ID] = m
	return nil
}

func (b *Board) proposedBy(member string) int {
	n := 0
	for _, m := range b.Matches {
		if m.State == Proposed && m.By == member {
			n++
		}
	}
	return n
}

// canAgree tells whether both postings still have what a match wants of them.
func (b *Board) canAgree(m Match, at time.Time) error {
	need, offer := b.Postings[m.Need], b.Postings[m.Offer]
	switch {
	case need.over() || offer.over() || !at.Before(need.Until) || !at.Before(offer.Until):
		return refuse(FaultOver, m.ID)
	case !legal(need.Posting, offer.Posting) || b.blocked(need.Member, offer.Member):
		return refuse(FaultPair, m.ID)
	case m.Quantity < 1 || m.Quantity > min(need.Left(), offer.Left()):
		return refuse(FaultQuantity, m.ID)
	}
	return nil
}

// Answer ends a proposal: the side that was asked says yes or no, and the one that asked may take it back.
func (b *Board) Answer(id, member string, yes bool, at time.Time) error {
	m, known := b.Matches[id]
	if !known {
		return refuse(FaultUnknown, id)
	}
	switch {
	case !b.isSide(m, member) || yes && m.By == member:
		return refuse(FaultNotYour, id)
	case m.State != Proposed:
		return refuse(FaultOver, id)
	case !yes:
		m.State, m.Ended = Declined, at
		b.Matches[id] = m
		return nil
	}
	if err := b.canAgree(m, at); err != nil {
		return err
	}
	m.State, m.AgreedAt = Agreed, at
	b.Matches[id] = m
	b.change(m, m.Quantity, 0)
	return nil
}

func (b *Board) isSide(m Match, member string) bool {
	return member == b.Postings[m.Need].Member || member == b.Postings[m.Offer].Member
}

// change moves what is agreed and done of both postings, and their states with it.
func (b *Board) change(m Match, agreed, done int64) {
	for _, id := range []string{m.Need, m.Offer} {
		l := b.Postings[id]
		l.Agreed += agreed
		l.Done += done
		switch {
		case l.Done == l.Quantity:
			l.State = Fulfilled
		case l.over():
		case l.Agreed == 0:
			l.State = Open
		default:
			l.State = Matched
		}
		b.Postings[id] = l
	}
}

// Say takes one side's feedback. When both have spoken the match is done, failed or disputed.
func (b *Board) Say(id string, f Feedback) error {
	m, known := b.Matches[id]
	switch {
	case !known:
		return refuse(FaultUnknown, id)
	case !b.isSide(m, f.By):
		return refuse(FaultNotYour, id)
	case m.State != Agreed:
		return refuse(FaultOver, id)
	case f.Stars < 1 || f.Stars > MaxStars:
		return refuse(FaultStars, id)
	case slices.ContainsFunc(m.Feedback, func(other Feedback) bool { return other.By == f.By }):
		return refuse(FaultSaid, id)
	}
	m.Feedback = append(slices.Clone(m.Feedback), f)
	b.Matches[id] = m
	switch {
	case len(m.Feedback) < 2:
	case m.Feedback[0].Done == m.Feedback[1].Done:
		b.settle(m, f.Done, f.At)
	default:
		m.State = Disputed
		b.Matches[id] = m
	}
	return nil
}

// Resolve ends a dispute, as the pool decided it.
func (b *Board) Resolve(id string, done bool, at time.Time) error {
	m, known := b.Matches[id]
	switch {
	case !known:
		return refuse(FaultUnknown, id)
	case m.State != Disputed:
		return refuse(FaultOver, id)
	}
	b.settle(m, done, at)
	return nil
}

// Conclude believes the side that has spoken where the other was silent for FeedbackTerm, and tells in which
// matches, by id.
func (b *Board) Conclude(at time.Time) []string {
	var concluded []string
	for id, m := range b.Matches {
		if m.State == Agreed && len(m.Feedback) == 1 && !at.Before(m.Feedback[0].At.Add(FeedbackTerm)) {
			b.settle(m, m.Feedback[0].Done, at)
			concluded = append(concluded, id)
		}
	}
	slices.Sort(concluded)
	return concluded
}

func (b *Board) settle(m Match, done bool, at time.Time) {
	m.Ended = at
	if done {
		m.State = Done
		b.change(m, 0, m.Quantity)
	} else {
		m.State = Failed
		b.change(m, -m.Quantity, 0)
	}
	b.Matches[m.ID] = m
}
