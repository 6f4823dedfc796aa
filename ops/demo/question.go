package demo

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/settlement/audit"
)

const poolPatience = 50 * time.Millisecond // between looks at what becomes of something

// question is something that a pool decides once, however often it is put.
type question struct {
	pool    string
	kind    charter.Kind
	subject any
	closed  [][]byte
	voters  []int // members who say yes; the first proposes it
	known   func(*decide.Proposal) bool
}

// everybody lists a pool's members.
func everybody(pooled string) (all []int) {
	for i := range communityOf(pooled).members() {
		all = append(all, i)
	}
	return all
}

// proposals copies all that was put to a pool's vote, in order.
func (s *stage) proposals(pooled string) (all []decide.Proposal) {
	s.pools[pooled].View(func(state *decide.State) {
		for n := 1; ; n++ {
			p := state.Proposal(fmt.Sprintf("p%d", n))
			if p == nil {
				return
			}
			all = append(all, *p)
		}
	})
	return all
}

// find is the first proposal of a pool that is known, nil before it was made.
func (s *stage) find(pooled string, known func(*decide.Proposal) bool) *decide.Proposal {
	for _, p := range s.proposals(pooled) {
		if known(&p) {
			return &p
		}
	}
	return nil
}

// settleQuestion proposes what was not proposed, and votes until it is decided. expires is by when it has to be carried out.
func (s *stage) settleQuestion(q question, expires time.Time) error {
	if s.find(q.pool, q.known) == nil {
		subject, err := audit.Canonical(q.subject)
		if err != nil {
			return err
		}
		proposing := decide.Proposing{Decision: q.kind, Subject: subject, Expires: expires.UTC().Truncate(time.Second)}
		if err := s.say(q.pool, q.voters[0], "propose", proposing, q.closed...); err != nil {
			return err
		}
	}
	for _, voter := range q.voters {
		p := s.find(q.pool, q.known)
		if p.State != decide.Voting {
			return nil
		}
		ballot := decide.Ballot{Proposal: p.ID, Hash: hex.EncodeToString(p.Hash[:]), Choice: decide.For}
		if err := s.say(q.pool, voter, "vote", ballot); err != nil {
			return err
		}
	}
	if p := s.find(q.pool, q.known); p.State == decide.Voting {
		return fmt.Errorf("demo: %s of %s is not decided by %d votes", p.ID, q.pool, len(q.voters))
	}
	return nil
}

// until looks now and then until a pool's state is as wanted.
func (s *stage) until(ctx context.Context, pooled string, wanted func(*decide.State) bool) error {
	look := time.NewTicker(poolPatience)
	defer look.Stop()
	for {
		var is bool
		s.pools[pooled].View(func(state *decide.State) { is = wanted(state) })
		if is {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// untilFund waits until a pool's fund holds so much.
func (s *stage) untilFund(ctx context.Context, c community, minor int64) error {
	return s.until(ctx, c.name, func(state *decide.State) bool {
		return state.Balance("fund/"+c.fund, state.Charter().Money()) >= minor
	})
}
