package view

import (
	"context"
	"strconv"
	"strings"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

// Public implements web.Reader.
func (v *View) Public(ctx context.Context) (web.Public, error) {
	return v.Published(ctx, charter.Public)
}

// Published is what the pool shows to an audience that is no member: everybody, a federation, or auditors from outside.
func (v *View) Published(ctx context.Context, to charter.Audience) (view web.Public, err error) {
	see, err := v.lookAs(to, func(g *glance) {
		c := g.Charter()
		view = web.Public{
			Pool: c.Pool, Title: c.Title, Purpose: c.Purpose, Funds: g.funds(), Members: g.people(), Groups: g.groups(),
			Report: g.sees(charter.SectionDecisions),
		}
		for _, section := range charter.Sections() {
			if g.sees(section) {
				view.Shown = append(view.Shown, string(section))
			} else {
				view.Hidden = append(view.Hidden, string(section))
			}
		}
		g.publish(&view)
	})
	if err != nil {
		return web.Public{}, err
	}
	if view.Payouts, err = v.of(ctx, see, charter.SectionPayouts); err != nil {
		return web.Public{}, err
	}
	if view.Income, err = v.of(ctx, see, charter.SectionContributions); err != nil {
		return web.Public{}, err
	}
	view.Proof, err = v.proof(ctx)
	return view, err
}

// publish adds what stands in parts of the state.
func (g *glance) publish(view *web.Public) {
	for _, l := range g.postings() {
		if l.State == board.Open || l.State == board.Matched {
			view.Postings = append(view.Postings, g.posting(l))
		}
	}
	for _, p := range g.proposals() {
		if len(view.Decisions) < maxDecided {
			view.Decisions = append(view.Decisions, g.proposal(p))
		}
	}
	if g.sees(charter.SectionCredit) {
		view.Credit = g.owed()
	}
	if g.sees(charter.SectionSanctions) {
		view.Sanctions = g.sanctioned()
	}
	if g.sees(charter.SectionPledges) {
		view.Pledges = g.pledged()
	}
}

// sanctioned is how many sanctions are in force, by measure.
func (g *glance) sanctioned() (all []web.Fact) {
	count := map[charter.Measure]int{}
	for _, x := range g.State.Sanctions() {
		if x.State == decide.InForce {
			count[x.Measure]++
		}
	}
	for _, measure := range charter.Measures() {
		if count[measure] > 0 {
			all = append(all, web.Fact{Name: string(measure), Value: strconv.Itoa(count[measure])})
		}
	}
	return all
}

// pledged are the pledges that are in force.
func (g *glance) pledged() (all []web.Pledge) {
	for _, promise := range g.Promises() {
		if fund, _ := g.Charter().Fund(promise.Fund); !promise.Revoked && g.Now().Before(promise.Until) {
			all = append(all, web.Pledge{
				To: promise.Pool, Cap: fx.Money{Minor: promise.TotalMinor, Currency: fund.Unit},
				On: strings.Join(append(promise.Kinds, promise.Places...), ", "), Until: promise.Until, Called: len(promise.Kept) > 0,
			})
		}
	}
	return all
}
