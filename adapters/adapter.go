// Package adapters joins payment rails to the switch.
//
// A Rail speaks one rail's wire format and keeps no state of its own that matters. The Runner owns
// everything that must survive: what was collected, what was instructed, what the rail answered. It
// publishes intents and outcomes, retries under the same id, polls, and never takes a silence for a no.
//
//	customer ─▶ rail ─▶ Rail.Handler ─▶ Runner (store) ─▶ intent.<participant>
//	payout.<participant> ─▶ Runner (store) ─▶ Rail.Submit ─▶ rail
//	rail ─▶ Rail.Handler or Rail.Query ─▶ Runner (store) ─▶ outcome.<participant>
package adapters

import (
	"context"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Rail is one payment system as one participant uses it. Methods may be called from many goroutines.
//
// Submit and Query return what is known, never an error in place of evidence: a timeout, a 5xx, an
// unlisted code or a decoding failure is Evidence with State Unknown. The error is kept in Evidence.Err.
type Rail interface {
	// Capabilities are fixed for the life of the rail.
	Capabilities() Capabilities
	// Submit asks the rail to carry out op under op.ID. It may be called again with the same op after
	// a crash or an Unknown that is RetrySafe: the rail must see the same id. It must not wait for a
	// callback, because the callback waits for it: its answer brings the RailID to match with.
	Submit(ctx context.Context, op Operation) Evidence
	// Query asks the rail what became of op. On rails that answer queries by callback it returns
	// State Accepted, and the answer reaches Sink.Evidence. Unknown and RetrySafe says that the rail
	// has no such operation: it is submitted again, under the same id.
	Query(ctx context.Context, op Operation) Evidence
	// Collection asks the rail whether the customer paid for order.
	// found is false where the rail has no such payment yet or did not say.
	Collection(ctx context.Context, order Order) (c Collection, found bool, err error)
	// Handler receives the rail's callbacks, at paths below the rail's own unguessable prefix. The
	// Runner serves it under /rail, and takes that off the path.
	Handler() http.Handler
}

// Sink is where a Rail puts what it learns from callbacks. A nil error means that it is durable, and
// only then may the rail be told that its callback arrived.
type Sink interface {
	// Evidence records what a callback says about an operation. railID is the id that the rail gave on
	// Submit, "" where the callback does not carry it; a callback that names an unknown operation or
	// another railID is refused with an error.
	Evidence(ctx context.Context, operationID, railID string, e Evidence) error
	// Collected records that a customer paid for an order.
	Collected(ctx context.Context, c Collection) error
}

// State is what the rail is known to have done with an operation.
type State string

// The states of an operation on the rail. Settled and Failed are final.
const (
	Accepted State = "accepted" // the rail took it and will say later
	Settled  State = "settled"  // the money moved
	Failed   State = "failed"   // the money did not move and will not
	Unknown  State = "unknown"  // anything else: silence, 5xx, an unlisted code, a duplicate answer
)

// Origin is where evidence came from.
type Origin string

// The origins, weakest first. A callback is a hint; a query is authoritative.
const (
	FromCallback Origin = "callback"
	FromResponse Origin = "response"
	FromQuery    Origin = "query"
)

// Evidence is one thing that the rail said about an operation.
type Evidence struct {
	State     State
	Origin    Origin
	RailID    string    // the rail's id of the conversation, given on acceptance
	RailRef   string    // the rail's receipt, given on settlement
	Amount    *fx.Money // as the rail states it; nil where it does not
	Account   string    // the beneficiary as the rail states it; "" where it does not
	Code      string    // the rail's raw code
	Text      string    // the rail's raw text
	Reason    string    // ISO 20022 status reason code, when Failed
	RetrySafe bool      // with Unknown: nothing reached the rail, so submitting again is safe
	Err       error     // with Unknown: what went wrong, for the log
}

// Operation is one thing that a rail is asked to do: a payout, or a refund of a collection.
type Operation struct {
	ID              string // alphanumeric, at most 35 characters; the rail sees it, always the same
	Kind            messaging.Kind
	Amount          fx.Money
	Beneficiary     messaging.Party // who receives the money
	Originator      messaging.Party // who sent it
	Reference       string
	RailID          string    // from the rail's acceptance; "" before
	CollectionRef   string    // for a refund: Collection.RailRef of the customer's payment
	CollectionOrder string    // for a refund: the order's reference
	Reservation     string    `json:",omitempty"` // for a payout or a release: the operation that set the money aside, "" where none did
	Submitted       time.Time // when it was first submitted; zero before
}

// Order is what a customer wants to send, priced and waiting for the customer's payment on the rail.
type Order struct {
	Ref         string // the sender's own; at most 20 characters, alphanumeric; also what the customer pays to
	Payer       messaging.Party
	Creditor    messaging.Party
	To          string // the creditor's participant
	Source      fx.Money
	Destination fx.Money
	Quote       string   // "" when the currencies are the same
	Fixed       fx.Fixed // the side that the sender fixed; "" without Quote
	Deadline    time.Time
	Reference   string
	Bundle      *messaging.Bundle `json:",omitempty"` // with whose other legs the intent clears; nil where it clears by itself
	Created     time.Time
	// AskFor is the receipt of the payment in question, when Rail.Collection is asked about one that a
	// callback has named; "" for whatever was paid.
	AskFor string
}

// Collection is a customer's payment on the rail for an order.
type Collection struct {
	OrderRef string
	RailRef  string // the rail's receipt
	Amount   fx.Money
	Payer    string // as the rail states it, possibly masked or hashed
	// Origin is FromQuery where the rail was asked about the order and answered, also when the answer
	// came by callback. Anything else is a hint, confirmed by Rail.Collection where the amount is large.
	Origin Origin
}

// Capabilities are what a rail can do, and how long it may take.
type Capabilities struct {
	Rail     string      // "mpesa", "upi", "gcash"
	Currency fx.Currency // of payouts and collections
	// PayoutIncrement, PayoutMin and PayoutMax bound one payout, in minor units.
	PayoutIncrementMinor int64
	PayoutMinMinor       int64
	PayoutMaxMinor       int64
	// ConfirmAboveMinor is the amount from which a successful callback is confirmed by a query before
	// it counts. A callback that reports failure is always confirmed: money moves back on it.
	ConfirmAboveMinor int64
	CallsPerSecond    int // of each kind (submit, query, collection) that the rail takes; 0 for no bound
	Timers            Timers
}

// Timers say when a rail is asked. The first five must be positive; each rail names its production values.
type Timers struct {
	SubmitTimeout   time.Duration `yaml:"submit_timeout"` // one HTTP call
	FirstQuery      time.Duration `yaml:"first_query"`    // after Submit, before the first status query
	QueryEvery      time.Duration `yaml:"query_every"`    // between status queries, doubled up to QueryEveryMax
	QueryEveryMax   time.Duration `yaml:"query_every_max"`
	CollectionEvery time.Duration `yaml:"collection_every"` // between polls of orders that wait for the customer's payment
	// QueryNotBefore is how long after Submit a rail may not be asked, whatever prompts it: a callback, the switch, a
	// restart.
	QueryNotBefore time.Duration `yaml:"query_not_before"`
	// QueriesMost bounds the status queries of one operation within QueriesWithin, whatever prompts them; 0 for any
	// number. A restart forgets none.
	QueriesMost   int           `yaml:"queries_most"`
	QueriesWithin time.Duration `yaml:"queries_within"`
	// OpenFor is how long an operation may stay open until a person is told. It is asked about all the same; 0 for
	// never.
	OpenFor time.Duration `yaml:"open_for"`
}
