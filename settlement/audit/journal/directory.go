package journal

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Account is an account and whose it is, in names that other programs may see.
type Account struct {
	ledger.Account
	Owner string // as Name writes it
	Name  string // as AccountName writes it
}

// directory knows the accounts of a log and who owns them.
type directory struct {
	owners   map[int32]string // as they are called in the log
	accounts map[int64]Account
	names    map[string]int64
	prefunds map[prefund]int64 // settlement accounts
	provider int32             // who stands behind the pools; settlement.SchemeID where nobody does
}

// prefund is whose money stands behind what, and in which currency.
type prefund struct {
	participant int32
	currency    fx.Currency
}

// AccountError says that a batch brings an account that cannot be told from others, or is nobody's.
type AccountError struct {
	Batch, Account int64
	Name           string // "" where its owner is not known
}

func (e *AccountError) Error() string {
	if e.Name == "" {
		return fmt.Sprintf("journal: batch %d: account %d belongs to nobody", e.Batch, e.Account)
	}
	return fmt.Sprintf("journal: batch %d: account %d, or another by the name %s, is there already", e.Batch, e.Account, e.Name)
}

// PostingError says that a batch speaks of an account that is not there, or is in another currency.
type PostingError struct {
	Batch, Posting, Account int64 // Posting is 0 where no posting names the account
	Currency                fx.Currency
}

func (e *PostingError) Error() string {
	if e.Posting == 0 {
		return fmt.Sprintf("journal: batch %d: there is no account %d", e.Batch, e.Account)
	}
	return fmt.Sprintf("journal: batch %d: posting %d: there is no account %d in %s", e.Batch, e.Posting, e.Account, e.Currency)
}

func newDirectory() *directory {
	return &directory{owners: map[int32]string{settlement.SchemeID: ledger.SchemeName}, accounts: map[int64]Account{}, names: map[string]int64{}, prefunds: map[prefund]int64{}}
}

// learn takes in the accounts that a batch opens, and returns them. Errors are *AccountError.
func (d *directory) learn(b *ledger.Batch) ([]Account, error) {
	for _, p := range b.Participants {
		d.owners[p.ID] = p.Name
		if p.Role == settlement.RoleProvider {
			d.provider = p.ID
		}
	}
	var opened []Account
	for _, a := range b.Accounts {
		owner, known := d.owners[a.Participant]
		if !known || a.Currency.IsZero() {
			return nil, &AccountError{Batch: b.ID, Account: a.ID}
		}
		named := Account{Account: a, Owner: Name(owner), Name: AccountName(owner, a.Kind, a.Currency)}
		_, same := d.accounts[a.ID]
		if _, alike := d.names[named.Name]; same || alike {
			return nil, &AccountError{Batch: b.ID, Account: a.ID, Name: named.Name}
		}
		d.accounts[a.ID], d.names[named.Name] = named, a.ID
		if a.Kind == ledger.Settlement {
			d.prefunds[prefund{a.Participant, a.Currency}] = a.ID
		}
		opened = append(opened, named)
	}
	return opened, nil
}

// sides are the two accounts of a posting. Errors are *PostingError.
func (d *directory) sides(batch int64, p ledger.Posting) (debit, credit Account, err error) {
	for _, side := range []struct {
		account int64
		found   *Account
	}{{p.Debit, &debit}, {p.Credit, &credit}} {
		a, known := d.accounts[side.account]
		if !known || a.Currency != p.Currency {
			return debit, credit, &PostingError{Batch: batch, Posting: p.ID, Account: side.account, Currency: p.Currency}
		}
		*side.found = a
	}
	return debit, credit, nil
}

// behind is the account whose balance stands behind an account that may owe; 0 where there is none.
func (d *directory) behind(a Account) int64 {
	owner := a.Participant
	if a.Kind == ledger.FX {
		owner = d.provider
	}
	return d.prefunds[prefund{owner, a.Currency}]
}

// all are the accounts in the order of their ids.
func (d *directory) all() []Account {
	all := make([]Account, 0, len(d.accounts))
	for _, id := range slices.Sorted(maps.Keys(d.accounts)) {
		all = append(all, d.accounts[id])
	}
	return all
}
