package schedule

import (
	"errors"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTimetableRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, _ := anyTable(t)
		text, err := json.Marshal(table)
		require.NoError(t, err)
		require.Equal(t, table, read(t, string(text)))
	})
}

// Whatever comes in is refused, or makes a plan that answers.
func FuzzTimetable(f *testing.F) {
	f.Add([]byte(fiveCurrencies), int64(1_774_700_000))
	f.Add([]byte(`{}`), int64(0))
	f.Add([]byte(`{"calendars":[{"name":"a","zone":"Pacific/Apia","weekend":[],"holidays":[]}],"groups":null}`), int64(-1))
	f.Fuzz(func(t *testing.T, text []byte, seconds int64) {
		var table Timetable
		if json.Unmarshal(text, &table, json.RejectUnknownMembers(true)) != nil {
			return
		}
		p, err := table.Plan(time.LoadLocation)
		if err != nil {
			var refused *RefusedError
			var missing *ZoneError
			require.True(t, errors.As(err, &refused) || errors.As(err, &missing))
			require.Less(t, len(err.Error()), 1000)
			return
		}
		at := time.Unix(seconds, 0)
		if next, ok := p.NextClose(at); ok {
			require.True(t, next.At.After(at))
			require.NotEmpty(t, next.Currencies)
		}
		for _, h := range p.hours {
			if opening, ok := h.NextOpening(at); ok {
				require.True(t, h.Open(opening))
			}
		}
		again, err := json.Marshal(table)
		require.NoError(t, err)
		require.NoError(t, read(t, string(again)).Check())
	})
}
