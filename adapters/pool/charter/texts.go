package charter

import "fmt"

// Text is a sentence for people, by its key, so that it can be said in their language. Args are words of the charter,
// numbers and amounts, in the order of the English sentence.
type Text struct {
	Key  string   `json:"key"`
	Args []string `json:"args,omitempty"`
}

// String says it in English.
func (t Text) String() string { return t.In(Messages()) }

// In says it with a table of messages, whose verbs are %[1]s, %[2]s, … in any order. What the table lacks is said by
// its key.
func (t Text) In(messages map[string]string) string {
	message, ok := messages[t.Key]
	if !ok {
		return t.Key
	}
	args := make([]any, len(t.Args))
	for i, a := range t.Args {
		args[i] = a
	}
	return fmt.Sprintf(message, args...)
}

// Messages are the English texts by key.
func Messages() map[string]string {
	return map[string]string{
		"ostrom.1":                    "It is clear who belongs to the pool, and what belongs to it",
		"ostrom.1.rule.admission":     "Newcomers are admitted by %[1]s of: %[2]s.",
		"ostrom.1.rule.funds":         "These funds are the pool's own: %[1]s.",
		"ostrom.1.data.members":       "Members: %[1]s, of them pools: %[2]s. Left: %[3]s. Excluded: %[4]s.",
		"ostrom.1.gap.admission":      "Not every member has a say in who joins.",
		"ostrom.1.gap.exclusion":      "No rule says how somebody's membership ends who does not leave.",
		"ostrom.2":                    "What members give and get is in proportion, and fits the place",
		"ostrom.2.rule.due":           "Everybody pays %[1]s: %[2]s every %[3]s days.",
		"ostrom.2.rule.credit":        "Nobody owes more than %[1]s.",
		"ostrom.2.rule.fairness":      "Who got little lately comes first: %[1]s of the weight of needs.",
		"ostrom.2.data.contributions": "Contributions due: %[1]s, of them late: %[2]s.",
		"ostrom.2.data.receivers":     "Members who received something: %[1]s of %[2]s. Turns paid out: %[3]s.",
		"ostrom.2.gap.giving":         "No rule says what members give.",
		"ostrom.2.gap.limit":          "Nothing bounds how much may leave the fund %[1]s at a time.",
		"ostrom.2.gap.late":           "More than a quarter of the contributions came late: they may be too high, or on the wrong days.",
		"ostrom.3":                    "Whoever the rules bind can change them",
		"ostrom.3.rule.change":        "Rules change by %[1]s of: %[2]s. Who may propose it: %[3]s.",
		"ostrom.3.data.changes":       "Version of the rules: %[1]s. Changes that were decided on: %[2]s.",
		"ostrom.3.data.turnout":       "Questions decided: %[1]s, with %[2]s of those who might vote. Members who have asked something: %[3]s.",
		"ostrom.3.gap.vote":           "Not every member has a vote on the rules.",
		"ostrom.3.gap.propose":        "Not every member may propose to change a rule.",
		"ostrom.3.gap.quorum":         "Rules can change however few take part: there is no quorum.",
		"ostrom.3.gap.turnout":        "Fewer than a third of those who might vote do.",
		"ostrom.3.gap.proposers":      "Fewer than a fifth of the members have ever asked anything.",
		"ostrom.4":                    "Whoever watches over the pool is a member, or answers to members",
		"ostrom.4.rule.auditors":      "Some members are auditors.",
		"ostrom.4.rule.shown":         "Members see this part of the books: %[1]s.",
		"ostrom.4.data.auditors":      "Auditors now: %[1]s. Audits reported: %[2]s.",
		"ostrom.4.gap.vacant":         "No member is auditor now.",
		"ostrom.4.gap.judges":         "Auditors sign payouts that they are to look at afterwards.",
		"ostrom.4.gap.auditors":       "The rules know no auditors.",
		"ostrom.4.gap.hidden":         "Members do not see this part of the books: %[1]s.",
		"ostrom.4.gap.audits":         "Nobody has reported an audit yet.",
		"ostrom.5":                    "Who breaks a rule meets a light sanction first, and a heavier one only later",
		"ostrom.5.rule.ladder":        "The steps: %[1]s.",
		"ostrom.5.rule.decided":       "What comes after mediation is decided by members, after the person was heard.",
		"ostrom.5.data.step":          "Taken so far, %[1]s: %[2]s.",
		"ostrom.5.data.healed":        "Sanctions that ended before their term: %[1]s.",
		"ostrom.5.gap.ladder":         "There are no sanctions.",
		"ostrom.5.gap.short":          "The ladder has too few steps to rise slowly.",
		"ostrom.5.gap.healing":        "Nothing says what somebody can do to end this step: %[1]s.",
		"ostrom.5.gap.heavy":          "Members were excluded more often than anything lighter was tried.",
		"ostrom.6":                    "Conflicts are settled near by, quickly and at little cost",
		"ostrom.6.rule.mediation":     "Mediation is a step of its own, before anything is taken from anybody.",
		"ostrom.6.rule.mediators":     "Some members are mediators.",
		"ostrom.6.rule.appeal":        "A panel of %[1]s, drawn by lot, looks at a sanction again; it may be asked for within %[2]s hours.",
		"ostrom.6.data.mediators":     "Mediators now: %[1]s. Mediations: %[2]s.",
		"ostrom.6.data.appeals":       "Appeals: %[1]s, of them upheld: %[2]s.",
		"ostrom.6.gap.mediation":      "Mediation is no step of the ladder.",
		"ostrom.6.gap.mediators":      "The rules know no mediators.",
		"ostrom.6.gap.vacant":         "No member is mediator now.",
		"ostrom.6.gap.appeal":         "Nobody looks at a sanction again.",
		"ostrom.6.gap.panel":          "A panel of %[1]s is hard to draw from %[2]s members, of whom some are concerned.",
		"ostrom.7":                    "Others let the pool make its own rules",
		"ostrom.7.rule.own":           "The rules are the pool's own, and change by its own procedure alone.",
		"ostrom.7.rule.books":         "Books, keys and log are on the pool's own machine; nobody else can change them unseen.",
		"ostrom.7.data.federations":   "Pools and federations that have taken it in: %[1]s.",
		"ostrom.7.gap.law":            "Whether the law and its officials recognise the pool, its books cannot show.",
		"ostrom.8":                    "What is larger than the pool is done together with others",
		"ostrom.8.rule.pledges":       "Members can pledge help to other pools before it is needed.",
		"ostrom.8.rule.emergency":     "Members can declare an emergency, which calls in what others have pledged.",
		"ostrom.8.rule.shown":         "Other pools see: %[1]s.",
		"ostrom.8.data.members":       "Federations: %[1]s. Pools that are members: %[2]s. Pledges in force: %[3]s.",
		"ostrom.8.gap.pledges":        "No rule says how the pool pledges help to others.",
		"ostrom.8.gap.emergency":      "No rule says how the pool calls for the help of others.",
		"ostrom.8.gap.shown":          "Other pools see nothing that they could trust.",
		"ostrom.8.gap.alone":          "The pool is in no federation, and no pool is its member.",
	}
}
