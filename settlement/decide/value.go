package decide

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/netting"
)

// finer is how many units of the numeraire make one major unit of its currency: so many that a cent still
// counts thousands.
const finer = 1_000_000

// appraise gives every currency of the book a value in one numeraire, from the state alone. First counts
// what the scheme's newest rate sheet says, then what is quoted against the numeraire's currency. The
// rest is valued by what the book's own transfers exchange it for; where none joins two currencies they
// never compete, and any scale serves.
//
// The closer a value is to the rates of the transfers, the sharper the bound.
func (d *decision) appraise(b *book) {
	if d.appraiseStated(b) {
		return
	}
	if !slices.ContainsFunc(b.Pools, func(p netting.Pool) bool { return p.Value != 0 }) {
		b.numeraire = b.currencies[0]
		b.Pools[0].Value = valueOf(inMinors(b.numeraire, big.NewRat(1, 1)))
	}
	for c, value := range netting.ImpliedValues(&b.Book, b.obligations) {
		b.Pools[c].Value = value
	}
}

// appraiseStated gives values to currencies of which a sheet or a quote says what they are worth, and tells
// whether that is all.
func (d *decision) appraiseStated(b *book) (all bool) {
	b.numeraire = d.sheet.Table.Base()
	if b.value(func(c fx.Currency) *big.Rat {
		rate, ok := d.perMinor(c)
		return ratio(rate, ok)
	}) {
		return true
	}
	newest := d.newestQuotes()
	if b.numeraire.IsZero() {
		b.numeraire = mostQuoted(newest)
	}
	return b.value(func(c fx.Currency) *big.Rat { return inMinors(c, quoted(c, b.numeraire, newest)) })
}

// value sets what has no value yet, by what a minor unit is worth in major units of the numeraire; nil is
// not known. It tells whether everything has a value now.
func (b *book) value(worth func(fx.Currency) *big.Rat) (all bool) {
	all = true
	for c := range b.Pools {
		if b.Pools[c].Value != 0 {
			continue
		}
		if known := worth(b.currencies[c]); known != nil {
			b.Pools[c].Value = valueOf(known)
		} else {
			all = false
		}
	}
	return all
}

// valueOf is the value of a minor unit that is worth so much, in major units of the numeraire.
func valueOf(worth *big.Rat) uint64 {
	return netting.ValueOf(new(big.Rat).Mul(worth, big.NewRat(finer, 1)))
}

// ratio is a rate as a number; nil where there is none.
func ratio(rate fx.Rate, ok bool) *big.Rat {
	if !ok {
		return nil
	}
	number, _ := new(big.Rat).SetString(rate.String()) // what a rate writes is a fraction
	return number
}

// inMinors is what a minor unit is worth, given the worth of a major one.
func inMinors(c fx.Currency, major *big.Rat) *big.Rat {
	if major == nil {
		return nil
	}
	minors := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.MinorUnits())), nil)
	return new(big.Rat).Quo(major, new(big.Rat).SetInt(minors))
}

// pair is two currencies, in the direction of a quote.
type pair struct{ from, to fx.Currency }

// newestQuotes are the quotes that hold longest, one a pair. One that has expired still says what its
// transfers, which may be waiting, were priced at.
func (d *decision) newestQuotes() map[pair]fx.Quote {
	newest := map[pair]fx.Quote{}
	for _, q := range d.quotes { // the order does not matter: the latest expiry wins, then the greater id
		other, ok := newest[pair{q.From, q.To}]
		if !ok || q.Expires.After(other.Expires) || (q.Expires.Equal(other.Expires) && q.ID > other.ID) {
			newest[pair{q.From, q.To}] = q
		}
	}
	return newest
}

// mostQuoted is the currency that most others are quoted against, the first by code among equals; none
// where there are no quotes.
func mostQuoted(quotes map[pair]fx.Quote) fx.Currency {
	counts := map[fx.Currency]int{}
	for p := range quotes {
		counts[p.to]++
	}
	var most fx.Currency
	for c, n := range counts { // in any order: the comparison is total
		if better := cmp.Or(cmp.Compare(n, counts[most]), cmp.Compare(most.String(), c.String())); better > 0 {
			most = c
		}
	}
	return most
}

// quoted is what a major unit of a currency is worth in major units of the numeraire; nil where no quote
// says. What the provider gives for the currency comes before what it takes for it, for all currencies
// alike, so that its spread cancels.
func quoted(c, numeraire fx.Currency, quotes map[pair]fx.Quote) *big.Rat {
	if c == numeraire {
		return big.NewRat(1, 1)
	}
	if q, ok := quotes[pair{c, numeraire}]; ok {
		return ratio(q.Rate, true)
	}
	q, ok := quotes[pair{numeraire, c}]
	return ratio(q.Rate.Inverse(), ok)
}
