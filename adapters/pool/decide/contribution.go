package decide

import (
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// WordCame is the word that money came in: Coming.
const WordCame = "came"

const (
	kindTook  = "took_in"
	kindMatch = "match"
)

var (
	contributionWords = map[string]word{WordCame: {section: charter.SectionContributions, do: (*turn).comes}}
	contributionKinds = map[string]kind{
		kindTook:  {section: charter.SectionContributions, who: active, old: true, do: (*turn).tookIn},
		kindMatch: {section: charter.SectionContributions, who: active, old: true, do: (*turn).match},
	}
)

// suspense holds what came in and named nobody.
const suspense = "suspense/in"

// nobody is the contributor of payments that name no member.
const nobody = "unmatched"

// Coming is the word that money came in over the rail, and what became of it.
type Coming struct {
	ID        string `json:"id"` // the instruction's: the same money has the same id
	Amount    Amount `json:"amount"`
	Reference string `json:"reference"` // as the payer gave it: "m3", "m3 dues", "m3 g1"

	member string // whose it is; "" until somebody says so
}

// Taken is the body of kindTook: cash that a treasurer got from a member.
type Taken struct {
	ID     string `json:"id"` // the receipt's
	Member string `json:"member"`
	For    string `json:"for,omitzero"` // as in a reference
	Amount Amount `json:"amount"`
}

// Matched is the body of kindMatch: a treasurer says whose a payment is.
type Matched struct {
	Payment string `json:"payment"` // Coming.ID
	Member  string `json:"member"`
	For     string `json:"for,omitzero"`
}

// comes books what the rail brought, once for each id. It never refuses money: what nothing takes is kept for its
// member, and what names no member waits for a treasurer.
func (t *turn) comes(body []byte) *Refusal {
	var c Coming
	if refused := decode(body, &c); refused != nil {
		return refused
	}
	_, twice := t.came[c.ID]
	switch {
	case c.ID == "" || len(c.ID) > 2*maxWord || !c.Amount.isSound():
		return refuse(FaultForm, "no payment")
	case twice:
		return refuse(FaultAlready, "%s is booked", c.ID)
	}
	if taken, refused := t.takePot(c); taken || refused != nil {
		if refused == nil {
			c.member = turnWord
			t.came[c.ID] = c
		}
		return refused
	}
	name, what := readReference(c.Reference)
	if m := t.Member(name); m != nil {
		c.member = m.ID
		t.entry.Lines[0].About = []string{m.ID}
		if t.take(contributedAccount(m.ID), m, what, c.Amount) != nil {
			refused := t.intoPurse(contributedAccount(m.ID), m, c.Amount)
			if refused != nil {
				return refused
			}
		}
	} else if refused := t.post(charter.SectionContributions, nil, book.Posting{
		From: contributedAccount(nobody), To: suspense, Unit: c.Amount.Unit, AmountMinor: c.Amount.Minor,
	}); refused != nil {
		return refused
	}
	t.came[c.ID] = c
	return nil
}

// intoPurse keeps for a member what it paid and nothing takes.
func (t *turn) intoPurse(from string, m *Member, amount Amount) *Refusal {
	return t.post(charter.SectionContributions, []string{m.ID}, book.Posting{
		From: from, To: purseAccount(m.ID), Unit: amount.Unit, AmountMinor: amount.Minor, Purpose: "kept",
	})
}

// tookIn books cash. Two people know of it: the treasurer, who signs, and the member, who sees it.
func (t *turn) tookIn(by *Member, a act.Act) *Refusal {
	var w Taken
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	m := t.Member(w.Member)
	_, twice := t.came[w.ID]
	switch {
	case !by.Has(Treasurer):
		return refuse(FaultRole, "a treasurer takes cash in")
	case m == nil:
		return refuse(FaultUnknown, "no member is %q", clip(w.Member))
	case m == by:
		return refuse(FaultConflict, "another treasurer takes yours")
	case w.ID == "" || len(w.ID) > maxWord || !w.Amount.isSound():
		return refuse(FaultForm, "no payment")
	case twice:
		return refuse(FaultAlready, "%s is booked", w.ID)
	}
	if refused := t.take(contributedAccount(m.ID), m, w.For, w.Amount); refused != nil {
		return refused
	}
	t.entry.Lines[0].About = []string{by.ID, m.ID}
	t.came[w.ID] = Coming{ID: w.ID, Amount: w.Amount, Reference: w.For, member: m.ID}
	return nil
}

// match gives a member what came in and named nobody.
func (t *turn) match(by *Member, a act.Act) *Refusal {
	var w Matched
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	c, known := t.came[w.Payment]
	m := t.Member(w.Member)
	switch {
	case !by.Has(Treasurer):
		return refuse(FaultRole, "a treasurer says whose a payment is")
	case !known || m == nil:
		return refuse(FaultUnknown, "no such payment, or no such member")
	case c.member != "":
		return refuse(FaultAlready, "it is %s's", c.member)
	case m == by:
		return refuse(FaultConflict, "another treasurer says which are yours")
	}
	theirs := book.Posting{
		From: contributedAccount(m.ID), To: contributedAccount(nobody), Unit: c.Amount.Unit, AmountMinor: c.Amount.Minor,
	}
	if err := t.book.Try(theirs); err != nil {
		return unbooked(err)
	}
	if refused := t.take(suspense, m, w.For, c.Amount); refused != nil {
		return refused
	}
	c.member = m.ID
	t.came[c.ID] = c
	t.entry.Lines[0].About = []string{m.ID}
	return t.post(charter.SectionContributions, []string{m.ID}, theirs)
}

func contributedAccount(member string) string { return "contributed/" + member }

// readReference reads "m3 dues", "M3-dues", "m3/g1": who pays, and for what.
func readReference(text string) (member, what string) {
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return strings.ContainsRune(" /-:,.;", c) })
	switch len(words) {
	case 0:
		return "", ""
	case 1:
		return words[0], ""
	}
	return words[0], words[1]
}

// take books what a member pays, out of an account, for what it says: a due, a fund, or whatever the capabilities
// know. Without a word it is for the first due in that unit, or else the first fund.
func (t *turn) take(from string, m *Member, what string, amount Amount) *Refusal {
	for _, taker := range takers {
		if taken, refused := taker(t, from, m, what, amount); taken || refused != nil {
			return refused
		}
	}
	fund, due, ok := t.purse(what, amount.Unit)
	if !ok {
		return refuse(FaultUnknown, "nothing takes %s for %q", amount.Unit, clip(what))
	}
	refused := t.post(charter.SectionContributions, []string{m.ID}, book.Posting{
		From: from, To: fundAccount(fund), Unit: amount.Unit, AmountMinor: amount.Minor, Purpose: due,
	})
	if refused == nil && due != "" {
		t.duePaid(m, due, amount.Minor)
	}
	return refused
}

// taker takes a payment that is for it.
type taker func(t *turn, from string, m *Member, what string, amount Amount) (bool, *Refusal)

// takers are asked in this order.
var takers = []taker{takeTurn, (*turn).repay}

// purse finds the fund that a payment is for, and the due that it pays.
func (t *turn) purse(what string, unit fx.Currency) (fund, due string, ok bool) {
	for _, d := range t.rules().Dues {
		if f, _ := t.rules().Fund(d.Fund); f.Unit == unit && (what == "" || what == d.Name) {
			return d.Fund, d.Name, true
		}
	}
	for _, f := range t.rules().Funds {
		if f.Unit == unit && (what == "" && !f.Reserve || what == f.Name) {
			return f.Name, "", true
		}
	}
	return "", "", false
}

func (t *turn) duePaid(m *Member, due string, minor int64) {
	m.dues[due] += minor
	t.forgive(m)
}

// maxPeriods bounds how many periods of a due are looked at: more than two centuries of weekly ones.
const maxDuePeriods = 12_000

// Behind is by how much a member is behind with a due at a moment: what has fallen due since it entered, each period by
// the charter of its moment, less what it paid. Below zero it has paid ahead.
func (s *State) Behind(m *Member, due charter.Due, at time.Time) int64 {
	owed := -m.dues[due.Name]
	if m.Entered.IsZero() {
		return owed
	}
	moment := m.Entered
	for range maxDuePeriods {
		version := s.versionAt(moment)
		i := slices.IndexFunc(s.charters[version].Dues, func(d charter.Due) bool { return d.Name == due.Name })
		if i < 0 { // not yet, or not in that version
			if version == len(s.charters)-1 {
				return owed
			}
			moment = s.inForce[version+1]
			continue
		}
		d := s.charters[version].Dues[i]
		if moment = moment.AddDate(0, 0, d.EveryDays); d.EveryDays <= 0 || moment.After(at) {
			return owed
		}
		sum, ok := fx.AddMinor(owed, d.AmountMinor)
		if !ok {
			return owed
		}
		owed = sum
	}
	return owed
}

// versionAt is the index of the charter that was in force at a moment.
func (s *State) versionAt(at time.Time) int {
	version := len(s.inForce) - 1
	for version > 0 && s.inForce[version].After(at) {
		version--
	}
	return version
}

// Booked tells whether an instruction of the switch is in the book.
func (s *State) Booked(id string) bool {
	_, came := s.came[id]
	return came || s.back[id]
}
