package netting

import (
	"runtime"
	"sync"
)

// Nets is what a choice leaves, in minor units.
type Nets struct {
	Net   []int64 // per account: what it receives less what it pays
	Gross []int64 // per account: what it pays, which without netting it would need
	Pool  []int64 // per currency: what the FX pool takes in less what it pays out
}

// Net nets the chosen obligations; a nil choice is all. Over the accounts of a currency and its pool the
// nets add up to zero, but for fees, which leave the book. An account receives Net + Gross. Obligations that are not chosen are checked all
// the same. Errors are *InputError; of several faults in obligations it names the first.
func Net(book *Book, obligations []Obligation, chosen []bool) (Nets, error) {
	if chosen != nil && len(chosen) != len(obligations) {
		return Nets{}, &InputError{Fault: FaultLength, Index: len(chosen)}
	}
	if err := book.check(); err != nil {
		return Nets{}, err
	}
	if len(obligations) > MaxObligations {
		return Nets{}, &InputError{Fault: FaultLength, Index: len(obligations)}
	}
	f, err := book.flows(obligations, chosen)
	if err != nil {
		return Nets{}, err
	}
	n := Nets{Net: f.in, Gross: f.out[:len(book.Currency)]}
	for limit, out := range f.out {
		n.Net[limit] -= out // both in [0, MaxInt64], so the difference fits
	}
	n.Net, n.Pool = n.Net[:len(book.Currency):len(book.Currency)], n.Net[len(book.Currency):]
	return n, nil
}

// flows is what goes into and out of every limit.
type flows struct{ in, out []int64 }

// partOf is how many obligations are worth another processor's time.
const partOf = 1 << 16

// maxParts bounds the memory: each part sums every limit.
const maxParts = 8

// flows sums the chosen obligations in as many parts as there are processors. Sums are the same in every
// order, so how many there are shows in nothing but the time.
func (b *Book) flows(obligations []Obligation, chosen []bool) (flows, error) {
	n := len(obligations)
	parts := min(runtime.GOMAXPROCS(0), n/partOf, maxParts)
	if parts < 2 {
		return b.sum(obligations, chosen, 0, n)
	}
	sums, faults := make([]flows, parts), make([]error, parts)
	var wait sync.WaitGroup
	for p := range parts {
		wait.Go(func() { sums[p], faults[p] = b.sum(obligations, chosen, p*n/parts, (p+1)*n/parts) })
	}
	wait.Wait()
	for p, part := range sums {
		if faults[p] != nil || p > 0 && !sums[0].add(part) {
			return b.sum(obligations, chosen, 0, n) // to name the first: a part knows its own only
		}
	}
	return sums[0], nil
}

// add adds another part and tells whether every sum still fits.
func (f flows) add(part flows) bool {
	fits := true
	for limit := range f.in {
		fits = fits && addTo(&f.in[limit], part.in[limit]) && addTo(&f.out[limit], part.out[limit])
	}
	return fits
}

// sum checks obligations from..to-1 and sums those that are chosen.
func (b *Book) sum(obligations []Obligation, chosen []bool, from, to int) (flows, error) {
	f := flows{in: make([]int64, b.limits()), out: make([]int64, b.limits())}
	all := chosen == nil
	for i := from; i < to; i++ {
		o := &obligations[i]
		if fault := b.fault(o); fault != "" {
			return f, &InputError{Fault: fault, Index: i}
		}
		if !all && !chosen[i] {
			continue
		}
		fits := addTo(&f.out[o.Debtor], o.Debit) && addTo(&f.out[o.Debtor], o.Fee) && addTo(&f.in[o.Creditor], o.Credit)
		if b.converts(o) {
			in, out := b.poolsOf(o)
			fits = fits && addTo(&f.in[in], o.Debit) && addTo(&f.out[out], o.Credit)
		}
		if !fits {
			return f, &InputError{Fault: FaultOverflow, Index: i}
		}
	}
	return f, nil
}
