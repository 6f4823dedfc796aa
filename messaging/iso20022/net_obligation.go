package iso20022

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageNetObligation is the message definition that a NetObligation is written as where nobody asked for a later one.
const MessageNetObligation = "pacs.009.001.08"

const netObligationBody = "FICdtTrf"

// netObligationMessages are the versions that are written and read. What a NetObligation says is the same in all.
var netObligationMessages = map[string]bool{MessageNetObligation: true, "pacs.009.001.09": true, "pacs.009.001.10": true}

// NetObligation is a pacs.009 with one payment between financial institutions: what a participant pays, or is paid, for
// a settlement window in one currency. The instructed agent holds the money and moves it (INDA).
type NetObligation struct {
	MsgID            string    // at most 35 characters
	Created          time.Time // written in UTC with milliseconds
	ID               PaymentID // EndToEndID always
	Amount           fx.Money  // positive
	SettlementDate   fx.Date
	InstructingAgent Agent
	InstructedAgent  Agent
	Debtor, Creditor Agent
	Remittance       string // unstructured, at most 140 characters, "" for none
}

// Marshal writes the message in a version of pacs.009. Errors are *FormatError, and those of the schema.
func (n NetObligation) Marshal(message string) ([]byte, error) {
	w := statementWriter{message: message, currency: n.Amount.Currency}
	if !netObligationMessages[message] {
		w.fail(FaultNamespace, "no version of pacs.009 that is written")
	}
	if n.Amount.Minor <= 0 {
		w.fail(FaultAmount, "%s", n.Amount)
	}
	body := schema.New(netObligationBody,
		schema.New("GrpHdr",
			schema.Text("MsgId", n.MsgID), schema.Text("CreDtTm", momentText(n.Created)), schema.Text("NbOfTxs", "1"),
			w.amount("TtlIntrBkSttlmAmt", n.Amount), schema.Text("IntrBkSttlmDt", string(n.SettlementDate)),
			schema.New("SttlmInf", schema.Text("SttlmMtd", "INDA")),
			institution("InstgAgt", n.InstructingAgent), institution("InstdAgt", n.InstructedAgent)),
		schema.New("CdtTrfTxInf",
			schema.New("PmtId",
				schema.Text("InstrId", n.ID.InstrID), schema.Text("EndToEndId", n.ID.EndToEndID), schema.Text("TxId", n.ID.TxID),
				schema.Text("UETR", n.ID.UETR)),
			w.amount("IntrBkSttlmAmt", n.Amount),
			institution("Dbtr", n.Debtor), institution("Cdtr", n.Creditor),
			schema.New("RmtInf", schema.Text("Ustrd", n.Remittance))))
	if w.err != nil {
		return nil, w.err
	}
	return (&schema.Document{Message: message, Body: body}).Marshal()
}

// ParseNetObligation reads a pacs.009.001.08, .09 or .10 with one payment. Errors are *FormatError, and those of the
// schema.
func ParseNetObligation(data []byte) (NetObligation, error) {
	doc, err := schema.Parse(data, MaxMessageBytes)
	if err != nil {
		return NetObligation{}, err
	}
	r := statementReader{message: doc.Message}
	if !netObligationMessages[doc.Message] {
		r.fail(FaultNamespace, "no pacs.009")
	}
	payments := 0
	for range doc.Body.All("CdtTrfTxInf") {
		payments++
	}
	head, tx := doc.Body.Find("GrpHdr"), doc.Body.Find("CdtTrfTxInf")
	if payments != 1 {
		r.fail(FaultCount, "%d payments, expected one", payments)
	}
	if r.number(head.Value("NbOfTxs")) != 1 {
		r.fail(FaultMismatch, "NbOfTxs %s", head.Value("NbOfTxs"))
	}
	if r.err != nil {
		return NetObligation{}, r.err
	}
	n := NetObligation{
		MsgID: head.Value("MsgId"), Created: r.moment(head.Find("CreDtTm")),
		ID: PaymentID{
			InstrID: tx.Value("PmtId/InstrId"), EndToEndID: tx.Value("PmtId/EndToEndId"), TxID: tx.Value("PmtId/TxId"), UETR: tx.Value("PmtId/UETR"),
		},
		Amount:           r.amount(tx.Find("IntrBkSttlmAmt"), credit),
		InstructingAgent: r.agent(either(tx, head, "InstgAgt")), InstructedAgent: r.agent(either(tx, head, "InstdAgt")),
		Debtor: r.agent(tx.Find("Dbtr")), Creditor: r.agent(tx.Find("Cdtr")), Remittance: tx.Value("RmtInf/Ustrd"),
	}
	if day := either(tx, head, "IntrBkSttlmDt"); day != nil {
		n.SettlementDate = r.dayText(day.Text)
	}
	if total := head.Find("TtlIntrBkSttlmAmt"); total != nil && r.amount(total, credit) != n.Amount {
		r.fail(FaultMismatch, "TtlIntrBkSttlmAmt %s", total.Text)
	}
	if n.Amount.Minor <= 0 {
		r.fail(FaultAmount, "%s", n.Amount)
	}
	return n, r.err
}

// either finds an element in the payment, or else in the header that speaks for all payments.
func either(tx, head *schema.Element, name string) *schema.Element {
	if e := tx.Find(name); e != nil {
		return e
	}
	return head.Find(name)
}
