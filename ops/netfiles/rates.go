package netfiles

import (
	"math/big"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/netting"
)

// maxMinorUnits bounds a currency's decimals, far above any.
const maxMinorUnits = 18

// usd is what a minor unit of each currency is worth in US dollars, exactly.
type usd map[string]*big.Rat

// readRates reads `currency,minor_units,units_per_usd`.
func readRates(file string) (usd, error) {
	worth := usd{}
	err := readTable(file, netting.MaxAccounts, func(t *table) error {
		columns, err := t.require("currency", "minor_units", "units_per_usd")
		if err != nil {
			return err
		}
		return t.each(func() error {
			currency, err := t.name(columns[0])
			if err != nil {
				return err
			}
			if worth[string(currency)] != nil {
				return t.fault("%s has a rate already", quote(currency))
			}
			minorUnits, err := t.number(columns[1], 0, maxMinorUnits)
			if err != nil {
				return err
			}
			rate, err := fx.ParseRate(string(t.fields[columns[2]]))
			if err != nil {
				return t.fault("units_per_usd %s is not a positive decimal", quote(t.fields[columns[2]]))
			}
			worth[string(currency)] = minorWorth(minorUnits, rate)
			return nil
		})
	})
	if err == nil && len(worth) == 0 {
		err = &FileError{File: file, Fault: "has no rows"}
	}
	return worth, err
}

// minorWorth is 1/(10^minorUnits * unitsPerUSD).
func minorWorth(minorUnits int64, unitsPerUSD fx.Rate) *big.Rat {
	units, _ := new(big.Rat).SetString(unitsPerUSD.String()) // a rate writes what this reads
	minors := new(big.Int).Exp(big.NewInt(10), big.NewInt(minorUnits), nil)
	return units.Inv(units.Mul(units, new(big.Rat).SetInt(minors)))
}

// microPerUSD makes millionths of a US dollar the numeraire.
var microPerUSD = big.NewRat(1_000_000, 1)

// value is the Pool.Value of a currency in millionths of a US dollar; false if it has no rate.
func (u usd) value(currency string) (uint64, bool) {
	worth := u[currency]
	if worth == nil {
		return 0, false
	}
	return netting.ValueOf(new(big.Rat).Mul(worth, microPerUSD)), true
}
