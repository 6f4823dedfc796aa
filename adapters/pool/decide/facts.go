package decide

import (
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
)

// Facts are what the pool's records show, for its report. Of audits, and of federations that it is in, they say nothing.
func (s *State) Facts() charter.Facts {
	f := charter.Facts{
		Decisions: s.turnouts(), Holders: map[string]int{}, Sanctions: map[charter.Measure]int{charter.Reminder: s.reminded},
	}
	for _, m := range s.members {
		switch m.Standing {
		case left:
			f.Left++
		case active:
			f.Members++
			if m.Pool != "" {
				f.Pools++
			}
			for _, seat := range m.Seats {
				f.Holders[seat.Role]++
			}
		default:
		}
		due, late := s.dueOf(m)
		f.Contributions, f.Late = f.Contributions+due, f.Late+late
	}
	for _, x := range s.sanctions {
		f.Sanctions[x.Measure]++
		if x.State == Healed {
			f.Healed++
		}
		if x.Appeal != nil {
			f.Appeals++
			if x.State == Lifted {
				f.Upheld++
			}
		}
	}
	for _, p := range s.promises {
		if !p.Revoked && s.now.Before(p.Until) {
			f.Pledges++
		}
	}
	f.Rounds, f.Receivers = s.rounds(), len(s.receivers())
	f.Proposers = len(s.proposers())
	return f
}

// dueOf counts a member's contributions that were due, and those that are late now.
func (s *State) dueOf(m *Member) (due, late int) {
	if len(s.charters) == 0 || m.Entered.IsZero() || m.Standing < suspended {
		return 0, 0
	}
	at := s.now.AddDate(0, 0, -s.rules().Lateness.GraceDays)
	for _, d := range s.rules().Dues {
		if d.EveryDays <= 0 || d.AmountMinor <= 0 {
			continue
		}
		due += int(s.now.Sub(m.Entered)/(24*time.Hour)) / d.EveryDays
		late += int((max(s.Behind(m, d, at), 0) + d.AmountMinor - 1) / d.AmountMinor)
	}
	return due, late
}

// turnouts are how members took part, by kind.
func (s *State) turnouts() map[charter.Kind]charter.Turnout {
	all, said := map[charter.Kind]charter.Turnout{}, map[charter.Kind]int{}
	for _, p := range s.proposals {
		if p.State == Voting || p.State == Withdrawn || !p.voted() {
			continue
		}
		turnout := all[p.Kind]
		if turnout.Ended++; p.State != Refused {
			turnout.Passed++
		}
		if c := p.Count; c.Eligible > 0 {
			said[p.Kind] += (c.For + c.Against + c.Abstain) * 1000 / c.Eligible
		}
		turnout.Permille = said[p.Kind] / turnout.Ended
		all[p.Kind] = turnout
	}
	return all
}

// rounds counts pots that were paid.
func (s *State) rounds() (paid int) {
	for _, g := range s.groups {
		for _, r := range g.Rounds {
			if r.State == rotation.Paid {
				paid++
			}
		}
	}
	return paid
}

// receivers are members who got a payout, a loan or a pot.
func (s *State) receivers() map[string]bool {
	all := map[string]bool{}
	for _, p := range s.proposals {
		if o := p.Paying(); o != nil && o.Member != "" && p.Payout == PayoutPaid {
			all[o.Member] = true
		}
	}
	for _, g := range s.groups {
		for _, r := range g.Rounds {
			if r.State == rotation.Paid && r.Receiver > 0 && g.Seats[r.Receiver-1].Pool == "" {
				all[g.Seats[r.Receiver-1].Member] = true
			}
		}
	}
	return all
}

// voted tells whether a proposal is a question, and not a payout that was decided before.
func (p *Proposal) voted() bool { return p.Tier.Method != "" }

func (s *State) proposers() map[string]bool {
	all := map[string]bool{}
	for _, p := range s.proposals {
		if p.voted() {
			all[p.By] = true
		}
	}
	return all
}
