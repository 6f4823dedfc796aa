package charter

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/fx"
)

// Limits of what a charter says.
const (
	maxItems = 64     // in any list
	maxName  = 32     // bytes: letters a to z, digits, - and _
	maxTitle = 120    // characters
	maxText  = 1_000  // characters
	maxDays  = 3_660  // ten years
	maxHours = 2_400  // a hundred days
	maxSeats = 1_000  // of a role
	maxCount = 10_000 // of members who sign, and of other small numbers
	// MaxMinor bounds amounts, so that sums of a few of them stay in range.
	MaxMinor = 1_000_000_000_000_000
)

// Fault is one thing that is wrong with a charter's rules.
type Fault struct {
	Path   string // of the field, as in "decisions[0].tiers[1].up_to"
	Detail string
}

// CheckError says why rules do not hang together. The same charter fails again.
type CheckError struct {
	Faults []Fault // one at least, in the document's order
}

func (e *CheckError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.Path + ": " + f.Detail
	}
	return "charter: " + strings.Join(lines, "; ")
}

// maxFaults is how many are told at once.
const maxFaults = 20

// Check tells whether the rules hang together: what is named exists, amounts and times are in bounds, everything that
// the pool does has a procedure, and nobody can be locked out of it. Errors are *CheckError.
func (c *Charter) Check() error {
	k := &checker{c: c}
	k.lengths()
	if len(k.faults) == 0 { // what is too long is looked at no further
		k.head()
		k.units()
		k.purses()
		k.roles()
		k.decisions()
		k.late()
		k.credit()
		k.justice()
		k.visibility()
	}
	if len(k.faults) == 0 {
		text, err := c.Canonical()
		k.want(err == nil && len(text) <= MaxBytes, "", "it is more than %d bytes", MaxBytes)
	}
	if len(k.faults) == 0 {
		return nil
	}
	return &CheckError{Faults: k.faults[:min(len(k.faults), maxFaults)]}
}

// checker gathers what is wrong with a charter.
type checker struct {
	c      *Charter
	faults []Fault
}

// want notes a fault where something that should be is not, and returns whether it is.
func (k *checker) want(is bool, path, detail string, args ...any) bool {
	if !is {
		k.faults = append(k.faults, Fault{Path: path, Detail: fmt.Sprintf(detail, args...)})
	}
	return is
}

// between wants a number in bounds.
func (k *checker) between(n, least, most int, path string) {
	k.want(n >= least && n <= most, path, "%d is not between %d and %d", n, least, most)
}

// amount wants an amount of at least so much.
func (k *checker) amount(minor, least int64, path string) {
	k.want(minor >= least && minor <= MaxMinor, path, "the amount is not in bounds")
}

// token wants a name that stands in account names and signatures.
func (k *checker) token(name, path string) {
	k.want(isToken(name), path, "a name is 1 to %d small letters, digits, - and _, a letter first", maxName)
}

func isToken(name string) bool {
	for i := range len(name) {
		switch b := name[i]; {
		case b >= 'a' && b <= 'z':
		case i > 0 && (b >= '0' && b <= '9' || b == '-' || b == '_'):
		default:
			return false
		}
	}
	return name != "" && len(name) <= maxName
}

// text wants one line that people can read. What cannot be seen is refused, but for the joiners that some scripts need.
func (k *checker) text(text, path string, most int) {
	k.want(utf8.ValidString(text) && utf8.RuneCountInString(text) <= most, path, "it is more than %d characters of UTF-8", most)
	k.want(strings.TrimSpace(text) == text && !strings.ContainsFunc(text, isHidden), path,
		"it is one line, without spaces around it or characters that cannot be seen")
}

func isHidden(r rune) bool {
	const joiner, nonJoiner = '\u200d', '\u200c'
	return !unicode.IsPrint(r) && r != joiner && r != nonJoiner
}

// lengths bounds every list before anything goes through them.
func (k *checker) lengths() {
	c := k.c
	lengths := []struct {
		path string
		n    int
	}{
		{"units", len(c.Units)}, {"funds", len(c.Funds)}, {"purposes", len(c.Purposes)}, {"roles", len(c.Roles)},
		{"decisions", len(c.Decisions)}, {"limits", len(c.Limits)}, {"dues", len(c.Dues)}, {"credit", len(c.Credit)},
		{"sanctions", len(c.Sanctions)}, {"visibility", len(c.Visibility)},
	}
	for _, l := range lengths {
		k.want(l.n <= maxItems, l.path, "%d are more than %d", l.n, maxItems)
	}
	if len(k.faults) > 0 {
		return
	}
	for i, d := range c.Decisions {
		path := at("decisions", i)
		k.want(len(d.Propose) <= maxItems && len(d.Tiers) <= maxItems, path, "a list in it has more than %d", maxItems)
		for j, t := range d.Tiers[:min(len(d.Tiers), maxItems)] {
			k.want(len(t.Vote) <= maxItems, at(path+".tiers", j)+".vote", "%d are more than %d", len(t.Vote), maxItems)
		}
	}
	for i, v := range c.Visibility {
		k.want(len(v.To) <= maxItems, at("visibility", i)+".to", "%d are more than %d", len(v.To), maxItems)
	}
}

// head checks what the document is.
func (k *checker) head() {
	c := k.c
	k.want(c.Version >= 1, "version", "versions are numbered from 1")
	// A participant's name is a name on the switch too, of two letters at least and without _.
	k.want(isToken(c.Pool) && len(c.Pool) >= 2 && !strings.Contains(c.Pool, "_"), "pool",
		"a participant's name is 2 to %d small letters, digits and -, a letter first", maxName)
	k.want(c.Title != "", "title", "it is missing")
	k.text(c.Title, "title", maxTitle)
	k.text(c.Purpose, "purpose", maxText)
	k.want(c.Template == "" || isToken(c.Template), "template", "no template has this name")
	k.between(c.Matching.FairnessPermille, 0, 1000, "matching.fairness_permille")
}

// units checks what the pool keeps books in.
func (k *checker) units() {
	k.want(len(k.c.Units) > 0, "units", "the pool needs one, its own money")
	for i, u := range k.c.Units {
		path := at("units", i)
		k.want(!u.Unit.IsZero(), path+".unit", "it is missing")
		k.once(slices.IndexFunc(k.c.Units, func(o Unit) bool { return o.Unit == u.Unit }), i, path+".unit")
		k.known(slices.Contains(Issues(), u.Issue), path+".issue", u.Issue, Issues())
		k.want(u.Issue == Outside || isCommunity(u.Unit), path+".issue", "no pool issues %s", u.Unit)
		k.between(u.ExpiryDays, 0, maxDays, path+".expiry_days")
		k.want(u.ExpiryDays == 0 || u.Issue == Decided, path+".expiry_days", "only what a decision issues expires")
		_, ruled := k.c.CreditRule(u.Unit)
		k.want(u.Issue != Mutually || ruled, path, "no rule under credit says what members may owe in %s", u.Unit)
	}
}

// isCommunity tells a community's unit from a currency: it names its community.
func isCommunity(unit fx.Currency) bool { return strings.Contains(unit.String(), ".") }

// once refuses what was there before.
func (k *checker) once(first, now int, path string) {
	k.want(first == now, path, "it is there twice")
}

// known refuses a word that is none of those that mean something.
func (k *checker) known(is bool, path string, word, words any) {
	k.want(is, path, "%.40q is none of %v", word, words)
}

// at is the path of an item of a list.
func at(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
