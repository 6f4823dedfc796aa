package decide

import (
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// What follows when a member has not paid dues or an instalment of a loan:
//
//	due ──grace──▶ reminder ──▶ … ──▶ reminder ──▶ "may be sanctioned", and nothing more by itself
//
// The reserve covers rotations only. Each reminder is the first step of the ladder.

// debt is something that a member pays again and again.
type debt struct {
	what   string // the due's name, or the loan's proposal
	unit   fx.Currency
	due    time.Time                // of the oldest part that is not paid
	behind func(at time.Time) int64 // minor units that were due by then and are not paid
}

// lateness is how often a member was reminded of a debt.
type lateness struct {
	reminders int
	last      time.Time
	told      bool // that a sanction may be proposed
}

// maxPeriods is how far somebody may have paid ahead and still be looked at.
const maxPeriods = 100_000

// debts are a member's, in a fixed order.
func (s *State) debts(m *Member) (all []debt) {
	for _, due := range s.rules().Dues {
		fund, _ := s.rules().Fund(due.Fund)
		if paid := m.dues[due.Name] / max(due.AmountMinor, 1); paid < maxPeriods && due.EveryDays > 0 {
			all = append(all, debt{
				what: due.Name, unit: fund.Unit, due: m.Entered.AddDate(0, 0, int(paid+1)*due.EveryDays),
				behind: func(at time.Time) int64 { return s.Behind(m, due, at) },
			})
		}
	}
	for _, l := range s.loans {
		if l.Member == m.ID {
			all = append(all, l.debt())
		}
	}
	return all
}

// remindedLine is the line of a reminder, and of what may follow the last.
type remindedLine struct {
	Member      string `json:"member"`
	What        string `json:"what"`
	Unit        string `json:"unit"`
	BehindMinor int64  `json:"behind_minor"`
	Reminder    int    `json:"reminder"` // counted from 1
}

// remindAll reminds those who are late. It does nothing where the charter does not say what follows.
func (t *turn) remindAll() {
	for _, m := range t.members {
		if at := t.reminder(m); at.IsZero() || t.now.Before(at) {
			continue
		}
		for _, d := range t.debts(m) {
			if next := t.nextReminder(m, d); !t.full() && !next.IsZero() && !t.now.Before(next) {
				t.remind(m, d)
			}
		}
	}
}

// forgive forgets how late a member was with what it has paid.
func (t *turn) forgive(m *Member) {
	m.reckoned = false
	for _, d := range t.debts(m) {
		if t.now.Before(d.due.AddDate(0, 0, t.rules().Lateness.GraceDays)) {
			delete(m.late, d.what)
		}
	}
}

func (s *State) mayBeReminded(m *Member) bool {
	return s.rules().Lateness != (charter.Lateness{}) && (m.Standing == active || m.Standing == suspended)
}

func (t *turn) remind(m *Member, d debt) {
	late := m.late[d.what]
	kind := "reminder"
	if late.reminders < t.rules().Lateness.Reminders {
		late.reminders, late.last, m.reminded = late.reminders+1, t.now, t.now
		t.reminded++
	} else {
		kind, late.told = "may_be_sanctioned", true
	}
	m.late[d.what], m.reckoned = late, false
	t.say(charter.SectionSanctions, []string{m.ID}, kind, remindedLine{
		Member: m.ID, What: d.what, Unit: d.unit.String(), BehindMinor: d.behind(t.now), Reminder: late.reminders,
	})
}

// nextReminder is when a member is reminded of a debt, or told what may follow; zero for never.
func (s *State) nextReminder(m *Member, d debt) time.Time {
	rule, late := s.rules().Lateness, m.late[d.what]
	if late.told {
		return time.Time{}
	}
	next := d.due.AddDate(0, 0, rule.GraceDays)
	if again := late.last.AddDate(0, 0, rule.RemindDays); !late.last.IsZero() && again.After(next) {
		next = again
	}
	return next
}

func (s *State) reminders() (ends []time.Time) {
	var soonest time.Time
	for _, m := range s.members {
		if at := s.reminder(m); !at.IsZero() && (soonest.IsZero() || at.Before(soonest)) {
			soonest = at
		}
	}
	if soonest.IsZero() {
		return nil
	}
	return []time.Time{soonest}
}

// reminder is when a member is next reminded of anything; zero for never. It is reckoned anew after what changes it.
func (s *State) reminder(m *Member) time.Time {
	if m.reckoned {
		return m.soonest
	}
	m.reckoned, m.soonest = true, time.Time{}
	if !s.mayBeReminded(m) {
		return m.soonest
	}
	for _, d := range s.debts(m) {
		if next := s.nextReminder(m, d); !next.IsZero() && (m.soonest.IsZero() || next.Before(m.soonest)) {
			m.soonest = next
		}
	}
	return m.soonest
}
