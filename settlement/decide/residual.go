package decide

import (
	"math"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// tradeRecord is one exchange that the FX pool needs from outside when a window closes, and which standing
// quotes it is best covered by.
type tradeRecord struct {
	Buy       string       `json:"buy"`
	BuyMinor  int64        `json:"buy_minor"`
	Fills     []fillRecord `json:"fills"`
	Sell      string       `json:"sell"`
	SellMinor int64        `json:"sell_minor"`
}

type fillRecord struct {
	BuyMinor  int64  `json:"buy_minor"`
	Provider  string `json:"provider"`
	Quote     string `json:"quote"`
	SellMinor int64  `json:"sell_minor"`
}

// residual is what a window leaves of the FX pool in as few trades as it takes: at most one less than its
// currencies. The provider behind the pool settles each currency from its own prefunding; this tells it
// what to cover. A currency that has no value by sheet or quotes is left out: nothing says what it is
// worth beside another.
func (d *decision) residual(nets []ledger.WindowNet) ([]tradeRecord, error) {
	if d.earlier() { // they did not say
		return nil, nil
	}
	b := &book{currencyAt: map[fx.Currency]int32{}}
	var minors []int64
	for _, n := range nets {
		if a := d.accounts[n.Account-1]; a.Kind == ledger.FX && n.NetMinor() != 0 {
			b.currency(a.Currency)
			minors = append(minors, n.NetMinor())
		}
	}
	if len(minors) < 2 {
		return nil, nil
	}
	d.appraiseStated(b)
	var positions []netting.Position
	for c, currency := range b.currencies {
		if b.Pools[c].Value != 0 {
			positions = append(positions, netting.Position{Currency: currency.String(), NetMinor: minors[c], Value: b.Pools[c].Value})
		}
	}
	trades, _, err := netting.Residual(positions)
	if err != nil {
		return nil, err
	}
	return d.allot(trades)
}

// allot finds the best of the quotes that stand for each trade. Those with a fee are for customers.
func (d *decision) allot(trades []netting.Trade) ([]tradeRecord, error) {
	var standing []netting.StandingQuote
	for _, id := range sortedKeys(d.quotes) {
		if q := d.quotes[id]; !q.ExpiredAt(d.Now) && q.FeeMinor == 0 {
			standing = append(standing, netting.StandingQuote{Quote: q, MaxMinor: math.MaxInt64})
		}
	}
	fills, _, err := netting.Allot(trades, standing)
	if err != nil {
		return nil, err
	}
	records := make([]tradeRecord, len(trades))
	for i, t := range trades {
		records[i] = tradeRecord{Sell: t.Sell, SellMinor: t.SellMinor, Buy: t.Buy, BuyMinor: t.BuyMinor}
	}
	for _, f := range fills {
		q := standing[f.Quote].Quote
		records[f.Trade].Fills = append(records[f.Trade].Fills, fillRecord{
			Provider: q.Provider, Quote: q.ID, SellMinor: f.SellMinor, BuyMinor: f.BuyMinor,
		})
	}
	return records, nil
}
