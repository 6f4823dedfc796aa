package netfiles

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"github.com/ayni-switch/ayni/netting"
)

// SelectFiles are the inputs and outputs of a selection.
type SelectFiles struct {
	Intents, Caps string
	Rates, Pools  string // "" for none
	Out           string // the ids that clear, oldest first; "" for none, - for standard output
	JSON          bool
}

// selected is what a selection answers as JSON.
type selected struct {
	Objective   int64          `json:"objective"`
	Bound       int64          `json:"bound"`
	Ratio       string         `json:"ratio"`
	Tier        netting.Tier   `json:"tier"`
	Iterations  int64          `json:"iterations"`
	Seconds     float64        `json:"seconds"`
	Chosen      int            `json:"chosen"`
	Total       int            `json:"total"`
	FIFO        int64          `json:"fifo"`
	Numeraire   string         `json:"numeraire"`
	ReadSeconds float64        `json:"read_seconds"`
	Alarm       []netting.Tier `json:"alarm,omitempty"`
}

// Select chooses which intents clear, and writes their ids. Errors are *FileError where a file is at fault.
func Select(stdout io.Writer, f SelectFiles) error {
	quiet, err := quiet(f.JSON, f.Out)
	if err != nil {
		return err
	}
	b, err := readBatch(f.Intents, f.Caps, f.Rates, f.Pools)
	if err != nil {
		return err
	}
	s, err := b.choose()
	if err != nil {
		return err
	}
	if err := writeAll(stdout, output{f.Out, func(w *bufio.Writer) { b.writeChosen(w, s.Chosen) }}); err != nil {
		return err
	}
	r := b.report(&s)
	switch {
	case f.JSON:
		return writeJSON(stdout, r)
	case !quiet:
		_, err = fmt.Fprintf(stdout, "%d of %d intents clear: %d of at most %d %s (%s), tier %s; first-in-first-out reaches %d\n",
			r.Chosen, r.Total, r.Objective, r.Bound, r.Numeraire, r.Ratio, r.Tier, r.FIFO)
	}
	return err
}

// batch is what the files hold, and how long it took.
type batch struct {
	*intents
	accounts *accounts
	book     *netting.Book

	numeraire     string
	reading, took time.Duration
}

func readBatch(intentsFile, capsFile, ratesFile, poolsFile string) (*batch, error) {
	began := time.Now()
	all, book, err := readCaps(capsFile, poolsFile)
	if err != nil {
		return nil, err
	}
	in, err := readIntents(intentsFile, func(participant, currency []byte) (int32, string) {
		if number, known := all.find(participant, currency); known {
			return number, ""
		}
		return 0, "has no cap in " + capsFile
	})
	if err != nil {
		return nil, err
	}
	b := &batch{intents: in, accounts: all, book: book, numeraire: "minor units"}
	if ratesFile != "" {
		err = b.valueBy(ratesFile)
	}
	b.reading = time.Since(began)
	if ratesFile == "" && b.converts() {
		b.numeraire = "minor units as the conversions imply"
		for c := range book.Pools {
			book.Pools[c].Value = 0
		}
		for c, value := range netting.ImpliedValues(book, in.obligations) {
			book.Pools[c].Value = value
		}
	}
	b.took = time.Since(began) - b.reading
	return b, err
}

// Load reads a selection's files: the book, and the obligations in order of age. Errors are *FileError where a
// file is at fault.
func Load(intentsFile, capsFile string) (*netting.Book, []netting.Obligation, error) {
	b, err := readBatch(intentsFile, capsFile, "", "")
	if err != nil {
		return nil, nil, err
	}
	return b.book, b.obligations, nil
}

// valueBy takes values from a file of rates.
func (b *batch) valueBy(ratesFile string) error {
	worth, err := readRates(ratesFile)
	if err != nil {
		return err
	}
	b.numeraire = "micro-USD"
	for c, code := range b.accounts.currencies {
		value, known := worth.value(code)
		if !known {
			return &FileError{File: ratesFile, Fault: "has no rate of " + quote([]byte(code))}
		}
		b.book.Pools[c].Value = value
	}
	return nil
}

// converts tells whether any intent is across currencies.
func (b *batch) converts() bool {
	for i := range b.obligations {
		o := &b.obligations[i]
		if b.book.Currency[o.Debtor] != b.book.Currency[o.Creditor] {
			return true
		}
	}
	return false
}

// choose selects. Where a sum does not fit it may be one of values: it takes a numeraire of twice the size,
// until the sums fit or every value is the smallest there is.
func (b *batch) choose() (netting.Selection, error) {
	began := time.Now()
	defer func() { b.took += time.Since(began) }()
	numeraire := b.numeraire
	for times := 1; ; times++ {
		s, err := netting.Select(b.book, b.obligations, netting.MaxSearch)
		if _, is := overflow(err); !is || !b.coarsen() {
			return s, b.atRow(err)
		}
		b.numeraire = fmt.Sprintf("%s x 2^%d", numeraire, times)
	}
}

// coarsen halves every value. False if there is nothing left to halve.
func (b *batch) coarsen() bool {
	halved := false
	for c := range b.book.Pools {
		if value := &b.book.Pools[c].Value; *value > 1 {
			*value /= 2
			halved = true
		}
	}
	return halved
}

func (b *batch) writeChosen(w *bufio.Writer, chosen []bool) {
	_, _ = w.WriteString("id\n") // the error comes with Flush
	for i, is := range chosen {
		if is {
			writeField(w, b.id(i))
			_ = w.WriteByte('\n')
		}
	}
}

func (b *batch) report(s *netting.Selection) selected {
	return selected{
		Objective: s.Reached, Bound: s.Bound, Ratio: ratio(s.Reached, s.Bound), Tier: s.Tier,
		Iterations: s.Iterations, Seconds: b.took.Seconds(), Chosen: s.Cleared, Total: len(s.Chosen),
		FIFO: s.FIFO, Numeraire: b.numeraire, ReadSeconds: b.reading.Seconds(), Alarm: s.Alarm,
	}
}
