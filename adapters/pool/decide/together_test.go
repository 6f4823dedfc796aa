package decide_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

const (
	host      = "chama-nairobi"
	paluwagan = "paluwagan-manila"
	joburg    = "stokvel-joburg"
)

var zar = fx.MustCurrency("ZAR")

// earth is three pools that save together, each in its own money.
type earth struct {
	t      require.TestingT
	pools  map[string]*decidetest.Village
	heard  map[string]int // entries whose lines were told, by pool
	arrive map[string]int64
	begin  decide.Beginning
}

// monies are the pools' own, and what each puts in a round.
var monies = map[string]decide.Amount{
	host: {Minor: 1_000_00, Unit: kes}, paluwagan: {Minor: 430_00, Unit: php}, joburg: {Minor: 140_00, Unit: zar},
}

var savers = []string{host, paluwagan, joburg}

func together(t require.TestingT) *earth {
	e := &earth{t: t, pools: map[string]*decidetest.Village{}, heard: map[string]int{}, arrive: map[string]int64{}}
	allies := map[string]decide.Ally{}
	for _, pool := range savers {
		r := decidetest.Rules()
		r.Pool, r.Units[0].Unit, r.Funds[0].Unit, r.Funds[1].Unit = pool, monies[pool].Unit, monies[pool].Unit, monies[pool].Unit
		r.Decisions = append(r.Decisions, charter.Decision{
			Kind: charter.Rotating, Propose: []string{charter.Everybody},
			Tiers: []charter.Tier{{Method: charter.Signatures, Vote: []string{charter.Everybody}, Signatures: 3, Hours: 48}},
		})
		members := map[string]string{}
		if pool == host {
			members = map[string]string{"m4": paluwagan, "m5": joburg}
		}
		e.pools[pool] = decidetest.FoundWith(t, r, 5, members, []string{"treasurer"})
		ally := decide.Ally{Account: messaging.Party{Name: pool, Account: pool}, Currency: monies[pool].Unit}
		if pool != host {
			ally.Key = decidetest.LogKey(t, pool)
		}
		allies[pool] = ally
	}
	v := e.pools[host]
	begin := decide.Beginning{Allies: allies, Terms: rotation.Terms{
		Method: rotation.Fixed, Start: v.Now.Add(day), RoundDays: 30, DueDays: 5, GraceDays: 2, RemindDays: 2, Reminders: 1,
		GiveBack: rotation.AtEnd, Atomic: true,
	}}
	for i, pool := range savers {
		seat := rotation.Seat{Member: []string{"m1", "m4", "m5"}[i], Unit: monies[pool].Unit, ContributionMinor: monies[pool].Minor}
		if pool != host {
			seat.Pool = pool
		}
		begin.Seats = append(begin.Seats, seat)
	}
	e.begin = begin
	v.Approve(v.Propose("m1", charter.Rotating, decide.Rotation{Begin: &begin}), "m1", "m2", "m3")
	for _, pool := range savers[1:] {
		v := e.pools[pool]
		join := decide.Saving{
			Host: host, Key: decidetest.LogKey(t, host), Group: "g1", Fund: "main", Unit: monies[pool].Unit,
			EachMinor: monies[pool].Minor, TotalMinor: 3 * monies[pool].Minor,
		}
		v.Approve(v.Propose("m1", charter.Rotating, decide.Rotation{Join: &join}), "m1", "m2", "m3")
	}
	return e
}

// tell hands every new line to whom it is for, until nobody has anything more to say.
func (e *earth) tell() {
	for again := true; again; {
		again = false
		for _, pool := range savers {
			v := e.pools[pool]
			e.heard[pool] = len(v.Entries)
			for _, telling := range v.Tellings() {
				for _, to := range telling.To {
					e.pools[to].Word(decide.WordHeard, decide.Heard{Receipt: *telling.Receipt})
					again = true
				}
			}
		}
	}
}

// clear does what the switch does with the legs of a round: all move, or none.
func (e *earth) clear(move bool) (legs int) {
	for _, pool := range savers {
		v := e.pools[pool]
		for _, p := range v.State.Due() {
			leg, ok := p.Subject.(*decide.Leg)
			if !ok {
				continue
			}
			legs++
			answer := v.Word("priced", decide.Priced{Proposal: p.ID, Order: leg.Ref, CostMinor: leg.Amount.Minor}).Answer
			require.Empty(e.t, answer.Fault, "%s: %s", pool, answer.Detail)
			if !move {
				require.Empty(e.t, v.Word("returned", decide.Ended{Proposal: p.ID, Reason: "ED05"}).Answer.Fault)
				continue
			}
			require.Empty(e.t, v.Word("paid", decide.Ended{Proposal: p.ID}).Answer.Fault)
			to := e.pools[leg.To]
			to.PaysIn(leg.Reference, decide.Amount{Minor: leg.Amount.Minor, Unit: monies[leg.To].Unit}) // one for one
			e.arrive[leg.To] += leg.Amount.Minor
		}
	}
	return legs
}

func (e *earth) fill(pool string) {
	e.pools[pool].PaysIn(map[bool]string{true: "m1 g1", false: "m1 main"}[pool == host], monies[pool])
}

func (e *earth) wait(d time.Duration) {
	for _, pool := range savers {
		e.pools[pool].Wait(d)
	}
}

func TestARoundAcrossThreeCountries(t *testing.T) {
	e := together(t)
	for round, receiver := range savers {
		e.wait(2 * day)
		e.tell()
		e.fill(host)
		e.fill(paluwagan)
		e.tell()
		if receiver != joburg { // whose own part nobody waits for
			assert.Zero(t, e.clear(true), "nothing moves before every part is there")
		}
		e.fill(joburg)
		e.tell()
		if round == 1 {
			assert.Equal(t, 2, e.clear(false), "the switch could not clear them")
			e.tell()
			e.wait(61 * time.Minute)
			e.tell()
		}
		assert.Equal(t, 2, e.clear(true))
		e.tell()
		paid := e.pools[host].State.Group("g1").Rounds[round]
		assert.Equal(t, rotation.Paid, paid.State, receiver)
		e.wait(28 * day)
	}
	assert.EqualValues(t, 1_000_00+430_00+140_00, e.pools[host].State.Balance("purse/m1", kes))
	assert.EqualValues(t, 1_000_00+430_00+140_00, e.pools[paluwagan].State.Balance("fund/main", php))
	assert.EqualValues(t, 1_000_00+430_00+140_00, e.pools[joburg].State.Balance("fund/main", zar))
	for _, pool := range savers {
		for account := range e.pools[pool].State.Balances() {
			assert.NotContains(t, account.Path, "rotation/", pool)
		}
	}
}

// Whoever pays late and whatever the switch does: no part of a round moves alone, and each book sums to zero.
func TestAllPartsOrNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := together(t)
		for range rapid.IntRange(3, 25).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0, 1:
				e.fill(rapid.SampledFrom(savers).Draw(t, "pool"))
			case 2:
				e.wait(time.Duration(rapid.IntRange(1, 300).Draw(t, "hours")) * time.Hour)
			case 3:
				e.tell()
			case 4:
				legs := e.clear(rapid.Bool().Draw(t, "cleared"))
				require.True(t, legs == 0 || legs == 2 || !e.allTold(), "%d legs", legs)
			}
			for pool, v := range e.pools {
				require.Zero(t, sum(v.State, monies[pool].Unit))
			}
		}
	})
}

// allTold tells whether everybody has heard everything.
func (e *earth) allTold() bool {
	for _, pool := range savers {
		if e.heard[pool] != len(e.pools[pool].Entries) {
			return false
		}
	}
	return true
}
