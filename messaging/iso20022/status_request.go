package iso20022

import (
	"time"

	"github.com/moov-io/iso20022/pkg/pacs_v04"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageStatusRequest is the message definition of StatusRequest that is written where nothing else was agreed on.
const MessageStatusRequest = "pacs.028.001.03"

// StatusRequest is a pacs.028 about one payment.
type StatusRequest struct {
	MsgID           string
	Created         time.Time
	OriginalMsgID   string
	OriginalMessage string
	ID              PaymentID // at least TxID or UETR
	Source          *Source   // what it was read from, nil where it was not
}

// Marshal writes the message in the version of MessageStatusRequest. Errors are *FormatError.
func (r StatusRequest) Marshal() ([]byte, error) { return r.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (r StatusRequest) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("pacs.028")}
	if r.ID.TxID == "" && r.ID.UETR == "" {
		w.fail(FaultMissing, "OrgnlTxId or OrgnlUETR")
	}
	return w.finish(r.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (r StatusRequest) Rest() []Field {
	return rest(r.Source, r.tree(&writer{message: MessageStatusRequest}))
}

func (r StatusRequest) tree(w *writer) tree {
	return schema.New("FIToFIPmtStsReq",
		schema.New("GrpHdr", schema.Text("MsgId", r.MsgID), w.moment("CreDtTm", r.Created)),
		schema.New("OrgnlGrpInf",
			schema.Text("OrgnlMsgId", r.OriginalMsgID),
			schema.Text("OrgnlMsgNmId", r.OriginalMessage)),
		schema.New("TxInf", originalIDs(r.ID)...),
	)
}

// ParseStatusRequest reads a pacs.028 about one payment. Errors are *FormatError.
func ParseStatusRequest(data []byte) (StatusRequest, error) {
	source, err := read("pacs.028", data, MaxMessageBytes)
	if err != nil {
		return StatusRequest{}, err
	}
	body, err := decode[pacs_v04.FIToFIPaymentStatusRequestV04](source.Document)
	if err != nil {
		return StatusRequest{}, err
	}
	r := &reader{message: source.Document.Message}
	if len(body.TxInf) != 1 || len(body.OrgnlGrpInf) > 1 {
		r.fail(FaultCount, "expected one TxInf")
		return StatusRequest{}, r.err
	}
	tx := body.TxInf[0]
	q := StatusRequest{
		MsgID: string(body.GrpHdr.MsgId), Created: r.moment(source.Document.Body.Find("GrpHdr/CreDtTm")), Source: source,
		ID: PaymentID{
			InstrID: value(tx.OrgnlInstrId), EndToEndID: value(tx.OrgnlEndToEndId),
			TxID: value(tx.OrgnlTxId), UETR: value(tx.OrgnlUETR),
		},
	}
	switch {
	case tx.OrgnlGrpInf != nil:
		q.OriginalMsgID, q.OriginalMessage = string(tx.OrgnlGrpInf.OrgnlMsgId), string(tx.OrgnlGrpInf.OrgnlMsgNmId)
	case len(body.OrgnlGrpInf) == 1:
		group := body.OrgnlGrpInf[0]
		q.OriginalMsgID, q.OriginalMessage = string(group.OrgnlMsgId), string(group.OrgnlMsgNmId)
	}
	if q.ID.TxID == "" && q.ID.UETR == "" {
		r.fail(FaultMissing, "OrgnlTxId or OrgnlUETR")
	}
	return q, r.err
}
