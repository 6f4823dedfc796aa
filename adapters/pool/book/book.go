// Package book is a pool's double-entry book: amounts that move from one account to another, in money and in
// community units. Whatever moves, each unit sums to zero over all accounts.
//
// Accounts are paths. Some may be below zero, because they stand for the world outside or for a promise:
//
//	fund/<name>             what the pool holds for a purpose
//	transit/<proposal>      taken from a fund for a payout, and not paid yet
//	suspense/in             came in and nobody knows from whom
//	rotation/<group>/<...>  what a rotating group holds
//	purse/<member>          what the pool keeps for the member, to pay with or to be paid out
//	contributed/<member>    below zero by what the member paid in
//	received/<member>       what was paid to the member, or to outside
//	lent/<member>           what the member owes of loans
//	owed/<member>           below zero by what the pool owes the member, or above by what the member owes it
//	issued/<unit>           below zero by the community units there are
//	held/<member>           community units that were issued by a decision
//	credit/<member>         mutual credit: below zero by what the member owes the others
package book

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ayni-switch/ayni/fx"
)

// Posting moves an amount. It is never changed.
type Posting struct {
	From        string      `json:"from"`
	To          string      `json:"to"`
	Unit        fx.Currency `json:"unit"`
	AmountMinor int64       `json:"amount_minor"` // above zero
	Purpose     string      `json:"purpose,omitzero"`
}

// Fault says why a posting is refused.
type Fault string

// The faults.
const (
	Malformed Fault = "malformed"
	NotEnough Fault = "not_enough" // the account would go below zero, and may not
	Overflow  Fault = "overflow"
)

// Error says that a posting was refused. Where the fault is NotEnough the same may succeed later.
type Error struct {
	Fault   Fault
	Posting Posting
}

func (e *Error) Error() string {
	return fmt.Sprintf("book: %s: %d %s from %s to %s", e.Fault, e.Posting.AmountMinor, e.Posting.Unit, e.Posting.From, e.Posting.To)
}

// Account is one account in one unit.
type Account struct {
	Path string
	Unit fx.Currency
}

// Book holds balances. The zero value is empty.
type Book struct{ balances map[Account]int64 }

// promises are the accounts that may be below zero.
var promises = []string{"contributed/", "issued/", "credit/", "owed/"}

// MayOwe tells whether an account may be below zero.
func MayOwe(path string) bool {
	return slices.ContainsFunc(promises, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// Balance is what an account holds, in minor units.
func (b *Book) Balance(path string, unit fx.Currency) int64 {
	return b.balances[Account{Path: path, Unit: unit}]
}

// Try tells why postings cannot be booked one after the other, nil where they can; nothing is booked. The error is an *Error.
func (b *Book) Try(postings ...Posting) error {
	_, err := b.after(postings)
	return err
}

// Book books postings, all or none. The error is an *Error.
func (b *Book) Book(postings ...Posting) error {
	moved, err := b.after(postings)
	if err != nil {
		return err
	}
	if b.balances == nil {
		b.balances = map[Account]int64{}
	}
	for account, balance := range moved {
		if b.balances[account] = balance; balance == 0 {
			delete(b.balances, account)
		}
	}
	return nil
}

// after is what touched accounts would hold.
func (b *Book) after(postings []Posting) (map[Account]int64, error) {
	moved := map[Account]int64{}
	for _, p := range postings {
		from, to := Account{p.From, p.Unit}, Account{p.To, p.Unit}
		if p.AmountMinor <= 0 || p.From == p.To || p.From == "" || p.To == "" || p.Unit.IsZero() {
			return nil, &Error{Fault: Malformed, Posting: p}
		}
		for _, account := range []Account{from, to} {
			if _, touched := moved[account]; !touched {
				moved[account] = b.balances[account]
			}
		}
		less, ok := fx.AddMinor(moved[from], -p.AmountMinor)
		more, fits := fx.AddMinor(moved[to], p.AmountMinor)
		switch {
		case !ok || !fits:
			return nil, &Error{Fault: Overflow, Posting: p}
		case less < 0 && !MayOwe(p.From):
			return nil, &Error{Fault: NotEnough, Posting: p}
		}
		moved[from], moved[to] = less, more
	}
	return moved, nil
}

// Balances copies what every account holds that holds anything.
func (b *Book) Balances() map[Account]int64 { return maps.Clone(b.balances) }

// Sum is what all accounts of a unit hold together: zero.
func (b *Book) Sum(unit fx.Currency) (sum int64) {
	for account, balance := range b.balances {
		if account.Unit == unit {
			sum += balance
		}
	}
	return sum
}
