package mpesa

import "time"

// moments are how the rail writes times, in its own zone: results and STK pushes the first, B2C results the second,
// pull queries and statements the rest.
var moments = []string{
	"20060102150405", "02.01.2006 15:04:05", "2006-01-02 15:04:05", "02-01-2006 15:04:05", time.RFC3339,
}

// parseMoment reads a time of the rail's. A text in none of its forms is a *DecodeError.
func parseMoment(text string, zone *time.Location) (time.Time, error) {
	for _, layout := range moments {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, &DecodeError{Fault: "no time of the rail's"}
}
