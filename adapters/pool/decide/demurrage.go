package decide

import (
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/credit"
	"github.com/ayni-switch/ayni/fx"
)

// demurrage is how far a unit was charged.
type demurrage struct {
	last     time.Time
	next     int              // of the members, whom the charge that is under way looks at next
	residues map[string]int64 // by member
}

// chargeDemurrage takes what holding costs to the charter's fund, at each moment due: some members with each entry.
func (t *turn) chargeDemurrage() {
	for _, r := range t.rules().Credit {
		due, is := t.demurrageDue(r)
		if t.full() || !is {
			continue
		}
		at := t.charged[r.Unit]
		if at == nil {
			at = &demurrage{last: t.began, residues: map[string]int64{}}
			t.charged[r.Unit] = at
		}
		var holdings []credit.Holding
		for ; at.next < len(t.members) && len(holdings) < perLine; at.next++ {
			m := t.members[at.next]
			if minor := t.book.Balance(creditAccount(m.ID), r.Unit); minor > 0 {
				holdings = append(holdings, credit.Holding{Member: m.ID, BalanceMinor: minor, Residue: at.residues[m.ID]})
			}
		}
		if at.next == len(t.members) {
			at.last, at.next = due, 0
		}
		if charges, _, err := creditRule(r).Demurrage(holdings); err == nil {
			t.demur(r, at, charges)
		}
	}
}

// demur books charges, in one line.
func (t *turn) demur(r charter.CreditRule, at *demurrage, charges []credit.Charge) {
	var postings []book.Posting
	var about []string
	for _, c := range charges {
		at.residues[c.Member] = c.Residue
		if c.Minor > 0 {
			postings = append(postings, book.Posting{
				From: creditAccount(c.Member), To: fundAccount(r.DemurrageFund), Unit: r.Unit, AmountMinor: c.Minor, Purpose: "demurrage",
			})
			about = append(about, c.Member)
		}
	}
	if len(postings) == 0 || t.book.Book(postings...) != nil {
		return // nobody holds enough, or a sum past what 64 bits hold: nobody has that much
	}
	t.entry.Postings = append(t.entry.Postings, postings...)
	t.say(charter.SectionCredit, about, "demurrage", demurred{Unit: r.Unit, Postings: postings})
	t.balances(postings[:1])
}

// demurred is what holding a unit cost.
type demurred struct {
	Unit     fx.Currency    `json:"unit"`
	Postings []book.Posting `json:"postings"`
}

func (s *State) demurrageDue(r charter.CreditRule) (time.Time, bool) {
	last := s.began
	if at := s.charged[r.Unit]; at != nil {
		last = at.last
	}
	if r.DemurrageDays <= 0 || r.DemurragePermille <= 0 || r.DemurrageFund == "" {
		return time.Time{}, false
	}
	return creditRule(r).DemurrageDue(last, s.now)
}

func (s *State) demurrageEnds() (ends []time.Time) {
	if len(s.charters) == 0 {
		return nil
	}
	for _, r := range s.rules().Credit {
		if due, _ := s.demurrageDue(r); !due.IsZero() {
			ends = append(ends, due)
		}
	}
	return ends
}
