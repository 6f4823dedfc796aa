package decide

import (
	"fmt"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

// maxClosed bounds the closings that one command lists: a year ahead and more.
const maxClosed = 1000

func (d *decision) publishHours(h settlement.Hours) (subject, fault string) {
	switch {
	case h.Currency.IsZero():
		return "", "no currency"
	case h.Late != schedule.Queue && h.Late != schedule.Refuse:
		return "", fmt.Sprintf("%q is not what may become of a late intent", Plain(string(h.Late)))
	case len(h.Closed) > maxClosed:
		return "", fmt.Sprintf("%d closings; the limit is %d", len(h.Closed), maxClosed)
	}
	var before time.Time
	for i, c := range h.Closed {
		from, until := microseconds(c.From), microseconds(c.Until)
		if !from.Before(until) || i > 0 && !before.Before(from) {
			return "", fmt.Sprintf("closing %d is empty, or does not come after the one before", i+1)
		}
		before = until
	}
	d.setHours(h)
	return h.Currency.String(), ""
}

func (s *State) setHours(h settlement.Hours) {
	for i, c := range h.Closed {
		h.Closed[i] = settlement.Closed{From: microseconds(c.From), Until: microseconds(c.Until)}
	}
	s.hours[h.Currency] = h
}

// late tells until when an intent that comes now has to wait, zero where it is in time, or why it must not.
// A transfer is as late as the later of its currencies lets it be.
func (d *decision) late(source, destination fx.Currency, deadline time.Time) (until time.Time, fault *messaging.FaultError) {
	if len(d.hours) == 0 {
		return time.Time{}, nil
	}
	for _, currency := range []fx.Currency{source, destination} {
		h := d.hours[currency]
		next, _ := slices.BinarySearchFunc(h.Closed, d.Now, func(c settlement.Closed, now time.Time) int {
			if c.Until.After(now) {
				return 1
			}
			return -1
		})
		if next == len(h.Closed) || d.Now.Before(h.Closed[next].From) {
			continue
		}
		c := h.Closed[next]
		if h.Late == schedule.Refuse || !c.Until.Before(deadline) {
			return time.Time{}, &messaging.FaultError{Fault: messaging.FaultClosed, Detail: fmt.Sprintf(
				"%s is closed from %s to %s", currency, c.From.Format(time.RFC3339), c.Until.Format(time.RFC3339))}
		}
		if c.Until.After(until) {
			until = c.Until
		}
	}
	return until, nil
}
