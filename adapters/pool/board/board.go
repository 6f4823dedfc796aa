package board

import (
	"maps"
	"slices"
	"time"
)

// The limits of a board, per pool and per member.
const (
	MaxOpen     = 2000 // of a kind that have something left
	MaxOpenEach = 50   // of a member
	MaxBlocks   = 50   // of a member
	MaxProposed = 50   // matches that a member has proposed and nobody has answered
)

// State is where a posting is in its life.
type State string

// The states of a posting.
const (
	Open      State = "open"      // nothing of it is agreed
	Matched   State = "matched"   // some of it or all is agreed or done
	Fulfilled State = "fulfilled" // all of it is done
	Withdrawn State = "withdrawn" // by its member
	Expired   State = "expired"
)

// Listing is a posting on the board.
type Listing struct {
	Posting
	State  State `json:"state"`
	Agreed int64 `json:"agreed,omitzero"` // of Quantity, in matches that both sides want
	Done   int64 `json:"done,omitzero"`   // of Agreed
}

// Left is what of the quantity can still be matched.
func (l Listing) Left() int64 {
	switch l.State {
	case Open, Matched:
		return l.Quantity - l.Agreed
	case Fulfilled, Withdrawn, Expired:
	}
	return 0
}

// over tells whether nothing new can come of a posting.
func (l Listing) over() bool { return l.State != Open && l.State != Matched }

// Block says that a member wants to have nothing to do with another. Only its member should know of it.
type Block struct {
	Member string `json:"member"`
	Other  string `json:"other"`
}

// Board is a pool's needs and offers, with the matches made. Use New. Its methods change it or return
// a *RefusalError, never both.
type Board struct {
	Postings map[string]Listing `json:"postings"` // by id
	Matches  map[string]Match   `json:"matches"`  // by id
	Blocks   []Block            `json:"blocks"`   // in the order of coming
}

// New is an empty board.
func New() *Board {
	return &Board{Postings: map[string]Listing{}, Matches: map[string]Match{}, Blocks: []Block{}}
}

// Clone is a copy that shares nothing.
func (b *Board) Clone() *Board {
	return &Board{Postings: maps.Clone(b.Postings), Matches: maps.Clone(b.Matches), Blocks: slices.Clone(b.Blocks)}
}

// Post puts a posting up at its moment.
func (b *Board) Post(p Posting) error {
	if err := p.Check(); err != nil {
		return err
	}
	if _, known := b.Postings[p.ID]; known {
		return refuse(FaultKnown, p.ID)
	}
	all, own := 0, 0
	for _, l := range b.Postings {
		if l.Kind == p.Kind && l.Left() > 0 {
			all++
			if l.Member == p.Member {
				own++
			}
		}
	}
	if all >= MaxOpen || own >= MaxOpenEach {
		return refuse(FaultMany, p.ID)
	}
	b.Postings[p.ID] = Listing{Posting: p, State: Open}
	return nil
}

// Withdraw ends a posting for its member. What is agreed goes on; what is only proposed is declined.
func (b *Board) Withdraw(id, member string, at time.Time) error {
	l, known := b.Postings[id]
	switch {
	case !known:
		return refuse(FaultUnknown, id)
	case l.Member != member:
		return refuse(FaultNotYour, id)
	case l.over():
		return refuse(FaultOver, id)
	}
	b.end(id, Withdrawn, at)
	return nil
}

// Leave withdraws whatever a member has up, and tells which, by id.
func (b *Board) Leave(member string, at time.Time) []string {
	return b.endAll(Withdrawn, at, func(l Listing) bool { return l.Member == member })
}

// Expire ends what is over by time, and tells which, by id.
func (b *Board) Expire(at time.Time) []string {
	return b.endAll(Expired, at, func(l Listing) bool { return !at.Before(l.Until) })
}

func (b *Board) endAll(state State, at time.Time, which func(Listing) bool) []string {
	var ended []string
	for id, l := range b.Postings {
		if !l.over() && which(l) {
			ended = append(ended, id)
		}
	}
	slices.Sort(ended)
	for _, id := range ended {
		b.end(id, state, at)
	}
	return ended
}

func (b *Board) end(id string, state State, at time.Time) {
	l := b.Postings[id]
	l.State = state
	b.Postings[id] = l
	for name, m := range b.Matches {
		if m.State == Proposed && (m.Need == id || m.Offer == id) {
			m.State, m.Ended = Declined, at
			b.Matches[name] = m
		}
	}
}

// Block keeps a member and another from being matched. It ends what is only proposed between them.
func (b *Board) Block(block Block, at time.Time) error {
	if !isID(block.Member) || !isID(block.Other) || block.Member == block.Other {
		return refuse(FaultID, block.Other)
	}
	if slices.Contains(b.Blocks, block) {
		return refuse(FaultKnown, block.Other)
	}
	own := 0
	for _, other := range b.Blocks {
		if other.Member == block.Member {
			own++
		}
	}
	if own >= MaxBlocks {
		return refuse(FaultMany, block.Other)
	}
	b.Blocks = append(b.Blocks, block)
	for id, m := range b.Matches {
		if m.State == Proposed && b.blocked(b.Postings[m.Need].Member, b.Postings[m.Offer].Member) {
			m.State, m.Ended = Declined, at
			b.Matches[id] = m
		}
	}
	return nil
}

// Unblock takes a block back.
func (b *Board) Unblock(block Block) error {
	at := slices.Index(b.Blocks, block)
	if at < 0 {
		return refuse(FaultUnknown, block.Other)
	}
	b.Blocks = slices.Delete(b.Blocks, at, at+1)
	return nil
}

func (b *Board) blocked(one, other string) bool {
	return slices.Contains(b.Blocks, Block{one, other}) || slices.Contains(b.Blocks, Block{other, one})
}
