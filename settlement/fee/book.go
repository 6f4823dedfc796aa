package fee

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Book is the schedules in force and announced. A book does not change, so many may ask it at once. The zero
// value has no schedule.
type Book struct{ tariffs []*tariff } // versions and moments both ascend

// Empty tells whether there is no schedule.
func (b Book) Empty() bool { return len(b.tariffs) == 0 }

// Terms is what a schedule charges on a corridor.
type Terms struct {
	Version int64
	From    time.Time // UTC
	Rule    Rule
}

// Terms lists what is charged on a corridor, for each schedule in force and announced, oldest first. The
// corridor must be whole; its rules must not be changed.
func (b Book) Terms(c Corridor) []Terms {
	all := make([]Terms, len(b.tariffs))
	for i, t := range b.tariffs {
		all[i] = Terms{Version: t.version, From: t.from, Rule: *t.rule(c)}
	}
	return all
}

// tariff is a schedule by corridor.
type tariff struct {
	version int64
	from    time.Time
	rules   map[Corridor]*Rule
	named   []parts // what rules name, most specific first, each once
}

// parts says which parts of a corridor a rule names, a bit for each. The greater is the more specific, and
// two rules that name the same parts of a corridor are one.
type parts uint8

// The parts, by weight.
const (
	toCurrency parts = 1 << iota
	fromCurrency
	toCountry
	fromCountry
	toParticipant
	fromParticipant
)

// partsOf returns what a rule's corridor names: the least that leaves all of it.
func partsOf(c Corridor) parts {
	var p parts
	for p.of(c) != c {
		p++
	}
	return p
}

// of leaves the given parts of a corridor, and anything in the place of the others.
func (p parts) of(c Corridor) Corridor {
	if p&toCurrency == 0 {
		c.To.Currency = fx.Currency{}
	}
	if p&fromCurrency == 0 {
		c.From.Currency = fx.Currency{}
	}
	if p&toCountry == 0 {
		c.To.Country = ""
	}
	if p&fromCountry == 0 {
		c.From.Country = ""
	}
	if p&toParticipant == 0 {
		c.To.Participant = ""
	}
	if p&fromParticipant == 0 {
		c.From.Participant = ""
	}
	return c
}

// Add announces a schedule at the moment now. It must be of a greater version than those before and in
// force no earlier than now: no fee changes for what was accepted. Announced schedules that would have come
// into force at its moment or later are replaced, and those that are over are forgotten. The book itself
// stays as it is. Errors are *FeeError.
func (b Book) Add(s Schedule, now time.Time) (Book, error) {
	if err := s.Check(); err != nil {
		return b, err
	}
	if n := len(b.tariffs); n > 0 && s.Version <= b.tariffs[n-1].version {
		return b, fail(FaultVersion, "%d after %d", s.Version, b.tariffs[n-1].version)
	}
	if s.From.Before(now) {
		return b, fail(FaultVersion, "%d is in force from %s, which is past", s.Version, s.From.UTC().Format(time.RFC3339))
	}
	standing := slices.Clone(b.tariffs)
	for len(standing) > 1 && !standing[1].from.After(now) {
		standing = standing[1:]
	}
	standing = slices.DeleteFunc(standing, func(t *tariff) bool { return !t.from.Before(s.From) })
	if len(standing) == MaxSchedules {
		return b, fail(FaultVersion, "%d schedules are in force or announced; the limit is %d", len(standing), MaxSchedules)
	}
	return Book{tariffs: append(standing, newTariff(s))}, nil
}

func newTariff(s Schedule) *tariff {
	t := &tariff{version: s.Version, from: s.From.UTC(), rules: make(map[Corridor]*Rule, len(s.Rules))}
	for _, r := range s.Rules {
		r.Switch, r.Interchange.Tiers = slices.Clone(r.Switch), slices.Clone(r.Interchange.Tiers)
		t.rules[r.corridor()] = &r
		t.named = append(t.named, partsOf(r.corridor()))
	}
	slices.Sort(t.named)
	t.named = slices.Compact(t.named)
	slices.Reverse(t.named)
	return t
}

// rule returns the most specific rule that fits.
func (t *tariff) rule(c Corridor) *Rule {
	for _, p := range t.named {
		if r, ok := t.rules[p.of(c)]; ok {
			return r
		}
	}
	return t.rules[Corridor{}]
}

// Fees works out what a transfer of the given amount costs when it is accepted at the given moment. The
// corridor must be whole and the amount of its source currency. Errors are *FeeError.
func (b Book) Fees(c Corridor, amount fx.Money, at time.Time) (Charge, error) {
	switch {
	case !c.From.whole() || !c.To.whole():
		return Charge{}, fail(FaultCorridor, "from %s to %s: want participant, country and currency", c.From, c.To)
	case amount.Currency != c.From.Currency:
		return Charge{}, fail(FaultCorridor, "an amount of %q from %q", amount.Currency, c.From.Currency)
	case amount.Minor <= 0:
		return Charge{}, fail(FaultAmount, "%s is not positive", amount)
	}
	for _, t := range slices.Backward(b.tariffs) {
		if !t.from.After(at) {
			return t.rule(c).charge(t.version, c, amount.Minor)
		}
	}
	return Charge{}, fail(FaultNone, "at %s", at.UTC().Format(time.RFC3339))
}

// whole tells whether nothing is left out.
func (e End) whole() bool {
	return e.Participant != "" && e.Country != "" && !e.Currency.IsZero()
}
