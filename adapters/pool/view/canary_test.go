package view_test

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
)

// reader is somebody who looks, and what a charter lets them see, worked out apart from the view.
type reader struct {
	audience charter.Audience
	member   string // "" of who is none
	rules    *charter.Charter
}

func (r reader) String() string { return fmt.Sprintf("%s %s", r.audience, r.member) }

// readers are all that there are: each audience, and every member as what it is.
func readers(rules *charter.Charter) (all []reader) {
	for _, audience := range []charter.Audience{charter.Public, charter.Federation, charter.Auditors} {
		all = append(all, reader{audience: audience, rules: rules})
	}
	for _, member := range []string{treasurer, facing, receiver, saver, heard} {
		all = append(all, reader{charter.Members, member, rules})
	}
	return append(all, reader{charter.Auditors, auditor, rules}, reader{charter.Public, gone, rules}, reader{charter.Public, newcomer, rules})
}

// belongs tells whether the reader is a member now.
func (r reader) belongs() bool {
	return slices.Contains([]string{treasurer, facing, receiver, saver, heard, auditor}, r.member)
}

// sees tells whether the charter shows a section to the reader: what is public to the federation too, and what the
// federation sees to members.
func (r reader) sees(section charter.Section) bool {
	switch {
	case r.audience == charter.Auditors:
		return true
	case section == decide.SectionPrivate:
		return false
	case section == decide.SectionWithin:
		return r.audience == charter.Members
	}
	wide := []charter.Audience{charter.Public, charter.Federation, charter.Members}
	for _, v := range r.rules.Visibility {
		for _, to := range v.To {
			if v.Section == section && slices.Contains(wide, to) && slices.Index(wide, to) <= slices.Index(wide, r.audience) {
				return true
			}
		}
	}
	return false
}

// line is where something stands in the log.
type line struct {
	section charter.Section
	about   []string
}

func in(section charter.Section, about ...string) line { return line{section, about} }

func (l line) shown(r reader) bool { return r.sees(l.section) || slices.Contains(l.about, r.member) }

// canary is something that stands nowhere but where it was put.
type canary struct {
	text     string
	number   bool
	lines    []line            // of the log, that say it; none of what is personal
	personal func(reader) bool // who may read it, of what stands in no line
	page     func(reader) bool // who has a page that shows it, if it may be shown; nil for everybody
}

func (c canary) allowed(r reader) bool {
	if c.personal != nil {
		return c.personal(r)
	}
	return slices.ContainsFunc(c.lines, func(l line) bool { return l.shown(r) })
}

func (c canary) onPage(r reader) bool { return c.allowed(r) && (c.page == nil || c.page(r)) }

func nowhere(reader) bool    { return false }
func isMember(r reader) bool { return r.member != "" }
func seesInside(r reader) bool {
	return slices.Contains([]string{treasurer, facing, receiver, saver, auditor}, r.member)
}

// canaries are those of the world.
func canaries() (all []canary) {
	text := func(text string, page func(reader) bool, lines ...line) {
		all = append(all, canary{text: text, lines: lines, page: page})
	}
	number := func(n int64, page func(reader) bool, lines ...line) {
		all = append(all, canary{text: strconv.FormatInt(n, 10), number: true, lines: lines, page: page})
	}
	personal := func(text string, who func(reader) bool) { all = append(all, canary{text: text, personal: who}) }
	seeing := func(section charter.Section) func(reader) bool {
		return func(r reader) bool { return isMember(r) || r.sees(section) }
	}
	proposed := in(charter.SectionDecisions, treasurer)

	number(balanced, nil, in(charter.SectionBalance))
	number(paidIn, nil, in(charter.SectionContributions, facing))
	text("canary-reference", func(r reader) bool { return r.member == facing }, in(charter.SectionContributions, facing))
	number(cost, nil, in(charter.SectionPayouts, receiver))
	number(sent, nil, in(charter.SectionPayouts, receiver), proposed)
	text("canary-medicine", nil, in(charter.SectionPayouts, receiver), proposed)
	personal(maria.Name, seesInside)
	personal(maria.Account, seesInside)
	personal(private.Name, nowhere)
	personal(private.Account, nowhere)
	text("canary-destination", nowhere, in(decide.SectionPrivate, facing))

	number(inTurn, func(r reader) bool { return isMember(r) && (r.sees(charter.SectionRotation) || r.member == saver) },
		in(charter.SectionRotation, saver), in(charter.SectionContributions, saver))
	number(each, func(r reader) bool {
		return isMember(r) || r.sees(charter.SectionRotation)
	}, in(charter.SectionRotation, facing, saver), proposed)

	number(worked, nil, in(charter.SectionCredit, receiver, saver))
	number(claimed, nowhere, in(charter.SectionCredit, facing, receiver))
	number(pledged, seeing(charter.SectionPledges), in(charter.SectionPledges), proposed)
	number(eachTime, isMember, in(charter.SectionPledges), proposed)
	text("canary-flood", seeing(charter.SectionPledges), in(charter.SectionPledges), proposed)
	text("canary tents", isMember, in(charter.SectionPledges), proposed)
	text("canary.rule", isMember, in(charter.SectionSanctions, heard), proposed)
	text("Canary title", nil, proposed)

	number(asked, nil, in(charter.SectionNeeds, facing), in(decide.SectionWithin, facing))
	number(asked2, nil, in(charter.SectionNeeds, facing), in(decide.SectionWithin, facing))
	number(asked3, nil, in(charter.SectionNeeds, facing), in(decide.SectionPrivate, facing))
	text("Canary place public", nil, in(charter.SectionNeeds, facing), in(decide.SectionWithin, facing))
	text("Canary place members", nil, in(decide.SectionWithin, facing))
	text("Canary place nobody", nil, in(decide.SectionPrivate, facing))
	personal("canary text 0", func(r reader) bool { return r.belongs() })
	personal("canary text 1", func(r reader) bool { return r.belongs() })
	personal("canary text 2", func(r reader) bool { return r.belongs() && in(charter.SectionNeeds, facing).shown(r) })

	for i := range 8 {
		id := pooltest.ID(i)
		personal("Canary Name of "+id, func(r reader) bool {
			return r.member == id || r.belongs() && r.sees(charter.SectionMembers)
		})
		personal("contact-of-"+id, nowhere)
	}
	text(pooltest.Public(newcomer).String(), nowhere, in(charter.SectionMembers, newcomer))
	personal("canary reason of the payout", reader.belongs)
	personal("canary reason of an appointment", reader.belongs)
	personal("canary evidence", func(r reader) bool { return seesInside(r) || r.member == heard })
	personal("canary statement", func(r reader) bool { return seesInside(r) || r.member == heard })
	return all
}
