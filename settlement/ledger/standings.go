package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Standing is what a participant has and owes in one currency. The FX pool stands by itself, under SchemeName: what it
// may owe is prefunded by the provider behind it.
type Standing struct {
	Participant string
	Currency    fx.Currency
	Account     int64 // that may owe: the position, or the pool's; 0 where there is none
	Suspended   bool

	PositionMinor   int64 // what clearing made it owe (below zero) or earn
	PrefundMinor    int64
	CreditLineMinor int64
	TargetMinor     int64 // of a credit line that is falling; else the line
	AvailableMinor  int64 // of all three together: how much more it may owe
	UsedBP          int64 // of prefunding and credit line, in hundredths of a percent, up to 10000
	AlarmStep       int32 // that it stands at, in percent; 0 where it is calm

	ReservedMinor   int64 // on its way to or from the settlement agent
	CollateralMinor int64
	PledgedMinor    int64 // set aside for others' credit lines
	GuaranteedMinor int64 // set aside by others for its credit line
	UnsecuredMinor  int64 // of a credit line, that nothing has to stand behind
	HaircutPPM      int64 // millionths of the collateral that do not count behind one
	ClaimsMinor     int64 // what defaulters owe it, or below zero what it owes as one
	FeesMinor       int64 // earned and not paid out

	Rail        messaging.RailState // "" where it never said a word: up
	RailSince   time.Time
	RailWaiting int64 // instructions that have not ended, as it said last

	// Price is what one more unit of value of liquidity on the account releases at most, in weighted value
	// (netting.Selection.Price), as of PriceBatch; 0 where it does not bind.
	Price      int64
	PriceBatch int64 // the newest that had something to choose; 0 before the first
}

// CoverMinor is what stands behind a credit line: collateral after its haircut, guarantees, and what is unsecured.
func (s Standing) CoverMinor() int64 {
	const million = 1_000_000
	counts := million - s.HaircutPPM
	return s.UnsecuredMinor + s.GuaranteedMinor + s.CollateralMinor/million*counts + s.CollateralMinor%million*counts/million
}
