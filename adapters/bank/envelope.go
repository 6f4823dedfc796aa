package bank

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// maxEnvelopeBytes bounds an envelope: a message, a header, and prefixes on every name.
const maxEnvelopeBytes = 2 * iso20022.MaxMessageBytes

const (
	namespaceRoot = "urn:iso:std:iso:20022:tech:xsd:"
	headerMessage = "MsgDefIdr" // of the business application header: which message follows
)

// unwrap returns the one Document of a message, bare: without an envelope, without the business application header, and
// with its names in the default namespace, whatever prefix they had. A header that announces another message is refused.
// Errors are *iso20022.FormatError.
func unwrap(data []byte) ([]byte, error) {
	switch {
	case len(data) > maxEnvelopeBytes:
		return nil, envelopeFault(iso20022.FaultOversized, "too long")
	case !utf8.Valid(data):
		return nil, envelopeFault(iso20022.FaultEncoding, "not UTF-8")
	}
	u := unwrapper{tokens: xml.NewDecoder(bytes.NewReader(data))}
	for {
		token, err := u.tokens.RawToken()
		switch {
		case errors.Is(err, io.EOF) && u.done && len(u.open) == 0:
			if u.announced != "" && u.space != namespaceRoot+u.announced {
				return nil, envelopeFault(iso20022.FaultMismatch, "the header announces another message")
			}
			return u.out.Bytes(), nil
		case errors.Is(err, io.EOF):
			return nil, envelopeFault(iso20022.FaultRoot, "no Document")
		case err != nil:
			return nil, envelopeFault(iso20022.FaultSyntax, "not well-formed")
		}
		if err := u.take(token); err != nil {
			return nil, err
		}
	}
}

func envelopeFault(fault iso20022.Fault, detail string) error {
	return &iso20022.FormatError{Message: "envelope", Fault: fault, Detail: detail}
}

// unwrapper writes the Document down as it goes by.
type unwrapper struct {
	tokens    *xml.Decoder
	open      []wrapped
	out       bytes.Buffer
	space     string // the Document's namespace
	inside    int    // how many elements of the Document are open, itself included
	done      bool   // it went by
	announced string // what the header says
}

// wrapped is an open element.
type wrapped struct {
	name   xml.Name          // as written: Space is the prefix
	spaces map[string]string // what prefixes mean below it; nil for what they mean above
}

func (u *unwrapper) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return u.start(t)
	case xml.EndElement:
		return u.end(t)
	case xml.CharData:
		switch {
		case u.inside > 0:
			_ = xml.EscapeText(&u.out, t) // a bytes.Buffer never fails
		case len(u.open) == 0 && len(bytes.TrimSpace(t)) > 0:
			return envelopeFault(iso20022.FaultRoot, "text outside of everything")
		case u.inHeader():
			u.announced += strings.TrimSpace(string(t))
		}
	case xml.Directive:
		return envelopeFault(iso20022.FaultDoctype, "a directive is not allowed")
	case xml.ProcInst:
		if t.Target != "xml" || len(u.open) > 0 || u.done {
			return envelopeFault(iso20022.FaultDoctype, "a processing instruction is not allowed")
		}
	}
	return nil
}

func (u *unwrapper) start(t xml.StartElement) error {
	if len(u.open) >= maxDepth {
		return envelopeFault(iso20022.FaultDepth, "too deep")
	}
	element, attributes := wrapped{name: t.Name}, ""
	for _, a := range t.Attr {
		prefix, declares := a.Name.Local, a.Name.Space == "xmlns"
		if a.Name.Space == "" && a.Name.Local == "xmlns" {
			prefix, declares = "", true
		}
		switch {
		case declares && element.spaces == nil:
			element.spaces = map[string]string{prefix: a.Value}
		case declares:
			element.spaces[prefix] = a.Value
		case u.inside > 0 && (a.Name.Space != "" || a.Name.Local != "Ccy" || attributes != ""):
			return envelopeFault(iso20022.FaultNamespace, "an attribute of another kind")
		case u.inside > 0:
			var value bytes.Buffer
			_ = xml.EscapeText(&value, []byte(a.Value)) // a bytes.Buffer never fails
			attributes = ` Ccy="` + value.String() + `"`
		}
	}
	u.open = append(u.open, element)
	space := u.meaning(t.Name.Space)
	switch {
	case u.inside > 0 && space != u.space:
		return envelopeFault(iso20022.FaultNamespace, "an element of another namespace inside the Document")
	case u.inside == 0 && t.Name.Local != "Document":
		return nil
	case u.inside == 0 && (u.done || !strings.HasPrefix(space, namespaceRoot)):
		return envelopeFault(iso20022.FaultRoot, "not one Document of ISO 20022")
	case u.inside == 0:
		u.space = space
		var value bytes.Buffer
		_ = xml.EscapeText(&value, []byte(space)) // a bytes.Buffer never fails
		attributes = ` xmlns="` + value.String() + `"`
	}
	u.inside++
	u.out.WriteString("<" + t.Name.Local + attributes + ">")
	return nil
}

func (u *unwrapper) end(t xml.EndElement) error {
	if len(u.open) == 0 || u.open[len(u.open)-1].name != t.Name {
		return envelopeFault(iso20022.FaultSyntax, "an end of something else")
	}
	u.open = u.open[:len(u.open)-1]
	if u.inside > 0 {
		u.out.WriteString("</" + t.Name.Local + ">")
		u.inside--
		u.done = u.inside == 0
	}
	return nil
}

// inHeader tells whether the header's own word of the message is open. A header can have others related to it.
func (u *unwrapper) inHeader() bool {
	n := len(u.open)
	return n > 1 && u.open[n-1].name.Local == headerMessage && u.open[n-2].name.Local == "AppHdr"
}

// meaning is what a prefix stands for here.
func (u *unwrapper) meaning(prefix string) string {
	for _, element := range slices.Backward(u.open) {
		if space, ok := element.spaces[prefix]; ok {
			return space
		}
	}
	return ""
}
