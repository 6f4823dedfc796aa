package messaging

import (
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/fx"
)

func validFixed(f fx.Fixed) bool {
	return f == "" || f == fx.FixedSource || f == fx.FixedDestination
}

// Check reads the intent's amounts and tells what is wrong with them by themselves, nil where nothing
// is: both positive and exact in their currencies; where the currencies differ, a quote and the side
// that it fixes; where they do not, the same amount at both ends and no quote.
func (i Intent) Check() *FaultError {
	source, fault := positive("source", i.Source)
	if fault != nil {
		return fault
	}
	destination, fault := positive("destination", i.Destination)
	if fault != nil {
		return fault
	}
	if source.Currency == destination.Currency {
		switch {
		case i.Quote != "" || i.Fixed != "":
			return &FaultError{Fault: FaultQuoteMismatch, Detail: "a quote where no currency changes"}
		case source != destination:
			return &FaultError{Fault: FaultQuoteMismatch, Detail: fmt.Sprintf("%s is not %s", source, destination)}
		}
		return nil
	}
	switch {
	case i.Quote == "":
		return &FaultError{Fault: FaultQuoteUnknown, Detail: fmt.Sprintf("%s to %s needs a quote", source.Currency, destination.Currency)}
	case i.Fixed == "":
		return &FaultError{Fault: FaultQuoteMismatch, Detail: "neither side is fixed"}
	case !validFixed(i.Fixed):
		return &FaultError{Fault: FaultQuoteMismatch, Detail: fmt.Sprintf("no side %.20q", string(i.Fixed))}
	}
	return nil
}

// Check reads the outcome's amount and tells what is wrong with it by itself, nil where nothing is.
func (o Outcome) Check() *FaultError {
	_, fault := positive("amount", o.Amount)
	return fault
}

// positive reads an amount that must be paid.
func positive(where string, a Amount) (fx.Money, *FaultError) {
	m, err := a.Money()
	if err != nil {
		return fx.Money{}, &FaultError{Fault: AmountFault(err), Detail: fmt.Sprintf("%s: %v", where, err)}
	}
	if m.Minor <= 0 {
		return fx.Money{}, &FaultError{Fault: FaultAmount, Detail: fmt.Sprintf("%s: %s is not positive", where, m)}
	}
	return m, nil
}

// AmountFault names the fault in an error of package fx about an amount.
func AmountFault(err error) Fault {
	if _, ok := errors.AsType[*fx.UnknownCurrencyError](err); ok {
		return FaultUnknownCurrency
	}
	if amount, ok := errors.AsType[*fx.AmountError](err); ok {
		switch amount.Fault {
		case fx.FaultDecimals:
			return FaultAmountDecimals
		case fx.FaultOverflow:
			return FaultAmountOverflow
		case fx.FaultSyntax, fx.FaultCurrency, fx.FaultZero, fx.FaultFee, fx.FaultSign:
		}
	}
	return FaultAmount
}
