package iso20022

import (
	"crypto/sha256"
	"encoding/hex"
)

// PaymentID is how a payment is named. TxID and UETR never change along its way.
type PaymentID struct {
	InstrID    string // of the instruction between two agents, at most 35 characters
	EndToEndID string // of the debtor, at most 35 characters
	TxID       string // of the first agent, at most 35 characters
	UETR       string // unique end-to-end transaction reference, a UUID version 4
}

// Agent is a financial institution: by its BIC, or else by another id (at most 35 characters).
type Agent struct{ BIC, Other string }

// Account is an account that is no IBAN: a phone number, wallet or account number of at most 34
// characters, and the proprietary name of its scheme ("MSISDN"), "" for none.
type Account struct{ ID, Scheme string }

// Party is who pays or is paid: name up to 140 characters, address up to 490, "" for none.
type Party struct{ Name, Address string }

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
