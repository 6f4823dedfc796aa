package clearing

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// Agents are who is who in a payout.
type Agents struct {
	Dialect     iso20022.Dialect // nil for the versions that are written where nothing was agreed on
	System      string           // proprietary name of the clearing system, "" for none
	Debtor      iso20022.Agent   // ourselves
	SponsorBIC  string           // the bank that we instruct
	CreditorBIC string           // of who holds the beneficiary's account
}

// maxAccount is Max34Text, the longest account that a pacs.008 carries.
const maxAccount = 34

// CreditTransfer writes the pacs.008 of a payout; now is its time where op was never submitted. With an error comes the
// ISO 20022 status reason: the payout cannot be written, whoever tries.
func (a Agents) CreditTransfer(op adapters.Operation, now time.Time) (message []byte, reason string, err error) {
	if utf8.RuneCountInString(op.Beneficiary.Account) > maxAccount {
		return nil, "AC03", fmt.Errorf("clearing: account of the beneficiary is longer than %d", maxAccount)
	}
	created := op.Submitted
	if created.IsZero() {
		created = now
	}
	message, err = iso20022.CreditTransfer{
		MsgID: op.ID, Created: created, ClearingSystem: a.System,
		ID: PaymentID(op.ID), Amount: op.Amount, ChargeBearer: "SLEV",
		InstructingAgent: a.Debtor,
		InstructedAgent:  iso20022.Agent{BIC: a.SponsorBIC},
		Debtor:           iso20022.PartyOf(op.Originator),
		DebtorAccount:    iso20022.AccountOf(op.Originator),
		DebtorAgent:      a.Debtor,
		CreditorAgent:    iso20022.Agent{BIC: a.CreditorBIC},
		Creditor:         iso20022.PartyOf(op.Beneficiary),
		CreditorAccount:  iso20022.AccountOf(op.Beneficiary),
		Remittance:       op.Reference,
	}.MarshalIn(a.Dialect)
	if err != nil {
		return nil, "FF01", err
	}
	return message, "", nil
}

// StatusRequest writes the pacs.028 that asks what became of the operation that original, a message definition's name,
// carried out.
func StatusRequest(d iso20022.Dialect, original string, id iso20022.PaymentID, now time.Time) ([]byte, error) {
	return iso20022.StatusRequest{
		// The request's own id; milliseconds tell two requests about one payment apart.
		MsgID: "Q" + shortID(iso20022.UETR(id.TxID)) + now.UTC().Format("150405.000"), Created: now,
		OriginalMsgID: id.TxID, OriginalMessage: original, ID: id,
	}.MarshalIn(d)
}

// Spoken is the version of a message that is written in a dialect.
func Spoken(d iso20022.Dialect, message string) string {
	if agreed, ok := d[iso20022.Family(message)]; ok {
		return agreed
	}
	return message
}

func shortID(uetr string) string { return uetr[:8] + uetr[24:] }

// PaymentID are the ids of the payment that carries out an operation.
func PaymentID(operation string) iso20022.PaymentID {
	return iso20022.PaymentID{InstrID: operation, EndToEndID: operation, TxID: operation, UETR: iso20022.UETR(operation)}
}
