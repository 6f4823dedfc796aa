package netfiles

import (
	"bufio"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/netting"
)

// ExchangeFiles are the inputs and outputs of netting across currencies.
type ExchangeFiles struct {
	Intents, Rates  string
	OutNet, OutPool string // nets per account, and per currency's pool; "" for none, - for standard output
	JSON            bool
}

// exchangeReport is what netting across currencies answers as JSON. Shares are of converted_usd: what is left to
// exchange outside after opposite flows of each pair of currencies met, and after all met in the pools.
type exchangeReport struct {
	Intents            int            `json:"intents"`
	Currencies         int            `json:"currencies"`
	Participants       int            `json:"participants"`
	GrossUSD           jsontext.Value `json:"gross_usd"`
	SameCurrencyShare  jsontext.Value `json:"same_currency_share"`
	ConvertedUSD       jsontext.Value `json:"converted_usd"`
	AfterPairwise      jsontext.Value `json:"residual_after_pairwise"`
	AfterMultilateral  jsontext.Value `json:"residual_after_multilateral"`
	ResidualTradeCount int            `json:"residual_trade_count"`
	ResidualTrades     []tradeReport  `json:"residual_trades"`
	Over               []overReport   `json:"residual_over"`
	Seconds            float64        `json:"seconds"`
	ReadSeconds        float64        `json:"read_seconds"`
}

type tradeReport struct {
	Sell      string `json:"sell"`
	SellMinor int64  `json:"sell_minor"`
	Buy       string `json:"buy"`
	BuyMinor  int64  `json:"buy_minor"`
}

// overReport is what no other currency stands against.
type overReport struct {
	Currency string `json:"currency"`
	NetMinor int64  `json:"net_minor"`
}

// Exchange checks every credit against the rates, nets per account and pool, and says what is left to trade
// outside. Errors are *FileError where a file is at fault.
func Exchange(stdout io.Writer, f ExchangeFiles) error {
	quiet, err := quiet(f.JSON, f.OutNet, f.OutPool)
	if err != nil {
		return err
	}
	began := time.Now()
	worth, err := readRates(f.Rates)
	if err != nil {
		return err
	}
	in, all, err := readExchanges(f.Intents)
	if err != nil {
		return err
	}
	x := &exchange{intents: in, accounts: all, book: all.book(), worth: worth, ratesFile: f.Rates}
	reading := time.Since(began)
	began = time.Now()
	report, err := x.net()
	if err != nil {
		return err
	}
	report.Seconds, report.ReadSeconds = time.Since(began).Seconds(), reading.Seconds()
	if err := writeAll(stdout, output{f.OutNet, x.writeNets}, output{f.OutPool, x.writePools}); err != nil {
		return err
	}
	if f.JSON {
		return writeJSON(stdout, report)
	}
	if quiet {
		return nil
	}
	return report.print(stdout)
}

func (r *exchangeReport) print(stdout io.Writer) error {
	_, err := fmt.Fprintf(stdout, "%d intents of USD %s, USD %s across currencies; left to exchange outside: %s after pairs, %s after all met, in %d trades\n",
		r.Intents, r.GrossUSD, r.ConvertedUSD, r.AfterPairwise, r.AfterMultilateral, r.ResidualTradeCount)
	for _, trade := range r.ResidualTrades {
		if err != nil {
			break
		}
		_, err = fmt.Fprintf(stdout, "sell %20d %-4s buy %20d %s\n", trade.SellMinor, trade.Sell, trade.BuyMinor, trade.Buy)
	}
	return err
}

// readExchanges reads intents whose accounts are whoever they name.
func readExchanges(file string) (*intents, *accounts, error) {
	unsorted := newAccounts()
	in, err := readIntents(file, func(participant, currency []byte) (int32, string) {
		if number, ok := unsorted.add(participant, currency); ok {
			return number, ""
		}
		return 0, fmt.Sprintf("is one more than the %d accounts that are taken", netting.MaxAccounts)
	})
	if err != nil {
		return nil, nil, err
	}
	all, renumbered := unsorted.sorted()
	for i := range in.obligations {
		o := &in.obligations[i]
		o.Debtor, o.Creditor = renumbered[o.Debtor], renumbered[o.Creditor]
	}
	return in, all, nil
}

// exchange is netting across currencies, while it runs and when it is done.
type exchange struct {
	*intents
	*accounts
	book      *netting.Book
	worth     usd
	ratesFile string

	nets  netting.Nets
	pools []poolFlow // per currency
}

// poolFlow is what went through a currency's pool.
type poolFlow struct {
	debited, credited int64
	residual          big.Rat // exact credits less rounded ones, minor units
}

func (x *exchange) net() (*exchangeReport, error) {
	for c := range x.book.Pools {
		if x.worth[x.currencies[c]] == nil {
			return nil, &FileError{File: x.ratesFile, Fault: "has no rate of " + quote([]byte(x.currencies[c]))}
		}
		x.book.Pools[c].Value = 1 // nets are of minor units, and do not ask what those are worth
	}
	var err error
	if x.nets, err = netting.Net(x.book, x.obligations, nil); err != nil {
		return nil, x.atRow(err)
	}
	pairs, same, err := x.convert()
	if err != nil {
		return nil, err
	}
	return x.report(pairs, same)
}

// pair is all conversions from one currency to another.
type pair struct {
	from, to int32
	num, den *big.Int // credit is debit * num / den, exactly
	debited  big.Int
	rest     big.Int // exact credits less rounded ones, in units of 1/den
}

// convert holds every credit against the rates. It gives the conversions per pair, in order, and per
// currency what stays within it.
func (x *exchange) convert() (pairs []*pair, same []big.Int, err error) {
	x.pools = make([]poolFlow, len(x.currencies))
	same = make([]big.Int, len(x.currencies))
	known := make(map[[2]int32]*pair)
	var debit, quotient, rest big.Int
	// In order of age: which row is named, where several are wrong, does not depend on the order of rows.
	for i := range x.obligations {
		o := &x.obligations[i]
		from, to := x.book.Currency[o.Debtor], x.book.Currency[o.Creditor]
		debit.SetInt64(o.Debit)
		if from == to {
			same[from].Add(&same[from], &debit)
			continue
		}
		p := known[[2]int32{from, to}]
		if p == nil {
			p = x.newPair(from, to)
			known[[2]int32{from, to}] = p
			pairs = append(pairs, p)
		}
		p.debited.Add(&p.debited, &debit)
		quotient.DivMod(debit.Mul(&debit, p.num), p.den, &rest)
		if roundUp(&quotient, &rest, p.den) {
			quotient.Add(&quotient, one)
			rest.Sub(&rest, p.den)
		}
		if !quotient.IsInt64() || quotient.Int64() != o.Credit {
			return nil, nil, &FileError{File: x.file, Row: x.row(i), Fault: fmt.Sprintf("credit %d is not the %s that the rates make of %d", o.Credit, &quotient, o.Debit)}
		}
		p.rest.Add(&p.rest, &rest)
		x.pools[from].debited += o.Debit // fits: netting summed it with the rest
		x.pools[to].credited += o.Credit
	}
	for _, p := range pairs {
		residual := &x.pools[p.to].residual
		residual.Add(residual, new(big.Rat).SetFrac(&p.rest, p.den))
	}
	return pairs, same, nil
}

var one = big.NewInt(1)

// roundUp tells whether quotient + rest/den goes up: half-even, and never to zero.
func roundUp(quotient, rest, den *big.Int) bool {
	if quotient.Sign() == 0 {
		return true
	}
	twice := new(big.Int).Lsh(rest, 1).Cmp(den)
	return twice > 0 || twice == 0 && quotient.Bit(0) == 1
}

func (x *exchange) newPair(from, to int32) *pair {
	rate := new(big.Rat).Quo(x.worth[x.currencies[from]], x.worth[x.currencies[to]])
	return &pair{from: from, to: to, num: rate.Num(), den: rate.Denom()}
}

func (x *exchange) report(pairs []*pair, same []big.Int) (*exchangeReport, error) {
	stays, converted := new(big.Rat), new(big.Rat)
	between, pooled := map[[2]int32]*big.Rat{}, make([]big.Rat, len(x.currencies)) // signed, by debits
	for c := range same {
		stays.Add(stays, x.usd(int32(c), &same[c]))
	}
	for _, p := range pairs {
		value := x.usd(p.from, &p.debited)
		converted.Add(converted, value)
		pooled[p.from].Add(&pooled[p.from], value)
		pooled[p.to].Sub(&pooled[p.to], value)
		at := [2]int32{min(p.from, p.to), max(p.from, p.to)}
		if between[at] == nil {
			between[at] = new(big.Rat)
		}
		if p.from > p.to {
			value = new(big.Rat).Neg(value)
		}
		between[at].Add(between[at], value)
	}
	pairwise, multilateral := new(big.Rat), new(big.Rat)
	for _, value := range between {
		pairwise.Add(pairwise, value.Abs(value))
	}
	for c := range pooled {
		multilateral.Add(multilateral, pooled[c].Abs(&pooled[c]))
	}
	multilateral.Quo(multilateral, big.NewRat(2, 1)) // what is long is short elsewhere
	gross := new(big.Rat).Add(stays, converted)
	const cents, shares = 6, 12 // decimals
	r := &exchangeReport{
		Intents: len(x.obligations), Currencies: len(x.currencies), Participants: x.participants(),
		GrossUSD: decimal(gross, cents), ConvertedUSD: decimal(converted, cents),
		SameCurrencyShare: decimal(share(stays, gross), shares),
		AfterPairwise:     decimal(share(pairwise, converted), shares),
		AfterMultilateral: decimal(share(multilateral, converted), shares),
		ResidualTrades:    []tradeReport{}, Over: []overReport{},
	}
	return r, x.trade(r)
}

// usd is what minor units of a currency are worth.
func (x *exchange) usd(currency int32, minor *big.Int) *big.Rat {
	value := new(big.Rat).SetInt(minor)
	return value.Mul(value, x.worth[x.currencies[currency]])
}

func share(part, whole *big.Rat) *big.Rat {
	if whole.Sign() == 0 {
		return whole
	}
	return new(big.Rat).Quo(part, whole)
}

func (x *exchange) participants() int {
	names := make(map[string]bool, len(x.list))
	for _, a := range x.list {
		names[a.participant] = true
	}
	return len(names)
}

// trade covers short pools from long ones.
func (x *exchange) trade(r *exchangeReport) error {
	positions := make([]netting.Position, len(x.currencies))
	for c, code := range x.currencies {
		value, _ := x.worth.value(code) // each has a rate
		positions[c] = netting.Position{Currency: code, NetMinor: x.nets.Pool[c], Value: value}
	}
	trades, over, err := netting.Residual(positions)
	if err != nil {
		return err
	}
	r.ResidualTradeCount = len(trades)
	for _, t := range trades {
		r.ResidualTrades = append(r.ResidualTrades, tradeReport{t.Sell, t.SellMinor, t.Buy, t.BuyMinor})
	}
	for _, p := range over {
		r.Over = append(r.Over, overReport{p.Currency, p.NetMinor})
	}
	return nil
}

func (x *exchange) writeNets(w *bufio.Writer) {
	_, _ = w.WriteString("participant,currency,net\n") // the error comes with Flush
	for i, a := range x.list {
		writeField(w, []byte(a.participant))
		_ = w.WriteByte(',')
		writeField(w, []byte(a.currency))
		_ = w.WriteByte(',')
		_, _ = w.Write(strconv.AppendInt(w.AvailableBuffer(), x.nets.Net[i], 10))
		_ = w.WriteByte('\n')
	}
}

func (x *exchange) writePools(w *bufio.Writer) {
	_, _ = w.WriteString("currency,debited,credited,pool_net,rounding_residual_minor(exact-rounded)\n") // as above
	for c, code := range x.currencies {
		p := &x.pools[c]
		writeField(w, []byte(code))
		_, _ = fmt.Fprintf(w, ",%d,%d,%d,%s\n", p.debited, p.credited, x.nets.Pool[c], p.residual.FloatString(6))
	}
}
