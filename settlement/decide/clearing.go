package decide

import (
	"cmp"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Limits on what the record of a batch says of liquidity, however large the queue.
const (
	maxPrices  = 64
	maxWaiting = 100
)

// clearingEntry is ledger.Clearing as the log writes it.
type clearingEntry struct {
	Reached    int64          `json:"reached"`
	Bound      int64          `json:"bound"`
	FIFO       int64          `json:"fifo"`
	Tier       netting.Tier   `json:"tier"`
	Iterations int64          `json:"iterations"`
	Numeraire  fx.Currency    `json:"numeraire"`
	Coarser    int            `json:"coarser"`
	Returns    int            `json:"returns"`
	Alarm      []netting.Tier `json:"alarm,omitempty"`
}

// clearingRecord is the entry with what it rests on, and with what liquidity would have released more.
type clearingRecord struct {
	clearingEntry
	Values  []valueRecord   `json:"values"`
	Prices  []priceRecord   `json:"prices"`
	Waiting []waitingRecord `json:"waiting"`
}

// valueRecord is what a minor unit of a currency was worth: units of the numeraire, times 2^32.
type valueRecord struct {
	Currency string `json:"currency"`
	Value    uint64 `json:"value"`
}

// priceRecord is the shadow price of an account's liquidity: the weighted value that one more unit of value
// there releases at most. The highest are kept.
type priceRecord struct {
	Account int64 `json:"account"`
	Price   int64 `json:"price"`
}

// waitingRecord says which account's liquidity a waiting transfer lacks. The oldest are kept.
type waitingRecord struct {
	Transfer   settlement.TransferID `json:"transfer"`
	Account    int64                 `json:"account"`
	ShortMinor int64                 `json:"short_minor"`
}

func (r *clearingRecord) entry() *clearingEntry {
	if r == nil {
		return nil
	}
	return &r.clearingEntry
}

// recordClearing keeps what netting says of its choice.
func (d *decision) recordClearing(b *book, choice netting.Selection) {
	if d.earlier() { // they did not measure
		return
	}
	d.batch.Clearing = ledger.Clearing{
		Reached: choice.Reached, Bound: choice.Bound, FIFO: choice.FIFO, Tier: choice.Tier, Iterations: choice.Iterations,
		Numeraire: b.numeraire, Coarser: b.coarser, Returns: b.returns, Alarm: choice.Alarm,
	}
	r := &clearingRecord{clearingEntry: clearingEntry(d.batch.Clearing)}
	for c, currency := range b.currencies {
		r.Values = append(r.Values, valueRecord{Currency: currency.String(), Value: b.Pools[c].Value})
	}
	r.Prices = d.prices(b, choice.Price)
	r.Waiting = d.waiting(b, choice.Chosen)
	d.clearing = r
}

func (d *decision) prices(b *book, priceOf []int64) []priceRecord {
	var prices []priceRecord
	for limit, price := range priceOf {
		if place := b.place(int32(limit)); price > 0 && place >= 0 {
			prices = append(prices, priceRecord{Account: d.accounts[place].ID, Price: price})
		}
	}
	slices.SortFunc(prices, func(x, y priceRecord) int {
		return cmp.Or(cmp.Compare(y.Price, x.Price), cmp.Compare(x.Account, y.Account))
	})
	return prices[:min(len(prices), maxPrices)]
}

func (d *decision) waiting(b *book, chosen []bool) []waitingRecord {
	if !slices.Contains(chosen, false) {
		return nil
	}
	left := b.Left(b.obligations, chosen)
	var waiting []waitingRecord
	transfers := 0
	for i, isChosen := range chosen {
		if isChosen {
			continue
		}
		for _, w := range b.Waits(left, &b.obligations[i]) {
			waiting = append(waiting, waitingRecord{
				Transfer: d.queue[i].ID, Account: d.accounts[b.place(w.Limit)].ID, ShortMinor: w.ShortMinor,
			})
		}
		if transfers++; transfers == maxWaiting {
			break
		}
	}
	return waiting
}
