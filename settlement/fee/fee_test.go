package fee

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

var (
	kes, php = fx.MustCurrency("KES"), fx.MustCurrency("PHP")
	start    = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	toManila = Corridor{End{"mpesa-ke", "KE", kes}, End{"gcash-ph", "PH", php}}
)

const example = `{
	"version": 1, "from": "2026-01-01T00:00:00Z",
	"rules": [
		{"name": "all", "from": {}, "to": {},
			"switch": [{"from_minor": 0, "flat_minor": 0, "ppm": 0, "min_minor": 0}],
			"interchange": {"payer": "debtor", "tiers": [{"from_minor": 0, "flat_minor": 0, "ppm": 0, "min_minor": 0}]}},
		{"name": "kenya-out", "from": {"country": "KE", "currency": "KES"}, "to": {},
			"switch": [
				{"from_minor": 0, "flat_minor": 0, "ppm": 0, "min_minor": 0},
				{"from_minor": 10001, "flat_minor": 100, "ppm": 500, "min_minor": 150, "max_minor": 2500}],
			"interchange": {"payer": "debtor", "tiers": [{"from_minor": 0, "flat_minor": 200, "ppm": 0, "min_minor": 0}]}},
		{"name": "kenya-manila", "from": {"country": "KE", "currency": "KES"}, "to": {"participant": "gcash-ph"},
			"switch": [{"from_minor": 0, "flat_minor": 0, "ppm": 2500, "min_minor": 0}],
			"interchange": {"payer": "creditor", "tiers": [{"from_minor": 0, "flat_minor": 50, "ppm": 0, "min_minor": 0}]}}
	]
}`

func read(t require.TestingT, text string) Schedule {
	var s Schedule
	require.NoError(t, json.Unmarshal([]byte(text), &s, json.RejectUnknownMembers(true)))
	return s
}

func bookOf(t require.TestingT, s Schedule) Book {
	b, err := Book{}.Add(s, s.From)
	require.NoError(t, err)
	return b
}

func requireFault(t require.TestingT, fault Fault, err error, about ...any) {
	var refused *FeeError
	require.ErrorAs(t, err, &refused, about...)
	require.Equal(t, fault, refused.Fault, about...)
	require.Less(t, len(err.Error()), 400)
}

func TestFees(t *testing.T) {
	b := bookOf(t, read(t, example))
	toKampala := Corridor{toManila.From, End{"momo-ug", "UG", fx.MustCurrency("UGX")}}
	back := Corridor{toManila.To, toManila.From}
	for _, c := range []struct {
		corridor            Corridor
		minor               int64
		rule                string
		toScheme, between   int64
		payer               string
		debtorPays, credits int64
	}{
		{toKampala, 10_000, "kenya-out", 0, 200, "mpesa-ke", 200, -200},
		{toKampala, 10_001, "kenya-out", 150, 200, "mpesa-ke", 350, -200},       // 1 + 0.05, but at least 1.50
		{toKampala, 101_000, "kenya-out", 150, 200, "mpesa-ke", 350, -200},      // 1 + 0.505, rounded to even
		{toKampala, 103_000, "kenya-out", 152, 200, "mpesa-ke", 352, -200},      // 1 + 0.515
		{toKampala, 50_000_000, "kenya-out", 2500, 200, "mpesa-ke", 2700, -200}, // 251, but at most 25
		{toManila, 200, "kenya-manila", 0, 50, "gcash-ph", -50, 50},             // half a cent, to even
		{toManila, 600, "kenya-manila", 2, 50, "gcash-ph", -48, 50},             // one and a half
		{back, 1, "all", 0, 0, "gcash-ph", 0, 0},
	} {
		charge, err := b.Fees(c.corridor, fx.Money{Minor: c.minor, Currency: c.corridor.From.Currency}, start)
		require.NoError(t, err)
		require.NoError(t, charge.Check())
		assert.Equal(t, c.rule, charge.Rule)
		assert.Equal(t, Component{KindSwitch, c.corridor.From.Participant, Scheme, c.toScheme}, charge.Components[0])
		assert.Equal(t, c.between, charge.Components[1].AmountMinor)
		assert.Equal(t, c.payer, charge.Components[1].Payer)
		assert.Equal(t, []int64{c.debtorPays, c.credits, c.toScheme}, []int64{charge.DebtorMinor, charge.CreditorMinor, charge.SchemeMinor})
	}
}

// What an offer carries.
func TestChargeIsShown(t *testing.T) {
	charge, err := bookOf(t, read(t, example)).Fees(toManila, fx.Money{Minor: 500_000, Currency: kes}, start)
	require.NoError(t, err)
	text, err := json.Marshal(charge)
	require.NoError(t, err)
	assert.JSONEq(t, `{"version":1,"rule":"kenya-manila","debtor":"mpesa-ke","creditor":"gcash-ph","currency":"KES","amount_minor":500000,`+
		`"components":[{"kind":"switch","payer":"mpesa-ke","payee":"@scheme","amount_minor":1250},`+
		`{"kind":"interchange","payer":"gcash-ph","payee":"mpesa-ke","amount_minor":50}],`+
		`"debtor_minor":1200,"creditor_minor":50,"scheme_minor":1250}`, string(text))
	assert.Equal(t, "switch 12.50 KES from mpesa-ke to @scheme, interchange 0.50 KES from gcash-ph to mpesa-ke", charge.String())
}

func TestFeesRefuses(t *testing.T) {
	b := bookOf(t, read(t, example))
	_, err := b.Fees(toManila, fx.Money{Minor: 1, Currency: kes}, start.Add(-1))
	requireFault(t, FaultNone, err)
	_, err = Book{}.Fees(toManila, fx.Money{Minor: 1, Currency: kes}, start)
	requireFault(t, FaultNone, err)
	_, err = b.Fees(toManila, fx.Money{Minor: 1, Currency: php}, start)
	requireFault(t, FaultCorridor, err)
	for _, minor := range []int64{0, -1, math.MinInt64} {
		_, err = b.Fees(toManila, fx.Money{Minor: minor, Currency: kes}, start)
		requireFault(t, FaultAmount, err)
	}
	for _, spoil := range []func(*Corridor){
		func(c *Corridor) { c.From.Participant = "" },
		func(c *Corridor) { c.From.Country = "" },
		func(c *Corridor) { c.From.Currency = fx.Currency{} },
		func(c *Corridor) { c.To.Participant = "" },
		func(c *Corridor) { c.To.Country = "" },
		func(c *Corridor) { c.To.Currency, c.To.Country = fx.Currency{}, strings.Repeat("x", 5000) },
	} {
		c := toManila
		spoil(&c)
		_, err = b.Fees(c, fx.Money{Minor: 1, Currency: kes}, start)
		requireFault(t, FaultCorridor, err)
	}
	// Fees that int64 does not hold: one alone, and both together.
	s := read(t, example)
	s.Rules[2].Switch[0].FlatMinor = math.MaxInt64
	_, err = bookOf(t, s).Fees(toManila, fx.Money{Minor: math.MaxInt64, Currency: kes}, start)
	requireFault(t, FaultAmount, err)
	s.Rules[2].Switch[0].MaxMinor = 7
	charge, err := bookOf(t, s).Fees(toManila, fx.Money{Minor: math.MaxInt64, Currency: kes}, start)
	require.NoError(t, err, "what would be too much is at most the maximum")
	assert.Equal(t, int64(7), charge.SchemeMinor)
	s.Rules[2].Switch[0].MaxMinor = 0
	s.Rules[2].Interchange.Payer = Debtor
	_, err = bookOf(t, s).Fees(toManila, fx.Money{Minor: 1, Currency: kes}, start)
	requireFault(t, FaultAmount, err)
}

func TestScheduleRefuses(t *testing.T) {
	require.NoError(t, read(t, example).Check())
	for _, c := range []struct{ old, new, says string }{
		{`"version": 1`, `"version": 0`, "version 0"},
		{`"2026-01-01T00:00:00Z"`, `"2026-01-01T00:00:00.5Z"`, "whole seconds"},
		{`"2026-01-01T00:00:00Z"`, `"1970-01-01T00:00:00Z"`, "whole seconds"},
		{`"2026-01-01T00:00:00Z"`, `"9999-01-01T00:00:00Z"`, "whole seconds"},
		{`"name": "all"`, `"name": ""`, "cannot name a rule"},
		{`"name": "all"`, `"name": "kenya-out"`, "rule kenya-out: twice"},
		{`"name": "all", "from": {}`, `"name": "all", "from": {"country": "TZ"}`, "no rule takes every corridor"},
		{`"to": {"participant": "gcash-ph"}`, `"to": {}`, "same corridor as kenya-out"},
		{`"participant": "gcash-ph"`, `"participant": "@scheme"`, "cannot name a participant"},
		{`"country": "KE"`, `"country": "Kenya"`, "two capital letters"},
		{`"payer": "creditor"`, `"payer": "scheme"`, "no payer"},
		{`"payer": "creditor", `, ``, "no payer"},
		{`"switch": [{"from_minor": 0, "flat_minor": 0, "ppm": 0, "min_minor": 0}]`, `"switch": []`, "rule all: switch: 0 tiers"},
		{`"tiers": [{"from_minor": 0, "flat_minor": 0, "ppm": 0, "min_minor": 0}]`, `"tiers": null`, "rule all: interchange: 0 tiers"},
		{`"from_minor": 0, "flat_minor": 200`, `"from_minor": 1, "flat_minor": 200`, "want 0"},
		{`"from_minor": 10001`, `"from_minor": 0`, "after one from 0"},
		{`"from_minor": 10001`, `"from_minor": -5`, "after one from 0"},
		{`"flat_minor": 100`, `"flat_minor": -1`, "below zero"},
		{`"min_minor": 150`, `"min_minor": -1`, "below zero"},
		{`"max_minor": 2500`, `"max_minor": -1`, "below zero"},
		{`"max_minor": 2500`, `"max_minor": 149`, "above max"},
		{`"ppm": 500`, `"ppm": -1`, "-1 parts"},
		{`"ppm": 500`, `"ppm": 1000001`, "1000001 parts"},
		{`"country": "KE", "currency": "KES"}, "to": {}`, `"country": "KE"}, "to": {}`, "no source currency"},
	} {
		text := strings.Replace(example, c.old, c.new, 1)
		require.NotEqual(t, example, text, c.old)
		err := read(t, text).Check()
		requireFault(t, FaultSchedule, err, "%s → %s", c.old, c.new)
		assert.Contains(t, err.Error(), c.says)
		_, err = Book{}.Add(read(t, text), time.Time{})
		requireFault(t, FaultSchedule, err)
	}
	s := read(t, example)
	s.Rules[1].Switch = make([]Tier, fx.MaxTiers+1)
	requireFault(t, FaultSchedule, s.Check())
	s.Rules = make([]Rule, MaxRules+1)
	requireFault(t, FaultSchedule, s.Check())
}

func TestBookKeepsWhatIsInForceAndAnnounced(t *testing.T) {
	at := func(days int) time.Time { return start.AddDate(0, 0, days) }
	version := func(b Book, when time.Time) int64 {
		charge, err := b.Fees(toManila, fx.Money{Minor: 1, Currency: kes}, when)
		require.NoError(t, err)
		return charge.Version
	}
	s := read(t, example)
	announce := func(b Book, v int64, from, now int) (Book, error) {
		s.Version, s.From = v, at(from)
		return b.Add(s, at(now))
	}
	b, err := announce(Book{}, 1, 0, 0)
	require.NoError(t, err)
	b, err = announce(b, 3, 10, 1)
	require.NoError(t, err)
	assert.Equal(t, int64(1), version(b, at(10).Add(-1)))
	assert.Equal(t, int64(3), version(b, at(10)))

	_, err = announce(b, 3, 20, 1)
	requireFault(t, FaultVersion, err, "the same version")
	_, err = announce(b, 2, 20, 1)
	requireFault(t, FaultVersion, err, "a lesser one")
	_, err = announce(b, 4, 0, 1)
	requireFault(t, FaultVersion, err, "in force before it was known")

	sooner, err := announce(b, 4, 5, 2)
	require.NoError(t, err)
	assert.Equal(t, int64(1), version(sooner, at(5).Add(-1)))
	assert.Equal(t, int64(4), version(sooner, at(5)))
	assert.Equal(t, int64(4), version(sooner, at(10)), "it replaces what was announced for later")
	assert.Len(t, sooner.tariffs, 2)
	assert.Equal(t, int64(3), version(b, at(10)), "the book that it was added to stays as it is")

	for v := range int64(MaxSchedules) {
		next, err := announce(b, 5+v, 11+int(v), 2)
		if len(b.tariffs) == MaxSchedules {
			requireFault(t, FaultVersion, err)
			break
		}
		require.NoError(t, err)
		b = next
	}
	require.Len(t, b.tariffs, MaxSchedules)
	b, err = announce(b, 99, 60, 12)
	require.NoError(t, err, "what is over makes room")
	assert.Equal(t, int64(6), version(b, at(12)))
}

// What counts first, where rules name one thing each.
func TestMostSpecificWins(t *testing.T) {
	s := read(t, example)
	s.Rules = s.Rules[:1]
	order := []Corridor{
		{From: End{Participant: "mpesa-ke"}}, {To: End{Participant: "gcash-ph"}},
		{From: End{Country: "KE"}}, {To: End{Country: "PH"}},
		{From: End{Currency: kes}}, {To: End{Currency: php}},
	}
	for i, c := range slices.Backward(order) { // each beats all that came before it
		r := s.Rules[0]
		r.Name, r.From, r.To = strconv.Itoa(i), c.From, c.To
		s.Rules = append(s.Rules, r)
		charge, err := bookOf(t, s).Fees(toManila, fx.Money{Minor: 1, Currency: kes}, start)
		require.NoError(t, err)
		assert.Equal(t, r.Name, charge.Rule)
	}
}

func TestBookKeepsItsOwn(t *testing.T) {
	s := read(t, example)
	b := bookOf(t, s)
	was, err := b.Fees(toManila, fx.Money{Minor: 500_000, Currency: kes}, start)
	require.NoError(t, err)
	s.Rules[2].Switch[0].PPM, s.Rules[2].Interchange.Tiers[0].FlatMinor, s.Rules[2].Name = 7, 7, "other"
	is, err := b.Fees(toManila, fx.Money{Minor: 500_000, Currency: kes}, start)
	require.NoError(t, err)
	assert.Equal(t, was, is)
}

// anyEnd draws from few names, so that rules and corridors often meet. A rule leaves some out.
func anyEnd(whole bool) *rapid.Generator[End] {
	return rapid.Custom(func(t *rapid.T) End {
		e := End{
			Participant: rapid.SampledFrom([]string{"alpha", "beta"}).Draw(t, "participant"),
			Country:     rapid.SampledFrom([]string{"KE", "PH"}).Draw(t, "country"),
			Currency:    rapid.SampledFrom([]fx.Currency{kes, php}).Draw(t, "currency"),
		}
		if whole {
			return e
		}
		if rapid.Bool().Draw(t, "any participant") {
			e.Participant = ""
		}
		if rapid.Bool().Draw(t, "any country") {
			e.Country = ""
		}
		if rapid.Bool().Draw(t, "any currency") {
			e.Currency = fx.Currency{}
		}
		return e
	})
}

var anyMinor = rapid.OneOf(rapid.Int64Range(0, 100_000), rapid.Int64Min(0))

func anyTiers(priced bool) *rapid.Generator[[]Tier] {
	return rapid.Custom(func(t *rapid.T) []Tier {
		tiers := []Tier{{}}
		if priced {
			tiers = make([]Tier, rapid.IntRange(1, 4).Draw(t, "tiers"))
		}
		for i := range tiers {
			tiers[i].PPM = rapid.Int64Range(0, fx.Million).Draw(t, "ppm")
			if !priced {
				continue
			}
			if i > 0 {
				tiers[i].FromMinor = tiers[i-1].FromMinor + rapid.Int64Range(1, 1<<60).Draw(t, "width")
			}
			tiers[i].FlatMinor, tiers[i].MinMinor = anyMinor.Draw(t, "flat"), anyMinor.Draw(t, "min")
			if rapid.Bool().Draw(t, "bounded") {
				tiers[i].MaxMinor = max(1, tiers[i].MinMinor, anyMinor.Draw(t, "max"))
			}
		}
		return tiers
	})
}

func anySchedule(t *rapid.T) Schedule {
	s := Schedule{
		Version: rapid.Int64Min(1).Draw(t, "version"),
		From:    time.Unix(rapid.Int64Range(1, maxFrom.Unix()-1).Draw(t, "from"), 0).UTC(),
	}
	corridors := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Corridor {
		return Corridor{anyEnd(false).Draw(t, "from"), anyEnd(false).Draw(t, "to")}
	}), 0, 12, rapid.ID).Draw(t, "corridors")
	whole := Corridor{}
	for i, c := range append(corridors, whole) {
		if i < len(corridors) && c == whole {
			continue
		}
		priced := !c.From.Currency.IsZero()
		s.Rules = append(s.Rules, Rule{
			Name: "rule-" + strconv.Itoa(i), From: c.From, To: c.To, Switch: anyTiers(priced).Draw(t, "switch"),
			Interchange: Interchange{
				Payer: rapid.SampledFrom([]Side{Debtor, Creditor}).Draw(t, "payer"),
				Tiers: anyTiers(priced).Draw(t, "interchange"),
			},
		})
	}
	return s
}

func TestScheduleRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySchedule(t)
		require.NoError(t, s.Check())
		text, err := json.Marshal(s)
		require.NoError(t, err)
		require.Equal(t, s, read(t, string(text)))
	})
}

// exactly is the fee by its definition, in rationals.
func exactly(tiers []Tier, minor int64) *big.Int {
	tier := tiers[0]
	for _, t := range tiers {
		if t.FromMinor <= minor {
			tier = t
		}
	}
	scaled := new(big.Int).Mul(big.NewInt(minor), big.NewInt(tier.PPM))
	fee, rest := new(big.Int).QuoRem(scaled, big.NewInt(fx.Million), new(big.Int))
	if c := rest.Cmp(big.NewInt(fx.Million / 2)); c > 0 || c == 0 && fee.Bit(0) == 1 {
		fee.Add(fee, big.NewInt(1))
	}
	fee.Add(fee, big.NewInt(tier.FlatMinor))
	if low := big.NewInt(tier.MinMinor); fee.Cmp(low) < 0 {
		fee = low
	}
	if high := big.NewInt(tier.MaxMinor); tier.MaxMinor != 0 && fee.Cmp(high) > 0 {
		fee = high
	}
	return fee
}

// fits tells whether a rule takes a corridor.
func fits(r Rule, c Corridor) bool {
	end := func(rule, is End) bool {
		return (rule.Participant == "" || rule.Participant == is.Participant) &&
			(rule.Country == "" || rule.Country == is.Country) &&
			(rule.Currency.IsZero() || rule.Currency == is.Currency)
	}
	return end(r.From, c.From) && end(r.To, c.To)
}

// specifics are what a rule names, in the order in which it counts.
func specifics(r Rule) string {
	text := ""
	for _, named := range []bool{
		r.From.Participant != "", r.To.Participant != "", r.From.Country != "", r.To.Country != "",
		!r.From.Currency.IsZero(), !r.To.Currency.IsZero(),
	} {
		text += map[bool]string{true: "1", false: "0"}[named]
	}
	return text
}

// Every corridor has exactly one rule, the most specific that fits, and its fees are exact.
func TestFeesAreTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySchedule(t)
		b := bookOf(t, s)
		c := Corridor{anyEnd(true).Draw(t, "from"), anyEnd(true).Draw(t, "to")}
		amount := fx.Money{Minor: max(1, anyMinor.Draw(t, "amount")), Currency: c.From.Currency}
		var best Rule
		seen := map[string]bool{}
		for _, r := range s.Rules {
			if !fits(r, c) {
				continue
			}
			require.False(t, seen[specifics(r)], "two that are as specific")
			seen[specifics(r)] = true
			if best.Name == "" || specifics(r) > specifics(best) {
				best = r
			}
		}
		toScheme, between := exactly(best.Switch, amount.Minor), exactly(best.Interchange.Tiers, amount.Minor)
		charge, err := b.Fees(c, amount, s.From)
		if err != nil {
			requireFault(t, FaultAmount, err)
			sum := new(big.Int).Add(toScheme, between)
			require.False(t, sum.IsInt64(), "refused without need")
			return
		}
		require.NoError(t, charge.Check())
		require.Equal(t, best.Name, charge.Rule)
		require.Equal(t, toScheme.String(), strconv.FormatInt(charge.Components[0].AmountMinor, 10))
		require.Equal(t, between.String(), strconv.FormatInt(charge.Components[1].AmountMinor, 10))
		require.Equal(t, charge.SchemeMinor, charge.DebtorMinor+charge.CreditorMinor)
		text, err := json.Marshal(charge)
		require.NoError(t, err)
		var again Charge
		require.NoError(t, json.Unmarshal(text, &again, json.RejectUnknownMembers(true)))
		require.Equal(t, charge, again)

		// The order of rules says nothing.
		shuffled := s
		shuffled.Rules = rapid.Permutation(s.Rules).Draw(t, "order")
		again, err = bookOf(t, shuffled).Fees(c, amount, s.From)
		require.NoError(t, err)
		require.Equal(t, charge, again)
	})
}

// A book made anew of what can still stand, each schedule at its own moment, charges like the one that lived
// through all announcements.
func TestBookIsRebuilt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type announced struct {
			s  Schedule
			at time.Time
		}
		var book Book
		var taken []announced
		now := start
		for version := range rapid.Int64Range(1, 40).Draw(t, "schedules") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "later")) * time.Hour)
			s := read(t, example)
			s.Version, s.From = version+1, now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "ahead"))*time.Hour)
			if after, err := book.Add(s, now); err == nil {
				book, taken = after, append(taken, announced{s, now})
			}
		}
		var standing []announced
		for i, a := range taken {
			if !slices.ContainsFunc(taken[i+1:], func(later announced) bool { return !later.s.From.After(a.s.From) }) {
				standing = append(standing, a)
			}
		}
		var again Book
		for _, a := range standing[max(0, len(standing)-MaxSchedules):] {
			var err error
			again, err = again.Add(a.s, a.at)
			require.NoError(t, err)
		}
		for range 5 {
			at := now.Add(time.Duration(rapid.IntRange(0, 40*60).Draw(t, "minutes")) * time.Minute)
			want, wantErr := book.Fees(toManila, fx.Money{Minor: 1, Currency: kes}, at)
			got, err := again.Fees(toManila, fx.Money{Minor: 1, Currency: kes}, at)
			require.Equal(t, wantErr, err)
			require.Equal(t, want, got)
		}
		next := read(t, example)
		next.Version, next.From = 41, now.Add(100*time.Hour)
		_, wantErr := book.Add(next, now)
		_, err := again.Add(next, now)
		require.Equal(t, wantErr, err)
	})
}

// Inside a tier more costs no less, and never more than the maximum or less than the minimum; across tiers
// likewise where each is no cheaper than the one before.
func TestFeesGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tiers := anyTiers(true).Draw(t, "tiers")
		rising := true
		for i := 1; i < len(tiers); i++ {
			was, is := tiers[i-1], tiers[i]
			rising = rising && is.FlatMinor >= was.FlatMinor && is.PPM >= was.PPM && is.MinMinor >= was.MinMinor &&
				(is.MaxMinor == 0 || was.MaxMinor != 0 && is.MaxMinor >= was.MaxMinor)
		}
		less, more := anyMinor.Draw(t, "less"), anyMinor.Draw(t, "more")
		less, more = min(less, more), max(less, more)
		low, lowFits := fx.Tiers(tiers).Fee(less)
		high, highFits := fx.Tiers(tiers).Fee(more)
		for _, fee := range []struct {
			minor int64
			fits  bool
			tier  Tier
		}{{low, lowFits, fx.Tiers(tiers).Of(less)}, {high, highFits, fx.Tiers(tiers).Of(more)}} {
			require.True(t, !fee.fits || fee.minor >= fee.tier.MinMinor)
			require.True(t, fee.tier.MaxMinor == 0 || fee.fits && fee.minor <= fee.tier.MaxMinor)
		}
		if rising || fx.Tiers(tiers).Of(less) == fx.Tiers(tiers).Of(more) {
			require.True(t, !highFits || lowFits && low <= high)
		}
	})
}

func TestChargeRefuses(t *testing.T) {
	good, err := bookOf(t, read(t, example)).Fees(toManila, fx.Money{Minor: 500_000, Currency: kes}, start)
	require.NoError(t, err)
	for name, spoil := range map[string]func(*Charge){
		"version":        func(c *Charge) { c.Version = 0 },
		"rule":           func(c *Charge) { c.Rule = "A b" },
		"debtor":         func(c *Charge) { c.Debtor = Scheme },
		"creditor":       func(c *Charge) { c.Creditor = "" },
		"currency":       func(c *Charge) { c.Currency = fx.Currency{} },
		"amount":         func(c *Charge) { c.AmountMinor = 0 },
		"kind":           func(c *Charge) { c.Components[0].Kind = KindInterchange },
		"kind 2":         func(c *Charge) { c.Components[1].Kind = KindSwitch },
		"order":          func(c *Charge) { c.Components[0], c.Components[1] = c.Components[1], c.Components[0] },
		"who pays":       func(c *Charge) { c.Components[0].Payer = c.Creditor },
		"who is paid":    func(c *Charge) { c.Components[0].Payee = c.Creditor },
		"to itself":      func(c *Charge) { c.Components[1].Payee = c.Components[1].Payer },
		"a third":        func(c *Charge) { c.Components[1].Payer = "third" },
		"below zero":     func(c *Charge) { c.Components[0].AmountMinor, c.SchemeMinor, c.DebtorMinor = -1, -1, -51 },
		"another amount": func(c *Charge) { c.Components[0].AmountMinor++ },
		"debtor total":   func(c *Charge) { c.DebtorMinor++ },
		"creditor total": func(c *Charge) { c.CreditorMinor-- },
		"scheme total":   func(c *Charge) { c.SchemeMinor++ },
		"the other way":  func(c *Charge) { c.Components[1].Payer, c.Components[1].Payee = c.Debtor, c.Creditor },
	} {
		c := good
		spoil(&c)
		requireFault(t, FaultCharge, c.Check(), name)
	}
	// A participant that sends to itself pays itself nothing.
	same := Corridor{toManila.From, toManila.From}
	charge, err := bookOf(t, read(t, example)).Fees(same, fx.Money{Minor: 500_000, Currency: kes}, start)
	require.NoError(t, err)
	require.NoError(t, charge.Check())
	assert.Equal(t, charge.SchemeMinor, charge.DebtorMinor)
	assert.Zero(t, charge.CreditorMinor)
}

// Whatever comes in is refused, or charges.
func FuzzSchedule(f *testing.F) {
	f.Add([]byte(example), int64(500_000))
	f.Add([]byte(`{"version":1,"from":"2026-01-01T00:00:00Z","rules":null}`), int64(1))
	f.Add([]byte(`{"version":1,"from":"2026-01-01T03:00:00+03:00","rules":[{}]}`), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, text []byte, minor int64) {
		var s Schedule
		if json.Unmarshal(text, &s, json.RejectUnknownMembers(true)) != nil {
			return
		}
		b, err := Book{}.Add(s, time.Time{})
		if err != nil {
			requireFault(t, FaultSchedule, err)
			return
		}
		charge, err := b.Fees(toManila, fx.Money{Minor: minor, Currency: kes}, s.From)
		if err != nil {
			requireFault(t, FaultAmount, err)
			return
		}
		require.NoError(t, charge.Check())
		again, err := json.Marshal(s)
		require.NoError(t, err)
		require.NoError(t, read(t, string(again)).Check())
	})
}

func FuzzCharge(f *testing.F) {
	charge, err := bookOf(f, read(f, example)).Fees(toManila, fx.Money{Minor: 500_000, Currency: kes}, start)
	require.NoError(f, err)
	text, err := json.Marshal(charge)
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"components":[{},{},{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var c Charge
		if json.Unmarshal(text, &c, json.RejectUnknownMembers(true)) != nil {
			return
		}
		if err := c.Check(); err != nil {
			requireFault(t, FaultCharge, err)
			return
		}
		require.Equal(t, c.SchemeMinor, c.DebtorMinor+c.CreditorMinor)
		require.NotEmpty(t, c.String())
	})
}
