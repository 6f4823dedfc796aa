package bank

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// MessagePaymentReturn is the message definition of PaymentReturn.
const MessagePaymentReturn = "pacs.004.001.09"

// PaymentReturn is a pacs.004 that gives one payment back.
type PaymentReturn struct {
	MsgID            string // at most 35 characters
	Created          time.Time
	ID               string // of the return, at most 35 characters
	Original         iso20022.PaymentID
	OriginalAmount   fx.Money // zero value where it is not stated
	Amount           fx.Money // that is returned
	InstructingAgent iso20022.Agent
	InstructedAgent  iso20022.Agent
	Reason           string // ExternalReturnReason1Code, "" where it is not stated
	Info             string // at most 105 characters
}

// The document, in the order of its schema. Elements that are not read are not here.
type returnDocument struct {
	XMLName xml.Name   `xml:"urn:iso:std:iso:20022:tech:xsd:pacs.004.001.09 Document"`
	Body    returnBody `xml:"PmtRtr"`
}

type returnBody struct {
	Header struct {
		MsgID    string `xml:"MsgId"`
		Created  string `xml:"CreDtTm"`
		Count    string `xml:"NbOfTxs"`
		Settling struct {
			Method string `xml:"SttlmMtd"`
		} `xml:"SttlmInf"`
	} `xml:"GrpHdr"`
	Payments []returnedPayment `xml:"TxInf"`
}

type returnedPayment struct {
	ID             string          `xml:"RtrId,omitempty"`
	InstrID        string          `xml:"OrgnlInstrId,omitempty"`
	EndToEndID     string          `xml:"OrgnlEndToEndId,omitempty"`
	TxID           string          `xml:"OrgnlTxId,omitempty"`
	UETR           string          `xml:"OrgnlUETR,omitempty"`
	OriginalAmount *returnedAmount `xml:"OrgnlIntrBkSttlmAmt"`
	Amount         *returnedAmount `xml:"RtrdIntrBkSttlmAmt"`
	Settled        string          `xml:"IntrBkSttlmDt,omitempty"`
	Instructing    *returnAgent    `xml:"InstgAgt"`
	Instructed     *returnAgent    `xml:"InstdAgt"`
	Reasons        []returnReason  `xml:"RtrRsnInf"`
}

type returnedAmount struct {
	Currency string `xml:"Ccy,attr"`
	Text     string `xml:",chardata"`
}

type returnAgent struct {
	Institution struct {
		BIC   string `xml:"BICFI,omitempty"`
		Other *struct {
			ID string `xml:"Id"`
		} `xml:"Othr"`
	} `xml:"FinInstnId"`
}

func writtenAgent(a iso20022.Agent) *returnAgent {
	w := &returnAgent{}
	if w.Institution.BIC = a.BIC; a.BIC == "" {
		w.Institution.Other = &struct {
			ID string `xml:"Id"`
		}{a.Other}
	}
	return w
}

func (a *returnAgent) read() iso20022.Agent {
	switch {
	case a == nil:
		return iso20022.Agent{}
	case a.Institution.Other != nil && a.Institution.BIC == "":
		return iso20022.Agent{Other: a.Institution.Other.ID}
	default:
		return iso20022.Agent{BIC: a.Institution.BIC}
	}
}

type returnReason struct {
	Code string   `xml:"Rsn>Cd,omitempty"`
	Info []string `xml:"AddtlInf,omitempty"`
}

const maxInfo = 105 // Max105Text

var (
	idForm     = regexp.MustCompile(`^[A-Za-z0-9/?:().,'+ -]{1,35}$`)
	uetrForm   = regexp.MustCompile(`^[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}$`)
	reasonForm = regexp.MustCompile(`^[A-Za-z0-9]{1,4}$`)
)

func returnFault(fault iso20022.Fault, detail string) error {
	return &iso20022.FormatError{Message: MessagePaymentReturn, Fault: fault, Detail: detail}
}

// check holds what a return must have, written or read. Errors are *iso20022.FormatError.
func (p PaymentReturn) check() error {
	switch {
	case !idForm.MatchString(p.MsgID):
		return returnFault(iso20022.FaultText, "MsgId")
	case p.Created.IsZero():
		return returnFault(iso20022.FaultMissing, "CreDtTm")
	case p.ID != "" && !idForm.MatchString(p.ID):
		return returnFault(iso20022.FaultText, "RtrId")
	case !uetrForm.MatchString(p.Original.UETR):
		return returnFault(iso20022.FaultCode, "OrgnlUETR")
	case p.Amount.Minor <= 0:
		return returnFault(iso20022.FaultAmount, "RtrdIntrBkSttlmAmt is not positive")
	case p.Reason != "" && !reasonForm.MatchString(p.Reason):
		return returnFault(iso20022.FaultCode, "RtrRsnInf/Rsn/Cd")
	}
	return nil
}

// Marshal writes the message. Errors are *iso20022.FormatError.
func (p PaymentReturn) Marshal() ([]byte, error) {
	switch err := p.check(); {
	case err != nil:
		return nil, err
	case utf8.RuneCountInString(p.Info) > maxInfo:
		return nil, returnFault(iso20022.FaultText, "AddtlInf is too long")
	}
	var d returnDocument
	head := &d.Body.Header
	head.MsgID, head.Count, head.Settling.Method = p.MsgID, "1", "CLRG"
	head.Created = p.Created.UTC().Format("2006-01-02T15:04:05.000Z")
	payment := returnedPayment{
		ID: p.ID, InstrID: p.Original.InstrID, EndToEndID: p.Original.EndToEndID, TxID: p.Original.TxID, UETR: p.Original.UETR,
		Amount:      &returnedAmount{Currency: p.Amount.Currency.String(), Text: p.Amount.Text()},
		Settled:     p.Created.UTC().Format(time.DateOnly),
		Instructing: writtenAgent(p.InstructingAgent),
		Instructed:  writtenAgent(p.InstructedAgent),
	}
	if p.OriginalAmount != (fx.Money{}) {
		payment.OriginalAmount = &returnedAmount{Currency: p.OriginalAmount.Currency.String(), Text: p.OriginalAmount.Text()}
	}
	if p.Reason != "" {
		reason := returnReason{Code: p.Reason}
		if p.Info != "" {
			reason.Info = []string{p.Info}
		}
		payment.Reasons = []returnReason{reason}
	}
	d.Body.Payments = []returnedPayment{payment}
	text, err := xml.Marshal(d)
	if err != nil {
		return nil, returnFault(iso20022.FaultText, err.Error())
	}
	return append([]byte(xml.Header), text...), nil
}

// ParsePaymentReturn reads a pacs.004 about one payment. Errors are *iso20022.FormatError.
func ParsePaymentReturn(data []byte) (PaymentReturn, error) {
	if err := inspect(data); err != nil {
		return PaymentReturn{}, err
	}
	var d returnDocument
	if err := xml.Unmarshal(data, &d); err != nil {
		return PaymentReturn{}, returnFault(iso20022.FaultSyntax, "not the message's shape")
	}
	head := d.Body.Header
	if len(d.Body.Payments) != 1 || head.Count != "1" {
		return PaymentReturn{}, returnFault(iso20022.FaultCount, "expected one TxInf and NbOfTxs of 1")
	}
	created, err := time.Parse(time.RFC3339, head.Created)
	if err != nil {
		return PaymentReturn{}, returnFault(iso20022.FaultCode, "CreDtTm has no instant")
	}
	tx := d.Body.Payments[0]
	p := PaymentReturn{
		MsgID: head.MsgID, Created: created, ID: tx.ID,
		Original: iso20022.PaymentID{InstrID: tx.InstrID, EndToEndID: tx.EndToEndID, TxID: tx.TxID, UETR: tx.UETR},
	}
	if len(tx.Reasons) > 0 { // the first reason is the one that decides
		p.Reason, p.Info = tx.Reasons[0].Code, strings.Join(tx.Reasons[0].Info, "")
	}
	p.InstructingAgent, p.InstructedAgent = tx.Instructing.read(), tx.Instructed.read()
	if tx.Amount == nil {
		return PaymentReturn{}, returnFault(iso20022.FaultMissing, "RtrdIntrBkSttlmAmt")
	}
	if p.Amount, err = tx.Amount.money(); err != nil {
		return PaymentReturn{}, err
	}
	if tx.OriginalAmount != nil {
		if p.OriginalAmount, err = tx.OriginalAmount.money(); err != nil {
			return PaymentReturn{}, err
		}
	}
	return p, p.check()
}

var amountForm = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,5})?$`)

// money reads a positive plain decimal; zeros beyond the currency's minor unit say nothing.
func (a returnedAmount) money() (fx.Money, error) {
	currency, err := fx.ParseCurrency(a.Currency)
	if err != nil {
		return fx.Money{}, returnFault(iso20022.FaultAmount, err.Error())
	}
	text := strings.TrimSpace(a.Text)
	if !amountForm.MatchString(text) {
		return fx.Money{}, returnFault(iso20022.FaultAmount, "not a plain decimal")
	}
	whole, fraction, _ := strings.Cut(text, ".")
	for len(fraction) > currency.MinorUnits() && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	money, err := fx.ParseMoney(whole, currency)
	if err != nil || money.Minor <= 0 {
		return fx.Money{}, returnFault(iso20022.FaultAmount, fmt.Sprintf("%q of %s", whole, currency))
	}
	return money, nil
}

// paymentReturn writes the pacs.004 of a refund. Its ids depend on the operation alone.
func (r *Rail) paymentReturn(op adapters.Operation) ([]byte, error) {
	created := op.Submitted
	if created.IsZero() {
		created = r.now()
	}
	info := []rune(op.Reference)
	return PaymentReturn{
		MsgID: op.ID, Created: created, ID: op.ID, Original: iso20022.PaymentID{UETR: op.CollectionRef},
		Amount: op.Amount, InstructingAgent: r.cfg.Agent, InstructedAgent: iso20022.Agent{BIC: r.cfg.BankBIC},
		Reason: "NARR", Info: string(info[:min(len(info), maxInfo)]),
	}.Marshal()
}
