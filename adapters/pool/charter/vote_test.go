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

// later draws how votes may stand when more have spoken.
func later(t *rapid.T, c charter.Count) charter.Count {
	for range rapid.IntRange(0, c.Eligible-c.For-c.Against-c.Abstain).Draw(t, "more") {
		switch rapid.SampledFrom([]string{"sign", "for", "against", "abstain"}).Draw(t, "vote") {
		case "sign":
			c.For, c.Signatures = c.For+1, c.Signatures+1
		case "for":
			c.For++
		case "against":
			c.Against++
		case "abstain":
			c.Abstain++
		}
	}
	return c
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

func TestAnEarlyVerdictIsNeverTurned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tier, c := chartertest.Tiers().Draw(t, "tier"), counts().Draw(t, "count")
		early := tier.Outcome(c, false)
		after := later(t, c)
		if early != charter.Open {
			require.Equal(t, early, tier.Outcome(after, false), "%+v", after)
			require.Equal(t, early, tier.Outcome(after, true), "%+v", after)
		}
	})
}

// Nobody waits for nothing: while a question is open, votes could still make it pass, and could still refuse it.
func TestWhatIsOpenIsUndecided(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tier, c := chartertest.Tiers().Draw(t, "tier"), counts().Draw(t, "count")
		if tier.Outcome(c, false) != charter.Open || tier.Method == charter.Consent {
			return
		}
		silent := c.Eligible - c.For - c.Against - c.Abstain
		best, worst, still := c, c, c
		best.For, best.Signatures = c.For+silent, c.Signatures+silent
		worst.Against += silent
		require.True(t, allow(tier, best))
		require.False(t, allow(tier, worst) && allow(tier, still))
	})
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
		number := rapid.OneOf(rapid.IntRange(-2, 12), rapid.Int())
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
