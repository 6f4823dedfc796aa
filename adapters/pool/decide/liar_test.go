package decide_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/messaging"
)

// hears has a pool hear a line that another's log holds.
func (e *earth) hears(pool, from, kind string, body any) decide.Answer {
	receipt := decidetest.Proven(e.t, from, string(charter.SectionRotation), kind, body)
	return e.pools[pool].Word(decide.WordHeard, decide.Heard{Receipt: *receipt}).Answer
}

func TestAnAllyWhoLies(t *testing.T) {
	e := together(t)
	early := decide.Moved{To: host, Pool: paluwagan, Group: "g1", Round: 1, Attempt: 1, Moved: true}
	assert.Equal(t, decide.FaultAlready, e.hears(host, paluwagan, decide.LineMoved, early).Fault, "there is no round yet")

	v := e.pools[paluwagan]
	v.PaysIn("m1 main", decide.Amount{Minor: 1_000_00, Unit: php})
	each := monies[paluwagan].Minor
	call := decide.Call{To: paluwagan, Host: host, Group: "g1", Round: 1, Seat: 2, Unit: php, Minor: each, Until: v.Now.Add(day)}
	require.Empty(t, e.hears(paluwagan, host, decide.LineCall, call).Fault)
	require.Equal(t, each, v.State.Balance("rotation/"+host+".g1", php))
	settle := decide.Settle{
		To: []string{paluwagan}, Host: host, Group: "g1", Round: 1, Attempt: 1, Receiver: joburg,
		Ally: decide.Ally{Account: messaging.Party{Name: "a", Account: "b"}, Currency: zar},
		Legs: []decide.SettleLeg{{Pool: paluwagan, Ref: "g1", Unit: php, Minor: each}},
	}
	with := func(edit func(s *decide.Settle)) decide.Settle {
		s := settle
		s.Legs = slices.Clone(s.Legs)
		edit(&s)
		return s
	}
	for name, lie := range map[string]decide.Settle{
		"nobody receives": with(func(s *decide.Settle) { s.Receiver = "a\x00" }),
		"no name":         with(func(s *decide.Settle) { s.Legs[0].Ref = "\x00" }),
		"less than none": with(func(s *decide.Settle) {
			s.Legs = append(s.Legs, decide.SettleLeg{Pool: paluwagan, Ref: "g2", Unit: php, Minor: -5})
			s.Legs[0].Minor += 5
		}),
		"another money": with(func(s *decide.Settle) {
			s.Legs = append(s.Legs, decide.SettleLeg{Pool: paluwagan, Ref: "g2", Unit: kes, Minor: 5})
		}),
	} {
		assert.NotEmpty(t, e.hears(paluwagan, host, decide.LineSettle, lie).Fault, name)
		assert.Empty(t, v.State.Due(), name)
	}
	require.Empty(t, e.hears(paluwagan, host, decide.LineSettle, settle).Fault)
	require.Len(t, v.State.Due(), 1)
	more := with(func(s *decide.Settle) { s.Attempt, s.Legs[0].Minor = 2, each+1 })
	assert.Equal(t, decide.FaultChanged, e.hears(paluwagan, host, decide.LineSettle, more).Fault)
	assert.Len(t, v.State.Due(), 1, "what is refused changes nothing")
}

// Whoever leaves leaves all groups, or none.
func TestLeavingIsWholeOrNot(t *testing.T) {
	e := together(t)
	v := e.pools[host]
	v.Approve(v.Propose("m2", charter.Rotating, decide.Rotation{Begin: &e.begin}), "m1", "m2", "m3")
	v.Wait(2 * day)
	v.PaysIn("m1 g2", monies[host])
	for seat, pool := range savers {
		if pool != host {
			ready := decide.Ready{To: host, Pool: pool, Group: "g2", Round: 1, Seat: seat + 1, Unit: monies[pool].Unit, Minor: monies[pool].Minor}
			require.Empty(t, e.hears(host, pool, decide.LineReady, ready).Fault)
		}
	}
	require.Equal(t, rotation.Settling, v.State.Group("g2").Rounds[0].State)
	before := canonical(t, v.State.Group("g1"))
	assert.Equal(t, decide.FaultRules, v.Say("m1", "leave", decide.Leaving{}).Fault, "a bundle for m1 is on its way")
	assert.Equal(t, string(before), string(canonical(t, v.State.Group("g1"))), "what is refused changes nothing")
	assert.Equal(t, "active", standing(v, "m1"))
}

// No amount is so large that sums of a few are out of range.
func TestAmountsAtTheLimits(t *testing.T) {
	v := village(t)
	for minor, fault := range map[int64]decide.Fault{
		0: decide.FaultForm, -1: decide.FaultForm, charter.MaxMinor: "", charter.MaxMinor + 1: decide.FaultForm, math.MaxInt64: decide.FaultForm,
	} {
		amount := decide.Amount{Minor: minor, Unit: kes}
		assert.Equal(t, fault, v.Word("came", decide.Coming{ID: "o", Amount: amount, Reference: "m3"}).Answer.Fault, minor)
		assert.Equal(t, fault, v.Say("m1", "took_in", decide.Taken{ID: "r", Member: "m3", Amount: amount}).Fault, minor)
	}
	dear := medicine()
	dear.MaxCost.Minor = math.MaxInt64
	assert.Equal(t, decide.FaultForm, v.Say("m3", "propose", v.Proposing(charter.Payout, dear)).Fault)
}
