package iso20022

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessagePaymentOrder is the message definition of PaymentOrder that is written where nothing else was agreed on.
const MessagePaymentOrder = "pain.001.001.09"

// PaymentOrder is a pain.001: a company or a pool orders payouts, in batches of one debtor account each.
type PaymentOrder struct {
	MsgID     string
	Created   time.Time // written in UTC with milliseconds
	Initiator Party
	Batches   []OrderBatch
	Source    *Source // what it was read from, nil where it was not
}

// OrderBatch is what one account pays on one day.
type OrderBatch struct {
	ID            string // PmtInfId
	Execution     fx.Date
	Debtor        Party
	DebtorAccount Account
	DebtorAgent   Agent
	ChargeBearer  string // of payments that state none of their own, "" for none
	Payments      []OrderedPayment
}

// OrderedPayment is one payout of a batch.
type OrderedPayment struct {
	InstrID         string // "" for none
	EndToEndID      string
	UETR            string   // "" for none, and in pain.001.001.03
	Amount          fx.Money // that is paid out
	ChargeBearer    string   // "" for that of the batch
	CreditorAgent   Agent    // zero value for none
	Creditor        Party
	CreditorAccount Account
	Purpose         string // ExternalPurpose1Code, "" for none
	Remittance      string // unstructured, at most 140 characters, "" for none
}

// Marshal writes the message in the version of MessagePaymentOrder. Errors are *FormatError.
func (o PaymentOrder) Marshal() ([]byte, error) { return o.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (o PaymentOrder) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("pain.001")}
	return w.finish(o.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (o PaymentOrder) Rest() []Field {
	if o.Source == nil {
		return nil
	}
	return rest(o.Source, o.tree(&writer{message: o.Source.Document.Message}))
}

func (o PaymentOrder) tree(w *writer) tree {
	n, sum := o.totals()
	body := []tree{schema.New("GrpHdr",
		schema.Text("MsgId", o.MsgID),
		w.moment("CreDtTm", o.Created),
		schema.Text("NbOfTxs", strconv.Itoa(n)),
		schema.Text("CtrlSum", sum.String()),
		w.party("InitgPty", o.Initiator),
	)}
	for _, batch := range o.Batches {
		body = append(body, batch.tree(w))
	}
	return schema.New("CstmrCdtTrfInitn", body...)
}

func (o PaymentOrder) totals() (n int, sum decimal.Decimal) {
	for _, batch := range o.Batches {
		n += len(batch.Payments)
		sum = sum.Add(batch.sum())
	}
	return n, sum
}

func (b OrderBatch) sum() (sum decimal.Decimal) {
	for _, payment := range b.Payments {
		sum = sum.Add(decimalOf(payment.Amount))
	}
	return sum
}

func (b OrderBatch) tree(w *writer) tree {
	day := schema.Text("ReqdExctnDt", string(b.Execution))
	if !w.old() {
		day = schema.New("ReqdExctnDt", schema.Text("Dt", string(b.Execution)))
	}
	children := []tree{
		schema.Text("PmtInfId", b.ID),
		schema.Text("PmtMtd", "TRF"),
		schema.Text("NbOfTxs", strconv.Itoa(len(b.Payments))),
		schema.Text("CtrlSum", b.sum().String()),
		day,
		w.named("Dbtr", b.Debtor),
		w.account("DbtrAcct", b.DebtorAccount),
		w.agent("DbtrAgt", b.DebtorAgent),
		schema.Text("ChrgBr", b.ChargeBearer),
	}
	for _, payment := range b.Payments {
		children = append(children, payment.tree(w))
	}
	return schema.New("PmtInf", children...)
}

func (p OrderedPayment) tree(w *writer) tree {
	return schema.New("CdtTrfTxInf",
		schema.New("PmtId", schema.Text("InstrId", p.InstrID), schema.Text("EndToEndId", p.EndToEndID), schema.Text("UETR", p.UETR)),
		schema.New("Amt", w.amount("InstdAmt", p.Amount)),
		schema.Text("ChrgBr", p.ChargeBearer),
		w.agent("CdtrAgt", p.CreditorAgent),
		w.named("Cdtr", p.Creditor),
		w.account("CdtrAcct", p.CreditorAccount),
		schema.New("Purp", schema.Text("Cd", p.Purpose)),
		schema.New("RmtInf", schema.Text("Ustrd", p.Remittance)),
	)
}
