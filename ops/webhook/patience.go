package webhook

import "time"

// Patience says when an attempt that failed is made again, and when it is enough.
type Patience struct {
	Strikes []time.Duration // before an event is tried again that its endpoint refused, by how often it did
	Hold    time.Duration   // the least, and
	MaxHold time.Duration   // the most that an endpoint rests that answers nothing
	GiveUp  time.Duration   // how long an endpoint fails until it is paused
}

// Failing is how many attempts in a row make an endpoint one that fails: then it is not the event's fault.
const Failing = 3

// Usual is the schedule that the specification recommends, for three days; and five for an endpoint.
func Usual() Patience {
	return Patience{
		Strikes: []time.Duration{
			5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
		},
		Hold: 5 * time.Second, MaxHold: time.Hour, GiveUp: 5 * 24 * time.Hour,
	}
}

// Standing is how it went so far.
type Standing struct {
	Failures     int       // of the endpoint, since it last took something
	FailingSince time.Time // the first of them, zero of none
	Strikes      int       // of the event, against itself
}

// Fails says whether the endpoint is one that fails.
func (s Standing) Fails() bool { return s.Failures >= Failing }

// Answer is what came of an attempt.
type Answer struct {
	Status     int           // of HTTP, 0 where there was none
	RetryAfter time.Duration // as the receiver asks, 0 where it does not
	Took       time.Duration
	Reason     string // why it failed, in our words; "" where it did not
}

// Taken says whether the receiver has it.
func (a Answer) Taken() bool { return a.Status >= 200 && a.Status <= 299 }

// Gone says whether the receiver wants nothing any more.
func (a Answer) Gone() bool { return a.Status == 410 }

// Verdict is what follows from an attempt.
type Verdict struct {
	Standing

	Due     time.Duration // until the event is tried again
	Rest    time.Duration // until the endpoint is tried again
	Dropped bool          // the event is not tried again by itself
	Paused  string        // why the endpoint is paused, "" where it is not
}

// After judges an attempt that was made at a moment. jitter is from 0 to 1 and adds up to a tenth to what is waited.
//
// The first attempts that fail are held against the event, which waits longer each time while others pass it. When an
// endpoint refuses several in a row it is the endpoint: it rests for as long as it has failed, and the events that it was
// tried with lose nothing by it.
func (p Patience) After(now time.Time, was Standing, a Answer, jitter float64) Verdict {
	if a.Taken() {
		return Verdict{}
	}
	v := Verdict{Standing: was}
	v.Failures++
	if v.FailingSince.IsZero() {
		v.FailingSince = now
	}
	failed := now.Sub(v.FailingSince)
	switch {
	case a.Gone():
		v.Paused = "it answered 410: it wants nothing any more"
	case failed >= p.GiveUp:
		v.Paused = "it took nothing since " + v.FailingSince.UTC().Format("2006-01-02 15:04 MST") + ": " + a.Reason
	}
	if v.Fails() {
		v.Rest = more(min(max(failed, p.Hold), p.MaxHold), jitter)
	} else if v.Strikes++; v.Strikes > len(p.Strikes) {
		v.Dropped = true
	} else {
		v.Due = more(p.Strikes[v.Strikes-1], jitter)
	}
	v.Rest = max(v.Rest, min(a.RetryAfter, p.MaxHold))
	return v
}

func more(d time.Duration, jitter float64) time.Duration {
	return d + time.Duration(jitter*float64(d)/10)
}
