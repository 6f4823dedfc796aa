package decide_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
)

func TestAPanelDecidesAnAppeal(t *testing.T) {
	v := court(t, 9)
	climbs(v, "m9", charter.Suspension, "m2", "m3", "m4")
	p := takes(v, step("m9", charter.Suspension), "m2", "m3", "m4")
	appeal := decide.Appealing{Sanction: p, Ground: decidetest.Closed("no")}
	assert.Equal(t, decide.FaultRole, v.Say("m8", "appeal", appeal).Fault)
	until := v.State.Sanctions()[3].Until
	v.Done("m9", "appeal", appeal)
	x := v.State.Sanctions()[3]
	require.Len(t, x.Appeal.Panel, 3)
	for _, party := range []string{"m1", "m2", "m3", "m4", "m9"} {
		assert.NotContains(t, x.Appeal.Panel, party)
		assert.Equal(t, decide.FaultRole, v.Say(party, "verdict", verdict(v, p, decide.Lift)).Fault)
	}
	assert.Equal(t, decide.FaultAlready, v.Say("m9", "appeal", appeal).Fault)
	wrong := verdict(v, p, decide.Uphold)
	wrong.Hash = "00" + wrong.Hash[2:]
	assert.Equal(t, decide.FaultChanged, v.Say(x.Appeal.Panel[0], "verdict", wrong).Fault)
	v.Wait(24 * time.Hour)
	v.Done(x.Appeal.Panel[0], "verdict", verdict(v, p, decide.Uphold))
	assert.Equal(t, decide.FaultAlready, v.Say(x.Appeal.Panel[0], "verdict", verdict(v, p, decide.Uphold)).Fault)
	assert.Equal(t, "active", standing(v, "m9"))
	v.Done(x.Appeal.Panel[1], "verdict", verdict(v, p, decide.Uphold))
	assert.Equal(t, "suspended", standing(v, "m9"))
	assert.Equal(t, until.Add(24*time.Hour), v.State.Sanctions()[3].Until, "no time is won by appealing")
	assert.Equal(t, decide.FaultNotNow, v.Say(x.Appeal.Panel[2], "verdict", verdict(v, p, decide.Lift)).Fault)
}

func verdict(v *decidetest.Village, p string, r decide.Ruling) decide.Verdict {
	return decide.Verdict{Sanction: p, Hash: v.Ballot(p, decide.For).Hash, Ruling: r}
}

func TestAnExclusionIsFinalOnlyWhenNobodyAppealsOrAPanelUpholdsIt(t *testing.T) {
	voters := []string{"m2", "m3", "m4"}
	t.Run("nobody appeals", func(t *testing.T) {
		v := court(t, 9)
		climbs(v, "m2", charter.Exclusion, "m3", "m4", "m5")
		takes(v, step("m2", charter.Exclusion), "m3", "m4", "m5")
		assert.Equal(t, "suspended", standing(v, "m2"))
		v.Wait(97 * time.Hour)
		assert.Equal(t, "excluded", standing(v, "m2"))
		assert.Empty(t, v.State.Member("m2").Seats, "its roles are over")
		p := v.Propose("m3", charter.Payout, medicine())
		for kind, body := range map[string]any{
			"vote": v.Ballot(p, decide.For), "propose": v.Proposing(charter.Payout, medicine()), "took_in": decide.Taken{},
			"invite": decide.Invitation{}, "appeal": decide.Appealing{}, "statement": decide.Statement{}, "verdict": decide.Verdict{},
			"leave": decide.Leaving{}, "delegate": decide.Delegating{},
		} {
			assert.Equal(t, decide.FaultStanding, v.Say("m2", kind, body).Fault, kind)
		}
	})
	t.Run("the panel lifts it", func(t *testing.T) {
		v := court(t, 9)
		climbs(v, "m9", charter.Exclusion, voters...)
		p := takes(v, step("m9", charter.Exclusion), voters...)
		v.Done("m9", "appeal", decide.Appealing{Sanction: p, Ground: decidetest.Closed("no")})
		x := v.State.Sanctions()[len(v.State.Sanctions())-1]
		v.Done(x.Appeal.Panel[0], "verdict", verdict(v, p, decide.Lift))
		v.Done(x.Appeal.Panel[1], "verdict", verdict(v, p, decide.Lift))
		assert.Equal(t, "active", standing(v, "m9"))
		v.Wait(300 * time.Hour)
		assert.Equal(t, "active", standing(v, "m9"))
	})
	t.Run("a silent panel lifts it", func(t *testing.T) {
		v := court(t, 9)
		climbs(v, "m9", charter.Exclusion, voters...)
		p := takes(v, step("m9", charter.Exclusion), voters...)
		v.Done("m9", "appeal", decide.Appealing{Sanction: p, Ground: decidetest.Closed("no")})
		x := v.State.Sanctions()[len(v.State.Sanctions())-1]
		v.Done(x.Appeal.Panel[0], "verdict", verdict(v, p, decide.Uphold))
		v.Wait(97 * time.Hour)
		assert.Equal(t, decide.Lifted, x.State)
		assert.Equal(t, "active", standing(v, "m9"))
	})
	t.Run("healed, and asks to come back", func(t *testing.T) {
		v := court(t, 9)
		climbs(v, "m9", charter.Exclusion, voters...)
		p := takes(v, step("m9", charter.Exclusion), voters...)
		v.Wait(97 * time.Hour)
		h := v.Propose("m1", charter.Healing, decide.Healing{Sanction: p})
		v.Approve(h, voters...)
		v.Wait(48 * time.Hour)
		assert.Equal(t, "invited", standing(v, "m9"))
		a := v.Propose("m1", charter.Admission, decide.Admission{Member: "m9"})
		v.Approve(a, "m2", "m3", "m4", "m5", "m6")
		assert.Equal(t, "active", standing(v, "m9"))
	})
}

// The panel follows from the proposal and its votes: when an appeal comes, and what it says, is no part of the drawing.
func TestWhoAppealsDoesNotChooseTheirJudges(t *testing.T) {
	var panels [][]string
	for wait := range 3 {
		v := court(t, 15)
		climbs(v, "m9", charter.Suspension, "m2", "m3", "m4", "m5", "m6")
		p := takes(v, step("m9", charter.Suspension), "m2", "m3", "m4", "m5", "m6")
		v.Wait(time.Duration(wait) * time.Hour)
		v.Done("m9", "appeal", decide.Appealing{Sanction: p, Ground: decidetest.Closed(time.Duration(wait).String())})
		panels = append(panels, v.State.Sanctions()[3].Appeal.Panel)
	}
	assert.Equal(t, panels[0], panels[1])
	assert.Equal(t, panels[0], panels[2])
}

// In a small pool fewer judge, and where nobody is left who did not vote, the sanction falls.
func TestASmallPoolsPanel(t *testing.T) {
	for voters, panel := range map[int]int{2: 1, 3: 1, 4: 0} {
		v := court(t, 6)
		climbs(v, "m6", charter.Suspension, "m2", "m3", "m4")
		all := []string{"m2", "m3", "m4", "m5"}
		p := v.Propose("m1", charter.Sanction, step("m6", charter.Suspension))
		v.Wait(72 * time.Hour)
		for i, m := range all[:voters] {
			choice := decide.For
			if voters == 4 && i < 1 {
				choice = decide.Against
			}
			v.Done(m, "vote", v.Ballot(p, choice))
		}
		v.Wait(48 * time.Hour)
		require.Equal(t, "suspended", standing(v, "m6"), v.State.Proposal(p).Why)
		v.Done("m6", "appeal", decide.Appealing{Sanction: p, Ground: decidetest.Closed("no")})
		x := v.State.Sanctions()[3]
		assert.Len(t, x.Appeal.Panel, panel)
		assert.Equal(t, panel == 0, x.State == decide.Lifted)
		assert.Equal(t, "active", standing(v, "m6"))
	}
}
