package chartertest

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// justice draws a ladder, whole or in part, and the appeal from it.
func justice(t *rapid.T, c *charter.Charter) {
	for i, m := range charter.Measures() {
		if i > 0 && len(c.Sanctions) == 0 || i > 1 && rapid.Bool().Draw(t, "left out") {
			continue
		}
		s := charter.Step{Measure: m, TermDays: rapid.IntRange(0, 400).Draw(t, "term"), Healing: texts(1).Draw(t, "healing")}
		if !m.Automatic() {
			s.HearHours = rapid.IntRange(1, 400).Draw(t, "hear")
		}
		if m == charter.Reduction {
			s.Permille = rapid.IntRange(0, 999).Draw(t, "permille")
		}
		if i > 0 || rapid.Bool().Draw(t, "ladder") {
			c.Sanctions = append(c.Sanctions, s)
		}
	}
	c.Appeal = charter.Appeal{Panel: 3 + 2*rapid.IntRange(0, 4).Draw(t, "panel"), Hours: rapid.IntRange(1, 500).Draw(t, "appeal")}
}

// visibility draws who sees what. Members see decisions.
func visibility(t *rapid.T, c *charter.Charter) {
	for _, section := range some(t, charter.Sections(), "sections") {
		if section != charter.SectionDecisions {
			c.Visibility = append(c.Visibility, charter.Visible{Section: section, To: some(t, charter.Audiences(), "to")})
		}
	}
	to := slices.DeleteFunc(some(t, charter.Audiences(), "decisions to"), func(a charter.Audience) bool { return a == charter.Members })
	c.Visibility = append(c.Visibility, charter.Visible{Section: charter.SectionDecisions, To: append(to, charter.Members)})
}
