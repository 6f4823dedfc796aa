package sandbox

import (
	"fmt"
	"time"
)

// Faults are how often, in per cent of the keys, the rail misbehaves. The zero value is a good rail.
// They are decided by Dice on stable keys: the beneficiary's account for payouts, the order's reference
// for collections, the collection's receipt for refunds; never by the attempt or by the time.
type Faults struct {
	DeclinePct           int   `json:"decline_pct"`            // the rail refuses the payout, for good
	RefundDeclinePct     int   `json:"refund_decline_pct"`     // the rail refuses the refund, for good
	DelayPct             int   `json:"delay_pct"`              // it decides DelayMS later than usual
	LostCallbackPct      int   `json:"lost_callback_pct"`      // no callback is sent
	DuplicateCallbackPct int   `json:"duplicate_callback_pct"` // every callback is sent twice
	TimeoutPct           int   `json:"timeout_pct"`            // the first attempt gets no answer
	ErrorPct             int   `json:"error_pct"`              // the first attempt gets a server error
	ContradictPct        int   `json:"contradict_pct"`         // a second, contrary final callback is sent
	ReorderPct           int   `json:"reorder_pct"`            // a callback overtakes the answer that accepts its operation
	LateVisiblePct       int   `json:"late_visible_pct"`       // status queries deny what was accepted, LateVisibleMS long
	DelayMS              int64 `json:"delay_ms"`
	LateVisibleMS        int64 `json:"late_visible_ms"`
	// The rest holds for every request.
	RatePerS           int    `json:"rate_per_s"`          // requests a second that the rail takes; 0 for any number
	Outage             Outage `json:"outage"`              // how the whole rail is down; "" where it is up
	ClockSkewMS        int64  `json:"clock_skew_ms"`       // how far the rail's clock is ahead; negative: behind
	ExpiredCertificate bool   `json:"expired_certificate"` // what the rail signs or identifies itself with is past its end
}

// Outage is how a rail is down.
type Outage string

// The outages.
const (
	OutageNone   Outage = ""
	OutageRefuse Outage = "refuse" // connections are cut
	OutageHang   Outage = "hang"   // nothing is answered
	OutageError  Outage = "error"  // everything is answered 503
)

// Limits on Faults.
const (
	maxDelayMS = 600_000        // ten minutes, of DelayMS and LateVisibleMS
	maxSkewMS  = 7 * 86_400_000 // a week, either way
)

// FaultsError says which setting of Faults is outside its range. The same settings fail again.
type FaultsError struct {
	Setting string
	Value   int64
}

func (e *FaultsError) Error() string {
	return fmt.Sprintf("sandbox: faults: %s of %d is out of range", e.Setting, e.Value)
}

// Validate returns a *FaultsError unless every percentage is in 0..100, delays in 0..600,000 ms, the clock within a
// week, and the outage one of those named.
func (f Faults) Validate() error {
	for _, s := range []struct {
		setting string
		value   int
	}{
		{"decline_pct", f.DeclinePct},
		{"refund_decline_pct", f.RefundDeclinePct},
		{"delay_pct", f.DelayPct},
		{"lost_callback_pct", f.LostCallbackPct},
		{"duplicate_callback_pct", f.DuplicateCallbackPct},
		{"timeout_pct", f.TimeoutPct},
		{"error_pct", f.ErrorPct},
		{"contradict_pct", f.ContradictPct},
		{"reorder_pct", f.ReorderPct},
		{"late_visible_pct", f.LateVisiblePct},
	} {
		if s.value < 0 || s.value > 100 {
			return &FaultsError{Setting: s.setting, Value: int64(s.value)}
		}
	}
	switch {
	case f.DelayMS < 0 || f.DelayMS > maxDelayMS:
		return &FaultsError{Setting: "delay_ms", Value: f.DelayMS}
	case f.LateVisibleMS < 0 || f.LateVisibleMS > maxDelayMS:
		return &FaultsError{Setting: "late_visible_ms", Value: f.LateVisibleMS}
	case f.RatePerS < 0:
		return &FaultsError{Setting: "rate_per_s", Value: int64(f.RatePerS)}
	case f.ClockSkewMS < -maxSkewMS || f.ClockSkewMS > maxSkewMS:
		return &FaultsError{Setting: "clock_skew_ms", Value: f.ClockSkewMS}
	case f.Outage != OutageNone && f.Outage != OutageRefuse && f.Outage != OutageHang && f.Outage != OutageError:
		return &FaultsError{Setting: "outage " + string(f.Outage)}
	}
	return nil
}

// Fate is what the faults hold for one operation.
type Fate struct {
	Decline           bool
	Delay             time.Duration
	LostCallback      bool
	DuplicateCallback bool
	Timeout           bool
	TimeoutAccepted   bool // with Timeout: the silence comes after the rail has accepted
	Error             bool
	Contradict        bool
	ContradictFirst   bool // with Contradict: where the truth is a success, the contrary goes first
	Reorder           bool // the callback goes out before the answer to the request
	LateVisible       time.Duration
}

// Fate reads the dice for the operation of this kind with this key.
func (f Faults) Fate(d Dice, kind, key string) Fate {
	hits := func(fault string, percent int) bool {
		return percent > 0 && d.Percent(fault+"/"+kind, key) < percent
	}
	declines := f.DeclinePct
	if kind == KindRefund {
		declines = f.RefundDeclinePct
	}
	fate := Fate{
		Decline:           hits("decline", declines),
		LostCallback:      hits("lost", f.LostCallbackPct),
		DuplicateCallback: hits("duplicate", f.DuplicateCallbackPct),
		Timeout:           hits("timeout", f.TimeoutPct),
		Error:             hits("error", f.ErrorPct),
		Contradict:        hits("contradict", f.ContradictPct),
		Reorder:           hits("reorder", f.ReorderPct),
	}
	if hits("late-visible", f.LateVisiblePct) {
		fate.LateVisible = time.Duration(f.LateVisibleMS) * time.Millisecond
	}
	if hits("delay", f.DelayPct) {
		fate.Delay = time.Duration(f.DelayMS) * time.Millisecond
	}
	fate.TimeoutAccepted = fate.Timeout && d.Percent("timeout-accepted/"+kind, key) < 50
	fate.ContradictFirst = fate.Contradict && d.Percent("contradict-first/"+kind, key) < 50
	return fate
}

// Callbacks lists the final callbacks to send, in order, each true for a success, when the truth is
// settled. A false success never goes first: no rail has been seen to do that, and an adapter that
// believed it could not be told from one that must believe.
func (f Fate) Callbacks(settled bool) []bool {
	switch {
	case f.LostCallback:
		return nil
	case f.Contradict && settled && f.ContradictFirst:
		return []bool{false, true}
	case f.Contradict:
		return []bool{settled, !settled}
	case f.DuplicateCallback:
		return []bool{settled, settled}
	default:
		return []bool{settled}
	}
}

// Tell sends the final callbacks, in order. say tells whether one was taken. A false success follows only a truth that
// was: where that was lost, as when the adapter is killed, it would be the first that anybody hears.
func (f Fate) Tell(settled bool, say func(success bool) (taken bool)) {
	heard := false
	for _, success := range f.Callbacks(settled) {
		if success && !settled && !heard {
			return
		}
		heard = say(success)
	}
}

// Strike is what a fate does to one HTTP request.
type Strike int

// The strikes.
const (
	NoStrike              Strike = iota
	StrikeError                  // answer with the rail's server error and accept nothing
	StrikeTimeout                // accept nothing and never answer
	StrikeTimeoutAccepted        // accept, and never answer
)
