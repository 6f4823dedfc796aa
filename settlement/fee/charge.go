package fee

import (
	"fmt"
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Scheme is the scheme as a payee. No participant can be called so.
const Scheme = "@scheme"

// Kind says what a component of a charge is for.
type Kind string

// The kinds, in the order of a charge's components.
const (
	KindSwitch      Kind = "switch"      // for the switch, to the scheme
	KindInterchange Kind = "interchange" // between the participants
)

// Component is one part of a charge. Its amount is never negative: who pays whom is said by name.
type Component struct {
	Kind        Kind   `json:"kind"`
	Payer       string `json:"payer"`
	Payee       string `json:"payee"`
	AmountMinor int64  `json:"amount_minor"`
}

// Charge is what one transfer costs its participants, in its source currency. An offer carries it as JSON, so
// that everybody sees before paying what will be posted. It has one component of each kind, also where
// that is zero, the switch fee first; and DebtorMinor + CreditorMinor = SchemeMinor.
type Charge struct {
	Version     int64        `json:"version"` // of the schedule
	Rule        string       `json:"rule"`
	Debtor      string       `json:"debtor"`
	Creditor    string       `json:"creditor"`
	Currency    fx.Currency  `json:"currency"`
	AmountMinor int64        `json:"amount_minor"` // of the transfer
	Components  [2]Component `json:"components"`

	// What each participant pays less what it receives, and what the scheme receives.
	DebtorMinor   int64 `json:"debtor_minor"`
	CreditorMinor int64 `json:"creditor_minor"`
	SchemeMinor   int64 `json:"scheme_minor"`
}

// charge works out a rule's fees. Errors are *FeeError.
func (r *Rule) charge(version int64, c Corridor, amountMinor int64) (Charge, error) {
	charge := Charge{
		Version: version, Rule: r.Name, Debtor: c.From.Participant, Creditor: c.To.Participant,
		Currency: c.From.Currency, AmountMinor: amountMinor,
	}
	switchMinor, fits := r.Switch.Fee(amountMinor)
	interchangeMinor, fitsToo := r.Interchange.Tiers.Fee(amountMinor)
	if !fits || !fitsToo {
		return Charge{}, fail(FaultAmount, "rule %s: a fee on %d %s does not fit", r.Name, amountMinor, c.From.Currency)
	}
	payer, payee := charge.Debtor, charge.Creditor
	if r.Interchange.Payer == Creditor {
		payer, payee = payee, payer
	}
	charge.Components = [2]Component{
		{Kind: KindSwitch, Payer: charge.Debtor, Payee: Scheme, AmountMinor: switchMinor},
		{Kind: KindInterchange, Payer: payer, Payee: payee, AmountMinor: interchangeMinor},
	}
	if !charge.total() {
		return Charge{}, fail(FaultAmount, "rule %s: fees on %d %s do not fit", r.Name, amountMinor, c.From.Currency)
	}
	return charge, nil
}

// total sums up the components, false where that does not fit int64.
func (c *Charge) total() bool {
	toScheme, between := c.Components[0].AmountMinor, c.Components[1].AmountMinor
	if c.Components[1].Payer != c.Debtor {
		between = -between
	}
	if c.Debtor == c.Creditor { // it pays itself
		between = 0
	}
	var fits bool
	c.DebtorMinor, fits = fx.AddMinor(toScheme, between)
	c.CreditorMinor, c.SchemeMinor = -between, toScheme
	return fits
}

// Check tells whether a charge from elsewhere is whole: its form, who pays whom, and its totals. Whether it
// is the right one, only a Book knows. Errors are *FeeError.
func (c Charge) Check() error {
	switch {
	case c.Version < 1 || !nameForm.MatchString(c.Rule):
		return fail(FaultCharge, "no rule %.60q of version %d", c.Rule, c.Version)
	case !messaging.ValidParticipant(c.Debtor) || !messaging.ValidParticipant(c.Creditor):
		return fail(FaultCharge, "%.40q or %.40q cannot name a participant", c.Debtor, c.Creditor)
	case c.Currency.IsZero() || c.AmountMinor <= 0:
		return fail(FaultCharge, "an amount of %d %q", c.AmountMinor, c.Currency)
	}
	bySwitch, between := c.Components[0], c.Components[1]
	forward := between.Payer == c.Debtor && between.Payee == c.Creditor
	backward := between.Payer == c.Creditor && between.Payee == c.Debtor
	switch {
	case bySwitch.Kind != KindSwitch || bySwitch.Payer != c.Debtor || bySwitch.Payee != Scheme:
		return fail(FaultCharge, "the first component is not what the debtor's participant pays for the switch")
	case between.Kind != KindInterchange || !forward && !backward:
		return fail(FaultCharge, "the second component is not interchange between the participants")
	case bySwitch.AmountMinor < 0 || between.AmountMinor < 0:
		return fail(FaultCharge, "a component below zero")
	}
	again := c
	if !again.total() || again != c {
		return fail(FaultCharge, "its components do not come to its totals")
	}
	return nil
}

// String writes the components for people: "switch 12.50 KES from mpesa-ke to @scheme, interchange …".
func (c Charge) String() string {
	var parts [len(c.Components)]string
	for i, part := range c.Components {
		amount := fx.Money{Minor: part.AmountMinor, Currency: c.Currency}
		parts[i] = fmt.Sprintf("%s %s from %s to %s", part.Kind, amount, part.Payer, part.Payee)
	}
	return strings.Join(parts[:], ", ")
}
