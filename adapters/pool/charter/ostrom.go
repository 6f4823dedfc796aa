package charter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Facts are what a pool's records show, for its own report.
type Facts struct {
	Members       int              `json:"members"` // in good standing
	Pools         int              `json:"pools"`   // of Members: other pools
	Left          int              `json:"left"`
	Contributions int              `json:"contributions"` // that were due
	Late          int              `json:"late"`          // of Contributions
	Rounds        int              `json:"rounds"`        // of rotating groups, paid out
	Receivers     int              `json:"receivers"`     // members who got a payout, a pot or a loan
	Decisions     map[Kind]Turnout `json:"decisions,omitempty"`
	Proposers     int              `json:"proposers"`         // members who have asked something
	Holders       map[string]int   `json:"holders,omitempty"` // of roles, now
	Audits        int              `json:"audits"`            // of the books and the log, that auditors have reported
	Sanctions     map[Measure]int  `json:"sanctions,omitempty"`
	Healed        int              `json:"healed"` // sanctions that ended before their term
	Appeals       int              `json:"appeals"`
	Upheld        int              `json:"upheld"`      // of Appeals: the sanction was taken back
	Federations   int              `json:"federations"` // pools and federations that this one is a member of
	Pledges       int              `json:"pledges"`     // to and from others, in force
}

// Turnout is how members take part in a kind of decision.
type Turnout struct {
	Ended    int `json:"ended"`    // questions that passed or were refused
	Passed   int `json:"passed"`   // of Ended
	Permille int `json:"permille"` // of those who might vote, how many did on average
}

// Principle is one of the eight that long-lived commons have (Elinor Ostrom, Governing the Commons, 1990, table 3.1),
// held against a pool.
type Principle struct {
	Number int    `json:"number"` // 1 to 8, in Ostrom's order
	Name   Text   `json:"name"`
	Rules  []Text `json:"rules"` // that answer it
	Data   []Text `json:"data"`  // that show it
	Gaps   []Text `json:"gaps"`  // that remain; none where nothing is missing that could be seen
}

func (p *Principle) rule(key string, args ...string) { p.Rules = append(p.Rules, Text{key, args}) }
func (p *Principle) fact(key string, args ...string) { p.Data = append(p.Data, Text{key, args}) }
func (p *Principle) gap(is bool, key string, args ...string) {
	if is {
		p.Gaps = append(p.Gaps, Text{key, args})
	}
}

// Ostrom holds the eight principles against a pool's rules and records.
func Ostrom(c *Charter, facts Facts) []Principle {
	all := make([]Principle, 8)
	for i, look := range []func(*Principle, *Charter, Facts){
		boundaries, proportion, choice, monitoring, graduation, conflicts, recognition, nesting,
	} {
		all[i] = Principle{Number: i + 1, Name: Text{Key: "ostrom." + strconv.Itoa(i+1)}, Rules: []Text{}, Data: []Text{}, Gaps: []Text{}}
		look(&all[i], c, facts)
	}
	return all
}

// auditor and mediator are the roles that principles ask for by name.
const (
	auditor  = "auditor"
	mediator = "mediator"
)

// methods lists how a kind of question is decided, each method once.
func (d Decision) methods() string {
	return strings.Join(slices.Compact(names(d.Tiers, func(t Tier) string { return string(t.Method) })), ", ")
}

// voters lists who decides a kind of question.
func (d Decision) voters() string {
	var roles []string
	for _, t := range d.Tiers {
		for _, r := range t.Vote {
			if !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
	}
	return strings.Join(roles, ", ")
}

// all tells whether everybody decides.
func (d Decision) all() bool {
	return !slices.ContainsFunc(d.Tiers, func(t Tier) bool { return !slices.Contains(t.Vote, Everybody) })
}

func names[T any](all []T, name func(T) string) []string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = name(one)
	}
	return texts
}

func count[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

func percent(permille int) string { return fmt.Sprintf("%d.%d %%", permille/10, permille%10) }
