package fx

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// imfColumns are the columns of the annual file.
var imfColumns = []string{"Date", "Rate", "Currency", "Frequency", "Source", "Country code", "Country"}

// imfRow is a row that may give its currency's rate.
type imfRow struct {
	country string
	rate    Rate
	day     Date
	number  int
}

// issuers are the country codes under which the IMF files a currency that no one country issues, where
// it has one. Other codes begin with their country's, by ISO 4217.
var issuers = map[string]string{
	"EUR": "U2", // the euro area
	"XOF": "7A", // the West African monetary union
}

// misfiled says, of codes that the file also puts on another currency's rates, up to which year it does
// and what the rates are of.
var misfiled = map[string]struct{ through, of string }{
	"UYW": {"9999", "the peso, UYU"},                              // a unit indexed to wages, which nobody pays in
	"VED": {"2021", "its predecessors, the last of them VES"},     // since October 2021
	"ZWG": {"2024", "its predecessor, mostly or all of the year"}, // since April 2024
}

// ReadIMF reads annual averages from the International Monetary Fund's file ("Source: International
// Monetary Fund"; Date, Rate, Currency, Frequency, Source, Country code, Country: a row a country and
// year, filed under the year's last day, in national currency per US dollar). Of each currency it
// takes the newest year up to the day asked for whose end is at most maxAgeDays older.
//
// Several countries may have rows of one currency and year. The issuer's row stands, whatever others
// say (Haiti's gourde is filed as US dollars). Where the issuer has none, rows within a thousandth of
// each other agree and the one of the first country by code stands; others are left out. So is what is
// filed under a code that is not its own. Both are among the table's Omitted. Codes that ISO 4217 does not
// list are passed over. Errors are *RateFileError and, where no currency has a rate, *StaleRatesError.
func ReadIMF(r io.Reader, on Date, maxAgeDays int) (RateTable, error) {
	f := newRateFile("IMF", r)
	newest := Date("")
	found := map[Currency][]imfRow{} // rows of each currency's newest year
	header, err := f.next()
	if errors.Is(err, io.EOF) {
		return RateTable{}, &RateFileError{File: f.name, Fault: "empty"}
	}
	if err != nil {
		return RateTable{}, err
	}
	if !slices.Equal(header, imfColumns) {
		return RateTable{}, f.fault("the columns are %.200q", header)
	}
	for {
		cells, err := f.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return RateTable{}, err
		}
		c, row, err := f.imfRow(cells)
		if err != nil {
			return RateTable{}, err
		}
		if c.IsZero() || row.day > on {
			continue
		}
		newest = max(newest, row.day)
		if on.DaysSince(row.day) > maxAgeDays {
			continue
		}
		if known := found[c]; len(known) > 0 && row.day != known[0].day {
			if row.day < known[0].day {
				continue
			}
			found[c] = known[:0]
		}
		if slices.ContainsFunc(found[c], func(other imfRow) bool { return other.country == row.country }) {
			return RateTable{}, f.fault("%s of %s has two rates on %s", c, row.country, row.day)
		}
		found[c] = append(found[c], row)
	}
	if len(found) == 0 {
		return RateTable{}, &StaleRatesError{File: f.name, On: on, Newest: newest, MaxAgeDays: maxAgeDays}
	}
	return imfTable(found)
}

// imfRow reads a row. The currency is zero where the row is passed over; what is passed over must still be
// well-formed.
func (f *rateFile) imfRow(cells []string) (Currency, imfRow, error) {
	day, err := f.date(cells[0])
	if err != nil {
		return Currency{}, imfRow{}, err
	}
	rate, err := f.rate(cells[1])
	if err != nil {
		return Currency{}, imfRow{}, err
	}
	switch {
	case !codeForm.MatchString(cells[2]):
		return Currency{}, imfRow{}, f.fault("%q is no currency code", clip(cells[2]))
	case cells[3] != "A" || cells[4] != "IMF":
		return Currency{}, imfRow{}, f.fault("frequency %q of source %q, want A of IMF", clip(cells[3]), clip(cells[4]))
	case cells[5] == "":
		return Currency{}, imfRow{}, f.fault("no country code")
	}
	c, err := ParseCurrency(cells[2])
	if err != nil {
		return Currency{}, imfRow{}, nil //nolint:nilerr // a currency that is no more
	}
	return c, imfRow{country: cells[5], rate: rate, day: day, number: f.row}, nil
}

func imfTable(found map[Currency][]imfRow) (RateTable, error) {
	usd := MustCurrency("USD")
	var rates []Reference
	var omitted []Omission
	for c, rows := range found {
		row, reason := standing(c, rows)
		if reason == "" && c == usd && !row.rate.Equal(one) {
			return RateTable{}, &RateFileError{File: "IMF", Row: row.number, Fault: "a dollar is not worth one dollar"}
		}
		if reason != "" {
			omitted = append(omitted, Omission{Currency: c.String(), Reason: reason})
			continue
		}
		rates = append(rates, Reference{Currency: c, PerBase: row.rate, Source: "IMF: annual average " + string(row.day[:4]), On: row.day})
	}
	slices.SortFunc(rates, byCode) // of several faults the same one is told every time
	slices.SortFunc(omitted, func(a, b Omission) int { return cmp.Compare(a.Currency, b.Currency) })
	t, err := NewRateTable(usd, rates)
	t.omitted = omitted
	return t, err
}

// standing chooses among the rows of one currency and year, or says why none stands.
func standing(c Currency, rows []imfRow) (row imfRow, reason string) {
	slices.SortFunc(rows, func(a, b imfRow) int { return cmp.Compare(a.country, b.country) })
	row = rows[0]
	if m, ok := misfiled[c.code]; ok && string(row.day[:4]) <= m.through {
		return row, "what is filed as " + c.code + " for " + string(row.day[:4]) + " is of " + m.of
	}
	issuer, ok := issuers[c.code]
	if !ok {
		issuer = c.code[:2]
	}
	if at := slices.IndexFunc(rows, func(r imfRow) bool { return r.country == issuer }); at >= 0 {
		return rows[at], ""
	}
	for _, other := range rows[1:] {
		if !row.rate.near(other.rate) {
			return row, fmt.Sprintf("%s says %s and %s says %s", row.country, row.rate.Text(8), other.country, other.rate.Text(8))
		}
	}
	return row, ""
}
