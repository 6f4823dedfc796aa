package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

func zone(t require.TestingT, name string) *time.Location {
	found, err := time.LoadLocation(name)
	require.NoError(t, err)
	return found
}

// turns are days on which clocks do something, and days on which they do not.
var turns = []struct{ zone, day string }{
	{"Africa/Nairobi", "2026-03-08"},
	{"Asia/Kolkata", "2026-03-29"},
	{"Asia/Manila", "2026-11-01"},
	{"America/New_York", "2026-03-08"},    // 02:00 → 03:00
	{"America/New_York", "2026-11-01"},    // 02:00 → 01:00
	{"Europe/Berlin", "2026-03-29"},       // 02:00 → 03:00
	{"Europe/Berlin", "2026-10-25"},       // 03:00 → 02:00
	{"Europe/Berlin", "2060-03-28"},       // by the rule, past the table
	{"Australia/Lord_Howe", "2026-10-04"}, // half an hour
	{"Australia/Lord_Howe", "2026-04-05"},
	{"Africa/Cairo", "2026-04-24"},     // 00:00 → 01:00: a day without its midnight
	{"Africa/Cairo", "2025-10-30"},     // 24:00 → 23:00
	{"America/Nuuk", "2026-03-28"},     // 23:00 → 24:00: a day without its last hour
	{"America/Havana", "2026-11-01"},   // 01:00 → 00:00: midnight twice
	{"America/St_Johns", "2010-11-07"}, // 00:01 → 23:01 of the day before
	{"Africa/Casablanca", "2026-02-15"},
	{"Pacific/Apia", "2011-12-30"}, // a day that never was
}

// A local time is the first moment at which clocks show it or anything later: found here by looking at
// the clocks minute by minute.
func TestLocalTimesAreFirstMoments(t *testing.T) {
	for _, turn := range turns {
		loc := zone(t, turn.zone)
		day, err := time.Parse(time.DateOnly, turn.day)
		require.NoError(t, err)
		first := map[int]time.Time{}
		const before, after = 2 * 24 * 60, 4 * 24 * 60 // minutes around the day's midnight
		shown := -before - 24*60                       // the latest local minute so far, of the day
		for n := -before; n < after; n++ {
			at := day.Add(time.Duration(n) * time.Minute)
			_, offset := at.In(loc).Zone()
			for local := n + offset/60; shown < local; shown++ {
				first[shown+1] = at
			}
		}
		for minute := range 24*60 + 1 {
			require.Equal(t, first[minute], firstAt(day, minute, loc), "%s on %s, minute %d", turn.zone, turn.day, minute)
		}
	}
}

func TestDaylightSaving(t *testing.T) {
	// Sundays are worked, and there is a closing every half hour of the night.
	for _, c := range []struct {
		zone, after string
		next        []string
	}{
		{"America/New_York", "2026-03-08T06:00:00Z", []string{"06:30", "07:00", "07:30"}},                   // 01:30, 03:00 once, 03:30
		{"America/New_York", "2026-11-01T04:30:00Z", []string{"05:00", "05:30", "07:00", "07:30"}},          // 01:00, 01:30, 02:00, not 01:00 again
		{"Europe/Berlin", "2026-10-25T00:00:00Z", []string{"00:30", "02:00"}},                               // 02:30, 03:00
		{"Africa/Cairo", "2026-04-23T21:30:00Z", []string{"22:00", "22:30"}},                                // 01:00 stands for 00:00 and 00:30
		{"America/Nuuk", "2026-03-29T00:30:00Z", []string{"01:00"}},                                         // 00:00 of Sunday, not 23:00 of Saturday
		{"Pacific/Apia", "2011-12-30T09:30:00Z", []string{"10:00", "10:30"}},                                // 31 December after 29 December, once
		{"Australia/Lord_Howe", "2026-10-03T15:00:00Z", []string{"15:30", "16:00", "16:30", "17:00"}},       // 02:30 stands for 02:00
		{"Africa/Nairobi", "2026-03-07T22:30:00Z", []string{"23:00", "23:30", "00:00", "00:30", "01:00"}},   // nothing happens
		{"Asia/Kolkata", "2026-03-07T20:00:00Z", []string{"20:30", "21:00", "21:30", "22:00", "22:30"}},     // nor here
		{"America/St_Johns", "2010-11-07T02:00:00Z", []string{"02:30", "04:00", "04:30", "05:00", "05:30"}}, // 00:00 of Sunday, then Saturday's last hour again
	} {
		loc := zone(t, c.zone)
		w := &Windows{
			zone: loc, calendars: []zoned{{Calendar{Weekend: []Weekday{}, Holidays: []fx.Date{}}, loc}},
			on: [7]bool{true, true, true, true, true, true, true},
		}
		for m := 0; m <= 24*60-30; m += 30 {
			w.minutes = append(w.minutes, m)
		}
		at := utc(t, c.after)
		for _, want := range c.next {
			next, ok := w.NextClose(at)
			require.True(t, ok)
			assert.Equal(t, want, next.Format("15:04"), "%s after %s", c.zone, at)
			at = next
		}
	}
}

// A gap may end on another day: then the closing does not take place.
func TestTimesThatTheirDayLacks(t *testing.T) {
	for _, c := range []struct{ zone, skipped, at, next string }{
		{"America/Nuuk", "2026-03-28", "23:30", "2026-03-30T00:30:00Z"}, // not at 00:00 of the 29th
		{"Pacific/Apia", "2011-12-30", "10:00", "2011-12-30T20:00:00Z"}, // 10:00 of the 31st
	} {
		loc := zone(t, c.zone)
		table := Timetable{
			Calendars: []Calendar{{Name: "all", Zone: c.zone, Weekend: []Weekday{}, Holidays: []fx.Date{}}},
			Groups: []Group{{
				Name: "one", Zone: c.zone, Convention: Together, On: weekdays[:], At: []TimeOfDay{TimeOfDay(c.at)},
				Members: []Member{{Currency: fx.MustCurrency("DKK"), Calendars: []string{"all"}}},
			}},
		}
		p, err := table.Plan(time.LoadLocation)
		require.NoError(t, err)
		before, err := time.ParseInLocation("2006-01-02 15:04", c.skipped+" "+c.at, time.UTC)
		require.NoError(t, err)
		at, ok := p.NextClose(firstAt(civil(before).AddDate(0, 0, -1), TimeOfDay(c.at).minutes(), loc))
		require.True(t, ok)
		assert.Equal(t, utc(t, c.next), at.At)
	}
}

// anyTable draws a sound timetable of a few calendars, two groups and cut-offs, around some turn of clocks.
func anyTable(t *rapid.T) (Timetable, time.Time) {
	turn := rapid.SampledFrom(turns).Draw(t, "turn")
	day, err := time.Parse(time.DateOnly, turn.day)
	require.NoError(t, err)
	anyZone := rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "the one that turns") {
			return turn.zone
		}
		return rapid.SampledFrom(turns).Draw(t, "other").zone
	})
	var table Timetable
	for _, name := range []string{"a", "b", "c"} {
		c := Calendar{Name: name, Zone: anyZone.Draw(t, "zone"), Holidays: []fx.Date{}}
		c.Weekend = rapid.SliceOfNDistinct(rapid.SampledFrom(weekdays[:]), 0, 3, rapid.ID).Draw(t, "weekend")
		for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(-6, 8), 0, 6, rapid.ID).Draw(t, "holidays") {
			c.Holidays = append(c.Holidays, fx.Date(day.AddDate(0, 0, n).Format(time.DateOnly)))
		}
		slices.Sort(c.Holidays)
		table.Calendars = append(table.Calendars, c)
	}
	calendars := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 2, rapid.ID)
	anyTime := rapid.Map(rapid.IntRange(0, 24*60-1), timeOfDay)
	for i, codes := range [][]string{{"KES", "PHP"}, {"USD", "EUR", "INR"}} {
		g := Group{
			Name: []string{"first", "second"}[i], Zone: anyZone.Draw(t, "zone"),
			Convention: rapid.SampledFrom([]Convention{Together, Following, Each}).Draw(t, "convention"),
			On:         rapid.SliceOfNDistinct(rapid.SampledFrom(weekdays[:]), 1, 7, rapid.ID).Draw(t, "on"),
		}
		for _, code := range codes {
			g.Members = append(g.Members, Member{fx.MustCurrency(code), calendars.Draw(t, "calendars")})
		}
		if rapid.Bool().Draw(t, "listed") {
			g.At = rapid.SliceOfNDistinct(anyTime, 1, 4, rapid.ID).Draw(t, "at")
			slices.Sort(g.At)
		} else {
			ends := rapid.SliceOfN(anyTime, 2, 2).Draw(t, "ends")
			slices.Sort(ends)
			g.Every = Every{Minutes: rapid.IntRange(15, 24*60).Draw(t, "every"), From: ends[0], Until: ends[1]}
		}
		table.Groups = append(table.Groups, g)
	}
	for _, code := range []string{"KES", "USD"} {
		ends := rapid.SliceOfNDistinct(anyTime, 2, 2, rapid.ID).Draw(t, "hours")
		slices.Sort(ends)
		if rapid.Bool().Draw(t, "to the end of the day") {
			ends[1] = endOfDay
		}
		table.CutOffs = append(table.CutOffs, CutOff{
			Currency: fx.MustCurrency(code), Calendar: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "calendar"),
			Opens: ends[0], Until: ends[1], Late: Queue,
		})
	}
	at := day.Add(time.Duration(rapid.Int64Range(-5*86_400_000_000, 5*86_400_000_000).Draw(t, "µs")) * time.Microsecond)
	return table, at
}

func TestClosings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, at := anyTable(t)
		p, err := table.Plan(time.LoadLocation)
		require.NoError(t, err)
		calendars := map[string]Calendar{}
		for _, c := range table.Calendars {
			calendars[c.Name] = c
		}
		for _, g := range table.Groups {
			for _, m := range g.Members {
				w, ok := p.Windows(m.Currency)
				require.True(t, ok)
				next, ok := w.NextClose(at)
				if !ok { // due only when it is weekend elsewhere; the walk below finds none either
					continue
				}
				require.True(t, next.After(at))
				require.Equal(t, time.UTC, next.Location())
				require.Equal(t, next.Truncate(time.Minute), next)
				// The same from everywhere before it, and something later from itself.
				between := at.Add(time.Duration(rapid.Int64Range(0, int64(next.Sub(at))-1).Draw(t, "between")))
				same, _ := w.NextClose(between)
				require.Equal(t, next, same)
				same, _ = w.NextClose(next.Add(-time.Microsecond))
				require.Equal(t, next, same)
				if later, ok := w.NextClose(next); ok {
					require.True(t, later.After(next))
				}
				// A business day for all that close then, and due unless it followed.
				for _, other := range g.Members {
					if g.Convention == Each && other.Currency != m.Currency {
						continue
					}
					require.Contains(t, w.Currencies(), other.Currency)
					for _, name := range other.Calendars {
						c := calendars[name]
						require.True(t, c.Business(fx.Date(next.In(zone(t, c.Zone)).Format(time.DateOnly))))
					}
				}
				local := next.In(zone(t, g.Zone))
				if g.Convention != Following {
					require.Contains(t, g.On, weekdays[local.Weekday()])
				}
				all, ok := p.NextClose(at)
				require.True(t, ok)
				require.False(t, all.At.After(next))
				require.True(t, slices.IsSortedFunc(all.Currencies, byCode))
				require.Equal(t, all.At.Equal(next), slices.Contains(all.Currencies, m.Currency))
			}
		}
	})
}

// Every closing is found: against a walk through all minutes of two weeks, looking at clocks and calendars.
func TestClosingsAreThoseOfTheClocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, at := anyTable(t)
		g, at := table.Groups[0], at.Truncate(time.Minute)
		p, err := table.Plan(time.LoadLocation)
		require.NoError(t, err)
		w, _ := p.Windows(g.Members[0].Currency)
		loc := zone(t, g.Zone)
		from, until := at.AddDate(0, 0, -16), at.AddDate(0, 0, 10)
		owing := map[int]bool{} // times whose closing is due and has not taken place
		var walked []time.Time
		for now, shown := from, civil(from.In(loc)); now.Before(until); now = now.Add(time.Minute) {
			_, offset := now.In(loc).Zone()
			today := civil(now.In(loc))
			for local := now.Add(time.Duration(offset) * time.Second); shown.Before(local); {
				shown = shown.Add(time.Minute)
				minute := shown.Hour()*60 + shown.Minute()
				if !slices.Contains(w.minutes, minute) {
					continue
				}
				if g.Convention != Following {
					clear(owing)
				}
				owing[minute] = owing[minute] || slices.Contains(g.On, weekdays[shown.Weekday()])
				works := civil(shown).Equal(today)
				for _, c := range w.calendars {
					works = works && c.Business(fx.Date(now.In(c.zone).Format(time.DateOnly)))
				}
				if !works {
					continue
				}
				if owing[minute] && (len(walked) == 0 || !walked[len(walked)-1].Equal(now)) {
					walked = append(walked, now)
				}
				owing[minute] = false
			}
		}
		walked = slices.DeleteFunc(walked, func(c time.Time) bool { return !c.After(at) })
		for _, want := range walked {
			next, ok := w.NextClose(at)
			require.True(t, ok)
			require.Equal(t, want, next)
			at = next
		}
		next, ok := w.NextClose(at)
		require.True(t, !ok || !next.Before(until))
	})
}

// inHours looks at the latest local minute that the clocks have shown until then.
func inHours(h *Hours, at time.Time) bool {
	var shown time.Time
	for n := range 36 * 60 {
		earlier := at.Add(-time.Duration(n) * time.Minute)
		_, offset := earlier.In(h.calendar.zone).Zone()
		if local := earlier.Add(time.Duration(offset) * time.Second); local.After(shown) {
			shown = local
		}
	}
	minute := shown.Hour()*60 + shown.Minute()
	return h.calendar.Business(fx.Date(shown.Format(time.DateOnly))) && h.opens <= minute && minute < h.until
}

func TestHoursProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, at := anyTable(t)
		p, err := table.Plan(time.LoadLocation)
		require.NoError(t, err)
		for _, c := range table.CutOffs {
			h, ok := p.Hours(c.Currency)
			require.True(t, ok)
			opening, ok := h.NextOpening(at)
			require.True(t, ok)
			require.False(t, opening.Before(at))
			require.True(t, h.Open(opening))
			require.Equal(t, opening.Equal(at), h.Open(at))
			require.Equal(t, inHours(h, at), h.Open(at))
			require.True(t, inHours(h, opening))
			again, _ := h.NextOpening(opening)
			require.Equal(t, opening, again)
			if wait := int64(opening.Sub(at)); wait > 0 {
				between := at.Add(time.Duration(rapid.Int64Range(0, wait-1).Draw(t, "between")).Truncate(time.Microsecond))
				require.False(t, h.Open(between))
				same, _ := h.NextOpening(between)
				require.Equal(t, opening, same)
				require.False(t, h.Open(opening.Add(-time.Microsecond)))
			}
		}
	})
}

// What is finer than the ledger keeps does not count.
func TestMomentsAreMicroseconds(t *testing.T) {
	p := examplePlan(t)
	h, _ := p.Hours(fx.MustCurrency("KES"))
	at := utc(t, "2026-01-05T10:00:00Z").Add(1500)
	opening, ok := h.NextOpening(at)
	require.True(t, ok)
	assert.Equal(t, at.Truncate(time.Microsecond), opening)
	assert.True(t, h.Open(at))
	nairobi := at.In(zone(t, "Africa/Nairobi"))
	opening, _ = h.NextOpening(nairobi)
	assert.Equal(t, at.Truncate(time.Microsecond), opening, "in UTC, whatever it was asked in")
}

func TestNothingWithinTheHorizon(t *testing.T) {
	table := read(t, fiveCurrencies)
	day := utc(t, "2026-01-01T00:00:00Z")
	for i := range table.Calendars {
		table.Calendars[i].Holidays = nil
		for n := range MaxHolidays {
			table.Calendars[i].Holidays = append(table.Calendars[i].Holidays, fx.Date(day.AddDate(0, 0, n).Format(time.DateOnly)))
		}
	}
	p, err := table.Plan(time.LoadLocation)
	require.NoError(t, err)
	check := func(at time.Time) {
		_, ok := p.NextClose(at)
		assert.False(t, ok, at)
		h, _ := p.Hours(fx.MustCurrency("KES"))
		_, ok = h.NextOpening(at)
		assert.False(t, ok, at)
		assert.False(t, h.Open(at), at)
	}
	check(day)
	_, ok := table.Calendars[0].NextBusiness("2026-01-01")
	assert.False(t, ok)
	_, ok = p.NextClose(day.AddDate(0, 0, MaxHolidays-20))
	assert.True(t, ok, "the holidays end")
	for _, at := range []time.Time{{}, time.Unix(-1, 0), time.Unix(1<<40, 0), time.Unix(-1<<62, 0), time.Unix(1<<62, 0)} {
		check(at)
	}
}

func TestRefuses(t *testing.T) {
	require.NoError(t, read(t, fiveCurrencies).Check())
	for _, c := range []struct{ old, new, says string }{
		{`"name": "nairobi"`, `"name": "Nairobi"`, "cannot name"},
		{`"name": "mumbai"`, `"name": "nairobi"`, "calendar nairobi: twice"},
		{`"Africa/Nairobi"`, `""`, "no IANA time zone"},
		{`"Africa/Nairobi"`, `"Local"`, "no IANA time zone"},
		{`"Africa/Nairobi"`, `"../../etc/passwd"`, "no IANA time zone"},
		{`"Africa/Nairobi"`, `"Africa/../Nairobi"`, "no IANA time zone"},
		{`"Africa/Nairobi"`, `"/Africa/Nairobi"`, "no IANA time zone"},
		{`"Africa/Nairobi"`, `"Africa\\Nairobi"`, "no IANA time zone"},
		{`"Africa/Nairobi"`, `"Africa/Nairobi\n"`, "no IANA time zone"},
		{`"Africa/Nairobi"`, `"right/Africa/Nairobi"`, "no IANA time zone"},
		{`"Africa/Nairobi"`, `"A/B/C/D"`, "no IANA time zone"},
		{`"weekend": ["saturday", "sunday"],`, ``, "must be said"},
		{`["saturday", "sunday"]`, `["Saturday"]`, "no day of the week"},
		{`["saturday", "sunday"]`, `["sunday", "sunday"]`, "sunday twice"},
		{`["saturday", "sunday"]`, `["monday","tuesday","wednesday","thursday","friday","saturday","sunday"]`, "whole week"},
		{`"2026-04-03"`, `"2026-04-31"`, "no date"},
		{`"2026-04-03"`, `"2026-01-01"`, "in order"},
		{`"2026-04-03"`, `"2027-01-01"`, "in order"},
		{`"name": "rupee"`, `"name": "weekly"`, "group weekly: twice"},
		{`"name": "rupee"`, `"name": "a b"`, "cannot name"},
		{`"zone": "Africa/Nairobi", "convention"`, `"zone": "x", "convention"`, "group africa-asia: \"x\" is no IANA"},
		{`"together"`, `""`, "no convention"},
		{`[{"currency": "INR", "calendars": ["mumbai"]}]`, `[]`, "no members"},
		{`{"currency": "INR", "calendars": ["mumbai"]}`, `{"calendars": ["mumbai"]}`, "without currency"},
		{`"INR", "calendars"`, `"KES", "calendars"`, "in a group already"},
		{`"calendars": ["mumbai"]`, `"calendars": []`, "0 calendars"},
		{`"calendars": ["mumbai"]`, `"calendars": ["delhi"]`, "no calendar \"delhi\""},
		{`"calendars": ["mumbai"]`, `"calendars": ["mumbai", "mumbai"]`, "mumbai twice"},
		{`"on": ["friday"]`, `"on": []`, "no day of the week"},
		{`"on": ["friday"]`, `"on": ["freitag"]`, "no day of the week"},
		{`, "at": ["11:00"]`, ``, "either"},
		{`"at": ["11:00"]`, `"at": ["11:00"], "every": {"minutes": 1, "from": "10:00", "until": "10:00"}`, "either"},
		{`"at": ["11:00"]`, `"at": ["24:00"]`, "00:00 of the next day"},
		{`"at": ["11:00"]`, `"at": ["25:00"]`, "no time"},
		{`"at": ["11:00"]`, `"at": ["1:00"]`, "no time"},
		{`"at": ["11:00"]`, `"at": ["11:60"]`, "no time"},
		{`"at": ["10:00", "17:30"]`, `"at": ["10:00", "10:00"]`, "in order"},
		{`"minutes": 60`, `"minutes": 0`, "every: 0 minutes"},
		{`"minutes": 60`, `"minutes": -60`, "every: -60 minutes"},
		{`"minutes": 60`, `"minutes": 5`, "at most 96 closings"},
		{`"minutes": 60`, `"minutes": 9223372036854775807`, "want 1 to"},
		{`"from": "09:00"`, `"from": "9"`, "no time"},
		{`"until": "19:00"`, `"until": "24:00"`, "00:00 of the next day"},
		{`"until": "19:00"`, `"until": "08:59"`, "before from"},
		{`{"currency": "INR", "calendar"`, `{"currency": "KES", "calendar"`, "cut-off of KES: twice"},
		{`{"currency": "INR", "calendar"`, `{"calendar"`, "no currency"},
		{`"calendar": "mumbai"`, `"calendar": ""`, "no calendar"},
		{`"opens": "08:00"`, `"opens": ""`, "no time"},
		{`"until": "16:00"`, `"until": "16"`, "no time"},
		{`"until": "16:00"`, `"until": "08:00"`, "not before"},
		{`"late": "refuse"`, `"late": "drop"`, "no rule"},
	} {
		text := strings.Replace(fiveCurrencies, c.old, c.new, 1)
		require.NotEqual(t, fiveCurrencies, text, c.old)
		_, err := read(t, text).Plan(time.LoadLocation)
		var refused *RefusedError
		require.ErrorAs(t, err, &refused, "%s → %s", c.old, c.new)
		assert.Contains(t, err.Error(), c.says, "%s → %s", c.old, c.new)
		assert.Less(t, len(err.Error()), 300)
	}
	table := read(t, strings.Replace(fiveCurrencies, "Africa/Nairobi", "Africa/Atlantis", 1))
	require.NoError(t, table.Check())
	_, err := table.Plan(time.LoadLocation)
	var missing *ZoneError
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, "Africa/Atlantis", missing.Zone)
}

func TestRefusesTooMuch(t *testing.T) {
	for name, grow := range map[string]func(*Timetable){
		"calendars": func(t *Timetable) { t.Calendars = make([]Calendar, MaxCalendars+1) },
		"groups":    func(t *Timetable) { t.Groups = make([]Group, MaxGroups+1) },
		"cut_offs":  func(t *Timetable) { t.CutOffs = make([]CutOff, MaxCurrencies+1) },
		"holidays":  func(t *Timetable) { t.Calendars[0].Holidays = make([]fx.Date, MaxHolidays+1) },
		"closings":  func(t *Timetable) { t.Groups[0].At = make([]TimeOfDay, MaxClosings+1) },
		"calendars of one": func(t *Timetable) {
			t.Groups[0].Members[0].Calendars = make([]string, MaxMemberCalendars+1)
		},
		"members": func(t *Timetable) {
			for i := range MaxCurrencies + 1 {
				unit := "h" + strings.Repeat("x", i%15) + ".c" + strings.Repeat("y", 1+i/15) + ".2"
				t.Groups[0].Members = append(t.Groups[0].Members, Member{fx.MustCurrency(unit), []string{"nairobi"}})
			}
		},
	} {
		table := read(t, fiveCurrencies)
		grow(&table)
		var refused *RefusedError
		require.ErrorAs(t, table.Check(), &refused, name)
	}
}
