package upi

import (
	"time"

	"github.com/beevik/etree"
)

// typeConfirmation is the type of the transaction that tells how another ended.
const typeConfirmation = "TxnConfirmation"

// Confirmation is a ReqTxnConfirmation: how a payment ended, told to both sides.
type Confirmation struct {
	Head          Head
	TxnID         string
	RefID         string // what the payer's app gave as the order
	CustRef       string // RRN of the payment
	OriginalTxnID string
	Verdict
}

// Marshal writes the message, signed where signer is not nil.
func (c Confirmation) Marshal(signer *Signer) ([]byte, error) {
	root := newDocument(MessageConfirmation)
	c.Head.put(root)
	put(root, "Txn", "id", c.TxnID, "refId", c.RefID, "custRef", c.CustRef, "ts", c.Head.Time.Format(time.RFC3339),
		"type", typeConfirmation, "orgTxnId", c.OriginalTxnID)
	c.Verdict.put(put(root, "TxnConfirmation", "type", "PAY", "orgStatus", c.Result, "orgErrCode", c.ErrCode))
	return write(root, signer)
}

// decodeConfirmation reads a ReqTxnConfirmation from a root that is believed. Errors are *DecodeError.
func decodeConfirmation(root *etree.Element) (Confirmation, error) {
	var s scan
	s.root(root, MessageConfirmation)
	c := Confirmation{Head: s.head(root)}
	txn := s.one(root, "Txn")
	c.TxnID = s.form(txn, "id", xmlIDForm)
	c.RefID, c.OriginalTxnID = s.text(txn, "refId"), s.text(txn, "orgTxnId")
	c.CustRef = s.form(txn, "custRef", referenceForm)
	if s.text(txn, "type") != typeConfirmation {
		s.fail("ReqTxnConfirmation of another type")
	}
	c.Verdict = s.verdict(s.one(root, "TxnConfirmation"), "orgStatus", "orgErrCode")
	if s.fault != nil {
		return Confirmation{}, s.fault
	}
	return c, nil
}
