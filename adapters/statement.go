package adapters

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Direction is where money went, as the operator's account sees it.
type Direction string

// The directions.
const (
	In  Direction = "in"  // a customer paid
	Out Direction = "out" // a payout, a refund or a fee
)

// StatementLine is one movement of the operator's account, as the rail's statement says it.
type StatementLine struct {
	At        time.Time
	Ref       string // the rail's receipt
	Order     string // what the payer or the adapter gave to find it by: an order's reference, an operation's id; "" where it is not said
	Amount    fx.Money
	Direction Direction
	Fee       bool   // the rail's own charge
	Party     string // the other account, as stated
	Code      string // the rail's kind of movement
	Text      string
}

// StatementError says which line of a statement cannot be read. The same statement fails again.
type StatementError struct {
	Line  int // counted from 1
	Fault string
}

func (e *StatementError) Error() string {
	return fmt.Sprintf("adapters: statement: line %d: %s", e.Line, e.Fault)
}
