package iso20022

import (
	"time"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MessageHeader is the message definition of Header that is written where nothing else was agreed on.
const MessageHeader = "head.001.001.02"

// Header is a business application header: who sends which message to whom.
type Header struct {
	From      Agent
	To        Agent
	ID        string    // BizMsgIdr: the message's own, across all messages of the sender
	Message   string    // MsgDefIdr: "pacs.008.001.08"
	Service   string    // BizSvc, "" for none
	Created   time.Time // written in UTC with milliseconds
	Duplicate bool      // it may have been sent before
}

// Header reads the header that a message came under; found is false where it came bare. Errors are *FormatError.
func (s *Source) Header() (h Header, found bool, err error) {
	e := s.Document.Header
	if e == nil {
		return Header{}, false, nil
	}
	r := &reader{message: s.Document.HeaderMessage}
	h = Header{
		From: r.agent(e.Find("Fr/FIId")), To: r.agent(e.Find("To/FIId")), ID: e.Value("BizMsgIdr"), Message: e.Value("MsgDefIdr"),
		Service: e.Value("BizSvc"), Created: r.moment(e.Find("CreDt")),
		Duplicate: indicated(e.Value("PssblDplct")),
	}
	return h, true, r.err
}

// Under puts a message under a header, which names it; the two stand in one envelope. Errors are *FormatError.
func (h Header) Under(d Dialect, message []byte) ([]byte, error) {
	doc, err := schema.Parse(message, MaxGroupBytes)
	if err != nil {
		return nil, err
	}
	h.Message = doc.Message
	doc.HeaderMessage = d.message("head.001")
	w := &writer{message: doc.HeaderMessage}
	if doc.Header = h.tree(w); w.err != nil {
		return nil, w.err
	}
	return doc.Marshal()
}

func (h Header) tree(w *writer) tree {
	duplicate := ""
	if h.Duplicate {
		duplicate = "true"
	}
	return schema.New("AppHdr",
		schema.New("Fr", w.agent("FIId", h.From)),
		schema.New("To", w.agent("FIId", h.To)),
		schema.Text("BizMsgIdr", h.ID),
		schema.Text("MsgDefIdr", h.Message),
		schema.Text("BizSvc", h.Service),
		w.moment("CreDt", h.Created),
		schema.Text("PssblDplct", duplicate),
	)
}
