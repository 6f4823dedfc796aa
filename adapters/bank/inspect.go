package bank

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// maxDepth bounds nesting: no message of this kind nests deeper than a dozen.
const maxDepth = 24

// mayRepeat are the elements of a pacs.004 that a reader may meet twice below one parent.
var mayRepeat = map[string]bool{
	"TxInf": true, "RtrRsnInf": true, "AddtlInf": true, "AdrLine": true, "ChrgsInf": true, "Ustrd": true, "Strd": true,
	"OrgnlGrpInf": true, "SplmtryData": true,
}

// inspect refuses what must not reach the unmarshaller, which would take the last of two elements, any namespace below
// the root, and whatever stands beside the document. Errors are *iso20022.FormatError.
func inspect(data []byte) error {
	switch {
	case len(data) > iso20022.MaxMessageBytes:
		return returnFault(iso20022.FaultOversized, "too long")
	case !utf8.Valid(data):
		return returnFault(iso20022.FaultEncoding, "not UTF-8")
	}
	tokens := xml.NewDecoder(bytes.NewReader(data))
	var open []map[string]bool // names below each open element
	done := false
	for {
		token, err := tokens.RawToken()
		switch {
		case errors.Is(err, io.EOF) && done:
			return nil
		case err != nil:
			return returnFault(iso20022.FaultSyntax, "not well-formed")
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := inspectStart(t, open, done); err != nil {
				return err
			}
			open = append(open, map[string]bool{})
		case xml.EndElement:
			if len(open) == 0 {
				return returnFault(iso20022.FaultSyntax, "an end without a start")
			}
			open = open[:len(open)-1]
			done = len(open) == 0
		case xml.CharData:
			if len(open) == 0 && len(bytes.TrimSpace(t)) > 0 {
				return returnFault(iso20022.FaultRoot, "text outside the Document")
			}
		case xml.Directive:
			return returnFault(iso20022.FaultDoctype, "a directive is not allowed")
		case xml.ProcInst:
			if t.Target != "xml" || len(open) > 0 || done {
				return returnFault(iso20022.FaultDoctype, "a processing instruction is not allowed")
			}
		case xml.Comment: // nobody's meaning hangs on it
		}
	}
}

func inspectStart(t xml.StartElement, open []map[string]bool, done bool) error {
	name, depth := t.Name.Local, len(open)
	switch {
	case t.Name.Space != "":
		return returnFault(iso20022.FaultNamespace, "a prefix")
	case depth == 0 && (done || name != "Document"):
		return returnFault(iso20022.FaultRoot, "not one Document")
	case depth >= maxDepth:
		return returnFault(iso20022.FaultDepth, "too deep")
	case depth > 0 && open[depth-1][name] && !mayRepeat[name]:
		return returnFault(iso20022.FaultRepeated, name)
	}
	if depth > 0 {
		open[depth-1][name] = true
	}
	for _, a := range t.Attr {
		if a.Name.Space != "" || (a.Name.Local != "Ccy" && (depth > 0 || a.Name.Local != "xmlns")) {
			return returnFault(iso20022.FaultNamespace, "an attribute of another kind")
		}
	}
	return nil
}
