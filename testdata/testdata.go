// Package testdata holds the public figures that the demo day and the tests are made from, as small
// tables. Each file names its source in its head.
//
//	corridors.csv     who sends how much where, and how much at a time
//	rates.csv         what a dollar is worth
//	participants.csv  who takes part
//	iso4217.csv       how many decimals a currency has
package testdata

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/ayni-switch/ayni/fx"
)

//go:embed *.csv
var files embed.FS

// Corridor is what people in one country send to another.
type Corridor struct {
	From, To string   // ISO 3166-1 alpha-2
	Yearly   fx.Money // USD
	Ticket   fx.Money // USD that one transfer typically carries
}

// Rate is what one US dollar is worth.
type Rate struct {
	Currency fx.Currency
	PerUSD   fx.Rate // major units of Currency per USD
	Source   string
}

// Role is what a participant is in the scheme.
type Role string

// The roles.
const (
	RoleOperator Role = "operator" // mobile money
	RoleSender   Role = "sender"
	RolePool     Role = "pool"
	RoleProvider Role = "provider" // quotes FX and has no customers
)

// Participant is one who takes part in the demo day.
type Participant struct {
	Name     string
	Country  string      // ISO 3166-1 alpha-2; "" for a provider
	Currency fx.Currency // zero for a provider
	Rail     string      // "mpesa", "upi", "gcash", "pool" or "none"
	Role     Role

	// Multiples and bounds of one payout, in minor units.
	PayoutIncrementMinor, PayoutMinMinor, PayoutMaxMinor int64
}

// MinorUnits is how many decimals ISO 4217 gives a currency.
type MinorUnits struct {
	Code    string
	Numeric string // three digits
	Units   int
}

// Corridors returns every corridor with a figure above zero, sorted by From, then To.
func Corridors() ([]Corridor, error) {
	usd := fx.MustCurrency("USD")
	return table("corridors.csv", []string{"from", "to", "usd", "ticket_usd"}, func(row []string) (Corridor, error) {
		yearly, err := fx.ParseMoney(row[2], usd)
		if err != nil {
			return Corridor{}, err
		}
		ticket, err := fx.ParseMoney(row[3], usd)
		return Corridor{From: row[0], To: row[1], Yearly: yearly, Ticket: ticket}, err
	})
}

// Rates returns the value of a dollar in each currency, sorted by code; USD itself is among them.
func Rates() ([]Rate, error) {
	return table("rates.csv", []string{"currency", "per_usd", "source"}, func(row []string) (Rate, error) {
		currency, err := fx.ParseCurrency(row[0])
		if err != nil {
			return Rate{}, err
		}
		rate, err := fx.ParseRate(row[1])
		return Rate{Currency: currency, PerUSD: rate, Source: row[2]}, err
	})
}

// Participants returns who takes part, in the order of the file.
func Participants() ([]Participant, error) {
	names := []string{
		"name", "country", "currency", "rail", "role",
		"payout_increment_minor", "payout_min_minor", "payout_max_minor",
	}
	return table("participants.csv", names, func(row []string) (Participant, error) {
		p := Participant{Name: row[0], Country: row[1], Rail: row[3], Role: Role(row[4])}
		if row[2] != "" {
			var err error
			if p.Currency, err = fx.ParseCurrency(row[2]); err != nil {
				return Participant{}, err
			}
		}
		for i, minor := range []*int64{&p.PayoutIncrementMinor, &p.PayoutMinMinor, &p.PayoutMaxMinor} {
			var err error
			if *minor, err = strconv.ParseInt(row[5+i], 10, 64); err != nil {
				return Participant{}, fmt.Errorf("%s: %w", names[5+i], err)
			}
		}
		return p, nil
	})
}

// ISO4217 returns the currencies of list one, sorted by code.
func ISO4217() ([]MinorUnits, error) {
	return table("iso4217.csv", []string{"code", "numeric", "minor_units"}, func(row []string) (MinorUnits, error) {
		units, err := strconv.Atoi(row[2])
		return MinorUnits{Code: row[0], Numeric: row[1], Units: units}, err
	})
}

// table reads a file of the given columns; lines that start with # are notes.
func table[T any](name string, columns []string, read func(row []string) (T, error)) ([]T, error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("testdata: %w", err)
	}
	defer file.Close() //nolint:errcheck // in memory
	r := csv.NewReader(file)
	r.Comment = '#'
	r.FieldsPerRecord = len(columns)
	records, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("testdata: %s: %w", name, err)
	}
	rows := make([]T, 0, len(records))
	for i, record := range records {
		if i == 0 {
			if fmt.Sprint(record) != fmt.Sprint(columns) {
				return nil, fmt.Errorf("testdata: %s: columns are %q, not %q", name, record, columns)
			}
			continue
		}
		row, err := read(record)
		if err != nil {
			return nil, fmt.Errorf("testdata: %s: row %d: %w", name, i, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}
