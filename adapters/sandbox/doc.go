// Package sandbox is what every rail's sandbox shares: a ledger that survives a kill, dice that fall
// the same way for the same seed, faults that can be switched while it runs, and a worker pool for
// everything that a rail does after it has answered.
//
//	request ──▶ Strike (error, silence) ──▶ Ledger.Create ──▶ answer
//	                                            │
//	                          Later ──▶ Base.Decide ──▶ Fate.Callbacks ──▶ the rail's callbacks
//
// A rail's sandbox embeds *Base and adds its wire format.
package sandbox

import (
	"context"
	"net/http"

	"github.com/ayni-switch/ayni/fx"
)

// Server is one operator's sandbox: the rail's API and, below /admin, its faults and its books.
type Server interface {
	http.Handler
	// Pay lets a customer pay for an order. It is idempotent by OrderRef: the payment is in the ledger
	// when it returns nil, and the rail's notification goes out afterwards, at most once for ever.
	// The same OrderRef with other contents is a *ConflictError.
	Pay(ctx context.Context, payment CustomerPayment) error
	// SetFaults switches the faults from the next request on. It refuses percentages outside 0..100.
	SetFaults(faults Faults) error
	// Totals sums the ledger by kind and state.
	Totals() (Totals, error)
	// Operations visits every operation in the books, until visit returns an error.
	Operations(visit func(Operation) error) error
	// Close stops the workers, waits for them and closes the ledger.
	Close() error
}

// CustomerPayment is a customer's payment on the rail for an order.
type CustomerPayment struct {
	OrderRef  string
	Payer     string // the payer's account on the rail
	PayerName string
	Amount    fx.Money
}
