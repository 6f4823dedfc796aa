package netfiles

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/ayni-switch/ayni/netting"
)

// account is a participant in one currency.
type account struct{ participant, currency string }

func compareAccounts(a, b account) int {
	return cmp.Or(cmp.Compare(a.participant, b.participant), cmp.Compare(a.currency, b.currency))
}

// accounts numbers participants in currencies, and currencies.
type accounts struct {
	list       []account
	numbers    map[string]int32 // by participant, a zero byte, and currency: no file's field holds a zero byte
	currencyOf []int32          // per account
	currencies []string
	currency   map[string]int32
	key        []byte // for the next look-up
}

func newAccounts() *accounts {
	return &accounts{numbers: map[string]int32{}, currency: map[string]int32{}}
}

// find gives an account's number.
func (a *accounts) find(participant, currency []byte) (number int32, known bool) {
	a.key = append(append(append(a.key[:0], participant...), 0), currency...)
	number, known = a.numbers[string(a.key)]
	return number, known
}

// add gives an account's number, a new one if it has none. False if there are too many.
func (a *accounts) add(participant, currency []byte) (number int32, ok bool) {
	number, known := a.find(participant, currency)
	if known {
		return number, true
	}
	if len(a.list) == netting.MaxAccounts {
		return 0, false
	}
	number = int32(len(a.list)) //nolint:gosec // G115: below netting.MaxAccounts
	a.numbers[string(a.key)] = number
	a.list = append(a.list, account{string(participant), string(currency)})
	a.currencyOf = append(a.currencyOf, a.addCurrency(string(currency)))
	return number, true
}

// addCurrency gives a currency's number, a new one if it has none.
func (a *accounts) addCurrency(code string) int32 {
	c, known := a.currency[code]
	if !known {
		c = int32(len(a.currencies)) //nolint:gosec // G115: at most as many as rows
		a.currency[code] = c
		a.currencies = append(a.currencies, code)
	}
	return c
}

// sorted numbers anew by participant and currency, and currencies by code. renumbered gives, per account,
// its number there.
func (a *accounts) sorted() (s *accounts, renumbered []int32) {
	order := make([]int32, len(a.list))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int { return compareAccounts(a.list[i], a.list[j]) })
	s, renumbered = newAccounts(), make([]int32, len(order))
	for _, code := range slices.Sorted(slices.Values(a.currencies)) {
		s.addCurrency(code)
	}
	for _, i := range order {
		renumbered[i], _ = s.add([]byte(a.list[i].participant), []byte(a.list[i].currency)) // not more than before
	}
	return s, renumbered
}

// book is a book without liquidity in which every minor unit is worth one.
func (a *accounts) book() *netting.Book {
	book := &netting.Book{Currency: a.currencyOf, Liquidity: make([]int64, len(a.list)), Pools: make([]netting.Pool, len(a.currencies))}
	for c := range book.Pools {
		book.Pools[c].Value = netting.One
	}
	return book
}

// readCaps reads `participant,currency,cap`: what each account can pay before it receives. poolsFile, where
// there is one, is `currency,cap`: what the FX pool of a currency can be short of.
func readCaps(capsFile, poolsFile string) (*accounts, *netting.Book, error) {
	unsorted, caps := newAccounts(), []int64(nil)
	err := readTable(capsFile, netting.MaxAccounts, func(t *table) error {
		columns, err := t.require("participant", "currency", "cap")
		if err != nil {
			return err
		}
		err = t.each(func() error {
			participant, currency, minor, err := t.accountAmount(columns)
			if err != nil {
				return err
			}
			if _, twice := unsorted.find(participant, currency); twice {
				return t.fault("%s in %s has a cap already", quote(participant), quote(currency))
			}
			_, _ = unsorted.add(participant, currency) // as many as rows at most
			caps = append(caps, minor)
			return nil
		})
		if err == nil && len(caps) == 0 {
			return &FileError{File: capsFile, Fault: "has no rows"}
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	poolCaps, err := readPools(poolsFile)
	if err != nil {
		return nil, nil, err
	}
	for code := range poolCaps {
		unsorted.addCurrency(code)
	}
	all, renumbered := unsorted.sorted()
	book := all.book()
	for i, minor := range caps {
		book.Liquidity[renumbered[i]] = minor
	}
	for code, minor := range poolCaps {
		book.Pools[all.currency[code]].Liquidity = minor
	}
	return all, book, nil
}

// accountAmount reads a participant, a currency and an amount that is not negative.
func (t *table) accountAmount(columns []int) (participant, currency []byte, minor int64, err error) {
	if participant, err = t.name(columns[0]); err != nil {
		return nil, nil, 0, err
	}
	if currency, err = t.name(columns[1]); err != nil {
		return nil, nil, 0, err
	}
	minor, err = t.number(columns[2], 0, math.MaxInt64)
	return participant, currency, minor, err
}

func readPools(file string) (map[string]int64, error) {
	caps := map[string]int64{}
	if file == "" {
		return caps, nil
	}
	err := readTable(file, netting.MaxAccounts, func(t *table) error {
		columns, err := t.require("currency", "cap")
		if err != nil {
			return err
		}
		return t.each(func() error {
			currency, err := t.name(columns[0])
			if err != nil {
				return err
			}
			if _, twice := caps[string(currency)]; twice {
				return t.fault("%s has a cap already", quote(currency))
			}
			caps[string(currency)], err = t.number(columns[1], 0, math.MaxInt64)
			return err
		})
	})
	return caps, err
}

// limit names a limit of the book for people: an account, or behind them a pool.
func (a *accounts) limit(limit int32) string {
	if accounts := int32(len(a.list)); limit >= accounts { //nolint:gosec // G115: at most netting.MaxAccounts
		return fmt.Sprintf("FX pool of %s", a.currencies[limit-accounts])
	}
	at := a.list[limit]
	return fmt.Sprintf("%s in %s", at.participant, at.currency)
}
