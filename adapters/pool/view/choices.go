package view

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

// Choices implements web.Desk: only what whoever asks may see.
func (v *View) Choices(_ context.Context, form web.Form) (choices map[string][]web.Choice, err error) {
	_, err = v.look(form.Member, func(g *glance) { choices = g.choices(form.Task) })
	return choices, err
}

func (g *glance) choices(task web.Task) map[string][]web.Choice {
	switch task {
	case web.TaskPayout:
		return g.payoutChoices()
	case web.TaskVouch:
		return map[string][]web.Choice{"member": g.others("invited", "active")}
	case web.TaskDelegate:
		return map[string][]web.Choice{"decision": g.decisions(), "member": g.others("active")}
	case web.TaskUndelegate:
		return map[string][]web.Choice{"decision": g.decisions()}
	case web.TaskPay:
		return map[string][]web.Choice{"member": g.others("suspended", "active"), "unit": g.units()}
	case web.TaskFeedback:
		return map[string][]web.Choice{"match": g.agreed(), "done": options("yes", "no"), "stars": values("5", "4", "3", "2", "1")}
	case web.TaskAskSwap, web.TaskAgreeSwap:
		return map[string][]web.Choice{"swap": g.swaps(task == web.TaskAgreeSwap)}
	case web.TaskStatement:
		return map[string][]web.Choice{"proposal": g.against()}
	case web.TaskAppeal:
		return map[string][]web.Choice{"sanction": g.appealable()}
	default:
		return nil
	}
}

func values(all ...string) []web.Choice {
	choices := []web.Choice{}
	for _, text := range all {
		choices = append(choices, web.Choice{Value: text, Text: text})
	}
	return choices
}

// options are words of their own group.
func options(all ...string) []web.Choice {
	choices := []web.Choice{}
	for _, word := range all {
		choices = append(choices, web.Choice{Value: word, Group: "option"})
	}
	return choices
}

func (g *glance) payoutChoices() map[string][]web.Choice {
	var funds []string
	for _, fund := range g.Charter().Funds {
		funds = append(funds, fund.Name)
	}
	choices := map[string][]web.Choice{
		"fund": values(funds...), "fixed": options(string(fx.FixedSource), string(fx.FixedDestination)),
		"payee": append(options(nobody), g.others("suspended", "active")...),
	}
	if purposes := g.Charter().Purposes; len(purposes) > 0 {
		choices["purpose"] = values(purposes...)
	}
	return choices
}

// others are the members of those standings beside whoever looks, as far as they may be seen.
func (g *glance) others(standings ...string) []web.Choice {
	choices := []web.Choice{}
	for _, m := range g.State.Members() {
		if !g.isMe(m.ID) && g.sees(charter.SectionMembers, m.ID) && slices.Contains(standings, m.Standing.String()) {
			person := g.person(m.ID)
			text := person.ID
			if person.Name != "" {
				text += " " + person.Name
			}
			choices = append(choices, web.Choice{Value: m.ID, Text: text})
		}
	}
	return choices
}

func (g *glance) decisions() []web.Choice {
	choices := options(anything)
	for _, d := range g.Charter().Decisions {
		choices = append(choices, web.Choice{Value: string(d.Kind), Group: "kind"})
	}
	return choices
}

// units are those of the community.
func (g *glance) units() []web.Choice {
	choices := []web.Choice{}
	for _, unit := range g.Charter().Units {
		if unit.Issue != charter.Outside {
			choices = append(choices, values(unit.Unit.String())...)
		}
	}
	return choices
}

// agreed are the matches of whoever looks that it has not said yet how they went.
func (g *glance) agreed() []web.Choice {
	choices := []web.Choice{}
	for _, m := range g.matches(map[string]web.Posting{}) {
		match := g.State.Board().Matches[m.ID]
		said := slices.ContainsFunc(match.Feedback, func(f board.Feedback) bool { return g.isMe(f.By) })
		if match.State == board.Agreed && !said {
			other := m.Need.By
			if g.isMe(other.ID) {
				other = m.Offer.By
			}
			choices = append(choices, web.Choice{Value: m.ID, Text: fmt.Sprintf("%s: %s %s", m.ID, other.ID, other.Name)})
		}
	}
	return choices
}

// swaps are pairs of an own seat and another, whose turns are both to come; asked are those that the other asks for.
func (g *glance) swaps(asked bool) []web.Choice {
	choices := []web.Choice{}
	for _, id := range g.State.Groups() {
		group := g.Group(id)
		if !isOrdered(group) {
			continue
		}
		for _, mine := range g.upcoming(group, true) {
			for _, other := range g.upcoming(group, false) {
				if asked && group.Seats[other-1].SwapWith != mine {
					continue
				}
				value := id + "/" + strconv.Itoa(mine) + "/" + strconv.Itoa(other)
				text := fmt.Sprintf("%s: %d ↔ %d (%s)", id, mine, other, g.holder(group.Seats[other-1]).ID)
				choices = append(choices, web.Choice{Value: value, Text: text})
			}
		}
	}
	return choices
}

// upcoming are the seats whose turns are to come, the own ones or the others that may be seen.
func (g *glance) upcoming(group *rotation.Group, mine bool) (all []int) {
	for _, n := range group.Upcoming() {
		s := group.Seats[n-1]
		own := s.Pool == "" && g.isMe(s.Member)
		if own == mine && (own || g.sees(charter.SectionRotation, s.Member)) {
			all = append(all, n)
		}
	}
	return all
}

// against are the sanctions that are asked for against whoever looks.
func (g *glance) against() []web.Choice {
	choices := []web.Choice{}
	for _, p := range g.State.Proposals() {
		if s, ok := p.Subject.(*decide.Sanction); ok && g.isMe(s.Member) && p.State == decide.Voting && p.Statement.IsZero() {
			choices = append(choices, web.Choice{Value: p.ID, Text: p.ID + " " + title(p)})
		}
	}
	return choices
}

// appealable are the sanctions of whoever looks that may be appealed now.
func (g *glance) appealable() []web.Choice {
	choices := []web.Choice{}
	for _, x := range g.State.Sanctions() {
		if g.isMe(x.Member) && x.State == decide.InForce && x.Appeal == nil && g.now.Before(x.Final) {
			choices = append(choices, web.Choice{Value: x.ID, Text: x.ID + " " + string(x.Measure)})
		}
	}
	return choices
}
