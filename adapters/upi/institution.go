package upi

import "github.com/ayni-switch/ayni/messaging"

// Initiation modes of a payment.
const (
	ModeDefault = "00"
	ModeInward  = "12" // foreign inward remittance (FIR): Institution says who sent it
)

// PurposeDefault is the purpose of a transaction that has no special one.
const PurposeDefault = "00"

// Institution is what a payment of mode 12 tells about the money's way into the country.
type Institution struct {
	Type        string `json:"type"`  // MTO or BANK
	Route       string `json:"route"` // MTSS or RDA
	Name        string `json:"name"`
	PurposeCode string `json:"purposeCode"`
	Originator  Person `json:"originator"`
	Beneficiary Person `json:"beneficiary"`
}

// Person is an end of the payment, abroad or here.
type Person struct {
	Name    string `json:"name"`
	Address string `json:"address,omitzero"`
}

// IsZero tells whether i says nothing.
func (i Institution) IsZero() bool { return i == Institution{} }

// Check returns a *DecodeError unless type, route, name and purpose are there and of their form.
func (i Institution) Check() error {
	switch {
	case i.Type != "MTO" && i.Type != "BANK":
		return faulty("institution of type %q", clip(i.Type, 8))
	case i.Route != "MTSS" && i.Route != "RDA":
		return faulty("institution with route %q", clip(i.Route, 8))
	case i.Name == "" || len(i.Name) > messaging.MaxNameLength:
		return faulty("institution without a name, or with one too long")
	case i.PurposeCode == "" || len(i.PurposeCode) > messaging.MaxPurposeLength:
		return faulty("institution without a purpose code")
	}
	return nil
}
