package iso20022

import (
	"slices"
	"time"

	"github.com/moov-io/iso20022/pkg/pacs_v10"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// GroupReport is a pacs.002 about a message with many payments.
type GroupReport struct {
	MsgID           string
	Created         time.Time
	OriginalMsgID   string
	OriginalMessage string
	OriginalCount   int    // how many payments the original had, 0 where it is not stated
	Status          Status // of the group, "" where only payments have one
	Reason          string
	Info            string
	Payments        []StatusReport // what they say of the message itself is the group's
	Source          *Source        // what it was read from, nil where it was not
}

// Marshal writes the message in the version of MessageStatusReport. Errors are *FormatError.
func (g GroupReport) Marshal() ([]byte, error) { return g.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (g GroupReport) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("pacs.002")}
	return w.finish(g.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (g GroupReport) Rest() []Field {
	return rest(g.Source, g.tree(&writer{message: MessageStatusReport}))
}

func (g GroupReport) tree(w *writer) tree {
	body := []tree{
		schema.New("GrpHdr", schema.Text("MsgId", g.MsgID), w.moment("CreDtTm", g.Created)),
		schema.New("OrgnlGrpInfAndSts",
			schema.Text("OrgnlMsgId", g.OriginalMsgID),
			schema.Text("OrgnlMsgNmId", g.OriginalMessage),
			counted("OrgnlNbOfTxs", g.OriginalCount),
			schema.Text("GrpSts", string(g.Status)),
			w.reason("StsRsnInf", g.Reason, g.Info),
		),
	}
	for _, payment := range g.Payments {
		body = append(body, payment.payment(w))
	}
	return schema.New("FIToFIPmtStsRpt", body...)
}

// ParseGroupReport reads a pacs.002 of at most MaxGroupBytes about any number of payments. Errors are *FormatError.
func ParseGroupReport(data []byte) (GroupReport, error) { return parseReport(data, MaxGroupBytes) }

func parseReport(data []byte, maxBytes int) (GroupReport, error) {
	source, err := read("pacs.002", data, maxBytes)
	if err != nil {
		return GroupReport{}, err
	}
	body, err := decode[pacs_v10.FIToFIPaymentStatusReportV10](source.Document)
	if err != nil {
		return GroupReport{}, err
	}
	r := &reader{message: source.Document.Message}
	if len(body.OrgnlGrpInfAndSts) > 1 {
		r.fail(FaultCount, "more than one message reported")
	}
	g := GroupReport{
		MsgID: string(body.GrpHdr.MsgId), Created: r.moment(source.Document.Body.Find("GrpHdr/CreDtTm")), Source: source,
	}
	for _, group := range body.OrgnlGrpInfAndSts {
		g.OriginalMsgID, g.OriginalMessage = string(group.OrgnlMsgId), string(group.OrgnlMsgNmId)
		g.OriginalCount = r.number("OrgnlNbOfTxs", value(group.OrgnlNbOfTxs))
		g.Status = Status(value(group.GrpSts))
		g.Reason, g.Info = firstReason(group.StsRsnInf)
	}
	elements := slices.Collect(source.Document.Body.All("TxInfAndSts"))
	for i, tx := range body.TxInfAndSts {
		g.Payments = append(g.Payments, g.reported(r, tx, elements[i].Find("OrgnlTxRef")))
	}
	return g, r.err
}

// reported reads one payment of a report; its amount and account come from the element itself.
func (g GroupReport) reported(r *reader, tx pacs_v10.PaymentTransaction110, ref *schema.Element) StatusReport {
	p := StatusReport{
		MsgID: g.MsgID, Created: g.Created, OriginalMsgID: g.OriginalMsgID, OriginalMessage: g.OriginalMessage,
		ID: PaymentID{
			InstrID: value(tx.OrgnlInstrId), EndToEndID: value(tx.OrgnlEndToEndId),
			TxID: value(tx.OrgnlTxId), UETR: value(tx.OrgnlUETR),
		},
		Status: Status(value(tx.TxSts)), ServicerRef: value(tx.AcctSvcrRef), ClearingRef: value(tx.ClrSysRef),
		CreditorAccount: r.account(ref.Find("CdtrAcct")).ID,
	}
	p.Reason, p.Info = firstReason(tx.StsRsnInf)
	if tx.OrgnlGrpInf != nil {
		p.OriginalMsgID, p.OriginalMessage = string(tx.OrgnlGrpInf.OrgnlMsgId), string(tx.OrgnlGrpInf.OrgnlMsgNmId)
	}
	if amount := r.amount(ref.Find("IntrBkSttlmAmt")); amount != (fx.Money{}) {
		p.Amount = &amount
	}
	return p
}

// firstReason reads the first of several reasons, which is the one that decides.
func firstReason(reasons []pacs_v10.StatusReasonInformation12) (code, info string) {
	if len(reasons) == 0 {
		return "", ""
	}
	if rsn := reasons[0].Rsn; rsn != nil {
		code, info = value(rsn.Cd), value(rsn.Prtry)
	}
	for _, line := range reasons[0].AddtlInf {
		info += string(line)
	}
	return code, info
}
