package iso20022

import (
	"encoding/xml"
	"time"

	"github.com/moov-io/iso20022/pkg/pacs_v04"
)

// MessageStatusRequest is the message definition of StatusRequest.
const MessageStatusRequest = "pacs.028.001.03"

// StatusRequest is a pacs.028 about one payment.
type StatusRequest struct {
	MsgID           string
	Created         time.Time
	OriginalMsgID   string
	OriginalMessage string
	ID              PaymentID // at least TxID or UETR
}

// Marshal writes the message. Errors are *FormatError.
func (r StatusRequest) Marshal() ([]byte, error) {
	w := newWriter(MessageStatusRequest, "FIToFIPmtStsReq")
	if r.ID.TxID == "" && r.ID.UETR == "" {
		w.fail(FaultMissing, "OrgnlTxId or OrgnlUETR")
	}
	w.within("GrpHdr", func() {
		w.text("MsgId", r.MsgID, 35)
		w.moment("CreDtTm", r.Created)
	})
	w.within("OrgnlGrpInf", func() {
		w.text("OrgnlMsgId", r.OriginalMsgID, 35)
		w.text("OrgnlMsgNmId", r.OriginalMessage, 35)
	})
	w.within("TxInf", func() { w.original(r.ID) })
	return w.finish()
}

// statusRequestDocument reads version 03 with moov's types of version 04: moov has no 03, and the two
// differ only below OrgnlTxRef, which is not read here.
type statusRequestDocument struct {
	XMLName xml.Name                               `xml:"Document"`
	Body    pacs_v04.FIToFIPaymentStatusRequestV04 `xml:"FIToFIPmtStsReq"`
}

// ParseStatusRequest reads a pacs.028.001.03 about one payment. Errors are *FormatError.
func ParseStatusRequest(data []byte) (StatusRequest, error) {
	var doc statusRequestDocument
	if _, err := read(MessageStatusRequest, data, &doc); err != nil {
		return StatusRequest{}, err
	}
	fail := func(f Fault, detail string) (StatusRequest, error) {
		return StatusRequest{}, &FormatError{Message: MessageStatusRequest, Fault: f, Detail: detail}
	}
	if len(doc.Body.TxInf) != 1 || len(doc.Body.OrgnlGrpInf) > 1 {
		return fail(FaultCount, "expected one TxInf")
	}
	tx := doc.Body.TxInf[0]
	r := StatusRequest{
		MsgID:   string(doc.Body.GrpHdr.MsgId),
		Created: time.Time(doc.Body.GrpHdr.CreDtTm),
		ID: PaymentID{
			InstrID: value(tx.OrgnlInstrId), EndToEndID: value(tx.OrgnlEndToEndId),
			TxID: value(tx.OrgnlTxId), UETR: value(tx.OrgnlUETR),
		},
	}
	switch {
	case tx.OrgnlGrpInf != nil:
		r.OriginalMsgID, r.OriginalMessage = string(tx.OrgnlGrpInf.OrgnlMsgId), string(tx.OrgnlGrpInf.OrgnlMsgNmId)
	case len(doc.Body.OrgnlGrpInf) == 1:
		group := doc.Body.OrgnlGrpInf[0]
		r.OriginalMsgID, r.OriginalMessage = string(group.OrgnlMsgId), string(group.OrgnlMsgNmId)
	}
	switch {
	case r.MsgID == "":
		return fail(FaultMissing, "MsgId")
	case r.ID.TxID == "" && r.ID.UETR == "":
		return fail(FaultMissing, "OrgnlTxId or OrgnlUETR")
	case r.ID.UETR != "" && !uetrText.MatchString(r.ID.UETR):
		return fail(FaultCode, shorten("OrgnlUETR "+r.ID.UETR))
	}
	return r, nil
}
