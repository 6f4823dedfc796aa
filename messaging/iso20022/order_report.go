package iso20022

import (
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageOrderReport is the message definition of OrderReport that is written where nothing else was agreed on.
const MessageOrderReport = "pain.002.001.10"

// OrderReport is a pain.002: what became of a PaymentOrder.
type OrderReport struct {
	MsgID           string
	Created         time.Time // written in UTC with milliseconds
	OriginalMsgID   string
	OriginalMessage string // "pain.001.001.09"
	OriginalCount   int    // how many payments the original had, 0 where it is not stated
	Status          Status // of the whole, "" where only batches or payments have one
	Reason          string // ExternalStatusReason1Code, "" for none
	Info            string // the raw code and text behind Reason, "" for none
	Batches         []BatchReport
	Source          *Source // what it was read from, nil where it was not
}

// BatchReport is what became of one batch.
type BatchReport struct {
	OriginalID string // its PmtInfId
	Status     Status // "" where only payments have one
	Reason     string
	Info       string
	Payments   []OrderedStatus
}

// OrderedStatus is what became of one payment of a batch. Of the batch's payments, any number may be reported.
type OrderedStatus struct {
	ID          PaymentID // as it was ordered: it has no TxID, and no UETR in pain.002.001.03
	Status      Status
	Reason      string
	Info        string
	ServicerRef string
	ClearingRef string
}

// Marshal writes the message in the version of MessageOrderReport. Errors are *FormatError.
func (o OrderReport) Marshal() ([]byte, error) { return o.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (o OrderReport) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("pain.002")}
	return w.finish(o.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (o OrderReport) Rest() []Field {
	if o.Source == nil {
		return nil
	}
	return rest(o.Source, o.tree(&writer{message: o.Source.Document.Message}))
}

func (o OrderReport) tree(w *writer) tree {
	body := []tree{
		schema.New("GrpHdr", schema.Text("MsgId", o.MsgID), w.moment("CreDtTm", o.Created)),
		schema.New("OrgnlGrpInfAndSts",
			schema.Text("OrgnlMsgId", o.OriginalMsgID),
			schema.Text("OrgnlMsgNmId", o.OriginalMessage),
			counted("OrgnlNbOfTxs", o.OriginalCount),
			schema.Text("GrpSts", string(o.Status)),
			w.reason("StsRsnInf", o.Reason, o.Info),
		),
	}
	for _, batch := range o.Batches {
		children := []tree{
			schema.Text("OrgnlPmtInfId", batch.OriginalID),
			schema.Text("PmtInfSts", string(batch.Status)),
			w.reason("StsRsnInf", batch.Reason, batch.Info),
		}
		for _, payment := range batch.Payments {
			children = append(children, payment.tree(w))
		}
		body = append(body, schema.New("OrgnlPmtInfAndSts", children...))
	}
	return schema.New("CstmrPmtStsRpt", body...)
}

// counted writes a count, nothing for 0.
func counted(name string, n int) tree {
	if n == 0 {
		return nil
	}
	return schema.Text(name, strconv.Itoa(n))
}

func (s OrderedStatus) tree(w *writer) tree {
	uetr := schema.Text("OrgnlUETR", s.ID.UETR)
	if w.old() {
		uetr = nil
	}
	return schema.New("TxInfAndSts",
		schema.Text("OrgnlInstrId", s.ID.InstrID),
		schema.Text("OrgnlEndToEndId", s.ID.EndToEndID),
		uetr,
		schema.Text("TxSts", string(s.Status)),
		w.reason("StsRsnInf", s.Reason, s.Info),
		schema.Text("AcctSvcrRef", s.ServicerRef),
		schema.Text("ClrSysRef", s.ClearingRef),
	)
}

// ParseOrderReport reads a pain.002 of at most MaxGroupBytes. Errors are *FormatError.
func ParseOrderReport(data []byte) (OrderReport, error) {
	source, err := read("pain.002", data, MaxGroupBytes)
	if err != nil {
		return OrderReport{}, err
	}
	r, body := &reader{message: source.Document.Message}, source.Document.Body
	group := body.Find("OrgnlGrpInfAndSts")
	o := OrderReport{
		MsgID: body.Value("GrpHdr/MsgId"), Created: r.moment(body.Find("GrpHdr/CreDtTm")),
		OriginalCount: r.number("OrgnlNbOfTxs", group.Value("OrgnlNbOfTxs")), Status: Status(group.Value("GrpSts")), Source: source,
	}
	o.OriginalMsgID, o.OriginalMessage = originalMessage(group)
	o.Reason, o.Info = reason(group.Find("StsRsnInf"))
	for e := range body.All("OrgnlPmtInfAndSts") {
		batch := BatchReport{OriginalID: e.Value("OrgnlPmtInfId"), Status: Status(e.Value("PmtInfSts"))}
		batch.Reason, batch.Info = reason(e.Find("StsRsnInf"))
		for tx := range e.All("TxInfAndSts") {
			batch.Payments = append(batch.Payments, orderedStatus(tx))
		}
		o.Batches = append(o.Batches, batch)
	}
	return o, r.err
}

func orderedStatus(tx *schema.Element) OrderedStatus {
	s := OrderedStatus{
		ID: original(tx), Status: Status(tx.Value("TxSts")),
		ServicerRef: tx.Value("AcctSvcrRef"), ClearingRef: tx.Value("ClrSysRef"),
	}
	s.Reason, s.Info = reason(tx.Find("StsRsnInf"))
	return s
}
