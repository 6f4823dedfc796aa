package upi

import (
	"time"

	"github.com/beevik/etree"
)

// What an Ack says in err.
const (
	errMalformed = "MALFORMED"
	errNotCredit = "NOT_A_CREDIT"
	errNotOurs   = "UNKNOWN_PAYEE"
	errUnpaid    = "NOT_CONFIRMED"
	errUnasked   = "UNKNOWN_QUESTION"
	errRetry     = "SEND_AGAIN"
)

// Ack is the answer to the call that brings a message: taken, or in Err why not. What the message asks
// for comes later, as a message of its own.
type Ack struct {
	API      string // the message that was brought
	ReqMsgID string
	Err      string
	Time     time.Time
}

// Marshal writes it; an Ack is not signed.
func (a Ack) Marshal() ([]byte, error) {
	root := newDocument("Ack")
	for _, attribute := range [][2]string{
		{"api", a.API}, {"reqMsgId", a.ReqMsgID}, {"err", a.Err}, {"ts", a.Time.Format(time.RFC3339)},
	} {
		root.CreateAttr(attribute[0], attribute[1])
	}
	return write(root, nil)
}

// decodeAck reads an Ack. Errors are *DecodeError.
func decodeAck(root *etree.Element) (Ack, error) {
	var s scan
	s.root(root, "Ack")
	a := Ack{
		API: s.form(root, "api", xmlTypeForm), ReqMsgID: s.form(root, "reqMsgId", xmlIDForm), Err: s.text(root, "err"), Time: s.moment(root, "ts"),
	}
	if s.fault != nil {
		return Ack{}, s.fault
	}
	return a, nil
}
