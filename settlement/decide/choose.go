package decide

import (
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/mutant"
)

// maxConsidered bounds what one batch chooses from: the oldest of the queue. Intake stops at maxQueue; only
// returns, which it must not refuse, can make the queue longer.
const maxConsidered = 2 * maxQueue

// legs is what a transfer moves, by places of accounts: its source leaves the debtor, its destination
// reaches the creditor, through the pools of both currencies where they differ. A return is the same
// backwards, at the same amounts.
type legs struct {
	debtor, creditor int
	poolIn, poolOut  int // -1 within one currency
	debit, credit    int64
}

// legs opens the accounts that do not exist yet.
func (d *decision) legs(t *transfer) legs {
	l := legs{
		debtor:   d.openPosition(t.Debtor, t.Source.Currency),
		creditor: d.openPosition(t.Creditor, t.Destination.Currency),
		poolIn:   -1, poolOut: -1, debit: t.Source.Minor, credit: t.Destination.Minor,
	}
	if t.Source.Currency != t.Destination.Currency {
		l.poolIn = d.openPool(t.Source.Currency)
		l.poolOut = d.openPool(t.Destination.Currency)
	}
	if t.original != nil {
		l.debtor, l.creditor, l.debit, l.credit = l.creditor, l.debtor, l.credit, l.debit
		l.poolIn, l.poolOut = l.poolOut, l.poolIn
	}
	return l
}

func (d *decision) openPosition(participant int32, currency fx.Currency) int {
	if index := d.position(participant, currency); index >= 0 {
		return index
	}
	return d.account(participant, ledger.Position, currency)
}

func (d *decision) openPool(currency fx.Currency) int {
	if index := d.pool(currency); index >= 0 {
		return index
	}
	return d.account(settlement.SchemeID, ledger.FX, currency)
}

// book is a part of the queue as netting sees it: only the accounts and currencies that it touches, numbered
// as they first come.
type book struct {
	netting.Book
	obligations []netting.Obligation
	legs        []legs // of each obligation
	currencies  []fx.Currency
	accounts    []int       // per account of the book: its place
	pools       []int       // per currency: the place of its pool, -1 where nothing converts
	numeraire   fx.Currency // values are in millionths of a major unit of this,
	coarser     int         // times two to this power
	returns     int         // how many of the obligations send money home

	accountAt  map[int]int32 // by place
	currencyAt map[fx.Currency]int32
}

func (d *decision) openBook(queue []*transfer) *book {
	b := &book{
		obligations: make([]netting.Obligation, len(queue)), legs: make([]legs, len(queue)),
		accountAt: map[int]int32{}, currencyAt: map[fx.Currency]int32{},
	}
	for i, t := range queue {
		l := d.legs(t)
		b.legs[i] = l
		b.obligations[i] = netting.Obligation{
			Debtor: d.enter(b, l.debtor), Creditor: d.enter(b, l.creditor), Debit: l.debit, Credit: l.credit,
			Weight: t.weight(d.Now), Class: t.class(),
		}
		if d.earlier() { // a return was as old as what it sends back, and no more
			b.obligations[i].Class = classReturn
		}
		if len(t.charges) > 0 {
			t.chargeOn(&b.obligations[i])
		}
		if t.original != nil {
			b.returns++
		}
		if l.poolIn >= 0 {
			d.enterPool(b, l.poolIn)
			d.enterPool(b, l.poolOut)
		}
	}
	d.appraise(b)
	return b
}

// enter gives an account its number in the book.
func (d *decision) enter(b *book, place int) int32 {
	if number, ok := b.accountAt[place]; ok {
		return number
	}
	a := d.accounts[place]
	number := int32(len(b.accounts)) //nolint:gosec // two an obligation at most
	b.accountAt[place] = number
	b.accounts = append(b.accounts, place)
	b.Currency = append(b.Currency, b.currency(a.Currency))
	b.Liquidity = append(b.Liquidity, d.liquidity(a))
	return number
}

// liquidity is what netting may take from an account.
func (d *decision) liquidity(a account) int64 {
	if mutant.Cap {
		return maxTurnoverMinor
	}
	return d.available(a)
}

// currency gives a currency its number in the book. Its pool is empty until something converts.
func (b *book) currency(c fx.Currency) int32 {
	if number, ok := b.currencyAt[c]; ok {
		return number
	}
	number := int32(len(b.currencies)) //nolint:gosec // two an obligation at most
	b.currencyAt[c] = number
	b.currencies = append(b.currencies, c)
	b.Pools, b.pools = append(b.Pools, netting.Pool{}), append(b.pools, -1)
	return number
}

func (d *decision) enterPool(b *book, place int) {
	a := d.accounts[place]
	if c := b.currency(a.Currency); b.pools[c] < 0 {
		b.pools[c] = place
		b.Pools[c].Liquidity = d.liquidity(a)
	}
}

// maxSearch bounds the steps that a batch spends on improving its choice: some milliseconds, about what
// writing it takes. It is a part of the rules: with another budget the choice may be another.
const maxSearch = 300_000

// maxCoarser is where every value has become the smallest there is.
const maxCoarser = 63

// choose has netting choose. Native sums fit by the limits of intake; weighted values of a large queue in
// a fine numeraire may not, and then are counted twice as coarse until they do. That changes what is
// best by less than a unit an obligation. A check stops at the first sum that does not fit, so all
// tries together look at the queue about twice.
func (b *book) choose(rules string, tier netting.Tier) (netting.Selection, error) {
	for {
		choice, err := b.tryToChoose(rules, tier)
		tooLarge, ok := errors.AsType[*netting.InputError](err)
		if !ok || tooLarge.Fault != netting.FaultOverflow || b.coarser == maxCoarser {
			if err != nil {
				return choice, fmt.Errorf("choose: %w", err)
			}
			return choice, nil
		}
		b.coarser++
		for c := range b.Pools {
			b.Pools[c].Value = max(b.Pools[c].Value/2, 1)
		}
	}
}

func (b *book) tryToChoose(rules string, tier netting.Tier) (netting.Selection, error) {
	switch {
	case rules == rulesFIFO || tier == netting.TierA:
		return netting.SelectFIFO(&b.Book, b.obligations)
	case tier == netting.TierB:
		return netting.Select(&b.Book, b.obligations, 0)
	default:
		return netting.Select(&b.Book, b.obligations, maxSearch)
	}
}

// place is where the account behind a limit of the book stands: an account, or a currency's pool.
func (b *book) place(limit int32) int {
	if int(limit) < len(b.accounts) {
		return b.accounts[limit]
	}
	return b.pools[int(limit)-len(b.accounts)]
}
