package adapters

import (
	"fmt"
	"regexp"
	"strings"
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
	At        time.Time // midnight at the rail where the statement says only the day
	Ref       string    // the rail's receipt
	Order     string    // what the payer or the adapter gave to find it by: an order's reference, an operation's id; "" where it is not said
	Alias     string    // another such name, where the statement leaves open which of two it was; "" for none
	Amount    fx.Money
	Direction Direction
	Fee       bool   // the rail's own charge
	Party     string // the other account, as stated
	Code      string // the rail's kind of movement
	Text      string
}

// StatementError says which line of a statement cannot be read. The same statement fails again.
type StatementError struct {
	Line  int // counted from 1; of a statement without lines, which entry
	Fault string
}

func (e *StatementError) Error() string {
	return fmt.Sprintf("adapters: statement: line %d: %s", e.Line, e.Fault)
}

// StatementPlace is what reading any statement takes: whose money it is about, and where the rail's days begin.
type StatementPlace struct {
	Currency fx.Currency `yaml:"currency"`
	Zone     string      `yaml:"zone"`
}

// Location is the zone of the rail's days, standard where the settings name none. Errors are *SettingsError, also where
// there is no currency.
func (p StatementPlace) Location(standard *time.Location) (*time.Location, error) {
	if p.Currency.IsZero() {
		return nil, &SettingsError{Field: "currency", Fault: "is missing"}
	}
	if p.Zone == "" {
		return standard, nil
	}
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		return nil, &SettingsError{Field: "zone", Fault: "is not known: " + err.Error()}
	}
	return zone, nil
}

// statementAmount is an amount with or without commas between thousands.
var statementAmount = regexp.MustCompile(`^-?([0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,5})(\.[0-9]{1,6})?$`)

// ParseStatementAmount reads an amount as portals write it: a minus where it went out, commas between thousands, zeros
// behind the currency's decimals. Errors are *fx.AmountError.
func ParseStatementAmount(text string, c fx.Currency) (fx.Money, error) {
	if !statementAmount.MatchString(text) {
		return fx.Money{}, &fx.AmountError{Fault: fx.FaultSyntax, Amount: clip(text, 40)}
	}
	text = strings.ReplaceAll(text, ",", "")
	whole, fraction, _ := strings.Cut(text, ".")
	for len(fraction) > c.MinorUnits() && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return fx.ParseMoney(whole, c)
}
