package iso20022

import (
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageIdentityAnswer is the message definition of IdentityAnswer.
const MessageIdentityAnswer = "acmt.024.001.02"

// IdentityAnswer is an acmt.024 that answers an IdentityCheck.
type IdentityAnswer struct {
	MsgID         string
	Created       time.Time // written in UTC with milliseconds
	Assigner      Agent     // who answers
	Assignee      Agent     // who had asked
	OriginalMsgID string    // of the check's message, "" for none
	OriginalID    string    // of the question
	Verified      bool      // the account is there, and it is the one's who was named
	Reason        string    // ExternalVerificationReason1Code or a proprietary text, "" for none
	Owner         Party     // as the account's holder has it, zero value where that is not told
	Account       Account   // likewise; it can have no proxy
	Source        *Source   // what it was read from, nil where it was not
}

// Marshal writes the message in the version of MessageIdentityAnswer. Errors are *FormatError.
func (a IdentityAnswer) Marshal() ([]byte, error) { return a.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (a IdentityAnswer) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("acmt.024")}
	return w.finish(a.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (a IdentityAnswer) Rest() []Field {
	return rest(a.Source, a.tree(&writer{message: MessageIdentityAnswer}))
}

func (a IdentityAnswer) tree(w *writer) tree {
	return schema.New("IdVrfctnRpt",
		w.asked(a.MsgID, a.Created, a.Assigner, a.Assignee),
		schema.New("OrgnlAssgnmt", schema.Text("MsgId", a.OriginalMsgID)),
		schema.New("Rpt",
			schema.Text("OrgnlId", a.OriginalID),
			schema.Text("Vrfctn", strconv.FormatBool(a.Verified)),
			choice("Rsn", a.Reason),
			schema.New("UpdtdPtyAndAcctId", w.party("Pty", a.Owner), schema.New("Acct", w.accountID(a.Account))),
		),
	)
}

// ParseIdentityAnswer reads an acmt.024 about one account. Errors are *FormatError.
func ParseIdentityAnswer(data []byte) (IdentityAnswer, error) {
	source, err := read("acmt.024", data, MaxMessageBytes)
	if err != nil {
		return IdentityAnswer{}, err
	}
	r, body := &reader{message: source.Document.Message}, source.Document.Body
	told := only(body, "Rpt")
	if told == nil {
		r.fail(FaultCount, "expected one Rpt")
		return IdentityAnswer{}, r.err
	}
	a := IdentityAnswer{
		MsgID: body.Value("Assgnmt/MsgId"), Created: r.moment(body.Find("Assgnmt/CreDtTm")),
		Assigner: r.agent(body.Find("Assgnmt/Assgnr/Agt")), Assignee: r.agent(body.Find("Assgnmt/Assgne/Agt")),
		OriginalMsgID: body.Value("OrgnlAssgnmt/MsgId"), OriginalID: told.Value("OrgnlId"),
		Verified: indicated(told.Value("Vrfctn")), Reason: coded(told.Find("Rsn")),
		Owner: r.party(told.Find("UpdtdPtyAndAcctId/Pty")), Account: r.accountID(told.Find("UpdtdPtyAndAcctId/Acct")), Source: source,
	}
	return a, r.err
}
