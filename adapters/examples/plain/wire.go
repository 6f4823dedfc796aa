package plain

// Request asks for money to be moved. The id is the client's, for ever: known already, it is answered 409.
type Request struct {
	ID      string `json:"id"`
	Account string `json:"account,omitempty"` // of a payout: the beneficiary
	Name    string `json:"name,omitempty"`
	Receipt string `json:"receipt,omitempty"` // of a refund: what is given back
	Hold    string `json:"hold,omitempty"`    // of a payout or a release: the id under which the money was set aside
	Minor   int64  `json:"minor"`
}

// Operation is what the rail knows of a payout or a refund.
type Operation struct {
	Kind    string `json:"kind"` // payout, refund, hold, release
	ID      string `json:"id"`
	RailID  string `json:"rail_id"`
	State   string `json:"state"` // accepted, settled, declined
	Receipt string `json:"receipt,omitempty"`
	Code    string `json:"code,omitempty"` // why it was declined: one of the codes
	Account string `json:"account,omitempty"`
	Minor   int64  `json:"minor"`
}

// Payment is a customer's payment for an order.
type Payment struct {
	Order   string `json:"order"`
	Receipt string `json:"receipt"`
	Payer   string `json:"payer"`
	Minor   int64  `json:"minor"`
}

// Refusal says why nothing was done.
type Refusal struct {
	Code string `json:"code"`
}

// reasons are the codes that end an operation, as ISO 20022 says them. Any other code ends nothing.
var reasons = map[string]string{
	"NO_ACCOUNT": "AC01",
	"CLOSED":     "AC04",
	"LIMIT":      "AM02",
	"BLOCKED":    "RR04",
	"NO_HOLD":    "AM04",
}

const maxBytes = 64 << 10 // of any body
