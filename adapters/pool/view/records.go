package view

import (
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
)

// records are what the state shows of the eight principles. What it does not keep is not there: audits, federations,
// and contributions that came late and were paid since.
func (g *glance) records() charter.Facts {
	facts := charter.Facts{
		Decisions: map[charter.Kind]charter.Turnout{}, Holders: map[string]int{}, Sanctions: map[charter.Measure]int{},
	}
	g.countMembers(&facts)
	g.countProposals(&facts)
	g.countGroups(&facts)
	g.countSanctions(&facts)
	for _, promise := range g.Promises() {
		if !promise.Revoked && g.Now().Before(promise.Until) {
			facts.Pledges++
		}
	}
	return facts
}

func (g *glance) countMembers(facts *charter.Facts) {
	for _, m := range g.State.Members() {
		switch {
		case m.Standing.String() == "left":
			facts.Left++
		case m.Standing.String() == "active":
			facts.Members++
			if m.Pool != "" {
				facts.Pools++
			}
		}
		for _, seat := range m.Seats {
			facts.Holders[seat.Role]++
		}
		for _, due := range g.Charter().Dues {
			if m.Entered.IsZero() || due.EveryDays <= 0 || due.AmountMinor <= 0 {
				continue
			}
			facts.Contributions += int(g.Now().Sub(m.Entered)/(24*time.Hour)) / due.EveryDays
			if late := g.Behind(m, due, g.Now()); late > 0 {
				facts.Late += int((late + due.AmountMinor - 1) / due.AmountMinor)
			}
		}
	}
	receivers := map[string]bool{}
	for account, minor := range g.Balances() {
		place, member, _ := strings.Cut(account.Path, "/")
		if minor > 0 && (place == "received" || place == "lent") && member != decide.Outside {
			receivers[member] = true
		}
	}
	facts.Receivers = len(receivers)
}

func (g *glance) countProposals(facts *charter.Facts) {
	proposers := map[string]bool{}
	sums := map[charter.Kind]int{}
	for _, p := range g.State.Proposals() {
		if p.Tier.Method == "" {
			continue // nobody asked: it follows from another decision
		}
		proposers[p.By] = true
		if p.State == decide.Voting || p.State == decide.Withdrawn {
			continue
		}
		turnout := facts.Decisions[p.Kind]
		turnout.Ended++
		if p.State != decide.Refused {
			turnout.Passed++
		}
		if c := g.Tally(p); c.Eligible > 0 {
			sums[p.Kind] += 1000 * (c.For + c.Against + c.Abstain) / c.Eligible
		}
		turnout.Permille = sums[p.Kind] / turnout.Ended
		facts.Decisions[p.Kind] = turnout
	}
	facts.Proposers = len(proposers)
}

func (g *glance) countGroups(facts *charter.Facts) {
	for _, id := range g.State.Groups() {
		for _, round := range g.Group(id).Rounds {
			if round.State == rotation.Paid && round.Receiver > 0 {
				facts.Rounds++
			}
		}
	}
}

func (g *glance) countSanctions(facts *charter.Facts) {
	for _, x := range g.State.Sanctions() {
		facts.Sanctions[x.Measure]++
		if x.State == decide.Healed {
			facts.Healed++
		}
		if x.Appeal != nil {
			facts.Appeals++
			if x.State == decide.Lifted {
				facts.Upheld++
			}
		}
	}
}
