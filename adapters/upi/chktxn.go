package upi

import (
	"time"

	"github.com/beevik/etree"

	"github.com/ayni-switch/ayni/fx"
)

// typeCheck is the type of the transaction that asks about another.
const typeCheck = "ChkTxn"

// CheckRequest is a ReqChkTxn about the payment for an order.
type CheckRequest struct {
	Head  Head
	TxnID string
	RefID string // the order's reference
	Since time.Time
}

// Marshal writes the message, unsigned: the call's API key speaks for it.
func (c CheckRequest) Marshal() ([]byte, error) {
	root := newDocument("ReqChkTxn")
	c.Head.put(root)
	put(root, "Txn", "id", c.TxnID, "note", "status", "refId", c.RefID, "ts", c.Head.Time.Format(time.RFC3339),
		"type", typeCheck, "subType", "PAY", "orgTxnDate", c.Since.Format(time.RFC3339))
	return write(root, nil)
}

// ParseCheckRequest reads a ReqChkTxn. Errors are *DecodeError.
func ParseCheckRequest(body []byte) (CheckRequest, error) {
	root, err := parseXML(body)
	if err != nil {
		return CheckRequest{}, err
	}
	var s scan
	s.root(root, "ReqChkTxn")
	c := CheckRequest{Head: s.head(root)}
	txn := s.one(root, "Txn")
	c.TxnID = s.form(txn, "id", xmlIDForm)
	c.RefID = s.form(txn, "refId", orderForm)
	c.Since = s.moment(txn, "orgTxnDate")
	if s.text(txn, "type") != typeCheck {
		s.fail("ReqChkTxn of another type")
	}
	if s.fault != nil {
		return CheckRequest{}, s.fault
	}
	return c, nil
}

// Leg is one side of a checked payment: a Ref of RespChkTxn.
type Leg struct {
	VPA      string
	Code     string
	Settled  string // amount with two decimals, "" where it is not said
	Currency string
}

// CheckResponse is a RespChkTxn.
type CheckResponse struct {
	Head          Head
	TxnID         string
	RefID         string
	CustRef       string // RRN of the payment that was asked about
	OriginalTxnID string
	ReqMsgID      string
	Result        string // SUCCESS, FAILURE, PENDING, DEEMED
	ErrCode       string
	Payer, Payee  Leg
}

// Paid tells whether the payment is done on both sides: one success is none.
func (c CheckResponse) Paid() bool {
	return c.Result == StatusSuccess && (c.ErrCode == "" || c.ErrCode == CodeSuccess) &&
		c.Payer.Code == CodeSuccess && c.Payee.Code == CodeSuccess
}

// Marshal writes the message, signed where signer is not nil.
func (c CheckResponse) Marshal(signer *Signer) ([]byte, error) {
	root := newDocument("RespChkTxn")
	c.Head.put(root)
	put(root, "Txn", "id", c.TxnID, "note", "status", "refId", c.RefID, "custRef", c.CustRef,
		"ts", c.Head.Time.Format(time.RFC3339), "type", typeCheck, "orgTxnId", c.OriginalTxnID)
	response := put(root, "Resp", "reqMsgId", c.ReqMsgID, "result", c.Result, "errCode", c.ErrCode)
	for i, leg := range []Leg{c.Payer, c.Payee} {
		if leg != (Leg{}) {
			put(response, "Ref", "type", legTypes[i], "seqNum", "1", "addr", leg.VPA,
				"settAmount", leg.Settled, "settCurrency", leg.Currency, "respCode", leg.Code)
		}
	}
	return write(root, signer)
}

var legTypes = [...]string{"PAYER", "PAYEE"}

// decodeCheck reads a RespChkTxn from a root that is believed. Errors are *DecodeError.
func decodeCheck(root *etree.Element) (CheckResponse, error) {
	var s scan
	s.root(root, "RespChkTxn")
	c := CheckResponse{Head: s.head(root)}
	txn := s.one(root, "Txn")
	c.TxnID = s.form(txn, "id", xmlIDForm)
	c.RefID, c.CustRef = s.text(txn, "refId"), s.text(txn, "custRef")
	c.OriginalTxnID = s.text(txn, "orgTxnId")
	if s.text(txn, "type") != typeCheck {
		s.fail("RespChkTxn of another type")
	}
	response := s.one(root, "Resp")
	c.ReqMsgID = s.form(response, "reqMsgId", xmlIDForm)
	c.Result = s.form(response, "result", xmlTypeForm)
	c.ErrCode = s.text(response, "errCode")
	for _, ref := range s.all(response, "Ref") {
		leg := Leg{VPA: s.text(ref, "addr"), Code: s.text(ref, "respCode"), Settled: s.text(ref, "settAmount"), Currency: s.text(ref, "settCurrency")}
		side := map[string]*Leg{legTypes[0]: &c.Payer, legTypes[1]: &c.Payee}[s.text(ref, "type")]
		switch {
		case side == nil:
			s.fail("RespChkTxn with a Ref of neither side")
		case *side != (Leg{}):
			s.fail("RespChkTxn with two Refs of one side")
		default:
			*side = leg
		}
	}
	if s.fault != nil {
		return CheckResponse{}, s.fault
	}
	return c, nil
}

// found reads the payment out of an answer to the question about an order, asked under msgID. found is
// false where there is no payment, or none that is done. Errors are *DecodeError.
func (c CheckResponse) found(merchantVPA, orderRef, msgID string, currency fx.Currency) (payment, bool, error) {
	switch {
	case c.ReqMsgID != msgID || c.RefID != orderRef:
		return payment{}, false, faulty("RespChkTxn to another question")
	case !c.Paid():
		return payment{}, false, nil
	}
	paidTo, ours := orderOf(merchantVPA, c.Payee.VPA, orderRef)
	switch {
	case !ours || paidTo != orderRef:
		return payment{}, false, faulty("RespChkTxn about a payment to %q", clip(c.Payee.VPA, 64))
	case !referenceForm.MatchString(c.CustRef):
		return payment{}, false, faulty("RespChkTxn about a payment without RRN")
	case !addressForm.MatchString(c.Payer.VPA):
		return payment{}, false, faulty("RespChkTxn about a payment from %q", clip(c.Payer.VPA, 64))
	}
	amount, err := parseAmount(c.Payee.Settled, c.Payee.Currency, currency)
	if err != nil {
		return payment{}, false, err
	}
	return payment{rrn: c.CustRef, amount: amount, payer: c.Payer.VPA}, true, nil
}

// payment is what a query says about a customer's payment.
type payment struct {
	rrn    string
	amount fx.Money
	payer  string
}
