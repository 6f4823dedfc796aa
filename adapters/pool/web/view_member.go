package web

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Turns are the rotating groups that a member is in.
type Turns struct {
	Groups []Group `json:"groups"`
}

// Group is one rotating group.
type Group struct {
	Name   string     `json:"name"`
	Order  string     `json:"order"` // fixed, need, drawing, auction
	Round  int        `json:"round"` // the current one, from 1
	Rounds int        `json:"rounds"`
	State  string     `json:"state"` // of the round: open, collecting, complete, paid
	Each   fx.Money   `json:"each"`
	Pot    []fx.Money `json:"pot"` // by unit
	DueBy  time.Time  `json:"due_by,omitzero"`
	Seats  []Seat     `json:"seats"` // in order of turns
}

// Seat is a place in a group.
type Seat struct {
	Group  string    `json:"group"`
	Round  int       `json:"round"` // in which it gets the pot; 0 where that is not known yet
	At     time.Time `json:"at,omitzero"`
	Holder Person    `json:"holder"`
	Mine   bool      `json:"mine"`
	Pot    bool      `json:"pot"`   // it got its pot
	State  string    `json:"state"` // of its contribution to the current round: open, paid, covered, late
}

// Proposals are what is to be decided, and what was.
type Proposals struct {
	Open    []Proposal `json:"open"`    // those that wait for this member first
	Decided []Proposal `json:"decided"` // the newest first
}

// Proposal is a question put to members. In lists Facts and Votes may be left out.
type Proposal struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"` // payout, rule_change, admission, …
	Title    string    `json:"title"`
	Text     string    `json:"text"`
	By       Person    `json:"by"`
	Amount   *fx.Money `json:"amount,omitzero"`
	Opened   time.Time `json:"opened,omitzero"`
	Closes   time.Time `json:"closes,omitzero"`
	State    string    `json:"state"`   // voting, passed, carried, refused, …; of a payout then due, funded, paid, returned, lapsed
	Version  int64     `json:"version"` // of the charter that it is decided under
	Method   string    `json:"method"`  // consent, majority, supermajority, signatures
	Facts    []Fact    `json:"facts"`   // everything that is voted on, word for word
	Count    Count     `json:"count"`
	Votes    []Vote    `json:"votes"`
	Mine     string    `json:"mine"`     // this member's choice; "" where there is none
	Choices  []string  `json:"choices"`  // what this member may choose now; none where it may not vote
	Conflict bool      `json:"conflict"` // the member may not vote because it is about the member
}

// Fact is one part of what is proposed.
type Fact struct {
	Name  string `json:"name"` // "beneficiary", "rail", "rate_bound", …
	Value string `json:"value"`
}

// Count is how a vote stands.
type Count struct {
	Eligible int `json:"eligible"`
	For      int `json:"for"`
	Against  int `json:"against"`
	Abstain  int `json:"abstain"`
	Object   int `json:"object"`
	Need     int `json:"need"` // signatures or votes for it that it needs; 0 where that is not a number
}

// Vote is one member's.
type Vote struct {
	By     Person    `json:"by"`
	Choice string    `json:"choice"`
	At     time.Time `json:"at,omitzero"`
	For    []Person  `json:"for"` // who delegated to By
}

// Board is needs and offers.
type Board struct {
	Categories []string  `json:"categories"`
	Postings   []Posting `json:"postings"`
	Matches    []Match   `json:"matches"` // suggestions that this member has a part in
}

// Posting is a need or an offer.
type Posting struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"` // need, offer
	Category string    `json:"category"`
	Text     string    `json:"text"`
	Quantity string    `json:"quantity"`
	Place    string    `json:"place"`
	Urgency  int       `json:"urgency"` // 1 to 4
	Until    time.Time `json:"until,omitzero"`
	By       Person    `json:"by"` // zero where it is closed to this reader
	Mine     bool      `json:"mine"`
	State    string    `json:"state"`
}

// Match is a suggestion that people decide on.
type Match struct {
	ID      string   `json:"id"`
	Need    Posting  `json:"need"`
	Offer   Posting  `json:"offer"`
	Why     []Fact   `json:"why"` // terms of its weight
	State   string   `json:"state"`
	Choices []string `json:"choices"` // what this member may answer now
}
