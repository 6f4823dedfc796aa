package console

import (
	"slices"
	"strconv"
	"time"
)

func text64(n int64) string { return strconv.FormatInt(n, 10) }

func number64(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

// stamp is a moment in a file, "" where there is none.
func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

func sorted(all []string) []string {
	slices.Sort(all)
	return all
}

// zone is the reader's.
func (v *visit) zone() *time.Location {
	if zone, err := time.LoadLocation(v.reader.zone); err == nil {
		return zone
	}
	return time.UTC
}
