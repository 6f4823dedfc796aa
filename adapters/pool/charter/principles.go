package charter

import (
	"slices"
	"strings"

	"github.com/ayni-switch/ayni/fx"
)

// boundaries: who belongs to it, and what belongs to it, is clear.
func boundaries(p *Principle, c *Charter, f Facts) {
	if d, ok := c.Decision(Admission); ok {
		p.rule("ostrom.1.rule.admission", d.methods(), d.voters())
		p.gap(!d.all(), "ostrom.1.gap.admission")
	}
	if len(c.Funds) > 0 {
		p.rule("ostrom.1.rule.funds", strings.Join(names(c.Funds, func(f Fund) string { return f.Name }), ", "))
	}
	_, ends := c.Step(Exclusion)
	p.gap(!ends, "ostrom.1.gap.exclusion")
	p.fact("ostrom.1.data.members", count(f.Members), count(f.Pools), count(f.Left), count(f.Sanctions[Exclusion]))
}

// proportion: what members give and get is in proportion, and fits the place.
func proportion(p *Principle, c *Charter, f Facts) {
	for _, d := range c.Dues {
		fund, _ := c.Fund(d.Fund)
		p.rule("ostrom.2.rule.due", d.Name, fx.Money{Minor: d.AmountMinor, Currency: fund.Unit}.String(), count(d.EveryDays))
	}
	for _, r := range c.Credit {
		p.rule("ostrom.2.rule.credit", fx.Money{Minor: r.MaxOweMinor, Currency: r.Unit}.String())
	}
	if c.Matching.FairnessPermille > 0 {
		p.rule("ostrom.2.rule.fairness", percent(c.Matching.FairnessPermille))
	}
	_, rotates := c.Decision(Rotating)
	p.gap(len(c.Dues)+len(c.Credit) == 0 && !rotates, "ostrom.2.gap.giving")
	for _, fund := range c.Funds {
		bounded := slices.ContainsFunc(c.Limits, func(l Limit) bool { return l.Fund == fund.Name && l.Purpose == "" })
		p.gap(!bounded && !fund.Reserve, "ostrom.2.gap.limit", fund.Name)
	}
	p.fact("ostrom.2.data.contributions", count(f.Contributions), count(f.Late))
	p.fact("ostrom.2.data.receivers", count(f.Receivers), count(f.Members), count(f.Rounds))
	p.gap(f.Contributions >= enough && f.Late*4 > f.Contributions, "ostrom.2.gap.late")
}

// enough is from how many on a share says something.
const enough = 8

// choice: those whom the rules bind can change them.
func choice(p *Principle, c *Charter, f Facts) {
	if d, ok := c.Decision(RuleChange); ok {
		p.rule("ostrom.3.rule.change", d.methods(), d.voters(), strings.Join(d.Propose, ", "))
		p.gap(!d.all(), "ostrom.3.gap.vote")
		p.gap(!slices.Contains(d.Propose, Everybody), "ostrom.3.gap.propose")
		p.gap(slices.ContainsFunc(d.Tiers, func(t Tier) bool { return t.Quorum == 0 && t.Method != Signatures }), "ostrom.3.gap.quorum")
	}
	ended, said := 0, 0
	for _, kind := range Kinds() {
		t := f.Decisions[kind]
		ended, said = ended+t.Ended, said+t.Ended*t.Permille
	}
	p.fact("ostrom.3.data.changes", count(c.Version), count(f.Decisions[RuleChange].Ended))
	if ended > 0 {
		p.fact("ostrom.3.data.turnout", count(ended), percent(said/ended), count(f.Proposers))
		p.gap(ended >= enough && said < 333*ended, "ostrom.3.gap.turnout")
		p.gap(ended >= enough && f.Proposers*5 < f.Members, "ostrom.3.gap.proposers")
	}
}

// monitoring: whoever watches is a member, or answers to members.
func monitoring(p *Principle, c *Charter, f Facts) {
	p.fact("ostrom.4.data.auditors", count(f.Holders[auditor]), count(f.Audits))
	if _, ok := c.Role(auditor); ok {
		p.rule("ostrom.4.rule.auditors")
		p.gap(f.Members > 0 && f.Holders[auditor] == 0, "ostrom.4.gap.vacant")
	} else {
		p.gap(true, "ostrom.4.gap.auditors")
	}
	payout, _ := c.Decision(Payout)
	p.gap(slices.ContainsFunc(payout.Tiers, func(t Tier) bool { return slices.Contains(t.Vote, auditor) }), "ostrom.4.gap.judges")
	for _, s := range []Section{SectionBalance, SectionContributions, SectionPayouts, SectionDecisions} {
		if c.Shown(s, Members) {
			p.rule("ostrom.4.rule.shown", string(s))
		} else {
			p.gap(true, "ostrom.4.gap.hidden", string(s))
		}
	}
	p.gap(f.Members > 0 && f.Audits == 0, "ostrom.4.gap.audits")
}

// graduation: who breaks a rule meets a light sanction first, and a heavier one later.
func graduation(p *Principle, c *Charter, f Facts) {
	if len(c.Sanctions) > 0 {
		p.rule("ostrom.5.rule.ladder", strings.Join(names(c.Sanctions, func(s Step) string { return string(s.Measure) }), ", "))
		p.rule("ostrom.5.rule.decided")
	}
	p.gap(len(c.Sanctions) == 0, "ostrom.5.gap.ladder")
	p.gap(len(c.Sanctions) == 1 || len(c.Sanctions) == 2, "ostrom.5.gap.short")
	for _, s := range c.Sanctions {
		p.fact("ostrom.5.data.step", string(s.Measure), count(f.Sanctions[s.Measure]))
		p.gap(s.Healing == "" && s.Measure != Reminder, "ostrom.5.gap.healing", string(s.Measure))
	}
	p.fact("ostrom.5.data.healed", count(f.Healed))
	lighter := f.Sanctions[Reminder] + f.Sanctions[Mediation] + f.Sanctions[Reduction] + f.Sanctions[Suspension]
	p.gap(f.Sanctions[Exclusion] > lighter, "ostrom.5.gap.heavy")
}

// conflicts: there is a place nearby, at low cost, to settle them.
func conflicts(p *Principle, c *Charter, f Facts) {
	_, mediation := c.Step(Mediation)
	_, mediators := c.Role(mediator)
	if mediation {
		p.rule("ostrom.6.rule.mediation")
	}
	if mediators {
		p.rule("ostrom.6.rule.mediators")
	}
	p.fact("ostrom.6.data.mediators", count(f.Holders[mediator]), count(f.Sanctions[Mediation]))
	if c.Appeal.Panel > 0 {
		p.rule("ostrom.6.rule.appeal", count(c.Appeal.Panel), count(c.Appeal.Hours))
		p.fact("ostrom.6.data.appeals", count(f.Appeals), count(f.Upheld))
	}
	p.gap(!mediation, "ostrom.6.gap.mediation")
	p.gap(!mediators, "ostrom.6.gap.mediators")
	p.gap(mediators && f.Members > 0 && f.Holders[mediator] == 0, "ostrom.6.gap.vacant")
	p.gap(c.Appeal.Panel == 0, "ostrom.6.gap.appeal")
	p.gap(c.Appeal.Panel > 0 && f.Members > 0 && f.Members < 2*c.Appeal.Panel, "ostrom.6.gap.panel", count(c.Appeal.Panel), count(f.Members))
}

// recognition: others let the pool make its own rules.
func recognition(p *Principle, c *Charter, f Facts) {
	if _, ok := c.Decision(RuleChange); ok {
		p.rule("ostrom.7.rule.own")
	}
	p.rule("ostrom.7.rule.books")
	p.fact("ostrom.7.data.federations", count(f.Federations))
	p.gap(true, "ostrom.7.gap.law")
}

// nesting: what is larger than the pool is organised in layers above it.
func nesting(p *Principle, c *Charter, f Facts) {
	_, pledges := c.Decision(Pledging)
	_, declares := c.Decision(Emergency)
	var shown []string
	for _, s := range Sections() {
		if c.Shown(s, Federation) {
			shown = append(shown, string(s))
		}
	}
	if pledges {
		p.rule("ostrom.8.rule.pledges")
	}
	if declares {
		p.rule("ostrom.8.rule.emergency")
	}
	if len(shown) > 0 {
		p.rule("ostrom.8.rule.shown", strings.Join(shown, ", "))
	}
	p.fact("ostrom.8.data.members", count(f.Federations), count(f.Pools), count(f.Pledges))
	p.gap(!pledges, "ostrom.8.gap.pledges")
	p.gap(!declares, "ostrom.8.gap.emergency")
	p.gap(len(shown) == 0, "ostrom.8.gap.shown")
	p.gap(f.Federations == 0 && f.Pools == 0, "ostrom.8.gap.alone")
}
