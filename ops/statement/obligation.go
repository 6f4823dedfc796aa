package statement

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/settlement/ledger"
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
