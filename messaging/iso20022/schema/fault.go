package schema

import (
	"fmt"
	"unicode/utf8"
)

// Fault names why a document was refused, on the way in or out.
type Fault string

// The faults of package iso20022, as far as the schemas can tell them, and what more there is.
const (
	FaultOversized Fault = "oversized"
	FaultEncoding  Fault = "encoding"           // not UTF-8
	FaultDoctype   Fault = "doctype"            // a DOCTYPE, another directive or a processing instruction
	FaultSyntax    Fault = "syntax"             // not well-formed XML
	FaultDepth     Fault = "depth"              // nested deeper than any message
	FaultRoot      Fault = "root"               // not exactly one Document
	FaultNamespace Fault = "namespace"          // a message that is not supported, or an element of another one
	FaultAttribute Fault = "attribute"          // one that the schema does not know, twice the same, or one missing
	FaultElement   Fault = "unexpected_element" // one that the schema does not know here
	FaultOrder     Fault = "order"              // an element behind one that it has to stand before
	FaultChoice    Fault = "choice"             // two elements of which there may be one
	FaultRepeated  Fault = "repeated_element"   // an element more often than the schema allows
	FaultMissing   Fault = "missing"            // an element that the schema requires
	FaultAmount    Fault = "amount"             // not a plain decimal, or too long a one
	FaultText      Fault = "text"               // too long or short, or characters that no message may carry
	FaultCode      Fault = "code"               // not a code of the set, or not of the form of an id, date or moment
)

// Error says what is wrong with a document and where. The same bytes fail again.
type Error struct {
	Message string // "pacs.008.001.08", "" where it is not known yet
	Fault   Fault
	Path    string // of the first fault: "Document/FIToFICstmrCdtTrf/CdtTrfTxInf[2]/IntrBkSttlmAmt"
	Detail  string // bounded
	Reason  string // ISO 20022 external status reason: FF01, AM12 …
}

func (e *Error) Error() string {
	text := "iso20022:"
	if e.Message != "" {
		text += " " + e.Message + ":"
	}
	text += " " + string(e.Fault)
	if e.Path != "" {
		text += " at " + e.Path
	}
	return text + ": " + e.Detail
}

// problem is a fault whose place is not known yet.
type problem struct {
	fault  Fault
	detail string
	below  string // where, below the open element: a child, "@Ccy", or "" for itself
	form   *form  // that a value is not of, nil where it is no value
}

func faulty(f Fault, format string, args ...any) *problem {
	return &problem{fault: f, detail: shorten(fmt.Sprintf(format, args...))}
}

// in says that it is about a child of the open element.
func (p *problem) in(child []byte) *problem {
	p.below = shorten(string(child))
	return p
}

// at makes it an error of a place.
func (p *problem) at(message, path string) *Error {
	if p.below != "" {
		path += "/" + p.below
	}
	return &Error{Message: message, Fault: p.fault, Path: shortenPath(path), Detail: p.detail, Reason: p.reason()}
}

// reason is the code of ISO 20022's external status reasons that says most about the fault.
func (p *problem) reason() string {
	const invalidFormat = "FF01"
	if p.form == nil {
		return invalidFormat
	}
	switch {
	case p.below == "@Ccy":
		return "AM11"
	case p.fault == FaultAmount:
		return "AM12"
	case p.form.isTime():
		return "DT01"
	case p.form.isAgent():
		return "RC01"
	case p.form.isIBAN():
		return "AC01"
	}
	return invalidFormat
}

// shorten keeps a text of somebody else's within bounds, on a whole character.
func shorten(text string) string { return cut(text, maxDetail) }

func shortenPath(text string) string { return cut(text, maxPath) }

func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + "…"
}
