package fx

import (
	"errors"
	"fmt"
	"io"
	"regexp"
)

// codeForm is the form of an alphabetic code, also of currencies that are no more.
var codeForm = regexp.MustCompile(`^[A-Z]{3}$`)

// ReadECB reads the euro foreign exchange reference rates of one day from the European Central Bank's
// history file (eurofxref-hist.csv: a row a day, a column a currency, units per euro, "N/A" where
// there is none). It takes the day asked for or, weekends and holidays having none, the newest before it
// that is at most maxAgeDays older. Currencies that ISO 4217 no longer lists are passed over.
// Errors are *RateFileError and *StaleRatesError.
func ReadECB(r io.Reader, on Date, maxAgeDays int) (RateTable, error) {
	f := newRateFile("ECB", r)
	columns, err := f.ecbColumns()
	if err != nil {
		return RateTable{}, err
	}
	var rates []Reference
	var newest Date
	for {
		cells, err := f.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return RateTable{}, err
		}
		day, err := f.date(cells[0])
		if err != nil {
			return RateTable{}, err
		}
		if day > on || day < newest {
			continue
		}
		if day == newest {
			return RateTable{}, f.fault("%s is there twice", day)
		}
		newest = day
		if rates, err = f.ecbRates(rates[:0], cells, columns, day); err != nil {
			return RateTable{}, err
		}
	}
	if newest == "" || on.DaysSince(newest) > maxAgeDays {
		return RateTable{}, &StaleRatesError{File: f.name, On: on, Newest: newest, MaxAgeDays: maxAgeDays}
	}
	return NewRateTable(MustCurrency("EUR"), rates)
}

// ecbColumns reads the header: which currency each column is of, zero where the column is passed over.
func (f *rateFile) ecbColumns() ([]Currency, error) {
	header, err := f.next()
	if errors.Is(err, io.EOF) {
		return nil, &RateFileError{File: f.name, Fault: "empty"}
	}
	if err != nil {
		return nil, err
	}
	if header[0] != "Date" {
		return nil, f.fault("the first column is %q, not Date", clip(header[0]))
	}
	columns := make([]Currency, len(header))
	seen := map[string]bool{"EUR": true}
	for i, code := range header[1:] {
		if code == "" && i == len(header)-2 { // every row ends with a comma
			continue
		}
		if !codeForm.MatchString(code) || seen[code] {
			return nil, f.fault("column %d is %q: no code, or there before", i+2, clip(code))
		}
		seen[code] = true
		if c, err := ParseCurrency(code); err == nil {
			columns[i+1] = c
		}
	}
	return columns, nil
}

func (f *rateFile) ecbRates(into []Reference, cells []string, columns []Currency, day Date) ([]Reference, error) {
	for i, c := range columns {
		if c.IsZero() || cells[i] == "N/A" || cells[i] == "" {
			continue
		}
		rate, err := f.rate(cells[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
		into = append(into, Reference{Currency: c, PerBase: rate, Source: "ECB", On: day})
	}
	return into, nil
}
