package iso20022

import (
	"time"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageRecallAnswer is the message definition of RecallAnswer that is written where nothing else was agreed on.
const MessageRecallAnswer = "camt.029.001.09"

// Resolution is how a recall ended (ExternalInvestigationExecutionConfirmation1Code).
type Resolution string

// The resolutions of a recall.
const (
	RecallAccepted Resolution = "CNCL" // the payment was stopped, or its money is on the way back
	RecallPending  Resolution = "PDCR" // somebody else is asked
	RecallRefused  Resolution = "RJCR"
)

// RecallAnswer is a camt.029 that answers the recall of one payment.
type RecallAnswer struct {
	ID              string    // of the assignment: the message's own
	Created         time.Time // written in UTC with milliseconds
	Assigner        Agent     // who answers
	Assignee        Agent     // who had asked
	Resolution      Resolution
	AnswerID        string // of this answer about the payment (CxlStsId), "" for none
	OriginalMsgID   string // of the payment's own message, "" for none, together with OriginalMessage
	OriginalMessage string // "pacs.008.001.08"
	Original        PaymentID
	Reason          string  // ExternalPaymentCancellationRejection1Code, "" for none
	Info            string  // at most 420 characters, "" for none
	Source          *Source // what it was read from, nil where it was not
}

// Marshal writes the message in the version of MessageRecallAnswer. Errors are *FormatError.
func (a RecallAnswer) Marshal() ([]byte, error) { return a.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (a RecallAnswer) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("camt.029")}
	return w.finish(a.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (a RecallAnswer) Rest() []Field {
	return rest(a.Source, a.tree(&writer{message: MessageRecallAnswer}))
}

func (a RecallAnswer) tree(w *writer) tree {
	payment := append([]tree{schema.Text("CxlStsId", a.AnswerID), originalGroup(a.OriginalMsgID, a.OriginalMessage)}, originalIDs(a.Original)...)
	return schema.New("RsltnOfInvstgtn",
		w.assignment(a.ID, a.Created, a.Assigner, a.Assignee),
		schema.New("Sts", schema.Text("Conf", string(a.Resolution))),
		schema.New("CxlDtls", schema.New("TxInfAndSts", append(payment, w.reason("CxlStsRsnInf", a.Reason, a.Info))...)),
	)
}

// ParseRecallAnswer reads a camt.029 about one payment. One that answers something else than a recall, or about no
// payment, is refused. Errors are *FormatError.
func ParseRecallAnswer(data []byte) (RecallAnswer, error) {
	source, err := read("camt.029", data, MaxMessageBytes)
	if err != nil {
		return RecallAnswer{}, err
	}
	r, body := &reader{message: source.Document.Message}, source.Document.Body
	tx := only(only(body, "CxlDtls"), "TxInfAndSts")
	if tx == nil {
		r.fail(FaultCount, "expected one CxlDtls with one TxInfAndSts")
		return RecallAnswer{}, r.err
	}
	a := RecallAnswer{
		ID: body.Value("Assgnmt/Id"), Created: r.moment(body.Find("Assgnmt/CreDtTm")),
		Assigner: r.agent(body.Find("Assgnmt/Assgnr/Agt")), Assignee: r.agent(body.Find("Assgnmt/Assgne/Agt")),
		Resolution: Resolution(body.Value("Sts/Conf")), AnswerID: tx.Value("CxlStsId"), Original: original(tx), Source: source,
	}
	a.OriginalMsgID, a.OriginalMessage = originalMessage(tx.Find("OrgnlGrpInf"), body.Find("CxlDtls/OrgnlGrpInfAndSts"))
	a.Reason, a.Info = reason(tx.Find("CxlStsRsnInf"))
	switch a.Resolution {
	case RecallAccepted, RecallPending, RecallRefused:
	default:
		r.fail(FaultCode, "Sts/Conf "+string(a.Resolution))
	}
	return a, r.err
}
