package decide

import (
	"slices"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Venture is a group at another pool that this one saves in, by its own decision.
type Venture struct {
	Saving

	ID    string // the proposal's
	Spent int64  // set aside so far, less nothing: TotalMinor bounds it
	Calls []Called
	Kept  []int // rounds in which this pool received, and has its own part back
}

// Saving is the part of charter.Rotating by which a pool saves in another pool's group.
type Saving struct {
	Host       string      `json:"host"`
	Key        string      `json:"key"` // of the host's log
	Group      string      `json:"group"`
	Fund       string      `json:"fund"` // pays the contributions, and gets the pot
	Unit       fx.Currency `json:"unit"`
	EachMinor  int64       `json:"each_minor"`  // for one seat in one round, at most
	TotalMinor int64       `json:"total_minor"` // for all of them, at most
}

// Called is a call that was heard.
type Called struct {
	Call

	Aside bool // set aside, and said so
	Over  bool // not needed any more: the pot of that round is this pool's own
}

const maxVentures = 20

func (j *Saving) check(s *State) *Refusal {
	key, err := audit.ParseKey(j.Key)
	fund, known := s.rules().Fund(j.Fund)
	switch {
	case !messaging.ValidParticipant(j.Host) || j.Host == s.pool || err != nil || key.Name() != string(diary.Origin(j.Host)):
		return refuse(FaultForm, "no host, or the key is not of its log")
	case !known || fund.Unit != j.Unit:
		return refuse(FaultRules, "no fund of %s is %q", j.Unit, clip(j.Fund))
	case j.EachMinor <= 0 || j.TotalMinor < j.EachMinor || !isWord(j.Group):
		return refuse(FaultForm, "no group, or it pays nothing")
	case s.venture(j.Host, j.Group) != nil:
		return refuse(FaultAlready, "the pool saves in %s of %s", j.Group, j.Host)
	case len(s.ventures) >= maxVentures:
		return refuse(FaultTooMany, "%d groups of others", len(s.ventures))
	}
	return nil
}

// Ventures lists the groups of other pools that this one saves in. They are not changed.
func (s *State) Ventures() []*Venture { return slices.Clone(s.ventures) }

func (s *State) venture(host, group string) *Venture {
	if i := slices.IndexFunc(s.ventures, func(v *Venture) bool { return v.Host == host && v.Group == group }); i >= 0 {
		return s.ventures[i]
	}
	return nil
}

// called takes a host's call, and sets the part aside as soon as the fund has it.
func (t *turn) called(key string, c Call) *Refusal {
	v := t.venture(c.Host, c.Group)
	switch {
	case c.To != t.pool || v == nil || v.Key != key:
		return refuse(FaultOtherPool, "this pool does not save in %s of %s", clip(c.Group), clip(c.Host))
	case slices.ContainsFunc(v.Calls, func(known Called) bool { return known.Round == c.Round && known.Seat == c.Seat }):
		return refuse(FaultAlready, "round %d of seat %d", c.Round, c.Seat)
	case c.Unit != v.Unit || c.Minor <= 0 || c.Minor > v.EachMinor:
		return refuse(FaultLimit, "it asks for %d %s, and %d %s were decided", c.Minor, c.Unit, v.EachMinor, v.Unit)
	case v.Spent > v.TotalMinor-c.Minor:
		return refuse(FaultLimit, "%d of %d are spent", v.Spent, v.TotalMinor)
	}
	v.Spent += c.Minor
	v.Calls = append(v.Calls, Called{Call: c})
	return nil // setAside follows
}

// setAside takes out of funds what hosts have called for, as far as it is there.
func (t *turn) setAside() {
	for _, v := range t.ventures {
		for i := range v.Calls {
			c := &v.Calls[i]
			if c.Aside || c.Over || t.full() || t.book.Balance(fundAccount(v.Fund), v.Unit) < c.Minor {
				continue
			}
			if t.post(charter.SectionRotation, nil, book.Posting{
				From: fundAccount(v.Fund), To: ventureAccount(v.Host, v.Group), Unit: v.Unit, AmountMinor: c.Minor, Purpose: "set_aside",
			}) != nil {
				continue
			}
			c.Aside = true
			t.say(charter.SectionRotation, nil, LineReady, Ready{
				To: v.Host, Pool: t.pool, Group: v.Group, Round: c.Round, Seat: c.Seat, Unit: c.Unit, Minor: c.Minor,
			})
		}
	}
}

func ventureAccount(host, group string) string { return "rotation/" + host + "." + group }

// settles hears how a round of a host's group moves, and pays this pool's legs.
func (t *turn) settles(key string, s Settle) *Refusal {
	v := t.venture(s.Host, s.Group)
	switch {
	case v == nil || v.Key != key || !slices.Contains(s.To, t.pool):
		return refuse(FaultOtherPool, "this pool does not save in %s of %s", clip(s.Group), clip(s.Host))
	case !s.isSound():
		return refuse(FaultForm, "a round without a receiver or an attempt, or legs that are none")
	}
	var aside, asked int64
	for _, c := range v.Calls {
		if c.Round == s.Round && c.Aside {
			aside += c.Minor // each within EachMinor, all within TotalMinor
		}
	}
	for _, leg := range s.Legs {
		if leg.Pool == t.pool {
			if leg.Unit != v.Unit || leg.Minor > aside-asked {
				asked = -1 // more than there is, or of what was never asked for
				break
			}
			asked += leg.Minor
		}
	}
	if asked != aside && s.Receiver != t.pool {
		return refuse(FaultChanged, "it asks for something else than the %d %s that are set aside", aside, v.Unit)
	}
	if refused := t.supersede(s); refused != nil {
		return refused
	}
	if s.Receiver == t.pool {
		return t.keepOwn(v, s, aside)
	}
	return t.payLegs(s, ventureAccount(s.Host, s.Group))
}

// supersede makes way for a newer attempt at a round: legs of earlier ones that no fund has paid are over.
func (t *turn) supersede(s Settle) *Refusal {
	var unpaid []*Proposal
	for _, p := range t.proposals {
		l, ok := p.Subject.(*Leg)
		if !ok || l.Settle.Host != s.Host || l.Settle.Group != s.Group || l.Settle.Round != s.Round {
			continue
		}
		switch {
		case l.Settle.Attempt >= s.Attempt:
			return refuse(FaultAlready, "attempt %d was heard", l.Settle.Attempt)
		case p.Payout == PayoutFunded || p.Payout == PayoutPaid:
			return later(FaultNotNow, "attempt %d is on its way", l.Settle.Attempt)
		case p.Payout == PayoutDue:
			unpaid = append(unpaid, p)
		default:
		}
	}
	for _, p := range unpaid {
		p.Payout, p.Why = PayoutLapsed, "another attempt"
		t.tellPayout(p, 0, p.Why)
	}
	return nil
}

// keepOwn puts a receiver's own part back where the pot comes to.
func (t *turn) keepOwn(v *Venture, s Settle, aside int64) *Refusal {
	if aside > 0 && !v.kept(s.Round) {
		if refused := t.post(charter.SectionRotation, nil, book.Posting{
			From: ventureAccount(s.Host, s.Group), To: fundAccount(v.Fund), Unit: v.Unit, AmountMinor: aside, Purpose: "own_part",
		}); refused != nil {
			return refused
		}
		v.Kept = append(v.Kept, s.Round)
	}
	for i := range v.Calls {
		v.Calls[i].Over = v.Calls[i].Over || v.Calls[i].Round == s.Round
	}
	return nil
}

func (v *Venture) kept(round int) bool { return slices.Contains(v.Kept, round) }
