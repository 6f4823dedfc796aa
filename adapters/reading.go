package adapters

import (
	"crypto/x509"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Payload is a recorded message of a rail.
type Payload struct {
	Kind     string // one of Plug.Kinds; "" lets the content tell
	Body     []byte
	Currency fx.Currency       // where neither the payload nor the rail says it
	Trust    *x509.Certificate // whose signature it must bear; nil: a signature is looked at and not required
}

// Reading is what a rail makes of a payload: the evidence that it would hand to its Sink, or why none. A rail reads by
// the functions that it reads by in service.
type Reading struct {
	Kind      string            `json:"kind"`
	About     About             `json:"about,omitempty"`
	State     State             `json:"state,omitempty"` // "" where it says nothing of money
	IDs       map[string]string `json:"ids,omitempty"`   // operation, rail_id, rail_ref, order, request: what the rail calls them says the rail
	Amount    *messaging.Amount `json:"amount,omitempty"`
	Account   string            `json:"account,omitempty"` // beneficiary or payer, as stated
	Code      string            `json:"code,omitempty"`    // the rail's
	Text      string            `json:"text,omitempty"`    // the rail's
	Reason    string            `json:"reason,omitempty"`  // ISO 20022, where it failed
	Signature string            `json:"signature,omitempty"`
	// Confirm says why the rail is asked before this counts. It is evidence all the same: of what to ask about.
	Confirm string    `json:"confirm,omitempty"`
	Refused string    `json:"refused,omitempty"` // why it is no evidence
	Parts   []Reading `json:"parts,omitempty"`   // of a batch, or of a recorded exchange
}

// About is what a payload speaks of.
type About string

// What a payload can speak of.
const (
	AboutPayout     About = "payout"
	AboutRefund     About = "refund"
	AboutCollection About = "collection"
	AboutBalance    About = "balance"
	AboutToken      About = "token"
	AboutRequest    About = "request" // what an adapter or a rail asks; it says nothing of an end
	AboutStatement  About = "statement"
)

// Signatures of a payload.
const (
	SignatureVerified  = "verified"
	SignatureAbsent    = "absent"
	SignatureUnchecked = "unchecked" // it is there, and there is nothing to hold it against
)

// Counts tells whether it is evidence of a final state.
func (r Reading) Counts() bool { return r.State.final() && r.Refused == "" }

// ReadingOf is what evidence looks like to people.
func ReadingOf(kind string, about About, e Evidence) Reading {
	r := Reading{
		Kind: kind, About: about, State: e.State, IDs: map[string]string{}, Account: e.Account,
		Code: e.Code, Text: e.Text,
	}
	r.Name("rail_id", e.RailID)
	r.Name("rail_ref", e.RailRef)
	if e.Amount != nil {
		r.Amount = new(messaging.NewAmount(*e.Amount))
	}
	if e.State == Failed {
		r.Reason = e.Reason
	}
	if e.Err != nil {
		r.Refused = e.Err.Error()
	}
	return r
}

// ReadingOfCollection is what a customer's payment looks like to people: the money came.
func ReadingOfCollection(kind string, c Collection) Reading {
	r := Reading{
		Kind: kind, About: AboutCollection, State: Settled, IDs: map[string]string{}, Account: c.Payer,
		Amount: new(messaging.NewAmount(c.Amount)),
	}
	r.Name("rail_ref", c.RailRef)
	r.Name("order", c.OrderRef)
	return r
}

// RefusedReading says why a payload is no evidence.
func RefusedReading(kind string, why error) Reading {
	return Reading{Kind: kind, Refused: why.Error()}
}

// Name adds an id, unless there is none.
func (r *Reading) Name(what, id string) {
	if id == "" {
		return
	}
	if r.IDs == nil {
		r.IDs = map[string]string{}
	}
	r.IDs[what] = id
}
