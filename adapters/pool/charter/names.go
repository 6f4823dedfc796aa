package charter

// Sections lists the sections of a pool's records.
func Sections() []Section {
	return []Section{
		SectionBalance, SectionContributions, SectionPayouts, SectionNeeds, SectionMembers,
		SectionDecisions, SectionRotation, SectionCredit, SectionSanctions, SectionPledges,
	}
}

// Audiences lists who may look.
func Audiences() []Audience { return []Audience{Members, Federation, Auditors, Public} }

// Kinds lists what a pool may decide about.
func Kinds() []Kind {
	return []Kind{
		Payout, RuleChange, Admission, Appointment, Sanction, Healing,
		Emergency, Pledging, Loan, Issuance, Rotating, Recovering,
	}
}

// Methods lists how votes may make a decision.
func Methods() []Method { return []Method{Consent, Majority, Supermajority, Signatures} }

// Measures lists what a sanction may do, from the lightest.
func Measures() []Measure { return []Measure{Reminder, Mediation, Reduction, Suspension, Exclusion} }

// Issues lists how units may come to be.
func Issues() []Issue { return []Issue{Outside, Decided, Mutually} }

// HasAmount tells whether questions of a kind are about an amount, so that tiers may tell them apart.
func (k Kind) HasAmount() bool {
	switch k {
	case Payout, Pledging, Loan, Issuance:
		return true
	default:
		return false
	}
}

// Signed tells whether a kind is never decided without members' own signatures: money or keys depend on it.
func (k Kind) Signed() bool {
	return k.HasAmount() || k == Emergency || k == Rotating || k == Recovering
}
