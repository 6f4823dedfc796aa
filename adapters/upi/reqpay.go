package upi

import (
	"regexp"
	"time"

	"github.com/beevik/etree"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// TypeCredit is the type of a ReqPay whose money is on its way to the payee: the payer is debited.
// PAY and COLLECT are mere requests, REVERSAL undoes.
const (
	TypeCredit   = "CREDIT"
	TypeReversal = "REVERSAL"
)

var (
	xmlIDForm   = regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`)
	xmlTypeForm = regexp.MustCompile(`^[A-Za-z]{1,20}$`)
	twoDigits   = regexp.MustCompile(`^([0-9]{2})?$`)
	addressForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9.\-_]{2,38}@[a-zA-Z0-9][a-zA-Z0-9.]{2,30}$`)
)

// Head is the head of a message of the network.
type Head struct {
	OrgID string
	MsgID string
	Time  time.Time
}

func (h Head) put(root *etree.Element) {
	put(root, "Head", "ver", "2.0", "ts", h.Time.Format(time.RFC3339), "orgId", h.OrgID, "msgId", h.MsgID, "prodType", "UPI")
}

func (s *scan) head(root *etree.Element) Head {
	e := s.one(root, "Head")
	return Head{OrgID: s.form(e, "orgId", orgForm), MsgID: s.form(e, "msgId", xmlIDForm), Time: s.moment(e, "ts")}
}

// PayRequest is a ReqPay about one payee, or the ReqAuthDetails that goes before it and asks who that is.
type PayRequest struct {
	Message       string // MessagePay or MessageAuthorisation
	Head          Head
	TxnID         string // bank code and 32 characters
	CustRef       string // the retrieval reference number, RRN: 12 digits
	RefID         string // what the payer's app gives as the order
	Type          string
	Note          string
	Mode          string // initiation mode
	Purpose       string // two digits
	PayerVPA      string
	PayerName     string
	PayeeVPA      string
	Amount        fx.Money
	Institution   Institution // with Mode 12
	OriginalTxnID string      // with a reversal
	OriginalRRN   string      // with a reversal
}

// Marshal writes the message, signed where signer is not nil.
func (p PayRequest) Marshal(signer *Signer) ([]byte, error) {
	root := newDocument(p.Message)
	p.Head.put(root)
	put(root, "Txn", "id", p.TxnID, "note", p.Note, "custRef", p.CustRef, "refId", p.RefID,
		"ts", p.Head.Time.Format(time.RFC3339), "type", p.Type, "initiationMode", p.Mode, "purpose", p.Purpose,
		"orgTxnId", p.OriginalTxnID, "orgRrn", p.OriginalRRN)
	payer := put(root, "Payer", "addr", p.PayerVPA, "name", p.PayerName, "seqNum", "1", "type", "PERSON", "code", "0000")
	if p.Mode == ModeInward {
		p.Institution.put(payer)
	}
	amount := []string{"value", p.Amount.Text(), "curr", p.Amount.Currency.String()}
	put(payer, "Amount", amount...)
	payee := put(put(root, "Payees"), "Payee", "addr", p.PayeeVPA, "seqNum", "1", "type", "ENTITY", "code", "0000")
	put(payee, "Amount", amount...)
	return write(root, signer)
}

func (i Institution) put(payer *etree.Element) {
	e := put(payer, "Institution", "type", i.Type, "route", i.Route)
	put(e, "Name", "value", i.Name)
	put(e, "Purpose", "code", i.PurposeCode)
	i.Originator.put(e, "Originator")
	i.Beneficiary.put(e, "Beneficiary")
}

func (p Person) put(parent *etree.Element, tag string) {
	e := put(parent, tag, "name", p.Name)
	if p.Address != "" {
		put(e, "Address", "location", p.Address)
	}
}

// decodePay reads a ReqPay or a ReqAuthDetails, as message says, from a root that is believed. Errors are
// *DecodeError.
func decodePay(root *etree.Element, message string, currency fx.Currency) (PayRequest, error) {
	var s scan
	s.root(root, message)
	p := PayRequest{Message: message, Head: s.head(root)}
	txn := s.one(root, "Txn")
	p.TxnID = s.form(txn, "id", xmlIDForm)
	p.Type = s.form(txn, "type", xmlTypeForm)
	p.Mode, p.Purpose = s.form(txn, "initiationMode", twoDigits), s.form(txn, "purpose", twoDigits)
	p.RefID, p.Note = s.text(txn, "refId"), s.text(txn, "note")
	p.OriginalTxnID, p.OriginalRRN = s.text(txn, "orgTxnId"), s.text(txn, "orgRrn")
	if p.CustRef = s.text(txn, "custRef"); !referenceForm.MatchString(p.CustRef) && (message == MessagePay || p.CustRef != "") {
		s.fail("XML attribute custRef is missing or malformed: %q", clip(p.CustRef, 64))
	}
	payer := s.one(root, "Payer")
	p.PayerVPA, p.PayerName = s.form(payer, "addr", addressForm), s.text(payer, "name")
	payee := s.one(s.one(root, "Payees"), "Payee")
	p.PayeeVPA = s.form(payee, "addr", addressForm)
	p.Amount = s.amount(s.one(payee, "Amount"), currency)
	if debited := s.optional(payer, "Amount"); debited != nil && s.amount(debited, currency) != p.Amount {
		s.fail("payer and payee have different amounts")
	}
	p.Institution = s.institution(s.optional(payer, "Institution"))
	if (p.Mode == ModeInward) == p.Institution.IsZero() {
		s.fail("initiation mode %q with or without an institution", p.Mode)
	}
	if s.fault != nil {
		return PayRequest{}, s.fault
	}
	return p, nil
}

func (s *scan) amount(e *etree.Element, currency fx.Currency) fx.Money {
	value, code := s.text(e, "value"), s.text(e, "curr")
	if s.fault != nil {
		return fx.Money{}
	}
	amount, err := parseAmount(value, code, currency)
	if err != nil {
		s.fault = err
	}
	return amount
}

func (s *scan) institution(e *etree.Element) Institution {
	if e == nil {
		return Institution{}
	}
	i := Institution{
		Type: s.text(e, "type"), Route: s.text(e, "route"),
		Name: s.text(s.one(e, "Name"), "value"), PurposeCode: s.text(s.one(e, "Purpose"), "code"),
		Originator: s.person(s.one(e, "Originator")), Beneficiary: s.person(s.one(e, "Beneficiary")),
	}
	if s.fault == nil {
		s.fault = i.Check()
	}
	return i
}

func (s *scan) person(e *etree.Element) Person {
	p := Person{Name: s.text(e, "name")}
	if address := s.optional(e, "Address"); address != nil {
		p.Address = s.text(address, "location")
	}
	if len(p.Name) > messaging.MaxNameLength || len(p.Address) > messaging.MaxAddressLength {
		s.fail("a name or an address is too long")
	}
	return p
}
