package statement

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Obligation writes what a window left to be paid as a pacs.009 of a version ("" for iso20022.MessageNetObligation). The
// currency's settlement agent is told by whoever pays: a participant pays the scheme, or the scheme it. Where the engine
// told the agent itself, the payment goes by that instruction's id.
func Obligation(o ledger.NetObligation, now time.Time, version string) ([]byte, error) {
	id := cmp.Or(o.Instruction, fmt.Sprintf("W%d-%d", o.Window, o.Account))
	participant, scheme := iso20022.Agent{Other: o.Participant}, iso20022.Agent{Other: ledger.SchemeName}
	n := iso20022.NetObligation{
		MsgID: id, Created: now, ID: iso20022.PaymentID{InstrID: id, EndToEndID: id, TxID: id, UETR: iso20022.UETR(id)},
		Amount: o.Net, SettlementDate: o.ValueDate, Debtor: scheme, Creditor: participant,
		InstructedAgent: iso20022.Agent{Other: "agent-" + strings.ToLower(o.Net.Currency.String())}, Remittance: fmt.Sprintf("window %d", o.Window),
	}
	if o.Net.Minor < 0 {
		n.Amount.Minor = -o.Net.Minor
		n.Debtor, n.Creditor = participant, scheme
	}
	n.InstructingAgent = n.Debtor
	return n.Marshal(cmp.Or(version, iso20022.MessageNetObligation))
}

// ErrNoObligation says that a window left a participant nothing to be settled by a pacs.009: its net is zero, of a
// community unit, or not told yet because witnesses have to vouch for it first.
var ErrNoObligation = errors.New("statement: no net obligation")

// Owed is what a window left to be paid by a participant, or to it, in a currency. At is the clock of the batch that
// closed it.
type Owed struct {
	Window      settlement.WindowID
	At          time.Time
	Participant string
	Currency    fx.Currency
}

// WriteObligation writes the pacs.009 of what a window left. The error is ErrNoObligation where there is none.
func WriteObligation(ctx context.Context, books *store.Ledger, o Owed, now time.Time, out io.Writer) error {
	if !isCurrency(o.Currency) {
		return ErrNoObligation
	}
	moment := ledger.Period{Owner: o.Participant, Currency: o.Currency, From: o.At, Until: o.At.Add(time.Microsecond)} // as finely as a ledger keeps time
	return books.Books(ctx, moment, func(b *store.Books) error {
		all, err := b.NetObligations(ctx)
		if err != nil {
			return err
		}
		for _, left := range all {
			if left.Window != o.Window || left.Participant != o.Participant {
				continue
			}
			text, err := Obligation(left, now, "")
			if err == nil {
				_, err = out.Write(text)
			}
			return err
		}
		return ErrNoObligation
	})
}
