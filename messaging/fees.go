package messaging

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Fees is what the receiving participant's transfers to some others cost, from a moment on: beside the source,
// in its currency, by the source's amount. Of two that hold for one participant, the greater version counts.
type Fees struct {
	Version     int64       `json:"version"` // of the scheme's schedule
	From        time.Time   `json:"from"`
	Rule        string      `json:"rule"`
	To          []string    `json:"to"`     // participants
	Switch      fx.Tiers    `json:"switch"` // to the scheme
	Interchange Interchange `json:"interchange"`
}

// Interchange is what one participant of a transfer pays the other.
type Interchange struct {
	Payer Side     `json:"payer"`
	Tiers fx.Tiers `json:"tiers"`
}

// Side is one of a transfer's two participants.
type Side string

// The sides.
const (
	SideDebtor   Side = "debtor"
	SideCreditor Side = "creditor"
)

// ruleForm is how the rules of a schedule are called.
var ruleForm = form{first: lower | digit, rest: lower | digit | point | hyphen, least: 1, most: 48}

// fault returns what is wrong with the fees, or nil.
func (f *Fees) fault() *FaultError {
	wrong := func(format string, args ...any) *FaultError {
		return &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf("fees %.48q: ", f.Rule) + fmt.Sprintf(format, args...)}
	}
	switch {
	case f.Version < 1 || f.From.IsZero() || !ruleForm.MatchString(f.Rule):
		return wrong("incomplete")
	case len(f.To) == 0 || len(f.To) > MaxListed:
		return wrong("to %d participants, want 1 to %d", len(f.To), MaxListed)
	case f.Interchange.Payer != SideDebtor && f.Interchange.Payer != SideCreditor:
		return wrong("no payer %.20q", string(f.Interchange.Payer))
	}
	for _, name := range f.To {
		if !ValidParticipant(name) {
			return wrong("%.40q cannot name a participant", name)
		}
	}
	for _, tiers := range []fx.Tiers{f.Switch, f.Interchange.Tiers} {
		if err := tiers.Check(); err != nil {
			return wrong("%v", err)
		}
	}
	return nil
}

// faultOfFees returns the first fault in a status message's fees, or nil.
func faultOfFees(all []Fees) *FaultError {
	if len(all) > MaxListed {
		return &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf("fees: %d of them, want 0 to %d", len(all), MaxListed)}
	}
	for i := range all {
		if fault := all[i].fault(); fault != nil {
			return fault
		}
	}
	return nil
}
