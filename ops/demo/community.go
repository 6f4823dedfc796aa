package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
)

// community reads every pool's own book and log.
func (p *play) community(ctx context.Context, r *Report) error {
	for _, c := range communities {
		one, err := p.onePool(ctx, c)
		if err != nil {
			return err
		}
		r.Pools.Each = append(r.Pools.Each, one)
	}
	var err error
	if r.Pools.Round, err = p.theRound(ctx); err != nil {
		return err
	}
	r.Pools.Needs = p.theNeeds()
	r.Pools.Emergency, err = p.theEmergency(ctx)
	return err
}

func (p *play) onePool(ctx context.Context, c community) (PoolReport, error) {
	r := PoolReport{
		Name: c.name, Template: c.template, Currency: p.stage.actors[c.name].Currency.String(), Funds: map[string]int64{}, books: true,
	}
	p.stage.pools[c.name].View(func(s *decide.State) {
		r.Members = s.Facts().Members
		sums := map[string]int64{}
		for account, minor := range s.Balances() {
			sums[account.Unit.String()] += minor
			kind, name, _ := strings.Cut(account.Path, "/")
			switch {
			case account.Unit.String() != r.Currency:
			case kind == "fund":
				r.Funds[name] = minor
			case kind == "contributed":
				r.PaidInMinor -= minor
			case kind == "received":
				r.PaidOutMinor += minor
			}
		}
		for _, sum := range sums {
			r.books = r.books && sum == 0
		}
	})
	for _, proposal := range p.stage.proposals(c.name) {
		r.Signatures += len(proposal.Votes)
		if proposal.State == decide.Carried && len(proposal.Votes) > 0 {
			r.Decisions++
		}
	}
	err := p.verifyPool(ctx, c.name, &r)
	return r, err
}

// theRound reads from the switch's ledger how the round's legs moved.
func (p *play) theRound(ctx context.Context) (RoundReport, error) {
	r := RoundReport{Host: poolName, Receiver: manila, whole: true}
	var legs int
	p.stage.pools[poolName].View(func(s *decide.State) {
		if g := s.Group(poolGroup); g != nil && len(g.Rounds) > 0 {
			r.State = string(g.Rounds[0].State)
			r.Bundle = fmt.Sprintf("%s-%s-1-%d", poolName, poolGroup, g.Rounds[0].Attempt)
			legs = len(g.Seats) - 1
		}
	})
	moved, err := p.stage.books.Legs(ctx, r.Bundle)
	if err != nil {
		return r, err
	}
	for i, leg := range moved {
		if i == 0 {
			r.Batch = leg.Cleared
		}
		r.whole = r.whole && leg.Cleared == r.Batch && leg.Cleared > 0 && leg.Creditor == manila
		r.PotMinor += leg.Destination.Minor
		r.Legs = append(r.Legs, LegReport{
			Pool: leg.Debtor, Currency: leg.Source.Currency.String(), Minor: leg.Source.Minor, ArrivedMinor: leg.Destination.Minor,
			State: string(leg.State),
		})
	}
	r.PotMinor += communityOf(manila).partMinor
	if paid := p.stage.find(manila, refersTo(turnReference)); paid != nil {
		r.PaidOut = string(paid.Payout)
		r.whole = r.whole && paid.Cost == r.PotMinor
	}
	for _, c := range communities { // nothing of a round is left behind
		p.stage.pools[c.name].View(func(s *decide.State) {
			for account, minor := range s.Balances() {
				r.whole = r.whole && (minor == 0 || !strings.HasPrefix(account.Path, "rotation/"))
			}
		})
	}
	r.whole = r.whole && len(moved) == legs && legs > 0 && r.State == string(rotation.Paid)
	return r, nil
}

func (p *play) theNeeds() NeedsReport {
	r := NeedsReport{Pool: london}
	p.stage.pools[london].View(func(s *decide.State) {
		r.Match = string(theMatch(s).State)
		r.HoursMinor = s.Balance("credit/"+memberName(2), hoursOf(london))
	})
	if paid := p.stage.find(poolName, refersTo(medicine)); paid != nil {
		r.PaidBy, r.Payout, r.PaidTo, r.Signatures = poolName, string(paid.Payout), paid.Paying().To, len(paid.Votes)
	}
	return r
}

func (p *play) theEmergency(ctx context.Context) (EmergencyReport, error) {
	r := EmergencyReport{Pool: manila}
	said := p.stage.find(manila, func(o *decide.Proposal) bool { return o.Kind == charter.Emergency })
	if said == nil {
		return r, nil
	}
	r.Kind, r.Declaration, r.Votes = flood, said.ID, len(said.Votes)
	from, err := p.stage.when(ctx, manila, func(_ string, line diary.Line) bool { return line.Kind == decide.LineDeclaration })
	if err != nil {
		return r, err
	}
	last := from
	for _, c := range communities {
		kept := p.stage.find(c.name, isKept)
		if kept == nil {
			continue
		}
		r.Kept = append(r.Kept, KeptReport{
			Pool: c.name, Currency: p.stage.actors[c.name].Currency.String(), Minor: kept.Cost, State: string(kept.Payout), Votes: len(kept.Votes),
		})
		paid, err := p.stage.when(ctx, c.name, func(kind string, line diary.Line) bool {
			var of struct {
				Proposal string             `json:"proposal"`
				State    decide.PayoutState `json:"state"`
			}
			return kind == decide.WordPaid && line.Kind == "payout" && json.Unmarshal(line.Body, &of) == nil && of.Proposal == kept.ID
		})
		if err != nil {
			return r, err
		}
		if paid.After(last) {
			last = paid
		}
	}
	r.MS = last.Sub(from).Milliseconds()
	return r, nil
}
