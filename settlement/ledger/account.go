package ledger

import "github.com/ayni-switch/ayni/fx"

// AccountKind says what an account is for.
type AccountKind string

// The accounts. The scheme has fx, residual and agent; a participant has the others.
const (
	Position   AccountKind = "position"   // what clearing made it owe (negative) or earn
	Settlement AccountKind = "settlement" // what it prefunded
	FX         AccountKind = "fx"         // the pool that cross-currency transfers pass through
	Residual   AccountKind = "residual"   // what rounding left over
	Agent      AccountKind = "agent"      // money held at the settlement agent, the scheme's asset
	Collateral AccountKind = "collateral" // what backs a participant's credit line
	Pledge     AccountKind = "pledge"     // what it has set aside for others' credit lines
	Suspense   AccountKind = "suspense"   // what is on its way to or from the settlement agent
	Claims     AccountKind = "claim"      // what defaulters owe it, or below zero what it owes as one
)

// Account is one account. Its ID is its place in the engine's arrays plus one.
type Account struct {
	ID          int64
	Participant int32 // settlement.SchemeID for the scheme's own
	Kind        AccountKind
	Currency    fx.Currency
}
