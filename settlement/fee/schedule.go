package fee

import (
	"cmp"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// Schedule is the fees of a scheme from a moment on. Of two schedules that are in force, the greater version
// counts.
type Schedule struct {
	Version int64     `json:"version"` // from 1
	From    time.Time `json:"from"`    // whole seconds
	Rules   []Rule    `json:"rules"`
}

// Rule is the fees of a corridor. What it leaves out of From and To it takes from anybody.
//
// Where several rules fit, the most specific one counts: one that names the debtor's participant before one
// that does not; then by the creditor's participant, the source country, the destination country, the source
// currency, the destination currency. No two rules name the same, so there is always one that wins.
type Rule struct {
	Name        string      `json:"name"`
	From        End         `json:"from"`
	To          End         `json:"to"`
	Switch      fx.Tiers    `json:"switch"`
	Interchange Interchange `json:"interchange"`
}

// End is one side of a corridor: all of it of a transfer, some of it in a rule.
type End struct {
	Participant string      `json:"participant,omitempty"`
	Country     string      `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Currency    fx.Currency `json:"currency,omitzero"`
}

// String writes the end for people, "mpesa-ke KE KES", with * for what it leaves out.
func (e End) String() string {
	return fmt.Sprintf("%.40s %.40s %s", cmp.Or(e.Participant, "*"), cmp.Or(e.Country, "*"), cmp.Or(e.Currency.String(), "*"))
}

// Corridor is where a transfer goes from and to.
type Corridor struct{ From, To End }

// Interchange is what one participant pays the other.
type Interchange struct {
	Payer Side     `json:"payer"`
	Tiers fx.Tiers `json:"tiers"`
}

// Side is one of the two participants of a transfer.
type Side string

// The sides.
const (
	Debtor   Side = "debtor"
	Creditor Side = "creditor"
)

// Tier is one tier of a fee. All of its amounts are of the source currency.
type Tier = fx.Tier

// maxFrom keeps times in force within what JSON and the ledger can write.
var maxFrom = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Check tells whether the schedule can be used. One of its rules must take everything, so that no transfer
// is without a fee, be it zero. Errors are *FeeError.
func (s Schedule) Check() error {
	switch {
	case s.Version < 1:
		return fail(FaultSchedule, "version %d", s.Version)
	case s.From.Unix() <= 0 || !s.From.Before(maxFrom) || s.From.Nanosecond() != 0:
		return fail(FaultSchedule, "from: want whole seconds between 1970 and 9999")
	case len(s.Rules) == 0 || len(s.Rules) > MaxRules:
		return fail(FaultSchedule, "%d rules; want 1 to %d", len(s.Rules), MaxRules)
	}
	names, corridors := map[string]bool{}, map[Corridor]string{}
	for _, r := range s.Rules {
		if err := r.check(); err != nil {
			return err
		}
		if names[r.Name] {
			return fail(FaultSchedule, "rule %s: twice", r.Name)
		}
		names[r.Name] = true
		if other, taken := corridors[r.corridor()]; taken {
			return fail(FaultSchedule, "rule %s: names the same corridor as %s", r.Name, other)
		}
		corridors[r.corridor()] = r.Name
	}
	if _, whole := corridors[Corridor{}]; !whole {
		return fail(FaultSchedule, "no rule takes every corridor")
	}
	return nil
}

func (r Rule) corridor() Corridor { return Corridor{From: r.From, To: r.To} }

func (r Rule) check() error {
	if !nameForm.MatchString(r.Name) {
		return fail(FaultSchedule, "%.60q cannot name a rule", r.Name)
	}
	for _, end := range []End{r.From, r.To} {
		if end.Participant != "" && !messaging.ValidParticipant(end.Participant) {
			return fail(FaultSchedule, "rule %s: %.40q cannot name a participant", r.Name, end.Participant)
		}
		if end.Country != "" && !messaging.ValidCountry(end.Country) {
			return fail(FaultSchedule, "rule %s: %.40q is no two capital letters", r.Name, end.Country)
		}
	}
	if p := r.Interchange.Payer; p != Debtor && p != Creditor {
		return fail(FaultSchedule, "rule %s: interchange: no payer %.40q", r.Name, string(p))
	}
	if err := r.checkTiers(KindSwitch, r.Switch); err != nil {
		return err
	}
	return r.checkTiers(KindInterchange, r.Interchange.Tiers)
}

func (r Rule) checkTiers(kind Kind, tiers fx.Tiers) error {
	if err := tiers.Check(); err != nil {
		return fail(FaultSchedule, "rule %s: %s: %v", r.Name, kind, err)
	}
	for _, t := range tiers {
		if r.From.Currency.IsZero() && (t != Tier{PPM: t.PPM}) {
			// A hundred minor units are one shilling in Kenya and a hundred in Uganda.
			return fail(FaultSchedule, "rule %s: %s: minor units of no source currency", r.Name, kind)
		}
	}
	return nil
}
