package decide

import (
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/messaging"
)

// A pool has those asked for money who said that it may, where a rail can ask them:
//
//	member  collect_me ─▶ may be asked, for so much at a time, until then
//	node    asking     ─▶ the request's name and amount are in the log: whatever dies, it is one request
//	        the rail asks the member, who pays or does not
//	node    asked      ─▶ the rail has asked
//	rail    came       ─▶ "m3 dues", as every contribution
//
// What for and how much follows from what the member owes.

// Collecting is the body of kindCollectMe: that a member may be asked for what it owes, and for how much at a time. The
// newest one counts; one without a participant ends it.
type Collecting struct {
	Participant string         `json:"participant,omitzero"` // whose rail asks
	Payer       act.Commitment `json:"payer,omitzero"`       // closed: name and account there
	Each        Amount         `json:"each,omitzero"`        // the most for one request
	Until       time.Time      `json:"until,omitzero"`
}

const kindCollectMe = "collect_me"

var pullKinds = map[string]kind{
	kindCollectMe: {section: SectionPrivate, who: suspended, old: true, do: (*turn).collectMe},
}

// The words about requests: Asking, before the rail is told, and Asked, after.
const (
	WordAsking = "asking"
	WordAsked  = "asked"
)

var pullWords = map[string]word{
	WordAsking: {section: SectionPrivate, do: (*turn).asking},
	WordAsked:  {section: SectionPrivate, do: (*turn).asked},
}

// Asking is the word that a member is about to be asked.
type Asking struct {
	Member string `json:"member"`
	For    string `json:"for"`   // a due, a loan or a group
	Order  string `json:"order"` // its reference at the adapter
	Amount Amount `json:"amount"`
}

// Asked is the word that the rail has asked.
type Asked struct {
	Member string `json:"member"`
	For    string `json:"for"`
	Order  string `json:"order"`
}

// pull is what a member may be asked for, and was.
type pull struct {
	consent Collecting
	last    map[string]request // by what for
}

// request is the last one for something.
type request struct {
	Asking

	count int       // from 1
	tries int       // how often the rail has asked since what is owed changed
	owed  int64     // minor units, at the time
	at    time.Time // when it was begun
	done  bool      // the rail has asked
	under Collecting
}

const (
	askAgain = 24 * time.Hour // after a request, at the soonest
	maxAsked = maxLife        // how long a consent lasts
)

func (t *turn) collectMe(by *Member, a act.Act) *Refusal {
	var w Collecting
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	unit, known := t.rules().Unit(w.Each.Unit)
	switch {
	case w == Collecting{}:
	case !messaging.ValidParticipant(w.Participant) || w.Participant == t.pool:
		return refuse(FaultForm, "participant names no other participant")
	case w.Payer.IsZero():
		return refuse(FaultCommitments, "nobody pays")
	case w.Each.Minor <= 0:
		return refuse(FaultForm, "each is not positive")
	case !known || unit.Issue != charter.Outside:
		return refuse(FaultRules, "no rail brings %s here", w.Each.Unit)
	case !t.now.Before(w.Until):
		return refuse(FaultExpired, "until %s", w.Until.Format(time.RFC3339))
	case w.Until.After(t.now.Add(maxAsked)):
		return refuse(FaultTooLong, "until %s", w.Until.Format(time.RFC3339))
	}
	by.pull.consent = w
	return nil
}

// Ask is a request for money that is to be made now.
type Ask struct {
	Asking

	Participant string         // whose rail asks
	Payer       act.Commitment // closed
	Begun       bool           // it is in the log, and the rail may have been told
	Before      *Asked         // the request before it, which may still be paid; nil where there is none
	BeforeAt    string         // that one's participant
}

// Asks lists whom to ask for what at a moment, in a fixed order: never for more than is owed or allowed, one request at
// a time for each thing, a day after the last at the soonest, and for as long as nothing changes no oftener than the
// charter reminds.
func (s *State) Asks(at time.Time) (all []Ask) {
	if !s.founded() {
		return nil
	}
	for _, m := range s.members {
		all = append(all, s.asksOf(m, at)...)
	}
	return all
}

func (s *State) asksOf(m *Member, at time.Time) (all []Ask) {
	consent := m.pull.consent
	if m.Standing != active || consent.Participant == "" || !at.Before(consent.Until) {
		return nil
	}
	for _, o := range s.owedBy(m, consent, at) {
		if ask, ok := s.askFor(m, o, at); ok {
			all = append(all, ask)
		}
	}
	return all
}

// owing is what a member is to pay now for something.
type owing struct {
	what  string
	minor int64
}

// owedBy are a member's parts of rounds under way, then the dues and instalments that it is behind with, in the unit
// that it may be asked for.
func (s *State) owedBy(m *Member, consent Collecting, at time.Time) (all []owing) {
	for _, g := range s.groups {
		o := owing{what: g.id}
		for _, seat := range g.SeatsOf(m.ID) {
			if g.Seats[seat-1].Unit == consent.Each.Unit && g.Seats[seat-1].Pool == "" {
				debt := g.Owes(seat)
				o.minor += debt.ReserveMinor + debt.AwaitedMinor
			}
		}
		all = append(all, o)
	}
	for _, d := range s.debts(m) {
		if d.unit == consent.Each.Unit && s.group(d.what) == nil && isReadable(m.ID, d.what) {
			all = append(all, owing{what: d.what, minor: d.behind(at)})
		}
	}
	return all
}

// isReadable tells whether a payment for something is known again by its reference.
func isReadable(member, what string) bool {
	m, w := readReference(reference(member, what))
	return m == member && w == what
}

func reference(member, what string) string { return member + " " + what }

// askFor is the request for what a member owes, if it is time for one.
func (s *State) askFor(m *Member, o owing, at time.Time) (Ask, bool) {
	if o.minor <= 0 {
		return Ask{}, false
	}
	consent := m.pull.consent
	ask := Ask{Participant: consent.Participant, Payer: consent.Payer, Asking: Asking{
		Member: m.ID, For: o.what, Amount: Amount{Minor: min(o.minor, consent.Each.Minor), Unit: consent.Each.Unit},
	}}
	last, before := m.pull.last[o.what]
	if before {
		if !last.done && last.under == consent && last.Amount.Minor <= o.minor && at.Before(last.at.Add(askAgain)) {
			ask.Asking, ask.Begun = last.Asking, true
			return ask, true
		}
		if !s.mayAskAgain(last, o, at) {
			return Ask{}, false
		}
		ask.Before = &Asked{Member: m.ID, For: o.what, Order: last.Order}
		ask.BeforeAt = last.under.Participant
	}
	ask.Order = askRef(s.pool, m.ID, o.what, last.count+1)
	return ask, true
}

// mayAskAgain tells whether a request may follow another: while nothing was paid and nothing fell due, as the charter
// reminds.
func (s *State) mayAskAgain(last request, o owing, at time.Time) bool {
	next := last.at.Add(askAgain)
	if rule := s.rules().Lateness; last.done && last.owed == o.minor {
		if last.tries > rule.Reminders {
			return false
		}
		if reminded := last.at.AddDate(0, 0, rule.RemindDays); reminded.After(next) {
			next = reminded
		}
	}
	return !at.Before(next)
}

// asking begins a request, as it follows from the state.
func (t *turn) asking(body []byte) *Refusal {
	var w Asking
	if refused := decode(body, &w); refused != nil {
		return refused
	}
	m := t.Member(w.Member)
	if m == nil {
		return refuse(FaultUnknown, "no member is %q", clip(w.Member))
	}
	t.entry.Lines[0].About = []string{m.ID}
	for _, o := range t.owedBy(m, m.pull.consent, t.now) {
		if o.what == w.For {
			return t.begin(m, o, w)
		}
	}
	return later(FaultNotNow, "%s owes nothing for %q", m.ID, clip(w.For))
}

func (t *turn) begin(m *Member, o owing, w Asking) *Refusal {
	for _, ask := range t.asksOf(m, t.now) {
		switch {
		case ask.For != o.what:
		case ask.Begun:
			return refuse(FaultAlready, "%s is begun", ask.Order)
		case ask.Asking != w:
			return refuse(FaultChanged, "it is to be %s of %d", ask.Order, ask.Amount.Minor)
		default:
			last := m.pull.last[o.what]
			next := request{Asking: w, count: last.count + 1, owed: o.minor, at: t.now, under: m.pull.consent}
			if last.owed == o.minor {
				next.tries = last.tries
			}
			if m.pull.last == nil {
				m.pull.last = map[string]request{}
			}
			m.pull.last[o.what] = next
			return nil
		}
	}
	return later(FaultNotNow, "%s is not to be asked now", m.ID)
}

// asked ends a request: what comes of it comes in.
func (t *turn) asked(body []byte) *Refusal {
	var w Asked
	if refused := decode(body, &w); refused != nil {
		return refused
	}
	m := t.Member(w.Member)
	if m == nil {
		return refuse(FaultUnknown, "no member is %q", clip(w.Member))
	}
	t.entry.Lines[0].About = []string{m.ID}
	last, begun := m.pull.last[w.For]
	switch {
	case !begun || last.Order != w.Order:
		return refuse(FaultUnknown, "no request is %q", clip(w.Order))
	case last.done:
		return refuse(FaultAlready, "%s is asked", w.Order)
	}
	last.done, last.tries = true, last.tries+1
	m.pull.last[w.For] = last
	return nil
}
