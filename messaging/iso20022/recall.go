package iso20022

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageRecall is the message definition of Recall that is written where nothing else was agreed on.
const MessageRecall = "camt.056.001.08"

// Recall is a camt.056 that asks to stop or give back one payment.
type Recall struct {
	ID              string    // of the assignment: the message's own
	Created         time.Time // written in UTC with milliseconds
	Assigner        Agent     // who asks
	Assignee        Agent     // who is asked
	CancellationID  string    // of this request, "" for none
	OriginalMsgID   string    // "" for none, together with OriginalMessage
	OriginalMessage string    // "pacs.008.001.08"
	Original        PaymentID // at least TxID or UETR
	OriginalAmount  fx.Money  // zero value where it is not stated
	OriginalDay     fx.Date   // of its settlement, "" where it is not stated
	Reason          string    // ExternalCancellationReason1Code: DUPL, FRAD, CUST, TECH
	Info            string    // at most 420 characters, "" for none
	Source          *Source   // what it was read from, nil where it was not
}

// Marshal writes the message in the version of MessageRecall. Errors are *FormatError.
func (c Recall) Marshal() ([]byte, error) { return c.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (c Recall) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("camt.056")}
	if c.Original.TxID == "" && c.Original.UETR == "" {
		w.fail(FaultMissing, "OrgnlTxId or OrgnlUETR")
	}
	return w.finish(c.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (c Recall) Rest() []Field { return rest(c.Source, c.tree(&writer{message: MessageRecall})) }

func (c Recall) tree(w *writer) tree {
	payment := append([]tree{schema.Text("CxlId", c.CancellationID), originalGroup(c.OriginalMsgID, c.OriginalMessage)}, originalIDs(c.Original)...)
	return schema.New("FIToFIPmtCxlReq",
		w.assignment(c.ID, c.Created, c.Assigner, c.Assignee),
		schema.New("CtrlData", schema.Text("NbOfTxs", "1")),
		schema.New("Undrlyg", schema.New("TxInf", append(payment,
			w.stated("OrgnlIntrBkSttlmAmt", c.OriginalAmount),
			schema.Text("OrgnlIntrBkSttlmDt", string(c.OriginalDay)),
			w.reason("CxlRsnInf", c.Reason, c.Info),
		)...)),
	)
}

// assignment says who asks whom.
func (w *writer) assignment(id string, created time.Time, assigner, assignee Agent) tree {
	return schema.New("Assgnmt",
		schema.Text("Id", id),
		schema.New("Assgnr", w.agent("Agt", assigner)),
		schema.New("Assgne", w.agent("Agt", assignee)),
		w.moment("CreDtTm", created),
	)
}

// ParseRecall reads a camt.056 about one payment. Errors are *FormatError.
func ParseRecall(data []byte) (Recall, error) {
	source, err := read("camt.056", data, MaxMessageBytes)
	if err != nil {
		return Recall{}, err
	}
	r, body := &reader{message: source.Document.Message}, source.Document.Body
	tx := only(only(body, "Undrlyg"), "TxInf")
	if tx == nil || r.number("NbOfTxs", body.Value("CtrlData/NbOfTxs")) > 1 {
		r.fail(FaultCount, "expected one Undrlyg with one TxInf")
		return Recall{}, r.err
	}
	c := Recall{
		ID: body.Value("Assgnmt/Id"), Created: r.moment(body.Find("Assgnmt/CreDtTm")),
		Assigner: r.agent(body.Find("Assgnmt/Assgnr/Agt")), Assignee: r.agent(body.Find("Assgnmt/Assgne/Agt")),
		CancellationID: tx.Value("CxlId"), Original: original(tx),
		OriginalAmount: r.amount(tx.Find("OrgnlIntrBkSttlmAmt")), OriginalDay: r.date(tx.Find("OrgnlIntrBkSttlmDt")),
		Source: source,
	}
	group := body.Find("Undrlyg/OrgnlGrpInfAndCxl")
	c.OriginalMsgID, c.OriginalMessage = originalMessage(tx.Find("OrgnlGrpInf"), group)
	c.Reason, c.Info = reason(first(tx.Find("CxlRsnInf"), group.Find("CxlRsnInf")))
	if c.Original.TxID == "" && c.Original.UETR == "" {
		r.fail(FaultMissing, "OrgnlTxId or OrgnlUETR")
	}
	return c, r.err
}
