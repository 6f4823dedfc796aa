package schedule

import (
	"testing"
	"time"
	_ "time/tzdata" // the tests' zones, on machines without any

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
)

// fiveCurrencies has some holidays of 2026 of each place, not all.
const fiveCurrencies = `{
	"calendars": [
		{"name": "nairobi", "zone": "Africa/Nairobi", "weekend": ["saturday", "sunday"],
			"holidays": ["2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-06-01", "2026-10-20"]},
		{"name": "mumbai", "zone": "Asia/Kolkata", "weekend": ["sunday"],
			"holidays": ["2026-01-10", "2026-01-24", "2026-01-26", "2026-04-03", "2026-10-02"]},
		{"name": "manila", "zone": "Asia/Manila", "weekend": ["saturday", "sunday"],
			"holidays": ["2026-01-01", "2026-04-02", "2026-04-03", "2026-06-12", "2026-12-30"]},
		{"name": "fed", "zone": "America/New_York", "weekend": ["saturday", "sunday"],
			"holidays": ["2026-01-01", "2026-01-19", "2026-11-26", "2026-12-25"]},
		{"name": "target", "zone": "Europe/Berlin", "weekend": ["saturday", "sunday"],
			"holidays": ["2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-12-25"]}
	],
	"groups": [
		{"name": "africa-asia", "zone": "Africa/Nairobi", "convention": "together",
			"members": [{"currency": "KES", "calendars": ["nairobi"]}, {"currency": "PHP", "calendars": ["manila"]}],
			"on": ["monday", "tuesday", "wednesday", "thursday", "friday"], "at": ["10:00", "17:30"]},
		{"name": "rupee", "zone": "Asia/Kolkata", "convention": "each",
			"members": [{"currency": "INR", "calendars": ["mumbai"]}],
			"on": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
			"every": {"minutes": 60, "from": "09:00", "until": "19:00"}},
		{"name": "weekly", "zone": "America/New_York", "convention": "following",
			"members": [{"currency": "USD", "calendars": ["fed"]}, {"currency": "EUR", "calendars": ["target", "fed"]}],
			"on": ["friday"], "at": ["11:00"]}
	],
	"cut_offs": [
		{"currency": "KES", "calendar": "nairobi", "opens": "08:00", "until": "16:00", "late": "queue"},
		{"currency": "INR", "calendar": "mumbai", "opens": "00:00", "until": "24:00", "late": "queue"},
		{"currency": "USD", "calendar": "fed", "opens": "02:30", "until": "18:45", "late": "refuse"}
	]
}`

func read(t require.TestingT, text string) Timetable {
	var table Timetable
	require.NoError(t, json.Unmarshal([]byte(text), &table, json.RejectUnknownMembers(true)))
	return table
}

func examplePlan(t require.TestingT) *Plan {
	p, err := read(t, fiveCurrencies).Plan(time.LoadLocation)
	require.NoError(t, err)
	return p
}

func utc(t require.TestingT, text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at.UTC()
}

func TestWindowsClose(t *testing.T) {
	p := examplePlan(t)
	for _, c := range []struct{ currency, after, next, why string }{
		{"KES", "2026-01-05T06:00:00Z", "2026-01-05T07:00:00Z", "a Monday, 10:00 in Nairobi"},
		{"KES", "2026-01-05T07:00:00Z", "2026-01-05T14:30:00Z", "strictly later"},
		{"PHP", "2026-01-05T06:00:00Z", "2026-01-05T07:00:00Z", "with the shilling"},
		{"KES", "2026-01-02T15:00:00Z", "2026-01-05T07:00:00Z", "over the weekend"},
		{"KES", "2026-04-01T14:30:00Z", "2026-04-07T07:00:00Z", "Maundy Thursday in Manila, Easter Monday in Nairobi"},
		{"KES", "2026-06-11T14:30:00Z", "2026-06-15T07:00:00Z", "Independence Day in Manila, a Friday"},
		{"INR", "2026-01-05T03:00:00Z", "2026-01-05T03:30:00Z", "09:00 in Mumbai"},
		{"INR", "2026-01-05T03:30:00Z", "2026-01-05T04:30:00Z", "an hour later"},
		{"INR", "2026-01-03T13:30:00Z", "2026-01-05T03:30:00Z", "19:00 on Saturday was the last one"},
		{"INR", "2026-01-23T13:30:00Z", "2026-01-27T03:30:00Z", "a fourth Saturday, Sunday, Republic Day"},
		{"USD", "2026-01-05T00:00:00Z", "2026-01-09T16:00:00Z", "a Friday, 11:00 in New York"},
		{"USD", "2026-07-01T00:00:00Z", "2026-07-03T15:00:00Z", "the same in summer"},
		{"USD", "2026-03-30T00:00:00Z", "2026-04-07T15:00:00Z", "Good Friday and Easter Monday in Frankfurt: both follow"},
		{"EUR", "2026-12-20T00:00:00Z", "2026-12-28T16:00:00Z", "Christmas follows on Monday"},
		{"EUR", "2026-12-28T16:00:00Z", "2027-01-01T16:00:00Z", "no calendar here has 2027"},
	} {
		w, ok := p.Windows(fx.MustCurrency(c.currency))
		require.True(t, ok)
		next, ok := w.NextClose(utc(t, c.after))
		require.True(t, ok)
		assert.Equal(t, utc(t, c.next), next, "%s after %s: %s", c.currency, c.after, c.why)
	}
	_, ok := p.Windows(fx.MustCurrency("UGX"))
	assert.False(t, ok)
}

func TestPlanClosesWhatIsNext(t *testing.T) {
	p := examplePlan(t)
	next, ok := p.NextClose(utc(t, "2026-01-05T03:00:00Z"))
	require.True(t, ok)
	assert.Equal(t, Closing{At: utc(t, "2026-01-05T03:30:00Z"), Currencies: []fx.Currency{fx.MustCurrency("INR")}}, next)
	next, ok = p.NextClose(utc(t, "2026-01-05T06:59:59Z"))
	require.True(t, ok)
	assert.Equal(t, []fx.Currency{fx.MustCurrency("KES"), fx.MustCurrency("PHP")}, next.Currencies)
	_, ok = new(Plan).NextClose(utc(t, "2026-01-05T06:59:59Z"))
	assert.False(t, ok)
}

func TestHours(t *testing.T) {
	p := examplePlan(t)
	for _, c := range []struct{ currency, at, opening, why string }{
		{"KES", "2026-01-05T04:59:59Z", "2026-01-05T05:00:00Z", "before 08:00 in Nairobi"},
		{"KES", "2026-01-05T05:00:00Z", "2026-01-05T05:00:00Z", "just opened"},
		{"KES", "2026-01-05T12:59:59Z", "2026-01-05T12:59:59Z", "just before 16:00"},
		{"KES", "2026-01-05T13:00:00Z", "2026-01-06T05:00:00Z", "too late"},
		{"KES", "2026-01-09T13:00:00Z", "2026-01-12T05:00:00Z", "over the weekend"},
		{"KES", "2026-04-02T13:00:00Z", "2026-04-07T05:00:00Z", "over Easter"},
		{"INR", "2026-01-09T18:29:59Z", "2026-01-09T18:29:59Z", "a Friday until midnight in Mumbai"},
		{"INR", "2026-01-09T18:30:00Z", "2026-01-11T18:30:00Z", "a second Saturday and Sunday"},
		{"USD", "2026-03-06T23:45:00Z", "2026-03-09T06:30:00Z", "clocks go ahead on Sunday"},
		{"USD", "2026-10-30T22:45:00Z", "2026-11-02T07:30:00Z", "and back"},
	} {
		h, ok := p.Hours(fx.MustCurrency(c.currency))
		require.True(t, ok)
		opening, ok := h.NextOpening(utc(t, c.at))
		require.True(t, ok)
		assert.Equal(t, utc(t, c.opening), opening, "%s at %s: %s", c.currency, c.at, c.why)
		assert.Equal(t, c.at == c.opening, h.Open(utc(t, c.at)), "%s at %s: %s", c.currency, c.at, c.why)
	}
	usd, _ := p.Hours(fx.MustCurrency("USD"))
	assert.Equal(t, Refuse, usd.Late())
	_, ok := p.Hours(fx.MustCurrency("PHP"))
	assert.False(t, ok)
}

func TestCalendar(t *testing.T) {
	nairobi := read(t, fiveCurrencies).Calendars[0]
	for day, next := range map[fx.Date]fx.Date{
		"2026-01-01": "2026-01-02", "2026-01-02": "2026-01-05", "2026-04-02": "2026-04-07", "2026-04-06": "2026-04-07",
	} {
		got, ok := nairobi.NextBusiness(day)
		require.True(t, ok)
		assert.Equal(t, next, got)
	}
	assert.False(t, nairobi.Business("2026-01-01"))
	assert.False(t, nairobi.Business("2026-01-03"))
	assert.True(t, nairobi.Business("2026-01-02"))
	for _, none := range []fx.Date{"", "2026-02-30", "today", "10000-01-01"} {
		assert.False(t, nairobi.Business(none))
		_, ok := nairobi.NextBusiness(none)
		assert.False(t, ok)
	}
	_, ok := nairobi.NextBusiness("9999-12-31") // a Friday, and the last day there is
	assert.False(t, ok)
}
