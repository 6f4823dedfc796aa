package upi

import (
	"time"

	"github.com/beevik/etree"

	"github.com/ayni-switch/ayni/fx"
)

// Names of the messages: the roots of their documents.
const (
	MessagePay           = "ReqPay"
	MessagePaid          = "RespPay"
	MessageCheck         = "ReqChkTxn"
	MessageChecked       = "RespChkTxn"
	MessageConfirmation  = "ReqTxnConfirmation"
	MessageConfirmed     = "RespTxnConfirmation"
	MessageAuthorisation = "ReqAuthDetails"
	MessageAuthorised    = "RespAuthDetails"
)

// Response is the answer to a message: RespPay, RespChkTxn, RespTxnConfirmation or RespAuthDetails.
type Response struct {
	Message       string // the document's root
	Head          Head
	TxnID         string
	Type          string // of the transaction
	RefID         string
	CustRef       string // RRN of the payment
	OriginalTxnID string
	ReqMsgID      string // of the message that it answers
	Verdict
	PayeeVPA, PayeeName string // of RespAuthDetails: who is paid
}

// Marshal writes the message, signed where signer is not nil.
func (c Response) Marshal(signer *Signer) ([]byte, error) {
	root := newDocument(c.Message)
	c.Head.put(root)
	put(root, "Txn", "id", c.TxnID, "refId", c.RefID, "custRef", c.CustRef,
		"ts", c.Head.Time.Format(time.RFC3339), "type", c.Type, "orgTxnId", c.OriginalTxnID)
	c.Verdict.put(put(root, "Resp", "reqMsgId", c.ReqMsgID, "result", c.Result, "errCode", c.ErrCode))
	if c.PayeeVPA != "" {
		put(put(root, "Payees"), "Payee", "addr", c.PayeeVPA, "name", c.PayeeName, "seqNum", "1", "type", "ENTITY", "code", "0000")
	}
	return write(root, signer)
}

// ParseResponse reads the answer of that name, which must carry the signature that trust asks for.
// Errors are *DecodeError and *SignatureError.
func ParseResponse(body []byte, message string, trust *Verifier) (Response, error) {
	root, err := trust.Open(body)
	if err != nil {
		return Response{}, err
	}
	return decodeResponse(root, message)
}

// decodeResponse reads an answer of that name from a root that is believed. Errors are *DecodeError.
func decodeResponse(root *etree.Element, message string) (Response, error) {
	var s scan
	s.root(root, message)
	c := Response{Message: message, Head: s.head(root)}
	txn := s.one(root, "Txn")
	c.TxnID = s.form(txn, "id", xmlIDForm)
	c.Type = s.form(txn, "type", xmlTypeForm)
	c.RefID, c.CustRef = s.text(txn, "refId"), s.text(txn, "custRef")
	c.OriginalTxnID = s.text(txn, "orgTxnId")
	if message == MessageChecked && c.Type != typeCheck {
		s.fail("%s of another type", message)
	}
	response := s.one(root, "Resp")
	c.ReqMsgID = s.form(response, "reqMsgId", xmlIDForm)
	c.Verdict = s.verdict(response, "result", "errCode")
	if payees := s.optional(root, "Payees"); payees != nil {
		payee := s.one(payees, "Payee")
		c.PayeeVPA, c.PayeeName = s.form(payee, "addr", addressForm), s.text(payee, "name")
	}
	if s.fault != nil {
		return Response{}, s.fault
	}
	return c, nil
}

// found reads the payment out of a RespChkTxn to the question about an order, asked under msgID. found is
// false where there is no payment, or none that is done. Errors are *DecodeError.
func (c Response) found(merchantVPA, orderRef, msgID string, currency fx.Currency) (payment, bool, error) {
	switch {
	case c.ReqMsgID != msgID || c.RefID != orderRef:
		return payment{}, false, faulty("RespChkTxn to another question")
	case !c.Paid():
		return payment{}, false, nil
	}
	if paidTo, ours := orderOf(merchantVPA, c.Payee.VPA, orderRef); !ours || paidTo != orderRef {
		return payment{}, false, faulty("RespChkTxn about a payment to %q", clip(c.Payee.VPA, 64))
	}
	p, err := c.payment(c.CustRef, currency)
	return p, err == nil, err
}
