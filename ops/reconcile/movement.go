package reconcile

import (
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// movement is a movement of the log in the making of a match.
type movement struct {
	ledger.RailMovement
	day    fx.Date
	lines  []adapters.StatementLine // of the statements that name it
	best   int                      // of these, the one that agrees most
	agrees bool                     // whether that one agrees in all but the day
}

// ofOrders is what the intents of paid orders begin with; the order's reference follows (adapters/order.go).
const ofOrders = "o"

// orderOf is what an adapter gives the rail, or the customer, to find a movement by: an order's reference, an
// operation's id (adapters/operation.go).
func orderOf(of ledger.RailMovement) string {
	switch of.Kind {
	case ledger.MovedPayout:
		return of.Transfer.String() + "P"
	case ledger.MovedRefund:
		return of.Transfer.String() + "R"
	case ledger.MovedCollection:
	}
	return strings.TrimPrefix(of.Intent, ofOrders)
}

// atRail tells whether a movement must be on a statement: what a customer gave its operator otherwise than for an
// order of the adapter, nobody paid at the rail.
func (of *movement) atRail() bool {
	return of.Kind != ledger.MovedCollection || strings.HasPrefix(of.Intent, ofOrders)
}

// direction is where a movement goes, as the rail's statement has it.
func direction(kind ledger.MovementKind) adapters.Direction {
	if kind == ledger.MovedCollection {
		return adapters.In
	}
	return adapters.Out
}

func (of *movement) sameAmount(l adapters.StatementLine) bool {
	return l.Amount == fx.Money{Minor: of.AmountMinor, Currency: of.Currency}
}

// like tells whether a line says what the log says, but for the day.
func (of *movement) like(l adapters.StatementLine) bool {
	return l.Direction == direction(of.Kind) && of.sameAmount(l)
}

// choose says which of a movement's lines agrees most: in direction and amount, then in the day, then the first.
func (of *movement) choose(dayOf func(time.Time) fx.Date) {
	most := -1
	for i, l := range of.lines {
		score := 0
		if of.like(l) {
			score = 2
		}
		if dayOf(l.At) == of.day {
			score++
		}
		if score > most {
			most, of.best, of.agrees = score, i, score >= 2
		}
	}
}

// posted tells whether exactly what moved was posted: of a collection, once its transfer has cleared.
func (of *movement) posted() bool {
	want := int64(0)
	if of.Cleared {
		want = of.AmountMinor
	}
	return of.PostedMinor == want && (of.Cleared || of.Kind == ledger.MovedCollection)
}

// sound tells whether log, statement and postings say the same of a movement.
func (of *movement) sound() bool {
	return of.posted() && !of.Unknown && (of.agrees || len(of.lines) == 0 && !of.atRail())
}
