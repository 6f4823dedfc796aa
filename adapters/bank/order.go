package bank

import (
	"crypto/sha256"
	"encoding/base32"
)

// orderOf is the reference of the order that a payment makes: the same for ever, so that a payment that comes again makes
// no second one. A hundred bits of SHA-256, as orders' references are short.
func orderOf(uetr string) string {
	sum := sha256.Sum256([]byte("ayni.bank.order.v1\n" + uetr))
	return base32.StdEncoding.EncodeToString(sum[:])[:20]
}
