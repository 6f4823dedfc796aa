package iso20022

import (
	"strconv"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// ParsePaymentOrder reads a pain.001 of at most MaxGroupBytes. Totals of the message and of each batch have to tie, and
// no payment may be there twice. Cheques, and amounts to be converted by the bank (EqvtAmt), are refused. Errors are
// *FormatError.
func ParsePaymentOrder(data []byte) (PaymentOrder, error) {
	source, err := read("pain.001", data, MaxGroupBytes)
	if err != nil {
		return PaymentOrder{}, err
	}
	r, body := &reader{message: source.Document.Message}, source.Document.Body
	head := body.Find("GrpHdr")
	o := PaymentOrder{
		MsgID: head.Value("MsgId"), Created: r.moment(head.Find("CreDtTm")), Initiator: r.party(head.Find("InitgPty")), Source: source,
	}
	seen := duplicates{}
	for e := range body.All("PmtInf") {
		batch := r.batch(e)
		for _, p := range batch.Payments {
			seen.ordered(r, batch.ID, p)
		}
		o.Batches = append(o.Batches, batch)
		if r.err != nil {
			return PaymentOrder{}, r.err
		}
	}
	if err := ties(source); err != nil {
		return PaymentOrder{}, err
	}
	return o, nil
}

func (r *reader) batch(e *schema.Element) OrderBatch {
	b := OrderBatch{
		ID: e.Value("PmtInfId"), Execution: r.execution(e.Find("ReqdExctnDt")),
		Debtor: r.party(e.Find("Dbtr")), DebtorAccount: r.account(e.Find("DbtrAcct")), DebtorAgent: r.agent(e.Find("DbtrAgt")),
		ChargeBearer: e.Value("ChrgBr"),
	}
	if method := e.Value("PmtMtd"); method != "TRF" {
		r.fail(FaultCode, "PmtMtd "+method+": only transfers are taken")
	}
	for tx := range e.All("CdtTrfTxInf") {
		b.Payments = append(b.Payments, r.ordered(tx))
	}
	return b
}

// execution reads a day, or the day of a moment.
func (r *reader) execution(e *schema.Element) fx.Date {
	if at := e.Find("DtTm"); at != nil {
		return dateOf(r.moment(at))
	}
	return r.date(first(e.Find("Dt"), e))
}

func (r *reader) ordered(tx *schema.Element) OrderedPayment {
	p := OrderedPayment{
		InstrID: tx.Value("PmtId/InstrId"), EndToEndID: tx.Value("PmtId/EndToEndId"), UETR: tx.Value("PmtId/UETR"),
		Amount: r.amount(tx.Find("Amt/InstdAmt")), ChargeBearer: tx.Value("ChrgBr"),
		CreditorAgent: r.agent(tx.Find("CdtrAgt")), Creditor: r.party(tx.Find("Cdtr")), CreditorAccount: r.account(tx.Find("CdtrAcct")),
		Purpose: tx.Value("Purp/Cd"), Remittance: tx.Value("RmtInf/Ustrd"),
	}
	if p.Amount == (fx.Money{}) {
		r.fail(FaultMissing, "Amt/InstdAmt")
	}
	return p
}

// duplicates are the names of payments that went by.
type duplicates map[string]bool

// name takes a name and tells whether it was there before.
func (d duplicates) name(kind, id string) (again bool) {
	if id == "" {
		return false
	}
	again = d[kind+id]
	d[kind+id] = true
	return again
}

func (d duplicates) ordered(r *reader, batch string, p OrderedPayment) {
	if d.name("UETR ", p.UETR) {
		r.fail(FaultDuplicate, "UETR "+p.UETR)
	}
	if d.name("InstrId ", scoped(batch, p.InstrID)) {
		r.fail(FaultDuplicate, "InstrId "+p.InstrID)
	}
	if p.EndToEndID != NotProvided && d.name("EndToEndId ", scoped(batch, p.EndToEndID)) {
		r.fail(FaultDuplicate, "EndToEndId "+p.EndToEndID)
	}
}

// scoped makes an id of a batch one of its message.
func scoped(batch, id string) string {
	if id == "" {
		return ""
	}
	return strconv.Quote(batch) + id
}
