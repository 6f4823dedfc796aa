package decide_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/fx"
)

var hours = fx.MustCurrency("hours.nairobi.0")

// just are rules with a ladder, an appeal, pledges, loans and a unit that expires.
func just() *charter.Charter {
	c := decidetest.Rules()
	everybody := []string{charter.Everybody}
	majority := charter.Tier{Method: charter.Majority, Vote: everybody, Quorum: 300, Hours: 48}
	two := charter.Tier{Method: charter.Signatures, Vote: everybody, Signatures: 2, Hours: 48}
	for kind, tier := range map[charter.Kind]charter.Tier{
		charter.Sanction: majority, charter.Healing: majority,
		charter.Emergency: two, charter.Pledging: two, charter.Loan: two, charter.Issuance: two,
	} {
		c.Decisions = append(c.Decisions, charter.Decision{Kind: kind, Propose: everybody, Tiers: []charter.Tier{tier}})
	}
	c.Units = append(c.Units, charter.Unit{Unit: hours, Issue: charter.Decided, ExpiryDays: 90})
	c.Funds = append(c.Funds, charter.Fund{Name: "vouchers", Unit: hours})
	c.Lateness = charter.Lateness{GraceDays: 5, RemindDays: 7, Reminders: 2}
	c.Sanctions = []charter.Step{
		{Measure: charter.Reminder},
		{Measure: charter.Mediation},
		{Measure: charter.Reduction, HearHours: 24, TermDays: 90, Permille: 500},
		{Measure: charter.Suspension, HearHours: 72, TermDays: 60},
		{Measure: charter.Exclusion, HearHours: 168, Healing: "Ask again after a year."},
	}
	c.Appeal = charter.Appeal{Panel: 3, Hours: 96}
	return c
}

func court(t require.TestingT, n int) *decidetest.Village {
	return decidetest.Found(t, just(), n, []string{"treasurer"}, []string{"treasurer"})
}

func step(member string, measure charter.Measure) decide.Sanction {
	s := decide.Sanction{Member: member, Measure: measure, Rule: "dues[0]", Version: 1, Evidence: decidetest.Closed("seen")}
	if measure == charter.Mediation {
		s.Mediator = "m1"
	}
	return s
}

// takes has m1 propose a step, waits until the member may not be heard any more, and has others vote for it.
func takes(v *decidetest.Village, s decide.Sanction, voters ...string) string {
	p := v.Propose("m1", charter.Sanction, s)
	if begins := v.State.Proposal(p).Begins; begins.After(v.Now) {
		v.Wait(begins.Sub(v.Now))
	}
	v.Approve(p, voters...)
	v.Wait(48 * time.Hour)
	require.Equal(v.T, decide.Carried, v.State.Proposal(p).State, v.State.Proposal(p).Why)
	return p
}

// climbs takes every step below a measure.
func climbs(v *decidetest.Village, member string, measure charter.Measure, voters ...string) {
	for _, s := range just().Sanctions {
		if s.Measure == measure {
			return
		}
		p := takes(v, step(member, s.Measure), voters...)
		if s.Measure == charter.Suspension || s.Measure == charter.Reduction {
			h := v.Propose("m1", charter.Healing, decide.Healing{Sanction: p})
			v.Approve(h, voters...)
			v.Wait(48 * time.Hour)
		}
	}
}

func standing(v *decidetest.Village, member string) string {
	return v.State.Member(member).Standing.String()
}

func TestTheLadderIsClimbedStepByStep(t *testing.T) {
	v := court(t, 9)
	for _, measure := range []charter.Measure{charter.Mediation, charter.Reduction, charter.Suspension, charter.Exclusion} {
		assert.Equal(t, decide.FaultRules, v.Say("m1", "propose", v.Proposing(charter.Sanction, step("m9", measure))).Fault, measure)
	}
	takes(v, step("m9", charter.Reminder), "m2", "m3", "m4")
	assert.Equal(t, decide.FaultRules, v.Say("m1", "propose", v.Proposing(charter.Sanction, step("m9", charter.Reduction))).Fault)
	takes(v, step("m9", charter.Mediation), "m2", "m3", "m4")
	assert.Equal(t, "active", standing(v, "m9"), "a mediation brings nothing about by itself")
	takes(v, step("m9", charter.Reduction), "m2", "m3", "m4")
	assert.Equal(t, 500, v.State.LimitPermille("m9"))
	assert.Equal(t, 1000, v.State.LimitPermille("m1"))
	p := takes(v, step("m9", charter.Suspension), "m2", "m3", "m4")
	assert.Equal(t, "suspended", standing(v, "m9"))
	assert.Equal(t, decide.FaultStanding, v.Say("m9", "propose", v.Proposing(charter.Payout, medicine())).Fault)
	assert.Equal(t, decide.FaultAlready, v.Say("m1", "propose", v.Proposing(charter.Sanction, step("m9", charter.Suspension))).Fault)
	v.Wait(61 * day)
	assert.Equal(t, "active", standing(v, "m9"), "a term ends by itself")
	assert.Equal(t, decide.FaultNotNow, v.Say("m1", "propose", v.Proposing(charter.Healing, decide.Healing{Sanction: p})).Fault)
	v.Wait(90 * day)
	assert.Equal(t, 1000, v.State.LimitPermille("m9"))
	v.Wait(300 * day)
	assert.Equal(t, decide.FaultRules, v.Say("m1", "propose", v.Proposing(charter.Sanction, step("m9", charter.Exclusion))).Fault, "a year later it begins anew")
}

func TestNobodyVotesBeforeTheMemberIsHeard(t *testing.T) {
	v := court(t, 9)
	climbs(v, "m9", charter.Suspension, "m2", "m3", "m4", "m5")
	p := v.Propose("m1", charter.Sanction, step("m9", charter.Suspension))
	ballot := v.Ballot(p, decide.For)
	early := v.Act("m2", "vote", ballot)
	assert.Equal(t, decide.FaultNotNow, v.Decide(decide.Input{Act: &early}).Answer.Fault)
	assert.Equal(t, decide.FaultRole, v.Say("m3", "statement", decide.Statement{Proposal: p, Statement: decidetest.Closed("not me")}).Fault)
	assert.Equal(t, decide.FaultCommitments, v.Say("m9", "statement", decide.Statement{Proposal: p}).Fault)
	v.Done("m9", "statement", decide.Statement{Proposal: p, Statement: decidetest.Closed("I was ill.")})
	assert.Empty(t, v.Decide(decide.Input{Act: &early}).Answer.Fault, "what was too early may be said again")
	assert.Equal(t, decide.FaultConflict, v.Say("m9", "vote", v.Ballot(p, decide.Against)).Fault, "the accused speaks, and has no vote")
	v.Wait(71 * time.Hour)
	assert.Equal(t, decide.Voting, v.State.Proposal(p).State, "whoever is quick to speak takes no time to vote away")
	v.Approve(p, "m3", "m4")
	v.Wait(50 * time.Hour)
	assert.Equal(t, "suspended", standing(v, "m9"))
	v.Done("m9", "appeal", decide.Appealing{Sanction: p, Ground: decidetest.Closed("nobody asked my doctor")})
	assert.Equal(t, "active", standing(v, "m9"), "an appeal stays it")
}

func TestSilenceSanctionsNobody(t *testing.T) {
	rules := just()
	for i, d := range rules.Decisions {
		if d.Kind == charter.Sanction {
			rules.Decisions[i].Tiers = []charter.Tier{{Method: charter.Consent, Vote: []string{charter.Everybody}, Hours: 48}}
		}
	}
	v := decidetest.Found(t, rules, 9)
	takes(v, step("m9", charter.Reminder))
	takes(v, step("m9", charter.Mediation))
	p := v.Propose("m1", charter.Sanction, step("m9", charter.Reduction))
	v.Wait(80 * time.Hour)
	assert.Equal(t, decide.Failed, v.State.Proposal(p).State)
	assert.Equal(t, 1000, v.State.LimitPermille("m9"))
	takes(v, step("m9", charter.Reduction), "m2")
	assert.Equal(t, 500, v.State.LimitPermille("m9"))
}

// Whoever is excluded goes out of rotating groups as well; a group that has ended keeps nobody.
func TestAnExcludedMembersSeat(t *testing.T) {
	rules := just()
	rules.Decisions = append(rules.Decisions, charter.Decision{
		Kind: charter.Rotating, Propose: []string{charter.Everybody},
		Tiers: []charter.Tier{{Method: charter.Signatures, Vote: []string{charter.Everybody}, Signatures: 3, Hours: 48}},
	})
	v := decidetest.Found(t, rules, 9)
	begin := decide.Beginning{Terms: rotation.Terms{
		Method: rotation.Fixed, Start: v.Now.Add(200 * day), RoundDays: 30, DueDays: 5, GraceDays: 2, RemindDays: 2, Reminders: 1,
		GiveBack: rotation.AtEnd,
	}}
	for _, m := range []string{"m1", "m9"} {
		begin.Seats = append(begin.Seats, rotation.Seat{Member: m, Unit: kes, ContributionMinor: 1_000_00})
	}
	v.Approve(v.Propose("m1", charter.Rotating, decide.Rotation{Begin: &begin}), "m1", "m2", "m3")
	climbs(v, "m9", charter.Exclusion, "m2", "m3", "m4")
	takes(v, step("m9", charter.Exclusion), "m2", "m3", "m4")
	assert.Equal(t, rotation.Active, v.State.Group("g1").Seats[1].Standing, "not before it is final")
	v.Wait(97 * time.Hour)
	assert.Equal(t, "excluded", standing(v, "m9"))
	assert.Equal(t, rotation.Excluded, v.State.Group("g1").Seats[1].Standing)
	v.Wait(400 * day)
	require.Equal(t, rotation.Ended, v.State.Group("g1").Phase)
	v.Done("m1", "leave", struct{}{})
}

// A facilitator who tries everything gets each attempt refused with its reason, in the log.
func TestAFacilitatorWhoTriesEverything(t *testing.T) {
	v := court(t, 9)
	v.PaysIn("m3", decide.Amount{Minor: 9_000_00, Unit: kes})
	before := v.State.Balances()
	tries := func(fault decide.Fault, kind string, body any) {
		t.Helper()
		answer := v.Say("m1", kind, body)
		assert.Equal(t, fault, answer.Fault, "%s: %s", kind, answer.Detail)
		last := v.Entries[len(v.Entries)-1]
		assert.Equal(t, "refused", last.Lines[len(last.Lines)-1].Kind)
	}
	propose := func(fault decide.Fault, kind charter.Kind, subject any) {
		t.Helper()
		tries(fault, "propose", v.Proposing(kind, subject))
	}
	own := medicine()
	own.Member = "m1"
	p := v.Propose("m1", charter.Payout, own)
	tries(decide.FaultConflict, "vote", v.Ballot(p, decide.For))
	v.Done("m1", "delegate", decide.Delegating{To: "m2", Until: v.Now.Add(100 * day)})
	pledged := medicine()
	pledged.Pledge = "p1"
	propose(decide.FaultRules, charter.Payout, pledged)
	propose(decide.FaultRules, charter.Sanction, step("m9", charter.Exclusion))
	none := step("m9", charter.Reminder)
	none.Evidence = act.Commitment{}
	propose(decide.FaultCommitments, charter.Sanction, none)
	none = step("m9", charter.Reminder)
	none.Version = 2
	propose(decide.FaultForm, charter.Sanction, none)
	propose(decide.FaultUnknown, charter.Healing, decide.Healing{Sanction: "p1"})
	propose(decide.FaultRules, charter.Issuance, decide.Issuance{Amount: decide.Amount{Minor: 1, Unit: kes}, Fund: "main"})
	propose(decide.FaultForm, charter.Issuance, decide.Issuance{Amount: decide.Amount{Minor: 1, Unit: hours}})
	propose(decide.FaultUnknown, charter.Loan, decide.Loan{Payout: *medicine()})
	tries(decide.FaultUnknown, "verdict", decide.Verdict{Sanction: p})
	tries(decide.FaultUnknown, "appeal", decide.Appealing{Sanction: p})
	tries(decide.FaultRole, "statement", decide.Statement{Proposal: p})
	tries(decide.FaultConflict, "took_in", decide.Taken{ID: "x", Member: "m1", Amount: decide.Amount{Minor: 1, Unit: kes}})
	loan := lend("m1", 1_000_00)
	q := v.Propose("m1", charter.Loan, loan)
	tries(decide.FaultConflict, "vote", v.Ballot(q, decide.For))
	i := v.Propose("m1", charter.Issuance, decide.Issuance{Amount: decide.Amount{Minor: 100, Unit: hours}, Member: "m1"})
	tries(decide.FaultConflict, "vote", v.Ballot(i, decide.For))
	assert.Equal(t, before, v.State.Balances(), "nothing came of it")
}
