package console

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
)

// filled is what was filled in.
type filled struct{ url.Values }

// fieldError says which field is wrong, for people.
type fieldError struct{ Field, Fault string }

func (e *fieldError) Error() string { return "console: " + e.Field + ": " + e.Fault }

func noCurrency(field string) error { return &fieldError{field, "No currency has that code."} }

func (f filled) reason() string { return f.Get("reason") }

// because adds the reason to a plan that was made without; what is wrong with one that was not made is a field's.
func (f filled) because(p request.Plan, err error, field string) (request.Plan, error) {
	if err == nil {
		p = p.Because(f.reason())
		err = p.Check()
	}
	if _, fault := said(err); err != nil && fault == "" {
		err = &fieldError{field, strings.TrimPrefix(err.Error(), "participant: ")}
	}
	return p, err
}

// money reads an amount in the currency of the form.
func (f filled) money(name string) (fx.Money, error) { return f.moneyIn(name, "currency") }

// moneyIn reads an amount in the currency of a field.
func (f filled) moneyIn(name, of string) (fx.Money, error) {
	currency, err := fx.ParseCurrency(f.Get(of))
	if err != nil {
		return fx.Money{}, noCurrency(of)
	}
	m, err := fx.ParseMoney(f.Get(name), currency)
	if err != nil || m.Minor < 0 {
		return fx.Money{}, &fieldError{name, fmt.Sprintf("Write an amount as 1234.50, with at most %d decimals.", currency.MinorUnits())}
	}
	return m, nil
}

// whole reads a whole number from 0.
func (f filled) whole(name string) (int64, error) {
	n, err := strconv.ParseInt(f.Get(name), 10, 64)
	if err != nil || n < 0 {
		return 0, &fieldError{name, "Write a whole number."}
	}
	return n, nil
}

// millionths reads a percentage from 0 to 100 with at most four decimals, which are whole millionths.
func (f filled) millionths(name string) (int64, error) {
	const decimals, all = 4, 1_000_000
	whole, part, _ := strings.Cut(f.Get(name), ".")
	if len(part) <= decimals {
		ppm, err := strconv.ParseUint(whole+part+strings.Repeat("0", decimals-len(part)), 10, 32)
		if err == nil && whole != "" && ppm <= all {
			return int64(ppm), nil
		}
	}
	return 0, &fieldError{name, "Write a percentage from 0 to 100 as 12.5, with at most 4 decimals."}
}

func (f filled) transfer() (settlement.TransferID, error) {
	id, err := settlement.ParseTransferID(f.Get("transfer"))
	if err != nil {
		return 0, &fieldError{"transfer", "That is no id of a transfer."}
	}
	return id, nil
}
