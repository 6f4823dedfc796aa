package settlement

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

// The commands on the lives of transfers.
const (
	CommandPatience CommandKind = "patience" // body Patience
	CommandHold     CommandKind = "hold"     // body Hold
	CommandRelease  CommandKind = "release"  // body Verdict
	CommandRefuse   CommandKind = "refuse"   // body Verdict
	CommandScreen   CommandKind = "screen"   // body ScreenList
	CommandGross    CommandKind = "gross"    // body Gross
	CommandHours    CommandKind = "hours"    // body Hours

	CommandTravelRule CommandKind = "travel_rule" // body TravelRule
)

// Patience says after how long without a word a participant's rail is asked what became of an instruction.
// It is asked again after twice as long, and so on. A return that lacks the participant's liquidity for as
// long becomes a case for a person.
type Patience struct {
	Participant string `json:"participant"`
	Seconds     int64  `json:"seconds"`
}

// Hold keeps a transfer that waits in the queue from being cleared, until Release or Refuse, its deadline or
// a recall.
type Hold struct {
	Transfer string `json:"transfer"` // TransferID.String
	By       string `json:"by"`       // who asks
	Reason   string `json:"reason"`   // for people
}

// Verdict ends the hold of a transfer. It takes two people, who are named; who they are is the asker's to
// make sure.
type Verdict struct {
	Transfer   string `json:"transfer"`
	AskedBy    string `json:"asked_by"`
	ApprovedBy string `json:"approved_by"`
	Reason     string `json:"reason"`         // for people
	Code       string `json:"code,omitempty"` // of a refusal: ISO 20022 status reason code, RR04 where missing
}

// ScreenList publishes accounts whose transfers are held, by name and version: a later version replaces what
// the name stood for. Accounts are HMAC-SHA256 hashes in base64, under a key that is not in the ledger
// (engine.Screen).
type ScreenList struct {
	Name     string   `json:"name"`
	Version  int64    `json:"version"`
	Accounts [][]byte `json:"accounts"`
}

// Gross has transfers from one currency into another settled one by one, between prefunded accounts, from an
// amount of the source on. Nobody's window nets them. A threshold of 0 ends the rule.
type Gross struct {
	From           fx.Currency `json:"from"`
	To             fx.Currency `json:"to"`
	ThresholdMinor int64       `json:"threshold_minor"` // of From
}

// TravelRule says above which amount an intent must say where the originator lives and in which town the beneficiary
// does (FATF recommendation 16). What an amount in another currency is worth says the newest rate sheet; where it says
// nothing, the data is always required. A threshold of 0 ends the rule.
type TravelRule struct {
	ThresholdMinor int64       `json:"threshold_minor"`
	Currency       fx.Currency `json:"currency"`
}

// Hours says when a currency is closed, in moments and not in a calendar's terms: what a calendar makes of a
// zone's clocks may change, and what was decided must not. It replaces what was said before. Intents from
// and to the currency are late while it is closed.
type Hours struct {
	Currency fx.Currency   `json:"currency"`
	Late     schedule.Late `json:"late"`
	Closed   []Closed      `json:"closed"` // in order, apart from each other
}

// Closed is a time from a cut-off to the next opening, the end not in it.
type Closed struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// HoursOf says in moments when a currency is closed by its timetable, from one moment to another. Whoever keeps
// the timetable asks for it ahead of time.
func HoursOf(currency fx.Currency, by *schedule.Hours, from, until time.Time) (Hours, error) {
	gaps, ok := by.Gaps(from, until)
	if !ok {
		return Hours{}, fmt.Errorf("settlement: %s does not open again within %d days", currency, schedule.HorizonDays)
	}
	hours := Hours{Currency: currency, Late: by.Late(), Closed: make([]Closed, len(gaps))}
	for i, g := range gaps {
		hours.Closed[i] = Closed{From: g.From, Until: g.Until}
	}
	return hours, nil
}
