package netting

import (
	"cmp"
	"errors"
	"math/big"
	"slices"

	"github.com/ayni-switch/ayni/fx"
)

// StandingQuote is what a provider stands for: it gives Quote.To for up to MaxMinor of Quote.From. Whoever
// passes it has left out what expired.
type StandingQuote struct {
	Quote    fx.Quote
	MaxMinor int64 // minor units of Quote.From, positive
}

// Fill is what one provider takes of one trade.
type Fill struct {
	Trade, Quote        int // indices of what was passed
	SellMinor, BuyMinor int64
	Residual            fx.NanoMinor // of the bought currency: exact value less rounded value
}

// Allot gives trades to quotes, best price first; between equal prices the one that expires first, then
// the smaller id and provider. What a trade sells is fixed, what it buys is what the quotes make of it: the pool that
// is long never goes short, and a price worse than the trade's own leaves some of the short pool open.
//
// untraded is, per trade, what of SellMinor nobody quotes for: no quote is left, or what it would buy rounds to
// nothing or passes int64. The order of the quotes decides nothing but the indices in the fills.
//
// Errors are *InputError with the trade's index; *fx.QuoteError for a quote with a fee, or
// without price, amount or an id that is its provider's only one.
func Allot(trades []Trade, quotes []StandingQuote) (fills []Fill, untraded []int64, err error) {
	if err := checkAllot(trades, quotes); err != nil {
		return nil, nil, err
	}
	type pair struct{ sell, buy string }
	queues := make(map[pair][]int)
	for i, standing := range quotes {
		at := pair{standing.Quote.From.String(), standing.Quote.To.String()}
		queues[at] = append(queues[at], i)
	}
	prices := pricesOf(quotes)
	for _, queue := range queues {
		slices.SortFunc(queue, func(i, j int) int {
			a, b := &quotes[i].Quote, &quotes[j].Quote
			return cmp.Or(prices[j].Cmp(prices[i]), a.Expires.Compare(b.Expires), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Provider, b.Provider))
		})
	}
	left := make([]int64, len(quotes))
	for i := range quotes {
		left[i] = quotes[i].MaxMinor
	}
	untraded = make([]int64, len(trades))
	for i, trade := range trades {
		rest := trade.SellMinor
		for _, at := range queues[pair{trade.Sell, trade.Buy}] {
			if rest == 0 {
				break
			}
			sell := min(rest, left[at])
			if sell == 0 {
				continue
			}
			quote := &quotes[at].Quote
			bought, residual, err := fx.Convert(fx.Money{Minor: sell, Currency: quote.From}, quote.To, quote.Rate)
			if _, ok := errors.AsType[*fx.AmountError](err); ok { // worth nothing, or beyond counting: no price for this
				continue
			}
			if err != nil {
				return nil, nil, err
			}
			fills = append(fills, Fill{Trade: i, Quote: at, SellMinor: sell, BuyMinor: bought.Minor, Residual: residual})
			left[at] -= sell
			rest -= sell
		}
		untraded[i] = rest
	}
	return fills, untraded, nil
}

func checkAllot(trades []Trade, quotes []StandingQuote) error {
	for i, trade := range trades {
		switch {
		case trade.SellMinor <= 0 || trade.BuyMinor <= 0:
			return &InputError{Fault: FaultAmount, Index: i}
		case trade.Sell == trade.Buy:
			return &InputError{Fault: FaultCurrencyTwice, Index: i}
		}
	}
	type name struct{ provider, id string }
	seen := make(map[name]bool, len(quotes))
	for _, standing := range quotes {
		fault := ""
		switch q := &standing.Quote; {
		case q.ID == "":
			fault = "no id"
		case seen[name{q.Provider, q.ID}]:
			fault = "an id used before"
		case q.Rate.IsZero():
			fault = "no rate"
		case q.From.IsZero() || q.To.IsZero() || q.From == q.To:
			fault = "not two currencies"
		case q.FeeMinor != 0:
			fault = "a fee, with which no price is the best for every amount"
		case standing.MaxMinor <= 0:
			fault = "stands for no amount"
		}
		if fault != "" {
			return &fx.QuoteError{ID: standing.Quote.ID, Fault: fault}
		}
		seen[name{standing.Quote.Provider, standing.Quote.ID}] = true
	}
	return nil
}

// pricesOf is each quote's rate as a number that compares.
func pricesOf(quotes []StandingQuote) []*big.Rat {
	prices := make([]*big.Rat, len(quotes))
	for i := range quotes {
		prices[i], _ = new(big.Rat).SetString(quotes[i].Quote.Rate.String()) // a rate writes what this reads
	}
	return prices
}
