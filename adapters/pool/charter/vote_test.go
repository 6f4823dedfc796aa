package charter_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/charter/chartertest"
)

// counts draws how votes may stand.
func counts() *rapid.Generator[charter.Count] {
	return rapid.Custom(func(t *rapid.T) charter.Count {
		c := charter.Count{Eligible: rapid.IntRange(0, 12).Draw(t, "eligible")}
		c.For = rapid.IntRange(0, c.Eligible).Draw(t, "for")
		c.Against = rapid.IntRange(0, c.Eligible-c.For).Draw(t, "against")
		c.Abstain = rapid.IntRange(0, c.Eligible-c.For-c.Against).Draw(t, "abstain")
		c.Objections = rapid.IntRange(0, c.Against).Draw(t, "objections")
		c.Signatures = rapid.IntRange(0, c.For).Draw(t, "signatures")
		return c
	})
}

// allow says by the words of the rules whether a question has what it needs in the end.
func allow(t charter.Tier, c charter.Count) bool {
	quorate := (c.For+c.Against+c.Abstain)*1000 >= t.Quorum*c.Eligible
	signed := c.Signatures >= t.Signatures
	by := map[charter.Method]bool{
		charter.Consent:       c.Against == 0 && c.Eligible > 0,
		charter.Majority:      c.For > c.Against,
		charter.Supermajority: c.For > 0 && 1000*c.For >= t.Permille*(c.For+c.Against),
		charter.Signatures:    true,
	}
	return quorate && signed && by[t.Method]
}

func TestTheLastWordIsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tier, c := chartertest.Tiers().Draw(t, "tier"), counts().Draw(t, "count")
		want := charter.Refuses
		if allow(tier, c) {
			want = charter.Passes
		}
		require.Equal(t, want, tier.Outcome(c, true))
	})
}

// tiersOfAll lists tiers of every method, with little and with much to ask.
func tiersOfAll() (tiers []charter.Tier) {
	for _, method := range charter.Methods() {
		for _, quorum := range []int{0, 400, 500, 1000} {
			for _, permille := range []int{501, 667, 1000} {
				for signatures := range 3 {
					tiers = append(tiers, charter.Tier{Method: method, Quorum: quorum, Permille: permille, Signatures: signatures})
				}
			}
		}
	}
	return tiers
}

// possible lists every way that votes may stand among so many.
func possible(eligible int) (all []charter.Count) {
	for yes := range eligible + 1 {
		for no := range eligible - yes + 1 {
			for abstain := range eligible - yes - no + 1 {
				for signed := range yes + 1 {
					all = append(all, charter.Count{Eligible: eligible, For: yes, Against: no, Abstain: abstain, Signatures: signed})
				}
			}
		}
	}
	return all
}

// follows tells whether votes may come to stand so.
func follows(c, after charter.Count) bool {
	return after.For >= c.For && after.Against >= c.Against && after.Abstain >= c.Abstain &&
		after.Signatures >= c.Signatures && after.Signatures-c.Signatures <= after.For-c.For
}

// A question is decided early exactly when no votes to come could turn it; but consent is never given early.
func TestAQuestionIsOpenAsLongAsItCanTurn(t *testing.T) {
	for eligible := range 5 {
		counts := possible(eligible)
		for _, tier := range tiersOfAll() {
			for _, c := range counts {
				ends := map[charter.Verdict]bool{}
				for _, after := range counts {
					if follows(c, after) {
						ends[tier.Outcome(after, true)] = true
					}
				}
				want := charter.Open
				switch {
				case !ends[charter.Passes]:
					want = charter.Refuses
				case !ends[charter.Refuses] && tier.Method != charter.Consent:
					want = charter.Passes
				}
				require.Equal(t, want, tier.Outcome(c, false), "%+v %+v", tier, c)
			}
		}
	}
}

func TestOneMoreForNeverRefuses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tier, c := chartertest.Tiers().Draw(t, "tier"), counts().Draw(t, "count")
		ended := rapid.Bool().Draw(t, "ended")
		if c.For+c.Against+c.Abstain == c.Eligible {
			return
		}
		more := c
		more.For, more.Signatures = c.For+1, c.Signatures+1
		if tier.Outcome(c, ended) == charter.Passes {
			require.Equal(t, charter.Passes, tier.Outcome(more, ended))
		}
		if tier.Outcome(more, ended) == charter.Refuses {
			require.Equal(t, charter.Refuses, tier.Outcome(c, ended))
		}
	})
}

func TestNothingPassesBelowItsSignaturesOrQuorum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tier := chartertest.Tiers().Draw(t, "tier")
		number := rapid.OneOf(rapid.IntRange(-1, 4), rapid.IntRange(0, 4), rapid.IntRange(0, 4), rapid.Int())
		c := charter.Count{
			Eligible: number.Draw(t, "eligible"), For: number.Draw(t, "for"), Against: number.Draw(t, "against"),
			Abstain: number.Draw(t, "abstain"), Objections: number.Draw(t, "objections"), Signatures: number.Draw(t, "signatures"),
		}
		if tier.Outcome(c, rapid.Bool().Draw(t, "ended")) != charter.Passes {
			return
		}
		require.GreaterOrEqual(t, c.Signatures, tier.Signatures)
		require.GreaterOrEqual(t, (c.For+c.Against+c.Abstain)*1000, tier.Quorum*c.Eligible)
		require.Positive(t, c.Eligible)
		require.LessOrEqual(t, c.Signatures, c.For)
		require.LessOrEqual(t, c.For+c.Against+c.Abstain, c.Eligible)
	})
}

func TestOutcomes(t *testing.T) {
	two := charter.Tier{Method: charter.Signatures, Signatures: 2}
	assert.Equal(t, charter.Open, two.Outcome(charter.Count{Eligible: 3, For: 1, Signatures: 1}, false))
	assert.Equal(t, charter.Passes, two.Outcome(charter.Count{Eligible: 3, For: 2, Signatures: 2}, false))
	assert.Equal(t, charter.Refuses, two.Outcome(charter.Count{Eligible: 3, For: 1, Signatures: 1, Against: 2}, false))
	assert.Equal(t, charter.Refuses, two.Outcome(charter.Count{Eligible: 1, For: 1, Signatures: 1}, false), "there are no two")

	consent := charter.Tier{Method: charter.Consent, Signatures: 1}
	assert.Equal(t, charter.Open, consent.Outcome(charter.Count{Eligible: 3, For: 3, Signatures: 3}, false), "it waits for its end")
	assert.Equal(t, charter.Passes, consent.Outcome(charter.Count{Eligible: 3, For: 1, Signatures: 1}, true))
	assert.Equal(t, charter.Refuses, consent.Outcome(charter.Count{Eligible: 3, For: 2, Signatures: 2, Against: 1, Objections: 1}, false))

	assert.Equal(t, charter.Refuses, charter.Tier{Method: charter.Consent}.Outcome(charter.Count{}, true), "nobody is asked")
	for _, c := range []charter.Count{
		{Eligible: 3, For: 1, Signatures: 2}, {Eligible: 1, For: 2, Signatures: 2}, {Eligible: 3, For: 2, Signatures: 2, Abstain: 2},
		{Eligible: 3, For: 2, Signatures: 2, Objections: 1}, {Eligible: 3, For: 3, Signatures: 2, Abstain: -1}, {Eligible: 1 << 62, For: 2, Signatures: 2},
	} {
		assert.Equal(t, charter.Refuses, two.Outcome(c, true), "%+v cannot be", c)
		assert.Equal(t, charter.Open, two.Outcome(c, false), "%+v cannot be", c)
	}

	majority := charter.Tier{Method: charter.Majority, Quorum: 500}
	assert.Equal(t, charter.Open, majority.Outcome(charter.Count{Eligible: 5, For: 2}, false))
	assert.Equal(t, charter.Passes, majority.Outcome(charter.Count{Eligible: 5, For: 3}, false))
	assert.Equal(t, charter.Refuses, majority.Outcome(charter.Count{Eligible: 4, For: 2, Against: 2}, false), "a tie")
	assert.Equal(t, charter.Refuses, majority.Outcome(charter.Count{Eligible: 5, For: 2}, true), "no quorum")

	two3 := charter.Tier{Method: charter.Supermajority, Permille: 667}
	assert.Equal(t, charter.Refuses, two3.Outcome(charter.Count{Eligible: 3, For: 2, Against: 1}, true), "two thirds are 666.7")
	assert.Equal(t, charter.Passes, two3.Outcome(charter.Count{Eligible: 4, For: 3, Against: 1}, true))
	assert.Equal(t, charter.Refuses, charter.Tier{Method: "lot"}.Outcome(charter.Count{Eligible: 1, For: 1}, true))
}
