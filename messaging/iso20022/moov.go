package iso20022

import (
	"encoding/xml"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// moovDocument wraps a message of github.com/moov-io/iso20022, whose types are used where no amount is read: they hold
// amounts in a float64.
type moovDocument[T any] struct {
	XMLName xml.Name `xml:"Document"`
	Body    T        `xml:",any"`
}

// decode reads a document that its schema allows with moov's types of one version of its family; the versions differ in
// nothing that is read here. The document is given to them bare and without prefixes, as they need it.
// Errors are *FormatError.
func decode[T any](doc *schema.Document) (body T, err error) {
	bare, err := (&schema.Document{Message: doc.Message, Body: doc.Body}).Marshal()
	if err != nil {
		return body, err
	}
	var d moovDocument[T]
	if err := xml.Unmarshal(bare, &d); err != nil {
		return body, refusal(doc.Message, FaultSyntax, err.Error())
	}
	return d.Body, nil
}

// value reads moov's optional texts.
func value[T ~string](p *T) string {
	if p == nil {
		return ""
	}
	return string(*p)
}
