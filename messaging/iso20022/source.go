package iso20022

import (
	"crypto/sha256"
	"slices"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

// MaxMessageBytes bounds a message with one payment before it is parsed; a full one is under 16 KiB.
const MaxMessageBytes = 64 << 10

// Source is what a noun was read from, so that nothing that the noun does not name is lost.
type Source struct {
	Raw      []byte            // as it came, not copied; nil of a payment out of a group
	SHA256   [sha256.Size]byte // of Raw
	Document *schema.Document  // of a payment out of a group: the group's header and the payment
}

// read checks data by its schema and takes one version or another of a family out of it. Errors are *FormatError.
func read(family string, data []byte, maxBytes int) (*Source, error) {
	doc, err := schema.Parse(data, maxBytes)
	if err != nil {
		return nil, err
	}
	if err := expected(family, doc); err != nil {
		return nil, err
	}
	return &Source{Raw: data, SHA256: sha256.Sum256(data), Document: doc}, nil
}

// expected refuses a document of another family, and one whose header announces another message.
func expected(family string, doc *schema.Document) error {
	if !slices.Contains(versions[family], doc.Message) {
		return refusal(doc.Message, FaultNamespace, "not a "+family+" that is read here")
	}
	if announced := doc.Header.Value("MsgDefIdr"); doc.Header != nil && announced != doc.Message {
		return refusal(doc.Message, FaultNamespace, "the header announces "+announced)
	}
	return nil
}

// Field is one value of a document: where it stands, "CdtTrfTxInf/PmtId/TxId", and what it says. An attribute has its
// name behind an @.
type Field struct{ Path, Value string }

// rest is what a document says and its noun does not: the values of the tree that are not in the tree that the noun
// would be written as, or that it would write otherwise.
func rest(from *Source, written *schema.Element) []Field {
	if from == nil {
		return nil
	}
	carried := map[Field]int{}
	for _, field := range fields(nil, "", written) {
		carried[field]++
	}
	return slices.DeleteFunc(fields(nil, "", from.Document.Body), func(field Field) bool {
		carried[field]--
		return carried[field] >= 0
	})
}

// fields lists the values below e, in order.
func fields(list []Field, path string, e *schema.Element) []Field {
	if e == nil {
		return list
	}
	for _, a := range e.Attrs {
		list = append(list, Field{path + "@" + a.Name, a.Value})
	}
	if e.Raw != "" {
		return append(list, Field{path, e.Raw})
	}
	if len(e.Children) == 0 {
		return append(list, Field{path, e.Text})
	}
	for _, child := range e.Children {
		below := child.Name
		if path != "" {
			below = path + "/" + child.Name
		}
		list = fields(list, below, child)
	}
	return list
}
