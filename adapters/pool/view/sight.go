package view

import (
	"slices"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/store"
)

// Eyes are who looks.
type Eyes = diary.View

// Of are the eyes of an audience that is no member.
func Of(audience charter.Audience) Eyes { return Eyes{Audience: string(audience)} }

// auditor is the role of members who see everything.
const auditor = "auditor"

// eyesOf are a member's: those of members while it belongs to the pool, and otherwise the public's, beside what is
// about it.
func eyesOf(m *decide.Member) Eyes {
	audience := charter.Public
	switch {
	case m.Has(auditor):
		audience = charter.Auditors
	case m.Belongs():
		audience = charter.Members
	}
	return Eyes{Audience: string(audience), Member: m.ID}
}

// sight is what eyes may see. It holds for the charter that was in force when it was made.
type sight struct {
	Eyes
	sections []string // that are shown to the audience
}

func sightOf(s *decide.State, eyes Eyes) sight {
	see := sight{Eyes: eyes, sections: []string{}}
	for _, section := range append(charter.Sections(), decide.SectionWithin, decide.SectionPrivate) {
		if s.Shown(section, charter.Audience(eyes.Audience)) {
			see.sections = append(see.sections, string(section))
		}
	}
	return see
}

// shows tells whether a line is shown.
func (s sight) shows(line diary.Line) bool {
	return s.Shows(func(section, _ string) bool { return slices.Contains(s.sections, section) })(line)
}

// sees tells whether a part of the state is shown: what lines of the section say that are about those members.
func (s sight) sees(section charter.Section, about ...string) bool {
	return s.shows(diary.Line{Section: string(section), About: about})
}

// query asks the store for what is shown.
func (s sight) query(q store.LineQuery) store.LineQuery {
	q.Sections, q.About = s.sections, s.Member
	return q
}
