package settlement

import (
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

// WindowID numbers settlement windows from 1, over all groups.
type WindowID int64

// WindowState is where a settlement window is in its life.
type WindowState string

// The states of a window:
//
//	open → closed → settling → settled
//	                └─────→ failed → settled
//
// A closed window waits in settling until every participant that owes can pay; then all its currencies settle
// in one transaction (payment versus payment). At its deadline the default procedure pays for those who have
// not. Where even that is not enough, it has failed, until money came in and an operator has it settled again.
// Settled means settled.
const (
	WindowOpen     WindowState = "open"
	WindowClosed   WindowState = "closed"
	WindowSettling WindowState = "settling"
	WindowFailed   WindowState = "failed"
	WindowSettled  WindowState = "settled"
)

// DefaultGroup settles every currency that no other group names.
const DefaultGroup = "default"

// The commands about windows.
const (
	CommandSettlementGroup  CommandKind = "settlement_group"  // body SettlementGroup
	CommandSettlementMethod CommandKind = "settlement_method" // body SettlementMethod
	CommandResettle         CommandKind = "resettle"          // body Resettle
	CommandRecover          CommandKind = "recover"           // body Recover
)

// SettlementGroup makes or changes a group of currencies that settle together. Windows from which a currency
// leaves close with the command, so that each window is of the same currencies from beginning to end.
type SettlementGroup struct {
	Name       string        `json:"name"`
	Currencies []fx.Currency `json:"currencies"` // of DefaultGroup: none
	// Timetable has one group, of these currencies, whose windows all close together. Without it windows
	// close by command. Of DefaultGroup, it names the currencies whose calendars count.
	Timetable *schedule.Timetable `json:"timetable,omitempty"`
	// SettleWithinSeconds is how long after the close whoever owes has to pay; 0: no default procedure.
	SettleWithinSeconds int64 `json:"settle_within_seconds"`
	// ShareMaxPPM is the most that a survivor pays for defaulters in one window, in millionths of its credit line.
	ShareMaxPPM int64 `json:"share_max_ppm"`
}

// Method is how a participant settles.
type Method string

// The methods.
const (
	MethodPrefund    Method = "prefund"    // from its settlement account and into it; every participant's at first
	MethodInstructed Method = "instructed" // by payments at the settlement agent
)

// SettlementMethod sets how a participant settles windows that close from now on.
type SettlementMethod struct {
	Participant string `json:"participant"`
	Method      Method `json:"method"`
}

// Resettle has a failed window settled, now that money came in.
type Resettle struct {
	Window WindowID `json:"window"`
}

// Recover books money that a defaulter brought later, for those who paid for it: the last who paid first.
type Recover struct {
	Participant string      `json:"participant"`
	Currency    fx.Currency `json:"currency"`
	AmountMinor int64       `json:"amount_minor"`
	Evidence    string      `json:"evidence"`
}
