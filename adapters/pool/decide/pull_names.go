package decide

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/adapters/pool/act"
)

// maxAskRef is how long the reference of a request is: M-Pesa cuts what is longer.
const maxAskRef = 12

// askRef names a request's order, the same however often it is made: 12 letters and digits.
func askRef(pool, member, what string, count int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%s/%d", pool, member, what, count))
	return "C" + base32.StdEncoding.EncodeToString(sum[:])[:maxAskRef-1]
}

// Reference is what a payment says that answers a request.
func (a Asking) Reference() string { return reference(a.Member, a.For) }

// Parties are the commitments to accounts that an act names: whoever gets money by it, or is asked for it.
func Parties(a act.Act) []act.Commitment {
	var mine Collecting
	all := Beneficiaries(a)
	if a.Kind == kindCollectMe && a.Decode(&mine) == nil && !mine.Payer.IsZero() {
		all = append(slices.Clone(all), mine.Payer)
	}
	return all
}
