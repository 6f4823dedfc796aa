package decide

import (
	"encoding/hex"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// RuleChange is the subject of charter.RuleChange: the whole next charter.
type RuleChange struct {
	Charter jsontext.Value `json:"charter"`
}

func (r *RuleChange) weighs(*State) fx.Money   { return fx.Money{} }
func (r *RuleChange) concerns(*State) []string { return nil }
func (r *RuleChange) section() charter.Section { return charter.SectionDecisions }

func (r *RuleChange) check(s *State, _ *Proposal) *Refusal {
	_, refused := r.next(s)
	return refused
}

// next is the charter that would be in force. Funds that hold money stay, and so do roles that somebody has.
func (r *RuleChange) next(s *State) (*charter.Charter, *Refusal) {
	next, err := charter.Read(r.Charter)
	if err != nil {
		return nil, refuse(FaultForm, "%v", err)
	}
	if err := next.Check(); err != nil {
		return nil, refuse(FaultRules, "%v", err)
	}
	if next.Pool != s.pool || next.Version != s.rules().Version+1 {
		return nil, refuse(FaultVersion, "it is version %d of %s, and %d is in force", next.Version, next.Pool, s.rules().Version)
	}
	for account := range s.book.Balances() {
		if !isFund(account.Path) {
			continue
		}
		if fund, ok := next.Fund(account.Path[len("fund/"):]); !ok || fund.Unit != account.Unit {
			return nil, refuse(FaultRules, "%s holds money and would be gone", account.Path)
		}
	}
	for _, u := range s.rules().Units {
		if then, _ := next.Unit(u.Unit); u.Issue == charter.Decided && then.Issue != u.Issue && s.vouchers[u.Unit] != nil {
			return nil, refuse(FaultRules, "%s were issued, and would be no more", u.Unit)
		}
	}
	for _, name := range s.fundsInUse() {
		now, _ := s.rules().Fund(name)
		if then, ok := next.Fund(name); !ok || then.Unit != now.Unit {
			return nil, refuse(FaultRules, "fund %s is in use and would be gone", name)
		}
	}
	for _, m := range s.members {
		for _, seat := range m.Seats {
			if _, ok := next.Role(seat.Role); !ok {
				return nil, refuse(FaultRules, "%s is %s, which would be gone", m.ID, seat.Role)
			}
		}
	}
	return next, nil
}

// fundsInUse are those that payouts on their way, loans or pledges still need.
func (s *State) fundsInUse() (names []string) {
	for _, p := range s.due {
		if name := p.Paying().Fund; name != "" {
			names = append(names, name)
		}
	}
	for _, l := range s.loans {
		names = append(names, l.Fund)
	}
	for _, p := range s.promises {
		if !p.Revoked && s.now.Before(p.Until) {
			names = append(names, p.Fund)
		}
	}
	return names
}

func (r *RuleChange) carry(t *turn, _ *Proposal) *Refusal {
	next, refused := r.next(t.State)
	if refused != nil {
		return refused
	}
	t.charters, t.inForce, t.undrawn = append(t.charters, next), append(t.inForce, t.now), true
	for _, m := range t.members {
		m.reckoned = false
	}
	hash := next.Hash()
	t.say(charter.SectionDecisions, nil, "charter", inForce{Version: next.Version, Hash: hex.EncodeToString(hash[:])})
	return nil
}
