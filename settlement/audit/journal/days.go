package journal

import (
	"errors"
	"fmt"
	"io"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Days writes a journal for each day that had a batch. Each stands by itself: it begins with the balances that the one
// before ended with, and asserts its own at its end. Whoever reads several of them together counts money twice.
type Days struct {
	text   *Text
	create func(day fx.Date) (io.WriteCloser, error)
	file   io.WriteCloser // nil before the first day
}

var _ Consumer = (*Days)(nil)

// NewDays makes journals from the log's first batch on. Create opens what a day is written to, and Days closes it.
func NewDays(create func(day fx.Date) (io.WriteCloser, error)) *Days {
	return &Days{text: NewText(io.Discard), create: create}
}

// Batch writes a batch into its day's journal. Errors are those of Text, and create's.
func (d *Days) Batch(b *ledger.Batch) error {
	if day := dayOf(b); day > d.text.day || d.file == nil {
		if err := d.turn(day); err != nil {
			return fmt.Errorf("journal: %s: %w", day, err)
		}
	}
	return d.text.Batch(b)
}

// turn ends the journal of a day and begins another day's.
func (d *Days) turn(day fx.Date) error {
	if err := d.Close(); err != nil {
		return err
	}
	file, err := d.create(day)
	if err != nil {
		return err
	}
	d.file = file
	d.text.day = day
	d.text.begin(file)
	return d.text.open()
}

// Close ends the last day's journal.
func (d *Days) Close() error {
	if d.file == nil {
		return nil
	}
	err := errors.Join(d.text.Close(), d.file.Close())
	d.file = nil
	return err
}

// open brings the accounts of days before to what they have.
func (t *Text) open() error {
	var openings []Opening
	for _, a := range t.books.all() {
		openings = append(openings, Opening{Account: a.Name, Balance: fx.Money{Minor: t.kept[a.ID], Currency: a.Currency}})
	}
	if len(openings) == 0 {
		return nil
	}
	return t.w.Open(t.day, openings)
}
