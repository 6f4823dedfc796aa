package view

import (
	"cmp"
	"context"
	"slices"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

// maxDecided is how many proposals of before a list has.
const maxDecided = 100

// Proposals implements web.Reader.
func (v *View) Proposals(_ context.Context, member string) (view web.Proposals, err error) {
	_, err = v.look(member, func(g *glance) {
		for _, p := range g.proposals() {
			if isOpen(p) {
				view.Open = append(view.Open, g.proposal(p))
			} else if len(view.Decided) < maxDecided {
				view.Decided = append(view.Decided, g.proposal(p))
			}
		}
	})
	slices.SortStableFunc(view.Open, func(a, b web.Proposal) int { return cmp.Compare(min(len(b.Choices), 1), min(len(a.Choices), 1)) })
	return view, err
}

// Proposal implements web.Reader.
func (v *View) Proposal(_ context.Context, member, id string) (view web.Proposal, err error) {
	full := false
	_, seen := v.look(member, func(g *glance) {
		err = web.ErrUnknown
		p := g.State.Proposal(id)
		if p == nil {
			return
		}
		if err = web.ErrNotShown; g.seesProposal(p) {
			view, err, full = g.proposal(p), nil, g.seesInside(p)
			view.Text = g.reason(p)
			view.Facts = g.facts(p)
			view.Votes = g.votes(p)
		}
	})
	if seen != nil || err != nil {
		return web.Proposal{}, cmp.Or(seen, err)
	}
	if why := v.node.Waits(id); full && why != "" { // it may name the account
		view.Facts = append(view.Facts, web.Fact{Name: "waits", Value: why})
	}
	return view, nil
}

func isOpen(p *decide.Proposal) bool { return p.State == decide.Voting || p.State == decide.Passed }

// proposals are those that may be seen, the newest first.
func (g *glance) proposals() (all []*decide.Proposal) {
	for _, p := range slices.Backward(g.State.Proposals()) {
		if g.seesProposal(p) {
			all = append(all, p)
		}
	}
	return all
}

// seesProposal tells whether one of the lines that say what is proposed is shown.
func (g *glance) seesProposal(p *decide.Proposal) bool {
	return slices.ContainsFunc(g.Told(p), func(l decide.Line) bool { return g.sees(l.Section, l.About...) })
}

// seesOutcome tells whether the lines are shown that say what became of a proposal beyond its vote.
func (g *glance) seesOutcome(p *decide.Proposal) bool {
	own := g.Told(p)[0]
	return g.sees(own.Section, own.About...)
}

// seesInside tells whether somebody may read what is personal in a proposal: who may vote on it, and whom it is about.
func (g *glance) seesInside(p *decide.Proposal) bool {
	return g.me != nil && (g.MayVote(p, g.me) || g.Concerns(p, g.me.ID))
}

// proposal is what a list says of one.
func (g *glance) proposal(p *decide.Proposal) web.Proposal {
	view := web.Proposal{
		ID: p.ID, Kind: string(p.Kind), Title: title(p), Opened: p.Opened, Closes: p.Ends, State: string(p.State), Version: p.Version,
		Method: string(p.Tier.Method), By: g.person(p.By),
	}
	if o := p.Paying(); o != nil {
		view.Amount = &fx.Money{Minor: o.Amount.Minor, Currency: o.Amount.Unit}
	}
	if p.Payout != "" && g.seesOutcome(p) {
		view.State = string(p.Payout)
	}
	if g.sees(charter.SectionDecisions) {
		view.Count = g.tally(p)
	}
	if g.me == nil {
		return view
	}
	view.Conflict = g.Concerns(p, g.me.ID)
	for _, vote := range p.Votes {
		if vote.Member == g.me.ID {
			view.Mine = string(vote.Choice)
		}
	}
	if view.Mine == "" && g.mayVoteNow(p) {
		view.Choices = choices(p)
	}
	return view
}

// mayVoteNow tells whether whoever looks has a vote that counts, and has not voted.
func (g *glance) mayVoteNow(p *decide.Proposal) bool {
	voted := slices.ContainsFunc(p.Votes, func(v decide.Vote) bool { return v.Member == g.me.ID })
	return !voted && p.State == decide.Voting && !g.Now().Before(p.Begins) && g.MayVote(p, g.me)
}

func choices(p *decide.Proposal) []string {
	if p.Tier.Method == charter.Consent {
		return []string{string(decide.For), string(decide.Object), string(decide.Abstain)}
	}
	return []string{string(decide.For), string(decide.Against), string(decide.Abstain)}
}

// tally is how the vote stands.
func (g *glance) tally(p *decide.Proposal) web.Count {
	c := g.Tally(p)
	return web.Count{
		Eligible: c.Eligible, For: c.For, Against: c.Against, Abstain: c.Abstain, Object: c.Objections, Need: p.Tier.Signatures,
	}
}

// votes are those that may be seen: each is an act of its member.
func (g *glance) votes(p *decide.Proposal) (all []web.Vote) {
	for _, vote := range p.Votes {
		if g.sees(charter.SectionDecisions, vote.Member) {
			all = append(all, web.Vote{By: g.person(vote.Member), Choice: string(vote.Choice), At: vote.At})
		}
	}
	return all
}

// reason is why something is proposed, in the proposer's words: for members who see the act that says it.
func (g *glance) reason(p *decide.Proposal) string {
	if !g.belongs() || !g.sees(charter.SectionDecisions, p.By) {
		return ""
	}
	return g.text(p.Reason)
}
