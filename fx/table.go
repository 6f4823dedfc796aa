package fx

import (
	"cmp"
	"fmt"
	"math/big"
	"regexp"
	"slices"
)

// maxReferences bounds the rates of one table. ISO 4217 lists fewer than 200 currencies.
const maxReferences = 1000

// sourceForm is what may name a source: printable ASCII, no space at the ends.
var sourceForm = regexp.MustCompile(`^[[:graph:]]([[:print:]]{0,78}[[:graph:]])?$`)

// Reference is what one major unit of a table's base was worth, who says so, and of which day.
type Reference struct {
	Currency Currency
	PerBase  Rate   // major units of Currency per major unit of the base
	Source   string // "ECB", "IMF: annual average 2024", an assembly's minutes: 1 to 80 printable ASCII characters
	On       Date
}

// Omission is a currency that a source names and a table lacks, and why.
type Omission struct{ Currency, Reason string }

// RateTable holds reference rates against one base. Rates that nobody promised: they value and compare,
// and quotes promise. The zero value holds none.
type RateTable struct {
	base    Currency
	rates   map[Currency]Reference
	omitted []Omission
}

// NoReferenceError says that a table has no rate for a currency. A retry needs another table.
type NoReferenceError struct{ Currency Currency }

func (e *NoReferenceError) Error() string {
	return fmt.Sprintf("fx: no reference rate for %q", e.Currency)
}

// TableError says which rate cannot stand in a table, and why. A retry with the same rates fails again.
type TableError struct {
	Currency Currency
	Fault    string
}

func (e *TableError) Error() string {
	return fmt.Sprintf("fx: rate table: %q: %s", e.Currency, e.Fault)
}

// NewRateTable makes a table of rates in any order. The base itself may be among them, at 1.
// Errors are *TableError.
func NewRateTable(base Currency, rates []Reference) (RateTable, error) {
	t := RateTable{base: base, rates: make(map[Currency]Reference, len(rates))}
	if base.IsZero() {
		return RateTable{}, &TableError{Fault: "no base"}
	}
	if len(rates) > maxReferences {
		return RateTable{}, &TableError{Currency: base, Fault: fmt.Sprintf("%d rates; the limit is %d", len(rates), maxReferences)}
	}
	for _, r := range rates {
		_, exists := t.rates[r.Currency]
		fault := ""
		switch {
		case r.Currency.IsZero() || r.PerBase.IsZero() || r.On == "":
			fault = "no currency, no rate or no date"
		case exists:
			fault = "two rates"
		case !sourceForm.MatchString(r.Source):
			fault = fmt.Sprintf("source %q is not 1 to 80 printable ASCII characters", clip(r.Source))
		case r.Currency == base && !r.PerBase.Equal(one):
			fault = "the base is not worth one of itself"
		}
		if fault != "" {
			return RateTable{}, &TableError{Currency: r.Currency, Fault: fault}
		}
		if r.Currency != base {
			t.rates[r.Currency] = r
		}
	}
	return t, nil
}

// one is the rate of a currency to itself.
var one = MustRate("1")

// Base returns the currency that the rates are against.
func (t RateTable) Base() Currency { return t.base }

// References lists the rates in order of code, without the base.
func (t RateTable) References() []Reference {
	all := make([]Reference, 0, len(t.rates))
	for _, r := range t.rates {
		all = append(all, r)
	}
	slices.SortFunc(all, byCode)
	return all
}

func byCode(a, b Reference) int { return cmp.Compare(a.Currency.code, b.Currency.code) }

// Omitted lists what the table's source names and the table lacks, in order of code.
func (t RateTable) Omitted() []Omission { return t.omitted }

// PerBase returns what a major unit of the base is worth in c. Errors are *NoReferenceError.
func (t RateTable) PerBase(c Currency) (Rate, error) {
	if r, ok := t.rates[c]; ok {
		return r.PerBase, nil
	}
	if c == t.base && !c.IsZero() {
		return one, nil
	}
	return Rate{}, &NoReferenceError{Currency: c}
}

// PerMinor returns what a minor unit of c is worth in major units of the base.
// Errors are *NoReferenceError, and *RateError where the fraction grows past its limit.
func (t RateTable) PerMinor(c Currency) (Rate, error) {
	rate, err := t.PerBase(c)
	if err != nil {
		return Rate{}, err
	}
	return rate.Inverse().Times(Rate{ratio: new(big.Rat).SetFrac(big.NewInt(1), powerOfTen(c.MinorUnits()))})
}

// Cross returns major units of to per major unit of from, through the base and exactly: nothing is rounded.
// Errors are *NoReferenceError, and *RateError where the fraction grows past its limit.
func (t RateTable) Cross(from, to Currency) (Rate, error) {
	source, err := t.PerBase(from)
	if err != nil {
		return Rate{}, err
	}
	destination, err := t.PerBase(to)
	if err != nil {
		return Rate{}, err
	}
	return destination.Times(source.Inverse())
}

// Merge makes one table against base of several: each currency has the rate of the first table that has
// it, with its source and date. Every table must know base.
// Errors are *NoReferenceError where a table lacks base, *RateError and *TableError.
func Merge(base Currency, tables ...RateTable) (RateTable, error) {
	var merged []Reference
	taken := map[Currency]bool{base: true}
	for _, t := range tables {
		if _, err := t.PerBase(base); err != nil {
			return RateTable{}, fmt.Errorf("fx: merge into %s: %w", base, err)
		}
		candidates := t.References()
		if link, ok := t.rates[base]; ok { // seen from base, t's own base has the source and date of the rate that links them
			candidates = append(candidates, Reference{Currency: t.base, PerBase: one, Source: link.Source, On: link.On})
		}
		for _, r := range candidates {
			if taken[r.Currency] {
				continue
			}
			rate, err := t.Cross(base, r.Currency)
			if err != nil {
				return RateTable{}, fmt.Errorf("fx: merge into %s: %w", base, err)
			}
			r.PerBase = rate
			merged = append(merged, r)
			taken[r.Currency] = true
		}
	}
	table, err := NewRateTable(base, merged)
	if err != nil {
		return RateTable{}, err
	}
	for _, t := range tables {
		for _, o := range t.omitted {
			c, err := ParseCurrency(o.Currency)
			known := func(other Omission) bool { return other.Currency == o.Currency }
			if err == nil && !taken[c] && !slices.ContainsFunc(table.omitted, known) {
				table.omitted = append(table.omitted, o)
			}
		}
	}
	slices.SortFunc(table.omitted, func(a, b Omission) int { return cmp.Compare(a.Currency, b.Currency) })
	return table, nil
}
