package journal

import (
	"fmt"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Position is what an account that may owe has, and may still give.
type Position struct {
	Account
	BalanceMinor    int64
	PrefundMinor    int64 // what its owner prefunded; behind a pool, what the provider did
	CreditLineMinor int64
	AvailableMinor  int64 // the three together
	GrossInMinor    int64 // in the window that is open
	GrossOutMinor   int64
}

// nets tells whether an account may owe, so that windows net its flows.
func nets(a ledger.Account) bool { return a.Kind == ledger.Position || a.Kind == ledger.FX }

// Positions are those of all accounts that may owe, in the order of their ids. Errors are *fx.AmountError, where a false
// log has amounts that no number holds.
func (s *State) Positions() ([]Position, error) {
	var all []Position
	for _, a := range s.books.all() {
		if !nets(a.Account) {
			continue
		}
		p, err := s.position(a)
		if err != nil {
			return nil, fmt.Errorf("journal: position %s: %w", a.Name, err)
		}
		all = append(all, p)
	}
	return all, nil
}

func (s *State) position(a Account) (Position, error) {
	b := s.Balances[a.ID]
	p := Position{Account: a, CreditLineMinor: s.Liquidity[a.ID].CreditLineMinor, GrossInMinor: b.GrossIn, GrossOutMinor: b.GrossOut}
	var err error
	if p.BalanceMinor, err = balanceOf(b); err != nil {
		return p, err
	}
	if p.PrefundMinor, err = balanceOf(s.Balances[s.books.behind(a)]); err != nil {
		return p, err
	}
	available := fx.Money{Minor: p.BalanceMinor, Currency: a.Currency}
	for _, more := range []int64{p.PrefundMinor, p.CreditLineMinor} {
		if available, err = available.Add(fx.Money{Minor: more, Currency: a.Currency}); err != nil {
			return p, err
		}
	}
	p.AvailableMinor = available.Minor
	return p, nil
}
