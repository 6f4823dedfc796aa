package web

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Turns are the rotating groups that a member is in.
type Turns struct {
	Groups []Group
}

// Group is one rotating group.
type Group struct {
	Name   string
	Order  string // fixed, need, drawing, auction
	Round  int    // the current one, from 1
	Rounds int
	State  string // of the round: open, collecting, complete, paid
	Each   fx.Money
	Pot    []fx.Money // by unit
	DueBy  time.Time
	Seats  []Seat // in order of turns
}

// Seat is a place in a group.
type Seat struct {
	Group  string
	Round  int // in which it gets the pot; 0 where that is not known yet
	At     time.Time
	Holder Person
	Mine   bool
	Pot    bool   // it got its pot
	State  string // of its contribution to the current round: open, paid, covered, late
}

// Proposals are what is to be decided, and what was.
type Proposals struct {
	Open    []Proposal // those that wait for this member first
	Decided []Proposal // the newest first
}

// Proposal is a question put to members. In lists Facts and Votes may be left out.
type Proposal struct {
	ID       string
	Kind     string // payout, rule_change, admission, …
	Title    string
	Text     string
	By       Person
	Amount   *fx.Money
	Opened   time.Time
	Closes   time.Time
	State    string // voting, passed, carried, refused, …; of a payout then due, funded, paid, returned, lapsed
	Version  int64  // of the charter that it is decided under
	Method   string // consent, majority, supermajority, signatures
	Facts    []Fact // everything that is voted on, word for word
	Count    Count
	Votes    []Vote
	Mine     string   // this member's choice; "" where there is none
	Choices  []string // what this member may choose now; none where it may not vote
	Conflict bool     // the member may not vote because it is about the member
}

// Fact is one part of what is proposed.
type Fact struct {
	Name  string // "beneficiary", "rail", "rate_bound", …
	Value string
}

// Count is how a vote stands.
type Count struct {
	Eligible, For, Against, Abstain, Object int
	Need                                    int // signatures or votes for it that it needs; 0 where that is not a number
}

// Vote is one member's.
type Vote struct {
	By     Person
	Choice string
	At     time.Time
	For    []Person // who delegated to By
}

// Board is needs and offers.
type Board struct {
	Categories []string
	Postings   []Posting
	Matches    []Match // suggestions that this member has a part in
}

// Posting is a need or an offer.
type Posting struct {
	ID       string
	Kind     string // need, offer
	Category string
	Text     string
	Quantity string
	Place    string
	Urgency  int // 1 to 4
	Until    time.Time
	By       Person // zero where it is closed to this reader
	Mine     bool
	State    string
}

// Match is a suggestion that people decide on.
type Match struct {
	ID      string
	Need    Posting
	Offer   Posting
	Why     []Fact // terms of its weight
	State   string
	Choices []string // what this member may answer now
}
