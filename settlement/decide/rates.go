package decide

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// maxMidText bounds in bytes a quote's mid rate as text, so that a status message full of quotes fits.
const maxMidText = 128

func (d *decision) setRateCommittee(command int64, c fx.Committee) (string, error) {
	if err := c.Check(); err != nil {
		return err.Error(), nil //nolint:nilerr // the command is at fault, not the engine
	}
	d.committee = c
	d.batch.RateCommittees = append(d.batch.RateCommittees, ledger.RateCommittee{Command: command, Committee: c})
	return "", nil
}

// publishRates takes a sheet that enough of the committee signed. From then on it is the newest, and in
// force for as long as it says.
func (d *decision) publishRates(command int64, r settlement.Rates) (string, error) {
	if len(d.committee.Keys) == 0 {
		return "no rate committee", nil
	}
	sheet, err := d.committee.Verify([]byte(r.Signed))
	switch {
	case err != nil:
		return err.Error(), nil //nolint:nilerr // the command is at fault, not the engine
	case sheet.Serial <= d.sheet.Serial:
		return fmt.Sprintf("sheet %d comes after sheet %d", sheet.Serial, d.sheet.Serial), nil
	case !d.Now.Before(sheet.Until):
		return fmt.Sprintf("sheet %d expired at %s", sheet.Serial, sheet.Until.Format(time.RFC3339)), nil
	case d.Now.Before(sheet.From):
		return fmt.Sprintf("sheet %d begins at %s; publish it then", sheet.Serial, sheet.From.Format(time.RFC3339)), nil
	}
	d.sheet = sheet
	d.batch.RateSheets = append(d.batch.RateSheets, ledger.RateSheet{Command: command, Serial: sheet.Serial, Signed: []byte(r.Signed)})
	return "", nil
}

// reference is the scheme's rate, major units of to per major unit of from; ok is false where no sheet is
// in force that has both.
func (d *decision) reference(from, to fx.Currency) (rate fx.Rate, ok bool) {
	if !d.sheet.HoldsAt(d.Now) {
		return fx.Rate{}, false
	}
	rate, err := d.sheet.Table.Cross(from, to)
	return rate, err == nil
}

// perMinor is what a minor unit of a currency is worth in major units of the newest sheet's base; ok is
// false where it lacks the currency. A sheet that has expired still says what things are worth beside
// each other: it weighs, and prices nothing.
func (s *State) perMinor(c fx.Currency) (worth fx.Rate, ok bool) {
	worth, err := s.sheet.Table.PerMinor(c)
	return worth, err == nil
}

// midOf is the mid rate that a quote is held against: the scheme's, so that nobody hides a spread behind
// a mid of its own; the provider's only where the scheme has none. It is set when the quote comes and
// stays with it.
func (d *decision) midOf(q fx.Quote) fx.Rate {
	if rate, ok := d.reference(q.From, q.To); ok && len(rate.String()) <= maxMidText {
		return rate
	}
	return q.Mid
}
