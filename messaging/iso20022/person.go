package iso20022

import (
	"strings"

	"github.com/ayni-switch/ayni/messaging"
)

// Payer is the debtor as the switch knows people, with the data that has to travel with an amount.
func (t CreditTransfer) Payer() messaging.Party { return Person(t.Debtor, t.DebtorAccount) }

// Payee is the creditor as the switch knows people.
func (t CreditTransfer) Payee() messaging.Party { return Person(t.Creditor, t.CreditorAccount) }

// Person is a party as the switch knows people: street, number, post code and free lines make the address, town and
// country stand for themselves. Of an address that is longer than the switch takes, the beginning remains.
func Person(p Party, a Account) messaging.Party {
	account := a.ID
	if account == "" {
		account = a.Proxy
	}
	address := []rune(listed(strings.TrimSpace(p.Street+" "+p.Building), p.PostCode, p.Address))
	return messaging.Party{
		Name: p.Name, Account: account, Country: p.Country, Town: p.Town,
		Address: string(address[:min(len(address), messaging.MaxAddressLength)]),
	}
}

func listed(parts ...string) string {
	said := parts[:0]
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, ", ")
}

// PartyOf is a person of the switch as a message writes it.
func PartyOf(p messaging.Party) Party {
	return Party{Name: p.Name, Address: p.Address, Town: p.Town, Country: p.Country}
}

// AccountOf is a person's account as a message writes it; a phone number says that it is one.
func AccountOf(p messaging.Party) Account {
	switch {
	case len(p.Account) > 4 && p.Account[0] >= 'A' && validIBAN(p.Account):
		return Account{ID: p.Account, Scheme: schemeIBAN}
	case isMSISDN(p.Account):
		return Account{ID: p.Account, Scheme: "MSISDN"}
	}
	return Account{ID: p.Account}
}

// isMSISDN tells whether s is a phone number in E.164 without its plus.
func isMSISDN(s string) bool {
	if len(s) < 8 || len(s) > 15 {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}
