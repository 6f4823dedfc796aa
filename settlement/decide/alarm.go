package decide

import (
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// alarmSteps are the parts of what an account may use, in percent, that somebody is told of when they are
// passed upwards. A step is left again calm percent below.
var alarmSteps = []int32{90, 75, 50}

const calm = 5

// alarmRecord is a step that an account passed upwards.
type alarmRecord struct {
	Account    int64 `json:"account"`
	LimitMinor int64 `json:"limit_minor"`
	Step       int32 `json:"step"`
	UsedMinor  int64 `json:"used_minor"`
}

// alarm moves the alarm of an account that may owe, and returns its step. An account has used what it stands
// below zero, of its prefunding and its credit line together: at 100 percent it has no liquidity left.
func (d *decision) alarm(place int, l ledger.Liquidity) int32 {
	if d.countsFromOne() {
		return 0
	}
	used, limit := max(0, -l.PositionMinor), l.PrefundMinor+l.CreditLineMinor
	was := d.alarms[place]
	now := max(stepOf(used, limit, 0), min(was, stepOf(used, limit, calm)))
	if now == was {
		return now
	}
	delete(d.alarms, place)
	if now > 0 {
		d.alarms[place] = now
	}
	if now < was {
		return now
	}
	d.alarmed = append(d.alarmed, alarmRecord{Account: l.Account, UsedMinor: used, LimitMinor: limit, Step: now})
	if a := d.accounts[place]; a.Kind == ledger.Position {
		m := d.to(d.participants[a.Participant-1])
		m.liquidity = append(m.liquidity, messaging.LiquidityAlarm{
			Currency: a.Currency.String(), UsedMinor: used, LimitMinor: limit, PercentStep: int(now),
		})
	}
	return now
}

// stepOf is the highest step that a use reaches, each lowered by so many percent; 0 where it reaches none, or
// nothing is used.
func stepOf(used, limit int64, lowered int32) int32 {
	for _, step := range alarmSteps {
		percent := int64(step - lowered)
		if used > 0 && used >= limit/100*percent+(limit%100*percent+99)/100 {
			return step
		}
	}
	return 0
}
