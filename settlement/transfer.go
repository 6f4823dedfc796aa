package settlement

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// TransferID numbers transfers in the order in which the engine accepted them.
type TransferID int64

// crockford is Crockford's base 32: sorts as the numbers do, and survives being read aloud.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// String writes the id as "T" and 13 characters: alphanumeric, so that every rail takes it, and in
// time order.
func (id TransferID) String() string {
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], uint64(id)) //nolint:gosec // ids are positive
	return "T" + crockford.EncodeToString(raw[:])
}

// ParseTransferID reads what String writes, and nothing else.
func ParseTransferID(text string) (TransferID, error) {
	if len(text) == 14 && text[0] == 'T' {
		raw, err := crockford.DecodeString(text[1:])
		if err == nil {
			id := TransferID(binary.BigEndian.Uint64(raw)) //nolint:gosec // what does not fit is negative, and refused
			if id > 0 && id.String() == text {
				return id, nil
			}
		}
	}
	return 0, fmt.Errorf("settlement: %q is no transfer id", text[:min(len(text), 40)])
}

// Transfer is an accepted intent, or the return of one. All amounts were fixed when it was accepted.
type Transfer struct {
	ID       TransferID
	ReturnOf TransferID // 0 where this is no return
	Debtor   int32      // participant ids, of the intent: a return moves money from Creditor to Debtor
	Creditor int32
	Intent   string // the debtor's id
	Envelope EnvelopePlace

	Source, Destination fx.Money
	Quote               string
	Residual            fx.NanoMinor
	ResidualCurrency    fx.Currency

	ReceivedAt time.Time // the broker's
	AcceptedAt time.Time // the clock of the batch that put it into the queue
	Deadline   time.Time
	Priority   messaging.Priority // the intent's

	// The two people, and what they said: personal data, kept beside the ledger and never in the log.
	DebtorParty, CreditorParty messaging.Party
	Reference                  string
}

// EnvelopePlace is where an intent stands: in which message of its sender's stream, at which place.
type EnvelopePlace struct {
	Sequence uint64
	Place    int32
}
