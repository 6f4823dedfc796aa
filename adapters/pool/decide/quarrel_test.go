package decide_test

import (
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
)

// quarrel has members and the node say this and that, much of which makes sense.
func quarrel(t *rapid.T, v *decidetest.Village) {
	member := rapid.SampledFrom([]string{"m1", "m2", "m3", "m4", "m5", "m6"})
	choice := rapid.SampledFrom([]decide.Choice{decide.For, decide.For, decide.For, decide.Against, decide.Abstain})
	minor := rapid.Int64Range(1, 3_000_00)
	var made []string
	some := func() string { return rapid.SampledFrom(append(made, "p99")).Draw(t, "proposal") }
	newest := func() string { return append([]string{"p99"}, made...)[len(made)] }
	propose := func(kind charter.Kind, subject any) {
		if answer := v.Say(member.Draw(t, "by"), "propose", v.Proposing(kind, subject)); answer.Made != "" {
			made = append(made, answer.Made)
		}
	}
	votes := func(id string) {
		for _, m := range rapid.SliceOfN(member, 0, 6).Draw(t, "voters") {
			if v.State.Proposal(id) != nil {
				v.Say(m, "vote", v.Ballot(id, choice.Draw(t, "choice")))
			}
		}
	}
	sayings := []func(){
		func() {
			s := step(member.Draw(t, "accused"), rapid.SampledFrom(charter.Measures()).Draw(t, "measure"))
			propose(charter.Sanction, s)
		},
		func() { // the next step, voted on in time
			accused := rapid.SampledFrom([]string{"m5", "m6"}).Draw(t, "accused")
			propose(charter.Sanction, step(accused, nextStep(v, accused)))
			v.Wait(time.Duration(rapid.IntRange(0, 200).Draw(t, "hours")) * time.Hour)
			votes(newest())
		},
		func() {
			v.Say(member.Draw(t, "by"), "statement", decide.Statement{Proposal: some(), Statement: decidetest.Closed("no")})
		},
		func() { votes(some()) },
		func() {
			id, by := some(), member.Draw(t, "by")
			if all := v.State.Sanctions(); len(all) > 0 && rapid.IntRange(0, 3).Draw(t, "own") > 0 {
				id, by = all[len(all)-1].ID, all[len(all)-1].Member
			}
			v.Say(by, "appeal", decide.Appealing{Sanction: id, Ground: decidetest.Closed("no")})
		},
		func() {
			all := v.State.Sanctions()
			if len(all) > 0 && all[len(all)-1].Appeal != nil {
				for _, judge := range all[len(all)-1].Appeal.Panel {
					v.Say(judge, "verdict", verdict(v, all[len(all)-1].ID, rapid.SampledFrom([]decide.Ruling{decide.Uphold, decide.Lift}).Draw(t, "ruling")))
				}
			}
		},
		func() {
			if id := some(); v.State.Proposal(id) != nil {
				v.Say(member.Draw(t, "by"), "verdict", verdict(v, id, rapid.SampledFrom([]decide.Ruling{decide.Uphold, decide.Lift}).Draw(t, "ruling")))
			}
		},
		func() {
			id := some()
			if all := v.State.Sanctions(); len(all) > 0 && rapid.Bool().Draw(t, "of one") {
				id = rapid.SampledFrom(all).Draw(t, "sanction").ID
			}
			propose(charter.Healing, decide.Healing{Sanction: id})
			votes(newest())
		},
		func() {
			p := pledge(t)
			p.EachMinor = minor.Draw(t, "each")
			p.TotalMinor = p.EachMinor + minor.Draw(t, "more")
			if rapid.IntRange(0, 4).Draw(t, "revokes") == 0 {
				p.Revokes = some()
			}
			propose(charter.Pledging, p)
			votes(newest())
		},
		func() {
			v.Declares(says(t, flood(), rapid.SampledFrom([]string{"p1", "p2", "p3", "p4"}).Draw(t, "declaration")))
		},
		func() {
			loan := lend(member.Draw(t, "for"), minor.Draw(t, "lent"))
			loan.RepayBy = v.Now.Add(90 * day)
			propose(charter.Loan, loan)
			votes(newest())
		},
		func() {
			payer := member.Draw(t, "payer")
			if loans := v.State.Loans(); len(loans) > 0 && rapid.Bool().Draw(t, "borrower") {
				payer = rapid.SampledFrom(loans).Draw(t, "loan").Member + " loan"
			}
			v.PaysIn(payer+rapid.SampledFrom([]string{"", " loan", " dues"}).Draw(t, "for"), decide.Amount{Minor: minor.Draw(t, "in"), Unit: kes})
		},
		func() {
			i := decide.Issuance{Amount: decide.Amount{Minor: minor.Draw(t, "issued"), Unit: hours}, Fund: "vouchers"}
			if rapid.Bool().Draw(t, "to a member") {
				i.Fund, i.Member = "", member.Draw(t, "holder")
			}
			propose(charter.Issuance, i)
			votes(newest())
		},
		func() {
			for _, p := range v.State.Due() {
				if p.Payout == decide.PayoutDue && rapid.IntRange(0, 3).Draw(t, "priced") > 0 {
					v.Word("priced", decide.Priced{Proposal: p.ID, Order: "r", CostMinor: p.Paying().MaxCost.Minor})
				}
				v.Word(rapid.SampledFrom([]string{"paid", "paid", "returned"}).Draw(t, "end"), decide.Ended{Proposal: p.ID})
			}
		},
		func() {
			id := some()
			if loans := v.State.Loans(); len(loans) > 0 && rapid.Bool().Draw(t, "a loan") {
				id = loans[0].Proposal
			}
			v.Word("returned", decide.Ended{Proposal: id})
		},
		func() { v.Wait(time.Duration(rapid.IntRange(0, 1200).Draw(t, "hours")) * time.Hour) },
		func() {
			v.Say(member.Draw(t, "by"), rapid.SampledFrom([]string{"leave", "appeal"}).Draw(t, "odd"), struct{}{})
		},
	}
	for range rapid.IntRange(5, 40).Draw(t, "inputs") {
		rapid.SampledFrom(sayings).Draw(t, "what")()
		if next := v.State.Next(); !next.IsZero() {
			assert.True(t, next.After(v.Now) || len(v.Entries[len(v.Entries)-1].Lines) > 0, "the clock has something to do at %s", next)
		}
	}
	v.Word("clock", struct{}{})
	if next := v.State.Next(); !next.IsZero() {
		assert.True(t, next.After(v.Now), "what is due is done")
	}
}

// nextStep is the lightest measure that the member has not had.
func nextStep(v *decidetest.Village, member string) charter.Measure {
	taken := 0
	for _, x := range v.State.Sanctions() {
		if x.Member == member && x.State != decide.Lifted {
			taken = max(taken, slices.Index(charter.Measures(), x.Measure)+1)
		}
	}
	return charter.Measures()[min(taken, len(charter.Measures())-1)]
}
