package decide_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
)

// collecting is a village that reminds twice, a week apart.
func collecting(t require.TestingT) *decidetest.Village {
	r := decidetest.Rules()
	r.Lateness = charter.Lateness{GraceDays: 3, RemindDays: 7, Reminders: 2}
	r.Decisions = append(r.Decisions, charter.Decision{
		Kind: charter.Rotating, Propose: []string{charter.Everybody},
		Tiers: []charter.Tier{{Method: charter.Signatures, Vote: []string{charter.Everybody}, Signatures: 3, Hours: 48}},
	})
	return decidetest.Found(t, r, 5, []string{"treasurer"}, []string{"treasurer"})
}

func consent(v *decidetest.Village, minor int64, days int) decide.Collecting {
	return decide.Collecting{
		Participant: "mpesa-ke", Payer: decidetest.Closed("phone"), Each: decide.Amount{Minor: minor, Unit: kes},
		Until: v.Now.Add(time.Duration(days) * day).Truncate(time.Second),
	}
}

// asks is what the node does with what it is to ask for.
func asks(v *decidetest.Village) (all []decide.Ask) {
	all = v.State.Asks(v.Now)
	for _, a := range all {
		if !a.Begun {
			require.Empty(v.T, v.Word(decide.WordAsking, a.Asking).Answer.Fault)
		}
		require.Empty(v.T, v.Word(decide.WordAsked, decide.Asked{Member: a.Member, For: a.For, Order: a.Order}).Answer.Fault)
	}
	return all
}

func TestAMemberIsAskedForDues(t *testing.T) {
	v := collecting(t)
	v.Done("m3", "collect_me", consent(v, 400_00, 300))
	assert.Empty(t, asks(v), "nothing is due yet")
	v.Wait(30 * day)
	first := asks(v)
	require.Len(t, first, 1)
	assert.Equal(t, "m3 dues", first[0].Reference())
	assert.EqualValues(t, 400_00, first[0].Amount.Minor, "no more than it allows")
	assert.Len(t, first[0].Order, 12)
	assert.Empty(t, asks(v))
	v.PaysIn(first[0].Reference(), first[0].Amount)
	v.Wait(23 * time.Hour)
	assert.Empty(t, asks(v))
	v.Wait(time.Hour)
	rest := asks(v)
	require.Len(t, rest, 1)
	assert.EqualValues(t, 100_00, rest[0].Amount.Minor, "no more than it owes")
	assert.NotEqual(t, first[0].Order, rest[0].Order)
	assert.Equal(t, &decide.Asked{Member: "m3", For: "dues", Order: first[0].Order}, rest[0].Before)

	times := 1
	for range 25 {
		v.Wait(day)
		times += len(asks(v))
	}
	assert.Equal(t, 3, times, "asked once and reminded twice")
	v.Wait(5 * day)
	assert.Len(t, asks(v), 1, "another is due")
}

func TestAMemberIsAskedForItsPart(t *testing.T) {
	v := collecting(t)
	begin := decide.Beginning{Terms: rotation.Terms{
		Method: rotation.Fixed, Start: v.Now.Add(day), RoundDays: 30, DueDays: 5, GraceDays: 2, RemindDays: 2, Reminders: 1,
		GiveBack: rotation.AtEnd,
	}}
	for _, m := range []string{"m1", "m2", "m3"} {
		begin.Seats = append(begin.Seats, rotation.Seat{Member: m, Unit: kes, ContributionMinor: 1_000_00})
	}
	v.Approve(v.Propose("m1", charter.Rotating, decide.Rotation{Begin: &begin}), "m1", "m2", "m3")
	v.Done("m2", "collect_me", consent(v, 5_000_00, 300))
	assert.Empty(t, asks(v))
	v.Wait(2 * day)
	part := asks(v)
	require.Len(t, part, 1)
	assert.Equal(t, "m2 g1", part[0].Reference())
	assert.EqualValues(t, 1_000_00, part[0].Amount.Minor)
	v.PaysIn("m2 g1", part[0].Amount)
	v.Wait(5 * day)
	assert.Empty(t, asks(v), "nothing is owed")
}

func TestARequestThatDiedIsMadeAgain(t *testing.T) {
	v := collecting(t)
	v.Done("m3", "collect_me", consent(v, 400_00, 300))
	v.Wait(30 * day)
	begun := v.State.Asks(v.Now)[0]
	require.Empty(t, v.Word(decide.WordAsking, begun.Asking).Answer.Fault)
	again := v.State.Asks(v.Now)
	require.Len(t, again, 1)
	assert.True(t, again[0].Begun)
	assert.Equal(t, begun.Asking, again[0].Asking, "it is the same")

	v.Done("m3", "collect_me", consent(v, 300_00, 300))
	assert.Empty(t, v.State.Asks(v.Now), "it is under another consent")
	v.Wait(day)
	other := v.State.Asks(v.Now)
	require.Len(t, other, 1)
	assert.EqualValues(t, 300_00, other[0].Amount.Minor)
	assert.Equal(t, begun.Order, other[0].Before.Order)
}

func TestWhoIsNotAsked(t *testing.T) {
	for name, after := range map[string]func(v *decidetest.Village){
		"it withdrew":     func(v *decidetest.Village) { v.Done("m3", "collect_me", decide.Collecting{}) },
		"its consent end": func(v *decidetest.Village) { v.Done("m3", "collect_me", consent(v, 400_00, 1)); v.Wait(day) },
		"it left":         func(v *decidetest.Village) { v.Done("m3", "leave", struct{}{}) },
		"it has paid":     func(v *decidetest.Village) { v.PaysIn("m3 dues", decide.Amount{Minor: 500_00, Unit: kes}) },
	} {
		t.Run(name, func(t *testing.T) {
			v := collecting(t)
			v.Done("m3", "collect_me", consent(v, 400_00, 300))
			v.Wait(30 * day)
			ask := v.State.Asks(v.Now)[0]
			after(v)
			assert.Empty(t, v.State.Asks(v.Now))
			assert.Equal(t, decide.FaultNotNow, v.Word(decide.WordAsking, ask.Asking).Answer.Fault)
		})
	}
}

func TestWhichRequestsAreRefused(t *testing.T) {
	v := collecting(t)
	for fault, edit := range map[decide.Fault]func(*decide.Collecting){
		decide.FaultForm:        func(c *decide.Collecting) { c.Participant = v.Pool },
		decide.FaultCommitments: func(c *decide.Collecting) { c.Payer = [32]byte{} },
		decide.FaultRules:       func(c *decide.Collecting) { c.Each.Unit = php },
		decide.FaultExpired:     func(c *decide.Collecting) { c.Until = v.Now },
		decide.FaultTooLong:     func(c *decide.Collecting) { c.Until = v.Now.Add(401 * day) },
	} {
		c := consent(v, 400_00, 30)
		edit(&c)
		assert.Equal(t, fault, v.Say("m3", "collect_me", c).Fault)
	}
	assert.Equal(t, decide.FaultForm, v.Say("m3", "collect_me", consent(v, 0, 30)).Fault)
	v.Done("m3", "collect_me", consent(v, 400_00, 300))
	v.Wait(30 * day)
	ask := v.State.Asks(v.Now)[0].Asking
	dearer, other, nobody := ask, ask, ask
	dearer.Amount.Minor++
	other.Order, nobody.Member = "C1", "m9"
	assert.Equal(t, decide.FaultChanged, v.Word(decide.WordAsking, dearer).Answer.Fault)
	assert.Equal(t, decide.FaultChanged, v.Word(decide.WordAsking, other).Answer.Fault)
	assert.Equal(t, decide.FaultUnknown, v.Word(decide.WordAsking, nobody).Answer.Fault)
	end := decide.Asked{Member: ask.Member, For: ask.For, Order: ask.Order}
	assert.Equal(t, decide.FaultUnknown, v.Word(decide.WordAsked, end).Answer.Fault)
	require.Empty(t, v.Word(decide.WordAsking, ask).Answer.Fault)
	assert.Equal(t, decide.FaultAlready, v.Word(decide.WordAsking, ask).Answer.Fault)
	entry := v.Word(decide.WordAsked, end)
	require.Empty(t, entry.Answer.Fault)
	assert.Equal(t, decide.SectionPrivate, entry.Lines[0].Section)
	assert.Equal(t, []string{"m3"}, entry.Lines[0].About)
	assert.Equal(t, decide.FaultAlready, v.Word(decide.WordAsked, end).Answer.Fault)
}

// Whatever members pay, allow and take back, they are never asked for more than they owe or allow, never twice under
// one name, and no oftener than once a day; units sum to zero and the same inputs make the same entries.
func TestWhoeverIsAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := saving(t)
		member := rapid.SampledFrom([]string{"m1", "m2", "m3"})
		names, last, each := map[string]bool{}, map[string]time.Time{}, map[string]decide.Collecting{}
		for range rapid.IntRange(5, 40).Draw(t, "inputs") {
			m := member.Draw(t, "member")
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				c := consent(v, rapid.Int64Range(1, 3_000_00).Draw(t, "each"), rapid.IntRange(1, 60).Draw(t, "days"))
				if v.Say(m, "collect_me", c).Fault == "" {
					each[m] = c
				}
			case 1:
				if v.Say(m, "collect_me", decide.Collecting{}).Fault == "" {
					delete(each, m)
				}
			case 2:
				v.PaysIn(m+rapid.SampledFrom([]string{" dues", " g1", ""}).Draw(t, "for"), decide.Amount{Minor: rapid.Int64Range(1, 2_000_00).Draw(t, "minor"), Unit: kes})
			case 3, 4:
				v.Wait(time.Duration(rapid.IntRange(1, 400).Draw(t, "hours")) * time.Hour)
			case 5:
				v.Say(m, rapid.SampledFrom([]string{"leave_group", "leave"}).Draw(t, "act"), decide.Turning{Group: "g1", Seat: int(m[1] - '0')})
			}
			for _, a := range v.State.Asks(v.Now) {
				key := a.Member + a.For
				require.False(t, !a.Begun && names[a.Order], "asked twice")
				require.Equal(t, "active", v.State.Member(a.Member).Standing.String())
				require.LessOrEqual(t, a.Amount.Minor, each[a.Member].Each.Minor)
				require.True(t, v.Now.Before(each[a.Member].Until))
				require.LessOrEqual(t, a.Amount.Minor, owed(v, a.Asking))
				if a.Begun {
					continue
				}
				require.True(t, last[key].IsZero() || v.Now.Sub(last[key]) >= day)
				names[a.Order], last[key] = true, v.Now
				require.Empty(t, v.Word(decide.WordAsking, a.Asking).Answer.Fault)
				if rapid.Bool().Draw(t, "asked") {
					require.Empty(t, v.Word(decide.WordAsked, decide.Asked{Member: a.Member, For: a.For, Order: a.Order}).Answer.Fault)
				}
			}
		}
		assert.Zero(t, sum(v.State, kes))
		again := decide.New(v.Pool)
		for i, in := range v.Inputs {
			entry, err := again.Decide(in)
			require.NoError(t, err)
			require.Equal(t, string(bytesOf(t, v.Entries[i])), string(bytesOf(t, entry)))
		}
		assert.Equal(t, fmt.Sprint(v.State.Asks(v.Now)), fmt.Sprint(again.Asks(v.Now)))
	})
}

// owed is what a member owes for something, by what anybody can look up.
func owed(v *decidetest.Village, a decide.Asking) (minor int64) {
	if g := v.State.Group(a.For); g != nil {
		for _, seat := range g.SeatsOf(a.Member) {
			debt := g.Owes(seat)
			minor += debt.ReserveMinor + debt.AwaitedMinor
		}
		return minor
	}
	return v.State.Behind(v.State.Member(a.Member), v.State.Charter().Dues[0], v.Now)
}
