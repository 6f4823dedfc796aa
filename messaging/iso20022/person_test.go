package iso20022

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/messaging"
)

func TestPerson(t *testing.T) {
	transfer := sampleTransfer()
	assert.Equal(t, messaging.Party{
		Name: "Maria Santos", Account: "639170000001", Address: "Rizal Avenue 7, 1014", Country: "PH", Town: "Manila",
	}, transfer.Payee())
	assert.Equal(t, "Nairobi", transfer.Payer().Town)
	transfer.CreditorAccount = Account{Proxy: "maria@example", ProxyType: "EMAL"}
	assert.Equal(t, "maria@example", transfer.Payee().Account)
}

// TestPersonBothWays: a person of the switch goes through a message as it is.
func TestPersonBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &drawn{T: t}
		want := messaging.Party{
			Name: d.text(140), Account: d.one("254700000001", "DE89370400440532013000", "maria.santos", "0011"),
			Address: d.words(140), Country: d.one("", "KE"), Town: d.words(35),
		}
		assert.Equal(t, want, Person(PartyOf(want), AccountOf(want)))
		p := d.party()
		person := Person(p, d.account())
		assert.LessOrEqual(t, utf8.RuneCountInString(person.Address), messaging.MaxAddressLength)
		if p.Street+p.Building+p.PostCode+p.Address == "" {
			assert.Empty(t, person.Address)
		}
	})
}

func TestAccountOf(t *testing.T) {
	for account, scheme := range map[string]string{
		"254700000001": "MSISDN", "0011": "", "DE89370400440532013000": "IBAN", "DE88370400440532013000": "", "maria@upi": "", strings.Repeat("1", 16): "",
	} {
		assert.Equal(t, Account{ID: account, Scheme: scheme}, AccountOf(messaging.Party{Account: account}))
	}
}
