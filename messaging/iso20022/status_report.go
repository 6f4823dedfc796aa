package iso20022

import (
	"encoding/xml"
	"time"

	"github.com/moov-io/iso20022/pkg/pacs_v10"

	"github.com/ayni-switch/ayni/fx"
)

// MessageStatusReport is the message definition of StatusReport.
const MessageStatusReport = "pacs.002.001.10"

// Status is a payment's status (ExternalPaymentTransactionStatus1Code).
type Status string

// The statuses that an instant payment meets.
const (
	AcceptedCreditor   Status = "ACCC" // the creditor's account is credited
	AcceptedSettled    Status = "ACSC" // settled between the agents
	AcceptedInProgress Status = "ACSP" // accepted, settlement in progress
	Pending            Status = "PDNG" // held; nobody says yet whether it goes
	Rejected           Status = "RJCT"
)

// StatusReport is a pacs.002 about one payment.
type StatusReport struct {
	MsgID           string
	Created         time.Time
	OriginalMsgID   string
	OriginalMessage string    // "pacs.008.001.08"
	ID              PaymentID // as the original named it; empty in a report on the whole message
	Status          Status
	Reason          string    // ExternalStatusReason1Code, "" for none
	Info            string    // additional information: the raw code and text behind Reason, "" for none
	ServicerRef     string    // the answering bank's own reference (AcctSvcrRef), "" before acceptance
	ClearingRef     string    // the clearing system's reference (ClrSysRef), "" before settlement
	Amount          *fx.Money // of the original, nil where the report does not state it
	CreditorAccount string    // of the original, "" where the report does not state it
}

// maxInfo is Max105Text; longer information is cut into several lines, maxInfoLines at most.
const (
	maxInfo      = 105
	maxInfoLines = 4
)

// Marshal writes the message. Errors are *FormatError.
func (r StatusReport) Marshal() ([]byte, error) {
	w := newWriter(MessageStatusReport, "FIToFIPmtStsRpt")
	w.within("GrpHdr", func() {
		w.text("MsgId", r.MsgID, 35)
		w.moment("CreDtTm", r.Created)
	})
	w.within("OrgnlGrpInfAndSts", func() {
		w.text("OrgnlMsgId", r.OriginalMsgID, 35)
		w.text("OrgnlMsgNmId", r.OriginalMessage, 35)
	})
	w.within("TxInfAndSts", func() {
		w.original(r.ID)
		w.matching("TxSts", string(r.Status), codeText)
		if r.Reason != "" || r.Info != "" {
			w.within("StsRsnInf", func() { w.reason(r.Reason, r.Info) })
		}
		w.optionalID("AcctSvcrRef", r.ServicerRef)
		w.optionalID("ClrSysRef", r.ClearingRef)
		if r.Amount != nil || r.CreditorAccount != "" {
			w.within("OrgnlTxRef", func() {
				if r.Amount != nil {
					w.amount("IntrBkSttlmAmt", *r.Amount)
				}
				if r.CreditorAccount != "" {
					w.account("CdtrAcct", Account{ID: r.CreditorAccount})
				}
			})
		}
	})
	return w.finish()
}

func (w *writer) reason(code, info string) {
	if code != "" {
		w.within("Rsn", func() { w.matching("Cd", code, codeText) })
	}
	line := []rune(info)
	if len(line) > maxInfo*maxInfoLines {
		w.fail(FaultText, "AddtlInf is too long")
		return
	}
	for len(line) > 0 {
		n := min(maxInfo, len(line))
		w.text("AddtlInf", string(line[:n]), maxInfo)
		line = line[n:]
	}
}

// statusReportDocument carries everything but the amount: see the package's comment.
type statusReportDocument struct {
	XMLName xml.Name                              `xml:"Document"`
	Body    pacs_v10.FIToFIPaymentStatusReportV10 `xml:"FIToFIPmtStsRpt"`
}

// ParseStatusReport reads a pacs.002.001.10 about one payment. A report that speaks of the whole
// original message (GrpSts without TxInfAndSts) has an empty ID. Errors are *FormatError.
func ParseStatusReport(data []byte) (StatusReport, error) {
	var doc statusReportDocument
	amounts, err := read(MessageStatusReport, data, &doc)
	if err != nil {
		return StatusReport{}, err
	}
	fail := func(f Fault, detail string) (StatusReport, error) {
		return StatusReport{}, &FormatError{Message: MessageStatusReport, Fault: f, Detail: detail}
	}
	if len(doc.Body.TxInfAndSts) > 1 || len(doc.Body.OrgnlGrpInfAndSts) > 1 {
		return fail(FaultCount, "more than one payment or message reported")
	}
	r := StatusReport{MsgID: string(doc.Body.GrpHdr.MsgId), Created: time.Time(doc.Body.GrpHdr.CreDtTm)}
	var reasons []pacs_v10.StatusReasonInformation12
	if len(doc.Body.OrgnlGrpInfAndSts) == 1 {
		group := doc.Body.OrgnlGrpInfAndSts[0]
		r.OriginalMsgID, r.OriginalMessage = string(group.OrgnlMsgId), string(group.OrgnlMsgNmId)
		r.Status, reasons = Status(value(group.GrpSts)), group.StsRsnInf
	}
	if len(doc.Body.TxInfAndSts) == 1 {
		tx := doc.Body.TxInfAndSts[0]
		if tx.OrgnlGrpInf != nil {
			r.OriginalMsgID, r.OriginalMessage = string(tx.OrgnlGrpInf.OrgnlMsgId), string(tx.OrgnlGrpInf.OrgnlMsgNmId)
		}
		r.ID = PaymentID{
			InstrID: value(tx.OrgnlInstrId), EndToEndID: value(tx.OrgnlEndToEndId),
			TxID: value(tx.OrgnlTxId), UETR: value(tx.OrgnlUETR),
		}
		r.Status, reasons = Status(value(tx.TxSts)), tx.StsRsnInf
		r.ServicerRef, r.ClearingRef = value(tx.AcctSvcrRef), value(tx.ClrSysRef)
		if ref := tx.OrgnlTxRef; ref != nil && ref.CdtrAcct != nil {
			if r.CreditorAccount = string(ref.CdtrAcct.Id.IBAN); r.CreditorAccount == "" {
				r.CreditorAccount = string(ref.CdtrAcct.Id.Othr.Id)
			}
		}
	}
	if len(reasons) > 0 { // the first reason is the one that decides
		if rsn := reasons[0].Rsn; rsn != nil {
			r.Reason = value(rsn.Cd)
			if r.Reason == "" {
				r.Info = value(rsn.Prtry)
			}
		}
		for _, line := range reasons[0].AddtlInf {
			r.Info += string(line)
		}
	}
	amount, found, err := money(MessageStatusReport, amounts, "TxInfAndSts/OrgnlTxRef/IntrBkSttlmAmt")
	switch {
	case err != nil:
		return StatusReport{}, err
	case found:
		r.Amount = &amount
	}
	switch {
	case r.MsgID == "":
		return fail(FaultMissing, "MsgId")
	case r.Status == "":
		return fail(FaultMissing, "TxSts")
	case r.ID.UETR != "" && !uetrText.MatchString(r.ID.UETR):
		return fail(FaultCode, shorten("OrgnlUETR "+r.ID.UETR))
	}
	return r, nil
}
