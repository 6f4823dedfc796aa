package decide_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/fx"
)

// Whatever is accused, appealed, pledged, declared, lent and issued, in whatever order: units sum to zero, pledges pay
// neither twice nor beyond their cap, nobody is sanctioned unheard or beyond the second step without votes, what was
// refused never happened, and the same inputs make the same entries.
func TestWhateverIsAccusedOrPledged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := court(t, 6)
		v.PaysIn("m4 main", decide.Amount{Minor: 9_000_00, Unit: kes})
		if measure := rapid.SampledFrom(append(charter.Measures(), "")).Draw(t, "climbed"); measure != "" {
			climbs(v, "m6", measure, "m2", "m3", "m4")
			takes(v, step("m6", measure), "m2", "m3", "m4")
		}
		if rapid.Bool().Draw(t, "lent and pledged") {
			loan := lend("m3", 900_00)
			loan.RepayBy = v.Now.Add(90 * day)
			borrowed := v.Propose("m3", charter.Loan, loan)
			v.Approve(borrowed, "m1", "m2")
			v.Word("priced", decide.Priced{Proposal: borrowed, Order: "r", CostMinor: 900_00})
			v.Word("paid", decide.Ended{Proposal: borrowed})
			v.Approve(v.Propose("m1", charter.Pledging, pledge(t)), "m2", "m3")
		}
		quarrel(t, v)
		for _, unit := range []fx.Currency{kes, hours} {
			assert.Zero(t, sum(v.State, unit))
		}
		capped(t, v)
		heardFirst(t, v)
		standsRightly(t, v)
		owes(t, v)
		v.Wait(92 * day)
		for account, minor := range v.State.Balances() {
			assert.False(t, account.Unit == hours && minor > 0, "%s outlived its term", account.Path)
		}

		again, without := decide.New(v.Pool), decide.New(v.Pool)
		for i, in := range v.Inputs {
			entry, err := again.Decide(in)
			require.NoError(t, err)
			require.Equal(t, string(bytesOf(t, v.Entries[i])), string(bytesOf(t, entry)))
			if entry.Answer.Fault != "" {
				in = decide.Input{At: in.At, Word: &decide.Word{Kind: "clock", Body: []byte("{}")}}
			}
			_, err = without.Decide(in)
			require.NoError(t, err)
		}
		assert.Equal(t, v.State.Balances(), without.Balances())
		assert.Equal(t, v.State.Due(), without.Due())
		assert.Equal(t, v.State.Sanctions(), without.Sanctions())
		assert.Equal(t, v.State.Promises(), without.Promises())
		assert.Equal(t, v.State.Loans(), without.Loans())
		assert.Equal(t, v.State.Facts(), without.Facts())
	})
}

// capped checks what pledges paid.
func capped(t *rapid.T, v *decidetest.Village) {
	for _, promise := range v.State.Promises() {
		total, seen := int64(0), map[string]bool{}
		for _, kept := range promise.Kept {
			p := v.State.Proposal(kept.Payout)
			assert.False(t, seen[kept.Declaration], "once for each declaration")
			seen[kept.Declaration] = true
			assert.LessOrEqual(t, p.Paying().MaxCost.Minor, promise.EachMinor)
			assert.LessOrEqual(t, p.Cost, p.Paying().MaxCost.Minor)
			if p.Payout == decide.PayoutFunded || p.Payout == decide.PayoutPaid {
				total += p.Cost
			}
		}
		assert.LessOrEqual(t, total, promise.TotalMinor)
		votes := forIt(t, v, v.State.Proposal(promise.ID))
		assert.GreaterOrEqual(t, len(votes), 2, "the pledge was the decision")
	}
	for i := 1; v.State.Proposal(fmt.Sprintf("p%d", i)) != nil; i++ {
		p := v.State.Proposal(fmt.Sprintf("p%d", i))
		if o := p.Paying(); o != nil && o.Pledge != "" && p.Cost > 0 {
			assert.True(t, slices.ContainsFunc(v.State.Promises(), func(x *decide.Promise) bool {
				return x.ID == o.Pledge && slices.ContainsFunc(x.Kept, func(k decide.Keeping) bool { return k.Payout == p.ID })
			}))
		}
	}
}

// ballot is a vote that was taken.
type ballot struct {
	by     string
	choice decide.Choice
	at     time.Time
}

// forIt finds in the inputs alone who voted for a proposal.
func forIt(t *rapid.T, v *decidetest.Village, p *decide.Proposal) (votes []ballot) {
	for i, in := range v.Inputs {
		if in.Act == nil || v.Entries[i].Answer.Fault != "" || !in.Act.Verify() {
			continue
		}
		a, err := act.Read(in.Act.Open)
		require.NoError(t, err)
		var b decide.Ballot
		if a.Kind == "vote" && a.Decode(&b) == nil && b.Hash == fmt.Sprintf("%x", p.Hash) && b.Choice == decide.For {
			votes = append(votes, ballot{a.By, b.Choice, in.At})
		}
	}
	return votes
}

// heardAt finds in the inputs alone when a member spoke about a proposal, zero for never.
func heardAt(t *rapid.T, v *decidetest.Village, id, member string) time.Time {
	for i, in := range v.Inputs {
		if in.Act == nil || v.Entries[i].Answer.Fault != "" {
			continue
		}
		a, err := act.Read(in.Act.Open)
		require.NoError(t, err)
		var s decide.Statement
		if a.Kind == "statement" && a.By == member && a.Decode(&s) == nil && s.Proposal == id {
			return in.At
		}
	}
	return time.Time{}
}

// heardFirst checks that whoever has a sanction was heard before the first vote, which there was.
func heardFirst(t *rapid.T, v *decidetest.Village) {
	for _, x := range v.State.Sanctions() {
		p := v.State.Proposal(x.ID)
		votes := forIt(t, v, p)
		require.NotEmpty(t, votes, "no sanction without votes")
		hearing, _ := just().Step(x.Measure)
		heard := p.Opened.Add(time.Duration(hearing.HearHours) * time.Hour)
		if at := heardAt(t, v, x.ID, x.Member); !at.IsZero() && at.Before(heard) {
			heard = at
		}
		for _, b := range votes {
			assert.False(t, b.at.Before(heard), "%s voted before %s was heard", b.by, x.Member)
			assert.NotEqual(t, x.Member, b.by)
		}
	}
}

// standsRightly checks that members stand as their sanctions say.
func standsRightly(t *rapid.T, v *decidetest.Village) {
	for _, m := range v.State.Members() {
		var suspended, excluded, over bool
		for _, x := range v.State.Sanctions() {
			if x.Member == m.ID {
				suspended = suspended || x.State == decide.InForce && x.Measure == charter.Suspension
				final := x.Measure == charter.Exclusion && !v.Now.Before(x.Final)
				excluded = excluded || final && x.State == decide.InForce
				suspended = suspended || x.Measure == charter.Exclusion && x.State == decide.InForce
				over = over || final && x.State == decide.Healed
			}
		}
		switch m.Standing.String() {
		case "active":
			assert.False(t, suspended || excluded, m.ID)
		case "suspended":
			assert.True(t, suspended && !excluded, m.ID)
		case "excluded":
			assert.True(t, excluded, m.ID)
		case "invited":
			assert.True(t, over, m.ID)
		}
	}
}

// owes checks that the book says what members have borrowed.
func owes(t *rapid.T, v *decidetest.Village) {
	lent := map[string]int64{}
	for _, l := range v.State.Loans() {
		lent["lent/"+l.Member] += l.Minor - l.Back
	}
	for account, minor := range v.State.Balances() {
		if strings.HasPrefix(account.Path, "lent/") {
			assert.Equal(t, lent[account.Path], minor, account.Path)
			delete(lent, account.Path)
		}
	}
	assert.Empty(t, lent)
}
