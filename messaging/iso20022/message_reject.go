package iso20022

import (
	"time"

	"github.com/moov-io/iso20022/pkg/admi_v01"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageReject is the message definition of MessageRejection.
const MessageReject = "admi.002.001.01"

// MessageRejection is an admi.002: a message could not be read at all.
type MessageRejection struct {
	Related  string    // the message's id, or its file's name; "" is written as NotProvided
	Reason   string    // a code or a few words, at most 35 characters
	Rejected time.Time // zero value where it is not stated
	Location string    // of the error, at most 350 characters, "" for none
	Info     string    // at most 350 characters, "" for none
	Source   *Source   // what it was read from, nil where it was not
}

// Marshal writes the message in the version of MessageReject. Errors are *FormatError.
func (m MessageRejection) Marshal() ([]byte, error) { return m.MarshalIn(nil) }

// MarshalIn writes the message in the version that was agreed on. Errors are *FormatError.
func (m MessageRejection) MarshalIn(d Dialect) ([]byte, error) {
	w := &writer{message: d.message("admi.002")}
	return w.finish(m.tree(w))
}

// Rest is what the message said and the noun does not carry.
func (m MessageRejection) Rest() []Field {
	return rest(m.Source, m.tree(&writer{message: MessageReject}))
}

func (m MessageRejection) tree(w *writer) tree {
	related := m.Related
	if related == "" {
		related = NotProvided
	}
	var at tree
	if !m.Rejected.IsZero() {
		at = w.moment("RjctnDtTm", m.Rejected)
	}
	return schema.New("admi.002.001.01",
		schema.New("RltdRef", schema.Text("Ref", related)),
		schema.New("Rsn",
			schema.Text("RjctgPtyRsn", m.Reason),
			at,
			schema.Text("ErrLctn", m.Location),
			schema.Text("RsnDesc", m.Info)),
	)
}

// ParseMessageRejection reads an admi.002. Errors are *FormatError.
func ParseMessageRejection(data []byte) (MessageRejection, error) {
	source, err := read("admi.002", data, MaxMessageBytes)
	if err != nil {
		return MessageRejection{}, err
	}
	body, err := decode[admi_v01.Admi00200101](source.Document)
	if err != nil {
		return MessageRejection{}, err
	}
	r := &reader{message: MessageReject}
	m := MessageRejection{
		Related: string(body.RltdRef.Ref), Reason: string(body.Rsn.RjctgPtyRsn),
		Rejected: r.moment(source.Document.Body.Find("Rsn/RjctnDtTm")),
		Location: value(body.Rsn.ErrLctn), Info: value(body.Rsn.RsnDesc), Source: source,
	}
	if m.Related == NotProvided {
		m.Related = ""
	}
	return m, r.err
}
