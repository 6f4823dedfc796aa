package witness

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// PolicyError says where a policy's text is wrong.
type PolicyError struct {
	Line int // from 1; 0 for the text as a whole
	Why  string
}

func (e *PolicyError) Error() string {
	return fmt.Sprintf("witness: policy, line %d: %s", e.Line, e.Why)
}

// ParsePolicy reads a policy as C2SP tlog-policy writes it:
//
//	log <vkey> [<url>]
//	witness <name> <vkey> [<url>]
//	group <name> all|any|<k> <name>...
//	quorum <name>|none
//
// Stricter than there, no key may be both a log's and a witness's. URLs of logs are not kept. Errors are
// *PolicyError.
func ParsePolicy(text string) (*Policy, error) {
	if len(text) > MaxPolicyBytes {
		return nil, &PolicyError{Why: fmt.Sprintf("it has %d bytes, at most %d", len(text), MaxPolicyBytes)}
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		return nil, &PolicyError{Why: "its last line does not end"}
	}
	reader := policyReader{used: map[string]bool{}, keys: map[string]bool{}, policy: &Policy{}}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if err := reader.line(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, &PolicyError{Line: number, Why: err.Error()}
		}
	}
	p := reader.policy
	if p.quorum == "" {
		return nil, &PolicyError{Why: "it has no quorum"}
	}
	var err error
	if p.logs, err = ParseLogs(reader.logs...); err != nil {
		return nil, &PolicyError{Why: err.Error()}
	}
	p.order()
	return p, nil
}

// policyReader is what a policy's lines have said so far.
type policyReader struct {
	policy *Policy
	logs   []string        // vkeys
	keys   map[string]bool // public keys
	used   map[string]bool // names that are defined: whether a group has them
}

func (r *policyReader) line(line string) error {
	if strings.ContainsFunc(line, func(c rune) bool { return c != '\t' && c < 0x20 || c == 0x7f }) {
		return fmt.Errorf("it has control characters")
	}
	words := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' })
	if len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return nil
	}
	switch rest := words[1:]; words[0] {
	case "log":
		return r.log(rest)
	case "witness":
		return r.witness(rest)
	case "group":
		return r.group(rest)
	case "quorum":
		return r.quorum(rest)
	}
	return fmt.Errorf("%.20q is not log, witness, group or quorum", words[0])
}

func (r *policyReader) log(words []string) error {
	if len(words) != 1 && len(words) != 2 {
		return fmt.Errorf("a log is a vkey and maybe a URL")
	}
	if len(words) == 2 {
		if err := checkURL(words[1]); err != nil {
			return err
		}
	}
	logs, err := ParseLogs(words[0])
	if err != nil {
		return err
	}
	r.logs = append(r.logs, logs.texts...)
	return r.key(material(words[0]))
}

func (r *policyReader) witness(words []string) error {
	if len(words) != 2 && len(words) != 3 {
		return fmt.Errorf("a witness is a name, a vkey and maybe a URL")
	}
	known := Known{Name: words[0]}
	if len(words) == 3 {
		known.URL = words[2]
		if err := checkURL(known.URL); err != nil {
			return err
		}
	}
	var err error
	if known.Key, err = audit.ParseCosignerKey(words[1]); err != nil {
		return err
	}
	if len(r.policy.witnesses) == MaxWitnesses {
		return fmt.Errorf("more than %d witnesses", MaxWitnesses)
	}
	for _, other := range r.policy.witnesses { // 32 bits: somebody may have looked for it
		if other.Key.Name() == known.Key.Name() && other.Key.KeyHash() == known.Key.KeyHash() {
			return fmt.Errorf("another key has the same name and id")
		}
	}
	r.policy.witnesses = append(r.policy.witnesses, known)
	if err := r.key(material(words[1])); err != nil {
		return err
	}
	return r.define(known.Name)
}

func (r *policyReader) group(words []string) error {
	if len(words) < 3 {
		return fmt.Errorf("a group is a name, how many of its members, and the members")
	}
	if len(r.policy.groups) == MaxGroups {
		return fmt.Errorf("more than %d groups", MaxGroups)
	}
	g := group{name: words[0], members: words[2:]}
	switch words[1] {
	case "all":
		g.k = len(g.members)
	case "any":
		g.k = 1
	default:
		k, err := strconv.Atoi(words[1])
		if err != nil || strconv.Itoa(k) != words[1] || k < 1 || k > len(g.members) {
			return fmt.Errorf("%.20q of %d members", words[1], len(g.members))
		}
		g.k = k
	}
	for _, member := range g.members {
		used, defined := r.used[member]
		if !defined || used {
			return fmt.Errorf("%.100q is not defined above, or is a member already", member)
		}
		r.used[member] = true
	}
	r.policy.groups = append(r.policy.groups, g)
	return r.define(g.name)
}

func (r *policyReader) quorum(words []string) error {
	if len(words) != 1 || r.policy.quorum != "" {
		return fmt.Errorf("a quorum is one name, and there is one quorum")
	}
	if _, defined := r.used[words[0]]; !defined && words[0] != none {
		return fmt.Errorf("%.100q is not defined above", words[0])
	}
	r.policy.quorum = words[0]
	return nil
}

func (r *policyReader) define(name string) error {
	if _, defined := r.used[name]; defined || name == none || len(name) > MaxNameBytes {
		return fmt.Errorf("the name %.100q is taken, or longer than %d bytes", name, MaxNameBytes)
	}
	r.used[name] = false
	return nil
}

func (r *policyReader) key(public string) error {
	if r.keys[public] {
		return fmt.Errorf("this key is there already")
	}
	r.keys[public] = true
	return nil
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%.100q is no URL below which requests can be sent", text)
	}
	return nil
}

// order puts a policy into the one order that it is written in: by name, and groups behind their members.
func (p *Policy) order() {
	slices.Sort(p.logs.texts)
	slices.SortFunc(p.witnesses, func(a, b Known) int { return cmp.Compare(a.Name, b.Name) })
	height := map[string]int{}
	for _, g := range p.groups {
		slices.Sort(g.members)
		for _, member := range g.members {
			height[g.name] = max(height[g.name], 1+height[member])
		}
	}
	slices.SortFunc(p.groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(height[a.name], height[b.name]), cmp.Compare(a.name, b.name))
	})
}

// String writes the policy in canonical form, which is the same for all texts that say the same.
func (p *Policy) String() string {
	var b strings.Builder
	for _, vkey := range p.logs.texts {
		fmt.Fprintf(&b, "log %s\n", vkey)
	}
	for _, w := range p.witnesses {
		fmt.Fprintf(&b, "witness %s\n", strings.TrimSpace(w.Name+" "+w.Key.String()+" "+w.URL))
	}
	for _, g := range p.groups {
		k := strconv.Itoa(g.k)
		switch g.k {
		case len(g.members):
			k = "all"
		case 1:
			k = "any"
		}
		fmt.Fprintf(&b, "group %s %s %s\n", g.name, k, strings.Join(g.members, " "))
	}
	return b.String() + "quorum " + p.quorum + "\n"
}
