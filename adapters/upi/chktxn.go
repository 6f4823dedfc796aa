package upi

import (
	"time"

	"github.com/beevik/etree"
)

// typeCheck is the type of the transaction that asks about another.
const typeCheck = "ChkTxn"

// CheckRequest is a ReqChkTxn about the payment for an order. The answer comes as a message of its own.
type CheckRequest struct {
	Head        Head
	TxnID       string
	RefID       string // the order's reference
	OriginalRRN string // of the payment in question, "" for whatever was paid
	Since       time.Time
}

// Marshal writes the message, signed where signer is not nil.
func (c CheckRequest) Marshal(signer *Signer) ([]byte, error) {
	root := newDocument(MessageCheck)
	c.Head.put(root)
	put(root, "Txn", "id", c.TxnID, "note", "status", "refId", c.RefID, "ts", c.Head.Time.Format(time.RFC3339),
		"type", typeCheck, "subType", "PAY", "orgRrn", c.OriginalRRN, "orgTxnDate", c.Since.Format(time.RFC3339))
	return write(root, signer)
}

// ParseCheckRequest reads a ReqChkTxn, which must carry the signature that trust asks for. Errors are
// *DecodeError and *SignatureError.
func ParseCheckRequest(body []byte, trust *Verifier) (CheckRequest, error) {
	root, err := trust.Open(body)
	if err != nil {
		return CheckRequest{}, err
	}
	return decodeCheck(root)
}

// decodeCheck reads a ReqChkTxn from a root that is believed. Errors are *DecodeError.
func decodeCheck(root *etree.Element) (CheckRequest, error) {
	var s scan
	s.root(root, MessageCheck)
	c := CheckRequest{Head: s.head(root)}
	txn := s.one(root, "Txn")
	c.TxnID = s.form(txn, "id", xmlIDForm)
	c.RefID = s.form(txn, "refId", orderForm)
	c.Since = s.moment(txn, "orgTxnDate")
	if c.OriginalRRN = s.text(txn, "orgRrn"); c.OriginalRRN != "" && !referenceForm.MatchString(c.OriginalRRN) {
		s.fail("ReqChkTxn about the RRN %q", clip(c.OriginalRRN, 64))
	}
	if s.text(txn, "type") != typeCheck {
		s.fail("ReqChkTxn of another type")
	}
	if s.fault != nil {
		return CheckRequest{}, s.fault
	}
	return c, nil
}
