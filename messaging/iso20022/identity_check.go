package iso20022

import (
	"time"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageIdentityCheck is the message definition of IdentityCheck.
const MessageIdentityCheck = "acmt.023.001.02"

// IdentityCheck is an acmt.023 about one account: is it there, and whose is it?
type IdentityCheck struct {
	MsgID    string
	Created  time.Time // written in UTC with milliseconds
	Assigner Agent     // who asks
	Assignee Agent     // who is asked
	ID       string    // of the question
	Owner    Party     // as the asker has it, zero value for none
	Account  Account   // it can have no proxy
	Agent    Agent     // who holds the account, zero value for none
	Source   *Source   // what it was read from, nil where it was not
}

// Marshal writes the message in the version of MessageIdentityCheck. Errors are *FormatError.
func (c IdentityCheck) Marshal() ([]byte, error) { return c.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (c IdentityCheck) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("acmt.023")}
	if c.Account.ID == "" {
		w.fail(FaultMissing, "PtyAndAcctId/Acct")
	}
	return w.finish(c.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (c IdentityCheck) Rest() []Field {
	return rest(c.Source, c.tree(&writer{message: MessageIdentityCheck}))
}

func (c IdentityCheck) tree(w *writer) tree {
	return schema.New("IdVrfctnReq",
		w.asked(c.MsgID, c.Created, c.Assigner, c.Assignee),
		schema.New("Vrfctn",
			schema.Text("Id", c.ID),
			schema.New("PtyAndAcctId", w.party("Pty", c.Owner), schema.New("Acct", w.accountID(c.Account)), w.agent("Agt", c.Agent)),
		),
	)
}

// asked says who asks whom about an identity.
func (w *writer) asked(id string, created time.Time, assigner, assignee Agent) tree {
	return schema.New("Assgnmt",
		schema.Text("MsgId", id),
		w.moment("CreDtTm", created),
		schema.New("Assgnr", w.agent("Agt", assigner)),
		schema.New("Assgne", w.agent("Agt", assignee)),
	)
}

// ParseIdentityCheck reads an acmt.023 about one account. Errors are *FormatError.
func ParseIdentityCheck(data []byte) (IdentityCheck, error) {
	source, err := read("acmt.023", data, MaxMessageBytes)
	if err != nil {
		return IdentityCheck{}, err
	}
	r, body := &reader{message: source.Document.Message}, source.Document.Body
	question := only(body, "Vrfctn")
	if question == nil {
		r.fail(FaultCount, "expected one Vrfctn")
		return IdentityCheck{}, r.err
	}
	c := IdentityCheck{
		MsgID: body.Value("Assgnmt/MsgId"), Created: r.moment(body.Find("Assgnmt/CreDtTm")),
		Assigner: r.agent(body.Find("Assgnmt/Assgnr/Agt")), Assignee: r.agent(body.Find("Assgnmt/Assgne/Agt")),
		ID: question.Value("Id"), Owner: r.party(question.Find("PtyAndAcctId/Pty")),
		Account: r.accountID(question.Find("PtyAndAcctId/Acct")), Agent: r.agent(question.Find("PtyAndAcctId/Agt")), Source: source,
	}
	if c.Account.ID == "" {
		r.fail(FaultMissing, "PtyAndAcctId/Acct")
	}
	return c, r.err
}
