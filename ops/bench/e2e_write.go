package bench

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// crockford is the alphabet of ids: it sorts as the numbers do.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// An intent's id is as adapters mint it: "o" and the order's reference, here the milliseconds and a count.
const (
	idTime  = 9
	idCount = 7
)

// intentID writes a time-ordered id that counts on within one participant.
func intentID(at time.Time, count int64) string {
	var id [1 + idTime + idCount]byte
	id[0] = 'o'
	put := func(to []byte, n int64) {
		for i := len(to) - 1; i >= 0; i-- {
			to[i] = crockford[n&31]
			n >>= 5
		}
	}
	put(id[1:1+idTime], at.UnixMilli())
	put(id[1+idTime:], count)
	return string(id[:])
}

// countOf is the count in an id of intentID; ok is false for any other text.
func countOf(id string) (count int64, ok bool) {
	if len(id) != 1+idTime+idCount || id[0] != 'o' {
		return 0, false
	}
	for _, c := range []byte(id[1+idTime:]) {
		digit := crockfordDigits[c]
		if digit < 0 {
			return 0, false
		}
		count = count<<5 | int64(digit)
	}
	return count, true
}

var crockfordDigits = func() (digits [256]int8) {
	for i := range digits {
		digits[i] = -1
	}
	for i := range len(crockford) {
		digits[crockford[i]] = int8(i)
	}
	return digits
}()

// intentOf says a payment as its participant does.
func (m *market) intentOf(p payment, count int64, at time.Time) messaging.Intent {
	from, to := &m.members[p.from], &m.members[p.to]
	source, destination := m.currencies[from.currency], m.currencies[to.currency]
	i := messaging.Intent{
		ID: intentID(at, count), CreditorParticipant: to.name,
		Debtor: from.people[count%customers], Creditor: to.people[(count*7+int64(p.from))%customers],
		Source:      messaging.NewAmount(fx.Money{Minor: p.source, Currency: source}),
		Destination: messaging.NewAmount(fx.Money{Minor: p.destination, Currency: destination}),
		Deadline:    at.Add(24 * time.Hour).Truncate(time.Second).UTC(),
		Purpose:     "family support", Reference: "school fees " + strconv.FormatInt(100_000_000+count, 10),
	}
	if source != destination {
		i.Quote, i.Fixed = m.quotes[from.currency][to.currency].ID, fx.FixedSource
		if p.back { // exactly what went out comes home
			i.Fixed = fx.FixedDestination
		}
	}
	return i
}

// signed makes a payload ready for Client.Send. Its id is the hash of its signature, so that the same payload is
// the same message.
func signed(signer *messaging.Signer, kind messaging.PayloadKind, payload []byte) (messaging.Message, error) {
	open := payload
	if kind == messaging.PayloadIntent || kind == messaging.PayloadOutcome {
		open, _ = messaging.Open(payload)
	}
	signature, err := signer.Sign(kind, open)
	if err != nil {
		return messaging.Message{}, err
	}
	id := sha256.Sum256([]byte(signature))
	return messaging.Message{
		Kind: kind, ID: base64.RawURLEncoding.EncodeToString(id[:]), Payload: payload,
		Signature: signature, Key: signer.PublicKey(),
	}, nil
}

// newSalter makes a Salter for as long as a run.
func newSalter() (*messaging.Salter, error) {
	var secret [messaging.SaltSecretSize]byte
	_, err := rand.Read(secret[:])
	return messaging.NewSalter(secret), err
}

// railRef is a receipt as a rail would give it for a transfer.
func railRef(transfer string) string {
	return "R" + hex.EncodeToString([]byte(transfer[len(transfer)-6:]))
}
