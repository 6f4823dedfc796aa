package bank

import (
	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// maxInfo is Max105Text, one line of additional information.
const maxInfo = 105

// paymentReturn writes the pacs.004 of a refund, which gives back a whole payment. Its ids depend on the operation alone.
func (r *Rail) paymentReturn(op adapters.Operation) ([]byte, error) {
	created := op.Submitted
	if created.IsZero() {
		created = r.now()
	}
	info := []rune(op.Reference)
	return iso20022.PaymentReturn{
		MsgID: op.ID, Created: created, ID: op.ID, Original: iso20022.PaymentID{UETR: op.CollectionRef},
		OriginalAmount: op.Amount, Amount: op.Amount, InstructingAgent: r.cfg.Agent, InstructedAgent: iso20022.Agent{BIC: r.cfg.BankBIC},
		Reason: "NARR", Info: string(info[:min(len(info), maxInfo)]),
	}.MarshalIn(r.dialect)
}
