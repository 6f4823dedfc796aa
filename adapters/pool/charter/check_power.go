package charter

import "slices"

// roles checks what members may be.
func (k *checker) roles() {
	for i, r := range k.c.Roles {
		path := at("roles", i)
		k.token(r.Name, path+".name")
		k.want(r.Name != Everybody, path+".name", "everybody is a %s without being named", Everybody)
		k.once(slices.IndexFunc(k.c.Roles, func(o Role) bool { return o.Name == r.Name }), i, path+".name")
		k.between(r.Seats, 0, maxSeats, path+".seats")
		k.between(r.TermDays, 0, maxDays, path+".term_days")
		k.between(r.MaxTerms, 0, maxCount, path+".max_terms")
		k.want(r.MaxTerms == 0 || r.TermDays > 0, path+".max_terms", "terms without an end are not counted")
	}
}

// decisions checks the matrix of approvals.
func (k *checker) decisions() {
	for i, d := range k.c.Decisions {
		path := at("decisions", i)
		k.known(slices.Contains(Kinds(), d.Kind), path+".kind", d.Kind, Kinds())
		k.once(slices.IndexFunc(k.c.Decisions, func(o Decision) bool { return o.Kind == d.Kind }), i, path+".kind")
		k.holders(d.Propose, path+".propose")
		k.tiers(d, path+".tiers")
	}
	for _, n := range k.c.needs() {
		_, ok := k.c.Decision(n.kind)
		k.want(ok, "decisions", "none says how %s is decided, %s", n.kind, n.because)
	}
}

// need is a kind of question that a charter's other rules raise.
type need struct {
	kind    Kind
	because string
}

func (c *Charter) needs() []need {
	needs := []need{
		{RuleChange, "and rules that cannot change are nobody's"},
		{Admission, "so nobody could join"},
		{Recovering, "so whoever loses a device would be locked out"},
	}
	if len(c.Funds) > 0 {
		needs = append(needs, need{Payout, "so money could not leave its fund"})
	}
	if len(c.Roles) > 0 {
		needs = append(needs, need{Appointment, "so roles would stay empty"})
	}
	if slices.ContainsFunc(c.Sanctions, func(s Step) bool { return !s.Measure.Automatic() }) {
		needs = append(needs, need{Sanction, "and the ladder has steps that want a decision"},
			need{Healing, "so no sanction could end before its term"})
	}
	if slices.ContainsFunc(c.Units, func(u Unit) bool { return u.Issue == Decided }) {
		needs = append(needs, need{Issuance, "and a unit is issued by decision"})
	}
	return needs
}

// holders checks a list of roles of which one at least can be held by somebody, whoever leaves.
func (k *checker) holders(roles []string, path string) {
	k.want(len(roles) > 0, path, "it names nobody")
	for i, r := range roles {
		_, ok := k.c.Role(r)
		k.want(ok, at(path, i), "no role is %.40q", r)
		k.once(slices.Index(roles, r), i, at(path, i))
	}
	k.want(len(roles) == 0 || slices.ContainsFunc(roles, k.c.canBeHeld), path, "once these roles are empty nobody can fill them again")
}

// canBeHeld tells whether members can always bring somebody into a role. They can if they appoint, all of them: whoever
// depends on officers alone is locked out when the last of those leaves.
func (c *Charter) canBeHeld(role string) bool {
	d, ok := c.Decision(Appointment)
	return role == Everybody || ok && slices.Contains(d.Propose, Everybody) && len(d.Tiers) > 0 &&
		!slices.ContainsFunc(d.Tiers, func(t Tier) bool { return !slices.Contains(t.Vote, Everybody) })
}

func (k *checker) tiers(d Decision, path string) {
	k.want(len(d.Tiers) > 0, path, "it has none")
	k.want(len(d.Tiers) <= 1 || d.Kind.HasAmount(), path, "%s has no amount to tell tiers apart", d.Kind)
	for i, t := range d.Tiers {
		here := at(path, i)
		k.amount(t.UpToMinor, 0, here+".up_to")
		if i == len(d.Tiers)-1 {
			k.want(t.UpToMinor == 0, here+".up_to", "the last tier has no limit")
		} else {
			k.want(t.UpToMinor > 0, here+".up_to", "only the last tier has no limit")
			k.want(i == 0 || t.UpToMinor > d.Tiers[i-1].UpToMinor, here+".up_to", "it is not above the tier before")
		}
		k.tier(t, here)
		k.want(t.Signatures > 0 || !d.Kind.Signed(), here+".signatures", "%s wants one signature at least", d.Kind)
		k.want(t.CoolingOff > 0 || d.Kind != Recovering, here+".cooling_off", "the old key needs time to object")
	}
}

func (k *checker) tier(t Tier, path string) {
	k.known(slices.Contains(Methods(), t.Method), path+".method", t.Method, Methods())
	k.holders(t.Vote, path+".vote")
	k.between(t.Quorum, 0, 1000, path+".quorum")
	k.between(t.Signatures, 0, maxCount, path+".signatures")
	k.between(t.Hours, 1, maxHours, path+".hours")
	k.between(t.CoolingOff, 0, maxHours, path+".cooling_off")
	if t.Method == Supermajority {
		k.between(t.Permille, 501, 1000, path+".permille")
	} else {
		k.want(t.Permille == 0, path+".permille", "only a supermajority has one")
	}
	if t.Method == Signatures {
		k.want(t.Signatures > 0, path+".signatures", "it says how many")
		k.want(t.Quorum == 0, path+".quorum", "signatures are all that counts")
	}
	k.want(t.Signatures <= k.c.seats(t.Vote), path+".signatures", "there are not so many seats")
}

// seats is how many members can have one of some roles at a time, at most.
func (c *Charter) seats(roles []string) int {
	total := 0
	for _, name := range roles {
		r, ok := c.Role(name)
		if ok && r.Seats == 0 {
			return maxCount
		}
		total += r.Seats
	}
	return total
}
