// Package charter holds a pool's rules as data: one document that members can read, of which every decision
// names the version that it was made under, and which changes only as it says itself.
//
//	Parse, YAML      as people write it, amounts as decimals     Template  to begin with
//	Read, Canonical  as the log holds it, and Hash of it         Diff      what a change of rules changes
//	Check            whether the rules hang together             Ostrom    what they answer, and what is missing
//	Tier.Outcome     what votes make of a question
package charter

import "github.com/ayni-switch/ayni/fx"

// Charter is one version of a pool's rules.
type Charter struct {
	Version    int64         `json:"version"` // from 1 without gaps
	Pool       string        `json:"pool"`    // the pool's participant name
	Title      string        `json:"title"`
	Purpose    string        `json:"purpose"`
	Template   string        `json:"template,omitzero"` // what it was made from
	Units      []Unit        `json:"units"`             // the first is the pool's own money
	Funds      []Fund        `json:"funds,omitempty"`
	Purposes   []string      `json:"purposes,omitempty"` // what money may be paid out for; none for anything
	Roles      []Role        `json:"roles,omitempty"`    // beside Everybody, whom nobody has to name
	Decisions  []Decision    `json:"decisions"`
	Limits     []Limit       `json:"limits,omitempty"`
	Dues       []Due         `json:"dues,omitempty"`
	Lateness   Lateness      `json:"lateness,omitzero"`
	Credit     []CreditRule  `json:"credit,omitempty"`
	Sanctions  []Step        `json:"sanctions,omitempty"` // in order of weight, from the lightest
	Appeal     Appeal        `json:"appeal,omitzero"`
	Visibility []Visible     `json:"visibility"`
	Matching   MatchingRules `json:"matching,omitzero"`
}

// Unit is a unit of account that the pool keeps books in.
type Unit struct {
	Unit       fx.Currency `json:"unit,omitzero"`
	Issue      Issue       `json:"issue"`
	ExpiryDays int         `json:"expiry_days,omitzero"` // of vouchers, from when they were issued; 0 for never
}

// Issue says how units come to be.
type Issue string

// How units come to be.
const (
	Outside  Issue = "outside"  // money: it comes in from a rail
	Decided  Issue = "decided"  // issued by a decision, and taken back when it expires
	Mutually Issue = "mutually" // by members who owe each other: the sum of all accounts is zero
)

// Fund is a purse of the pool.
type Fund struct {
	Name    string      `json:"name"`
	Unit    fx.Currency `json:"unit,omitzero"`
	Purpose string      `json:"purpose,omitzero"`
	Reserve bool        `json:"reserve,omitzero"` // covers those who are late
}

// Everybody is the role of every member in good standing. Each charter has it without naming it.
const Everybody = "member"

// Role is what a member may be. Who founded the pool has those that the founding act names.
type Role struct {
	Name     string `json:"name"`               // treasurer, facilitator, auditor, mediator, or another
	Seats    int    `json:"seats,omitzero"`     // 0 for any number
	TermDays int    `json:"term_days,omitzero"` // 0 for as long as the person is a member
	MaxTerms int    `json:"max_terms,omitzero"` // in a row; 0 for any number
}

// Kind is what is decided about.
type Kind string

// What a pool decides about.
const (
	Payout      Kind = "payout"      // money leaves a fund
	RuleChange  Kind = "rule_change" // the next version of this document
	Admission   Kind = "admission"   // of an invited person or pool
	Appointment Kind = "appointment" // to a role
	Sanction    Kind = "sanction"    // a step of the ladder
	Healing     Kind = "healing"     // the end of a sanction before its term
	Emergency   Kind = "emergency"   // a declaration, which triggers pledges
	Pledging    Kind = "pledge"      // what the pool promises to pay on another's declaration
	Loan        Kind = "loan"        // to a member, without interest
	Issuance    Kind = "issuance"    // of community units
	Rotating    Kind = "rotation"    // a rotating group begins
	Recovering  Kind = "recovery"    // a member's new key: in the cooling-off the old one can object
)

// Method is how votes make a decision.
type Method string

// The methods. Each also wants the tier's Signatures of consenting members, where it names a number.
const (
	Consent       Method = "consent"       // passes at the end of its time unless somebody objects
	Majority      Method = "majority"      // passes with more for than against
	Supermajority Method = "supermajority" // passes with at least Permille of those for or against
	Signatures    Method = "signatures"    // passes with N of those who may sign, and nothing more
)

// Decision says how a kind of question is decided: the matrix of approvals.
type Decision struct {
	Kind    Kind     `json:"kind"`
	Propose []string `json:"propose"` // roles that may ask
	Tiers   []Tier   `json:"tiers"`   // by amount, the smallest first; the last has no limit, and decides what is in other units
}

// Tier is how questions up to an amount are decided.
type Tier struct {
	UpToMinor   int64    `json:"up_to_minor,omitzero"` // in the pool's own money, inclusive; 0 for any
	Method      Method   `json:"method"`
	Vote        []string `json:"vote"`                  // roles that may vote or sign
	Quorum      int      `json:"quorum,omitzero"`       // permille of those who may vote that have to say anything, if only that they abstain
	Permille    int      `json:"permille,omitzero"`     // of Supermajority
	Signatures  int      `json:"signatures,omitzero"`   // members for it in person, at least; where money moves, one or more
	Hours       int      `json:"hours"`                 // how long it is open
	CoolingOff  int      `json:"cooling_off,omitzero"`  // hours between decision and carrying out, for second thoughts
	NoDelegates bool     `json:"no_delegates,omitzero"` // votes count only in person
}

// Limit bounds what payouts may take from a fund for a purpose in a period.
type Limit struct {
	Fund     string `json:"fund,omitzero"`
	Purpose  string `json:"purpose,omitzero"` // one of Purposes; "" for all together
	Days     int    `json:"days"`
	MaxMinor int64  `json:"max_minor,omitzero"` // in the fund's unit
}

// Due is what every member pays regularly.
type Due struct {
	Name        string `json:"name"`
	Fund        string `json:"fund,omitzero"`
	AmountMinor int64  `json:"amount_minor,omitzero"` // in the fund's unit
	EveryDays   int    `json:"every_days"`
}

// Lateness is what follows when somebody has not paid: grace, then reminders, then the reserve, then the ladder.
type Lateness struct {
	GraceDays  int    `json:"grace_days,omitzero"`
	RemindDays int    `json:"remind_days,omitzero"` // between reminders
	Reminders  int    `json:"reminders,omitzero"`   // before a sanction may be proposed
	Reserve    string `json:"reserve,omitzero"`     // the fund that covers
}

// CreditRule bounds what members may owe and be owed in a unit that they issue mutually.
type CreditRule struct {
	Unit              fx.Currency `json:"unit,omitzero"`
	BaseMinor         int64       `json:"base_minor,omitzero"`         // what anybody may owe
	PerVouchMinor     int64       `json:"per_vouch_minor,omitzero"`    // more for each member who vouches
	PerYearMinor      int64       `json:"per_year_minor,omitzero"`     // more for each full year of membership
	TurnoverDays      int         `json:"turnover_days,omitzero"`      // turnover counts this long
	TurnoverPermille  int         `json:"turnover_permille,omitzero"`  // of it is more to owe
	MaxOweMinor       int64       `json:"max_owe_minor,omitzero"`      // however much the rest makes
	MaxHoldMinor      int64       `json:"max_hold_minor,omitzero"`     // what anybody may be owed; 0 for any
	DemurragePermille int         `json:"demurrage_permille,omitzero"` // of what is held, each DemurrageDays, to DemurrageFund
	DemurrageDays     int         `json:"demurrage_days,omitzero"`
	DemurrageFund     string      `json:"demurrage_fund,omitzero"`
}

// Measure is what a sanction does.
type Measure string

// The measures. What comes after Mediation is never taken without a decision.
const (
	Reminder   Measure = "reminder"
	Mediation  Measure = "mediation"
	Reduction  Measure = "reduced_limits"
	Suspension Measure = "suspension"
	Exclusion  Measure = "exclusion"
)

// Step is one rung of the ladder.
type Step struct {
	Measure   Measure `json:"measure"`
	HearHours int     `json:"hear_hours,omitzero"` // how long the member may be heard before it is decided
	TermDays  int     `json:"term_days,omitzero"`  // 0 for until it is healed
	Permille  int     `json:"permille,omitzero"`   // of limits that Reduction leaves
	Healing   string  `json:"healing,omitzero"`    // what the member can do to end it
}

// Appeal is how a sanction is looked at again, by a panel that is drawn.
type Appeal struct {
	Panel int `json:"panel,omitzero"` // members drawn, an odd number
	Hours int `json:"hours,omitzero"` // to appeal in, and again to decide in
}

// Section is a part of the pool's records that is shown or not.
type Section string

// The sections.
const (
	SectionBalance       Section = "balance"
	SectionContributions Section = "contributions"
	SectionPayouts       Section = "payouts"
	SectionNeeds         Section = "needs"
	SectionMembers       Section = "members"
	SectionDecisions     Section = "decisions"
	SectionRotation      Section = "rotation"
	SectionCredit        Section = "credit"
	SectionSanctions     Section = "sanctions"
	SectionPledges       Section = "pledges"
)

// Audience is who looks.
type Audience string

// The audiences. Auditors see everything.
const (
	Members    Audience = "members"
	Federation Audience = "federation"
	Auditors   Audience = "auditors"
	Public     Audience = "public"
)

// Visible shows a section to audiences, and what is shown to the public or the federation to members as well. A
// section that is not named is shown to auditors alone.
type Visible struct {
	Section Section    `json:"section"`
	To      []Audience `json:"to"`
}

// MatchingRules weigh needs and offers.
type MatchingRules struct {
	FairnessPermille int `json:"fairness_permille,omitzero"` // how much who got little lately comes first
}
