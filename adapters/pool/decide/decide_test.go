package decide_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
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
	"github.com/ayni-switch/ayni/settlement/audit"
)

var kes, php = decidetest.KES, decidetest.PHP

const day = 24 * time.Hour

func village(t require.TestingT) *decidetest.Village {
	return decidetest.Found(t, decidetest.Rules(), 5, []string{"treasurer"}, []string{"treasurer"})
}

// medicine is a payout of PHP 2,000 to Manila that costs KES 5,000 at most.
func medicine() *decide.Payout {
	return &decide.Payout{
		Fund: "main", Purpose: "health", To: "gcash-ph", Beneficiary: decidetest.Closed("Maria"),
		Amount: decide.Amount{Minor: 2_000_00, Unit: php}, Fixed: fx.FixedDestination, MaxCost: decide.Amount{Minor: 5_000_00, Unit: kes}, Reference: "medicine",
	}
}

func TestAPayoutFromDuesToPaid(t *testing.T) {
	v := village(t)
	v.PaysIn("m3 dues", decide.Amount{Minor: 9_000_00, Unit: kes})
	p := v.Propose("m3", charter.Payout, medicine())
	v.Approve(p, "m3")
	assert.Equal(t, decide.Voting, v.State.Proposal(p).State)
	v.Approve(p, "m4")
	assert.Equal(t, decide.Carried, v.State.Proposal(p).State)
	require.Len(t, v.State.Due(), 1)

	dear := v.Word("priced", decide.Priced{Proposal: p, Order: "r1", CostMinor: 5_000_01})
	assert.Equal(t, decide.FaultRate, dear.Answer.Fault)
	require.Empty(t, v.Word("priced", decide.Priced{Proposal: p, Order: "r1", CostMinor: 4_800_00}).Answer.Fault)
	assert.EqualValues(t, 4_200_00, v.State.Balance("fund/main", kes))
	require.Empty(t, v.Word("paid", decide.Ended{Proposal: p}).Answer.Fault)
	assert.EqualValues(t, 4_800_00, v.State.Balance("received/outside", kes))
	assert.Empty(t, v.State.Due())

	require.Empty(t, v.Word("returned", decide.Ended{Proposal: p, Reason: "AC04"}).Answer.Fault)
	assert.EqualValues(t, 9_000_00, v.State.Balance("fund/main", kes))
	assert.Equal(t, decide.FaultNotNow, v.Word("returned", decide.Ended{Proposal: p}).Answer.Fault)
}

func TestWhatIsRefused(t *testing.T) {
	v := village(t)
	v.PaysIn("m3", decide.Amount{Minor: 9_000_00, Unit: kes})
	p := v.Propose("m3", charter.Payout, medicine())
	ballot := v.Ballot(p, decide.For)
	sound := v.Act("m4", "vote", ballot)
	refused := func(fault decide.Fault, name string, edit func(a *act.Act), body any) {
		t.Helper()
		a := act.Act{By: "m4", Expires: v.Now.Add(day), ID: "refused-" + string(fault), Kind: "vote", Pool: v.Pool, Version: 1}
		edit(&a)
		signed := v.Sign(name, a, body)
		assert.Equal(t, fault, v.Decide(decide.Input{Act: &signed}).Answer.Fault)
	}
	forged := sound
	forged.Signature = slices.Clone(sound.Signature)
	forged.Signature[3] ^= 1
	assert.Equal(t, decide.FaultSignature, v.Decide(decide.Input{Act: &forged}).Answer.Fault)
	refused(decide.FaultStranger, "nobody", func(*act.Act) {}, ballot)
	refused(decide.FaultStranger, "m3", func(*act.Act) {}, ballot) // as another member
	refused(decide.FaultExpired, "m4", func(a *act.Act) { a.Expires = v.Now }, ballot)
	refused(decide.FaultTooLong, "m4", func(a *act.Act) { a.Expires = v.Now.Add(1000 * day) }, ballot)
	refused(decide.FaultVersion, "m4", func(a *act.Act) { a.Version = 2 }, ballot)
	refused(decide.FaultOtherPool, "m4", func(a *act.Act) { a.Pool = "another" }, ballot)
	refused(decide.FaultKind, "m4", func(a *act.Act) { a.Kind = "steal" }, ballot)
	changed := ballot
	changed.Hash = "00" + changed.Hash[2:]
	refused(decide.FaultChanged, "m4", func(*act.Act) {}, changed)

	require.Empty(t, v.Decide(decide.Input{Act: &sound}).Answer.Fault)
	before := v.State.Proposal(p).Votes
	again := v.Decide(decide.Input{Act: &sound})
	assert.Empty(t, again.Lines, "a replay is the same answer, and nothing more")
	assert.Equal(t, before, v.State.Proposal(p).Votes)
	assert.Equal(t, decide.FaultAlready, v.Say("m4", "vote", ballot).Fault)
	same, err := act.Read(sound.Open)
	require.NoError(t, err)
	other := v.Sign("m4", same, v.Ballot(p, decide.Against))
	assert.Equal(t, decide.FaultOtherBytes, v.Decide(decide.Input{Act: &other}).Answer.Fault)

	own := medicine()
	own.Member = "m5"
	q := v.Propose("m5", charter.Payout, own)
	assert.Equal(t, decide.FaultConflict, v.Say("m5", "vote", v.Ballot(q, decide.For)).Fault, "nobody approves their own")
}

func TestARemovedMembersVoteCountsNoMore(t *testing.T) {
	v := village(t)
	v.PaysIn("m3", decide.Amount{Minor: 9_000_00, Unit: kes})
	p := v.Propose("m3", charter.Payout, medicine())
	v.Approve(p, "m4")
	v.Done("m4", "leave", struct{}{})
	v.Approve(p, "m3")
	assert.Equal(t, decide.Voting, v.State.Proposal(p).State)
	assert.Equal(t, decide.FaultStanding, v.Say("m4", "vote", v.Ballot(p, decide.For)).Fault)
	v.Approve(p, "m5")
	assert.Equal(t, decide.Carried, v.State.Proposal(p).State)
}

func TestRulesChangeOnlyByTheirOwnProcedure(t *testing.T) {
	v := village(t)
	next := decidetest.Rules()
	next.Version, next.Purpose = 2, "To help each other, and others."
	text, err := next.Canonical()
	require.NoError(t, err)
	p := v.Propose("m1", charter.RuleChange, decide.RuleChange{Charter: text})
	v.Approve(p, "m1", "m2", "m3")
	assert.EqualValues(t, 1, v.State.Version())
	v.Approve(p, "m4")
	assert.EqualValues(t, 2, v.State.Version(), "no vote to come can turn four of five")
	assert.Equal(t, decide.FaultVersion, v.Say("m1", "propose", v.Proposing(charter.RuleChange, decide.RuleChange{Charter: text})).Fault)
}

func TestANewMemberHasNoVoteOnWhatWasAskedBefore(t *testing.T) {
	v := village(t)
	old := v.Propose("m1", charter.Payout, medicine())
	code := "a-code-on-a-paper"
	v.Done("m1", "invite", decide.Invitation{Code: hashed(code)})
	join := v.Sign("new", act.Act{Expires: v.Now.Add(day), ID: "join-0001", Kind: "join", Pool: v.Pool, Version: 1},
		decide.Joining{Code: code, Person: decidetest.Closed("new")})
	answer := v.Decide(decide.Input{Act: &join}).Answer
	require.Equal(t, "m6", answer.Made, answer.Detail)
	v.Done("m2", "vouch", decide.Vouching{Member: "m6"})
	a := v.Propose("m2", charter.Admission, decide.Admission{Member: "m6"})
	v.Approve(a, "m1", "m2", "m3")
	require.Equal(t, decide.Carried, v.State.Proposal(a).State)
	vote := v.Sign("new", act.Act{By: "m6", Expires: v.Now.Add(day), ID: "vote-0001", Kind: "vote", Pool: v.Pool, Version: 1}, v.Ballot(old, decide.For))
	assert.Equal(t, decide.FaultRole, v.Decide(decide.Input{Act: &vote}).Answer.Fault)
}

func TestALostDevice(t *testing.T) {
	v := village(t)
	proof := act.Sign(v.Private("new phone"), []byte("m5"))
	subject := decide.Recovery{Member: "m5", Key: v.Key("new phone"), Proof: proof.Signature}
	p := v.Propose("m1", charter.Recovering, subject)
	v.Approve(p, "m1", "m2")
	assert.Equal(t, decide.Passed, v.State.Proposal(p).State, "it cools off")
	v.Done("m5", "refuse_recovery", map[string]string{"proposal": p})
	assert.Equal(t, decide.Refused, v.State.Proposal(p).State, "whoever still has the key says no")
	q := v.Propose("m1", charter.Recovering, subject)
	v.Approve(q, "m1", "m2")
	v.Wait(49 * time.Hour)
	assert.Equal(t, decide.Carried, v.State.Proposal(q).State)
	assert.Equal(t, decide.FaultSignature, v.Say("m5", "leave", struct{}{}).Fault, "the old key says nothing more")
}

// Whatever is said, in whatever order: units sum to zero, no payout leaves a fund without its signatures, what was
// refused never happened, and the same inputs make the same entries.
func TestWhateverIsSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := village(t)
		babble(t, v)
		assert.Zero(t, sum(v.State, kes))
		signed(t, v)

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
	})
}

func babble(t *rapid.T, v *decidetest.Village) {
	member := rapid.SampledFrom([]string{"m1", "m2", "m3", "m4", "m5"})
	proposal := func() string { return fmt.Sprintf("p%d", rapid.IntRange(1, 6).Draw(t, "proposal")) }
	for range rapid.IntRange(5, 40).Draw(t, "inputs") {
		switch rapid.IntRange(0, 9).Draw(t, "what") {
		case 0:
			v.PaysIn(member.Draw(t, "payer"), decide.Amount{Minor: rapid.Int64Range(1, 9_000_00).Draw(t, "in"), Unit: kes})
		case 1, 2:
			o := medicine()
			o.MaxCost.Minor = rapid.Int64Range(1, 9_000_00).Draw(t, "cost")
			o.Member = rapid.SampledFrom([]string{"", "m1", "m2"}).Draw(t, "for")
			v.Say(member.Draw(t, "by"), "propose", v.Proposing(charter.Payout, o))
		case 3, 4, 5:
			id := proposal()
			if v.State.Proposal(id) == nil {
				continue
			}
			v.Say(member.Draw(t, "by"), "vote", v.Ballot(id, rapid.SampledFrom([]decide.Choice{decide.For, decide.For, decide.Against}).Draw(t, "choice")))
		case 6:
			v.Word("priced", decide.Priced{Proposal: proposal(), Order: "r", CostMinor: rapid.Int64Range(1, 9_000_00).Draw(t, "price")})
		case 7:
			v.Word(rapid.SampledFrom([]string{"paid", "returned"}).Draw(t, "end"), decide.Ended{Proposal: proposal()})
		case 8:
			v.Wait(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
		case 9:
			v.Say(member.Draw(t, "by"), rapid.SampledFrom([]string{"leave", "took_in", "withdraw"}).Draw(t, "odd"), struct{}{})
		}
	}
}

// signed checks, from the inputs alone, that every payout that took money had the members' signatures over its hash.
func signed(t *rapid.T, v *decidetest.Village) {
	votes := map[string]map[string]bool{}
	for i, in := range v.Inputs {
		if in.Act == nil || v.Entries[i].Answer.Fault != "" {
			continue
		}
		a, err := act.Read(in.Act.Open)
		require.NoError(t, err)
		var b decide.Ballot
		if a.Kind == "vote" && a.Decode(&b) == nil && b.Choice == decide.For && in.Act.Verify() {
			if votes[b.Hash] == nil {
				votes[b.Hash] = map[string]bool{}
			}
			votes[b.Hash][a.By] = true
		}
	}
	for i := 1; v.State.Proposal(fmt.Sprintf("p%d", i)) != nil; i++ {
		p := v.State.Proposal(fmt.Sprintf("p%d", i))
		o, ok := p.Subject.(*decide.Payout)
		if !ok || p.Cost == 0 {
			continue
		}
		need := 2
		if o.MaxCost.Minor > 5_000_00 {
			need = 3
		}
		assert.GreaterOrEqual(t, len(votes[fmt.Sprintf("%x", p.Hash)]), need)
		assert.LessOrEqual(t, p.Cost, o.MaxCost.Minor)
		assert.NotContains(t, votes[fmt.Sprintf("%x", p.Hash)], o.Member)
	}
}

func sum(s *decide.State, unit fx.Currency) (sum int64) {
	for account, balance := range s.Balances() {
		if account.Unit == unit {
			sum += balance
		}
	}
	return sum
}

func bytesOf(t require.TestingT, e decide.Entry) []byte {
	text, err := audit.Canonical(e)
	require.NoError(t, err)
	return text
}

func hashed(code string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(code))) }

func TestNoiseKeepsNoNewcomerOut(t *testing.T) {
	v := village(t)
	code := "a-code-on-a-paper"
	v.Done("m1", "invite", decide.Invitation{Code: hashed(code)})
	for i := range 100 {
		noise := v.Sign("nobody", act.Act{Expires: v.Now.Add(day), ID: fmt.Sprintf("noise-%04d", i), Kind: "join", Pool: v.Pool, Version: 1},
			decide.Joining{Code: "another-code-of-theirs", Person: decidetest.Closed("nobody")})
		_, err := v.State.Decide(decide.Input{At: v.Now, Act: &noise})
		var refused *decide.InputError
		assert.Equal(t, i >= 60, errors.As(err, &refused), i)
	}
	join := v.Sign("new", act.Act{Expires: v.Now.Add(day), ID: "join-0001", Kind: "join", Pool: v.Pool, Version: 1},
		decide.Joining{Code: code, Person: decidetest.Closed("new")})
	entry, err := v.State.Decide(decide.Input{At: v.Now, Act: &join})
	require.NoError(t, err)
	assert.Equal(t, "m6", entry.Answer.Made)
}
