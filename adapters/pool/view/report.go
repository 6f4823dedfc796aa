package view

import (
	"context"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/web"
)

// Report implements web.Reader: rules for those who see decisions, and of each principle what the records show for
// those who see all sections that it is counted from.
func (v *View) Report(ctx context.Context, member string) (view web.Report, err error) {
	_, seen := v.own(member, func(g *glance) {
		if err = web.ErrNotShown; !g.sees(charter.SectionDecisions) {
			return
		}
		err = nil
		for _, p := range charter.Ostrom(g.Charter(), g.records()) {
			view.Principles = append(view.Principles, g.principle(p))
		}
	})
	if seen != nil {
		return web.Report{}, seen
	}
	if err != nil {
		return web.Report{}, err
	}
	view.Proof, err = v.proof(ctx)
	return view, err
}

// counted are the sections that a principle's records are counted from.
var counted = [...][]charter.Section{
	{charter.SectionMembers},
	{charter.SectionContributions, charter.SectionPayouts, charter.SectionRotation},
	{charter.SectionDecisions},
	{charter.SectionMembers},
	{charter.SectionSanctions},
	{charter.SectionSanctions, charter.SectionMembers},
	{charter.SectionMembers},
	{charter.SectionMembers, charter.SectionPledges},
}

func (g *glance) principle(p charter.Principle) web.Principle {
	view := web.Principle{Number: p.Number, Rules: texts(p.Rules)}
	for _, section := range counted[p.Number-1] {
		if !g.sees(section) {
			return view
		}
	}
	view.Data, view.Gaps = texts(p.Data), texts(p.Gaps)
	return view
}

func texts(all []charter.Text) (said []string) {
	for _, t := range all {
		said = append(said, t.String())
	}
	return said
}
