package iso20022

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/ayni-switch/ayni/fx"
)

// PaymentID is how a payment is named. TxID and UETR never change along its way.
type PaymentID struct {
	InstrID    string // of the instruction between two agents, at most 35 characters
	EndToEndID string // of the debtor, at most 35 characters
	TxID       string // of the first agent, at most 35 characters
	UETR       string // unique end-to-end transaction reference, a UUID version 4
}

// Agent is a financial institution, by one identification: its BIC, or else its id in a clearing system, its LEI,
// another id, or its name. What a message says of it besides is in the Source.
type Agent struct {
	BIC    string
	Other  string // at most 35 characters
	Member string // at most 35 characters
	System string // of Member: ExternalClearingSystemIdentification1Code or a proprietary name, "" for none
	LEI    string
	Name   string // at most 140 characters
}

// Account is an account: an IBAN, or a phone number, wallet or account number of at most 34 characters with its scheme,
// or a proxy alone.
type Account struct {
	ID     string
	Scheme string // "IBAN", a code (BBAN), a proprietary name ("MSISDN"), "" for none

	Proxy     string // what the account is known by: a phone number, an address
	ProxyType string // ExternalProxyAccountType1Code (MBNO, EMAL) or a proprietary name ("VPA"), "" for none
}

// schemeIBAN is the scheme of an Account whose ID is an IBAN.
const schemeIBAN = "IBAN"

// Party is who pays or is paid. A legal person has an LEI, a BIC or an Identity of an organisation; a natural one may
// have a Birth. FATF recommendation 16 wants of an originator its name, account, and address, Identity or Birth.
type Party struct {
	Name     string // at most 140 characters
	Address  string // lines without structure, at most 490 characters, "" for none
	Street   string
	Building string // its number
	PostCode string
	Town     string
	Country  string // ISO 3166-1 alpha-2
	LEI      string
	BIC      string
	Birth    Birth
	ID       Identity
}

// Birth is when and where a natural person was born. All or nothing of it is set.
type Birth struct {
	Date    fx.Date
	Town    string
	Country string // ISO 3166-1 alpha-2
}

// Identity is an id that somebody gave to a person or an organisation.
type Identity struct {
	ID           string // at most 35 characters
	Scheme       string // a code (NIDN, CCPT, TXID) or a proprietary name, "" for none
	Issuer       string
	Organisation bool
}

// UETR derives a UUID version 4 from an id: the same id gives the same UETR for ever, so that a
// payment keeps its UETR across crashes without storing it.
func UETR(id string) string {
	sum := sha256.Sum256([]byte("ayni.uetr.v1\n" + id))
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	text := make([]byte, 36)
	hex.Encode(text[0:8], u[0:4])
	hex.Encode(text[9:13], u[4:6])
	hex.Encode(text[14:18], u[6:8])
	hex.Encode(text[19:23], u[8:10])
	hex.Encode(text[24:36], u[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text)
}
