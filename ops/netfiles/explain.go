package netfiles

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/ayni-switch/ayni/netting"
)

// ExplainFiles are the inputs of an explanation.
type ExplainFiles struct {
	Intents, Caps string
	Rates, Pools  string // "" for none
	Participant   string
	JSON          bool
}

type explanation struct {
	Participant string          `json:"participant"`
	Owes        int             `json:"owes"` // intents
	Waiting     []waitingIntent `json:"waiting"`
	Releases    []price         `json:"releases_most"`
	Selection   selected        `json:"selection"`
}

// waitingIntent is an intent that does not clear. Where it lacks nothing by itself, it waits behind others.
type waitingIntent struct {
	ID       string     `json:"id"`
	Currency string     `json:"debit_currency"`
	Debit    int64      `json:"debit_minor"`
	Lacks    []shortage `json:"lacks"`
}

type shortage struct {
	Limit      string `json:"limit"`
	ShortMinor int64  `json:"short_minor"`
	Price      int64  `json:"price"`
}

// price is what one more unit of value on a limit releases at most, in weighted value.
type price struct {
	Limit string `json:"limit"`
	Price int64  `json:"price"`
}

// maxReleases is how many limits are named whose liquidity would release most.
const maxReleases = 10

// Explain tells why a participant's intents wait, and whose liquidity would release most. Errors are *FileError
// where a file is at fault.
func Explain(stdout io.Writer, f ExplainFiles) error {
	b, err := readBatch(f.Intents, f.Caps, f.Rates, f.Pools)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(b.accounts.list, func(a account) bool { return a.participant == f.Participant }) {
		return &FileError{File: f.Caps, Fault: "has no cap of participant " + quote([]byte(f.Participant))}
	}
	s, err := b.choose()
	if err != nil {
		return err
	}
	e := b.explain(f.Participant, &s)
	if f.JSON {
		return writeJSON(stdout, e)
	}
	return e.print(stdout)
}

func (b *batch) explain(participant string, s *netting.Selection) *explanation {
	e := &explanation{Participant: participant, Waiting: []waitingIntent{}, Releases: b.releases(s.Price), Selection: b.report(s)}
	left := b.book.Left(b.obligations, s.Chosen)
	for i := range b.obligations {
		o := &b.obligations[i]
		debtor := b.accounts.list[o.Debtor]
		if debtor.participant != participant {
			continue
		}
		e.Owes++
		if s.Chosen[i] {
			continue
		}
		waiting := waitingIntent{ID: string(b.id(i)), Currency: debtor.currency, Debit: o.Debit, Lacks: []shortage{}}
		for _, wait := range b.book.Waits(left, o) {
			waiting.Lacks = append(waiting.Lacks, shortage{b.accounts.limit(wait.Limit), wait.ShortMinor, priceOf(s.Price, wait.Limit)})
		}
		e.Waiting = append(e.Waiting, waiting)
	}
	return e
}

// priceOf is a limit's price, zero where the tier that chose knows none.
func priceOf(prices []int64, limit int32) int64 {
	if int(limit) >= len(prices) {
		return 0
	}
	return prices[limit]
}

// releases names the limits with the highest prices.
func (b *batch) releases(prices []int64) []price {
	binding := []int32{}
	for limit, p := range prices {
		if p > 0 {
			binding = append(binding, int32(limit))
		}
	}
	slices.SortFunc(binding, func(i, j int32) int { return cmp.Or(cmp.Compare(prices[j], prices[i]), cmp.Compare(i, j)) })
	most := []price{}
	for _, limit := range binding[:min(maxReleases, len(binding))] {
		most = append(most, price{b.accounts.limit(limit), prices[limit]})
	}
	return most
}

func (e *explanation) print(stdout io.Writer) error {
	p := printer{to: stdout}
	p.line("%s: %d of %d intents that it owes wait", e.Participant, len(e.Waiting), e.Owes)
	for _, w := range e.Waiting {
		p.line("%s: %d %s", w.ID, w.Debit, w.Currency)
		for _, lack := range w.Lacks {
			p.line("    %s lacks %d", lack.Limit, lack.ShortMinor)
		}
		if len(w.Lacks) == 0 {
			p.line("    lacks nothing by itself: what it would take is held for others")
		}
	}
	if len(e.Releases) > 0 {
		p.line("One more unit of liquidity releases most here, in weighted value:")
	}
	for _, r := range e.Releases {
		p.line("    %-40s %d", r.Limit, r.Price)
	}
	return p.err
}

// printer writes lines and keeps the first error.
type printer struct {
	to  io.Writer
	err error
}

func (p *printer) line(format string, about ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.to, format+"\n", about...)
	}
}
