package pools

import (
	"cmp"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Emergency is what a pool declared, with what others do about it by their own logs.
type Emergency struct {
	Pool string
	Declaration
	Open    bool       // money may still be sent
	Answers []Answer   // by pool
	Paid    []fx.Money // in all, by currency
	Coming  []fx.Money // by currency: decided, and not paid yet
}

// Answer is what one pool promised for an emergency, and what became of it.
type Answer struct {
	Pool   string
	Pledge string // its id there
	State  string // pledged until a payout was made of it; then the payout's: due, funded, paid, returned, lapsed
	Amount fx.Money
}

// Pledged is the state of a pledge that was not drawn on.
const Pledged = "pledged"

// The states of payouts, as logs say them.
const (
	paid   = "paid"
	due    = "due"
	funded = "funded"
)

// Emergencies are those that some pools declared, the newest first. Nobody is believed about anybody else: that it is an
// emergency is the log's of the pool that declared it, and what was paid is each payer's.
func Emergencies(of []Entry, now time.Time) (all []Emergency) {
	for _, e := range of {
		if e.Card == nil {
			continue
		}
		for _, d := range e.Card.Declared {
			all = append(all, emergency(e.Participant, d, of, now))
		}
	}
	slices.SortStableFunc(all, func(a, b Emergency) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Pool, b.Pool)) })
	return all
}

func emergency(pool string, d Declaration, of []Entry, now time.Time) Emergency {
	e := Emergency{Pool: pool, Declaration: d, Open: now.Before(d.Until)}
	for _, other := range of {
		if other.Card == nil || other.Participant == pool {
			continue
		}
		e.Answers = append(e.Answers, e.answered(other.Participant, other.Card, now)...)
	}
	for _, a := range e.Answers {
		switch a.State {
		case paid:
			e.Paid = plus(e.Paid, a.Amount)
		case due, funded:
			e.Coming = plus(e.Coming, a.Amount)
		}
	}
	return e
}

// answered is what a pool's card says about an emergency.
func (e *Emergency) answered(pool string, card *Card, now time.Time) (all []Answer) {
	drawn := map[string]bool{} // by pledge
	for _, k := range card.Kept {
		if k.To == e.Pool && k.Declaration == e.ID {
			drawn[k.Pledge] = true
			all = append(all, Answer{Pool: pool, Pledge: k.Pledge, State: k.State, Amount: k.Amount})
		}
	}
	for _, p := range card.Pledges {
		fits := p.To == e.Pool && slices.Contains(p.Kinds, e.Kind) && (len(p.Places) == 0 || slices.Contains(p.Places, e.Place))
		if fits && e.Open && p.InForce(now) && !drawn[p.ID] {
			all = append(all, Answer{Pool: pool, Pledge: p.ID, State: Pledged, Amount: p.Each})
		}
	}
	return all
}

// plus adds money to sums by currency. What would not fit is left where it is: it is somebody's word, and no book.
func plus(sums []fx.Money, m fx.Money) []fx.Money {
	at := slices.IndexFunc(sums, func(s fx.Money) bool { return s.Currency == m.Currency })
	if at < 0 {
		return append(sums, m)
	}
	if sum, err := sums[at].Add(m); err == nil {
		sums[at] = sum
	}
	return sums
}

// TieKind is how one pool is tied to another.
type TieKind string

// The ties.
const (
	Aids  TieKind = "aids"  // has pledged to the other, or paid it on a pledge
	Saves TieKind = "saves" // is a member of the other, as in a group that saves together
)

// Tie is one pool's with another, by the log of From, or of To where From is its member.
type Tie struct {
	From, To string
	Kind     TieKind
	Pledged  []fx.Money // in force, by currency
	Paid     []fx.Money
}

// Ties are all that some pools show, by from and to. A pool that is tied need not be in the directory.
func Ties(of []Entry, now time.Time) (all []Tie) {
	for _, e := range of {
		if e.Card == nil {
			continue
		}
		for _, guest := range e.Card.Guests {
			all = append(all, Tie{From: guest, To: e.Participant, Kind: Saves})
		}
		all = append(all, aids(e.Participant, e.Card, now)...)
	}
	slices.SortStableFunc(all, func(a, b Tie) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}

func aids(pool string, card *Card, now time.Time) (all []Tie) {
	to := func(other string) *Tie {
		at := slices.IndexFunc(all, func(t Tie) bool { return t.To == other })
		if at < 0 {
			all, at = append(all, Tie{From: pool, To: other, Kind: Aids}), len(all)
		}
		return &all[at]
	}
	for _, p := range card.Pledges {
		if p.InForce(now) {
			tie := to(p.To)
			tie.Pledged = plus(tie.Pledged, p.Total)
		}
	}
	for _, k := range card.Kept {
		if k.State == paid {
			tie := to(k.To)
			tie.Paid = plus(tie.Paid, k.Amount)
		}
	}
	return all
}
