package settlement

import (
	"testing"
	"time"
	_ "time/tzdata" // the test's zone, on machines without any

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

func TestHoursOfATimetable(t *testing.T) {
	kes := fx.MustCurrency("KES")
	plan, err := schedule.Timetable{
		Calendars: []schedule.Calendar{{Name: "nairobi", Zone: "Africa/Nairobi", Weekend: []schedule.Weekday{"saturday", "sunday"}, Holidays: []fx.Date{}}},
		Groups:    []schedule.Group{},
		CutOffs:   []schedule.CutOff{{Currency: kes, Calendar: "nairobi", Opens: "08:00", Until: "16:00", Late: schedule.Queue}},
	}.Plan(time.LoadLocation)
	require.NoError(t, err)
	by, ok := plan.Hours(kes)
	require.True(t, ok)
	friday := time.Date(2026, 4, 10, 12, 0, 0, 0, time.UTC)
	hours, err := HoursOf(kes, by, friday, friday.AddDate(0, 0, 3))
	require.NoError(t, err)
	require.Equal(t, Hours{Currency: kes, Late: schedule.Queue, Closed: []Closed{{From: friday.Add(time.Hour), Until: friday.Add(65 * time.Hour)}}}, hours)
	_, err = HoursOf(kes, by, time.Time{}, friday)
	require.Error(t, err)
}
