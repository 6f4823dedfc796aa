package iso20022

import (
	"cmp"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessagePaymentReturn is the message definition of PaymentReturn that is written where nothing else was agreed on.
const MessagePaymentReturn = "pacs.004.001.09"

// PaymentReturn is a pacs.004 that gives one payment back, settled through a clearing system (CLRG).
type PaymentReturn struct {
	MsgID            string
	Created          time.Time // written in UTC with milliseconds
	ID               string    // of the return, "" for none
	OriginalMsgID    string    // "" for none, together with OriginalMessage
	OriginalMessage  string    // "pacs.008.001.08"
	Original         PaymentID // at least the UETR
	OriginalAmount   fx.Money  // zero value where it is not stated
	Amount           fx.Money  // that is returned
	Settlement       fx.Date   // "" is the day of Created in UTC
	InstructingAgent Agent
	InstructedAgent  Agent
	Reason           string  // ExternalReturnReason1Code, "" where it is not stated
	Info             string  // the raw code and text behind Reason, at most 420 characters, "" for none
	Source           *Source // what it was read from, nil where it was not
}

// Marshal writes the message in the version of MessagePaymentReturn. Errors are *FormatError.
func (p PaymentReturn) Marshal() ([]byte, error) { return p.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (p PaymentReturn) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("pacs.004")}
	if p.Original.UETR == "" {
		w.fail(FaultMissing, "OrgnlUETR")
	}
	return w.finish(p.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (p PaymentReturn) Rest() []Field {
	return rest(p.Source, p.tree(&writer{message: MessagePaymentReturn}))
}

func (p PaymentReturn) tree(w *writer) tree {
	payment := append([]tree{schema.Text("RtrId", p.ID), originalGroup(p.OriginalMsgID, p.OriginalMessage)}, originalIDs(p.Original)...)
	return schema.New("PmtRtr",
		schema.New("GrpHdr",
			schema.Text("MsgId", p.MsgID),
			w.moment("CreDtTm", p.Created),
			schema.Text("NbOfTxs", "1"),
			settling(""),
		),
		schema.New("TxInf", append(payment,
			w.stated("OrgnlIntrBkSttlmAmt", p.OriginalAmount),
			w.amount("RtrdIntrBkSttlmAmt", p.Amount),
			w.settlement("IntrBkSttlmDt", p.Settlement, p.Created),
			w.agent("InstgAgt", p.InstructingAgent),
			w.agent("InstdAgt", p.InstructedAgent),
			w.reason("RtrRsnInf", p.Reason, p.Info),
		)...),
	)
}

// ParsePaymentReturn reads a pacs.004 about one payment. Errors are *FormatError.
func ParsePaymentReturn(data []byte) (PaymentReturn, error) {
	source, err := read("pacs.004", data, MaxMessageBytes)
	if err != nil {
		return PaymentReturn{}, err
	}
	r, body := &reader{message: source.Document.Message}, source.Document.Body
	head, tx := body.Find("GrpHdr"), only(body, "TxInf")
	if tx == nil || r.number("NbOfTxs", head.Value("NbOfTxs")) != 1 {
		r.fail(FaultCount, "expected one TxInf and NbOfTxs of 1")
		return PaymentReturn{}, r.err
	}
	p := PaymentReturn{
		MsgID: head.Value("MsgId"), Created: r.moment(head.Find("CreDtTm")), ID: tx.Value("RtrId"), Original: original(tx),
		OriginalAmount:   r.amount(tx.Find("OrgnlIntrBkSttlmAmt")),
		Amount:           r.amount(tx.Find("RtrdIntrBkSttlmAmt")),
		InstructingAgent: r.agent(tx.Find("InstgAgt"), head.Find("InstgAgt")),
		InstructedAgent:  r.agent(tx.Find("InstdAgt"), head.Find("InstdAgt")),
		Source:           source,
	}
	p.Settlement = r.settlement(first(tx.Find("IntrBkSttlmDt"), head.Find("IntrBkSttlmDt")), p.Created)
	p.OriginalMsgID, p.OriginalMessage = originalMessage(tx.Find("OrgnlGrpInf"), body.Find("OrgnlGrpInf"))
	p.Reason, p.Info = reason(first(tx.Find("RtrRsnInf"), body.Find("OrgnlGrpInf/RtrRsnInf"))) // the first is the one that decides
	if p.Original.UETR == "" {
		r.fail(FaultMissing, "OrgnlUETR")
	}
	return p, cmp.Or(r.err, ties(source))
}
